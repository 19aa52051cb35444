#include "http/guard.h"

#include <strings.h>

#define OCTET_DEL 0x7f

static const struct guard_verdict passed = {.result = RESULT_OK};

static struct guard_verdict refuse(const char *detail)
{
    return (struct guard_verdict){.result = RESULT_BAD_REQUEST, .detail = detail};
}

static bool is_refused(struct guard_verdict verdict)
{
    return verdict.result != RESULT_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    for (; *set != '\0'; set++)
        if (c == *set)
            return true;
    return false;
}

/* RFC 9110 section 5.6.2: letters, digits and !#$%&'*+-.^_`|~, a bit for each. */
static const uint64_t token_octets[] = {0x03ff6cfa00000000, 0x57ffffffc7fffffe};

bool guard_is_token(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c > OCTET_DEL || (token_octets[c / 64] >> (c % 64) & 1) == 0)
            return false;
    }
    return text.len > 0;
}

static struct guard_verdict check_octets(struct view raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.at[i];
        if (c <= ' ' || c >= OCTET_DEL)
            return refuse("The request target holds a character that must be escaped.");
        if (c == '\\' || c == '#')
            return refuse("The request target holds a backslash or a fragment.");
        if (c != '%')
            continue;
        int octet = request_escaped_octet(raw, i);
        if (octet < 0)
            return refuse("The request target holds a percent sign without two hex digits.");
        if (octet == 0)
            return refuse("The request target holds an escaped NUL.");
    }
    return passed;
}

/* Takes the next octet off the path; true with an escape read as what it stands for. */
static bool next_octet(struct view path, size_t *i, char *octet)
{
    if (*i >= path.len)
        return false;
    bool escaped = path.at[*i] == '%';
    *octet = escaped ? (char)request_escaped_octet(path, *i) : path.at[*i];
    *i += escaped ? REQUEST_ESCAPE_SIZE : 1;
    return true;
}

/* Segments end at '/' and at "%2f", so that no reading of the path holds a "..". */
static struct guard_verdict check_segments(struct view path)
{
    size_t dots = 0;
    size_t others = 0;
    for (size_t i = 1;;) {
        char octet = '/';
        bool more = next_octet(path, &i, &octet);
        if (more && octet == '\\')
            return refuse("The path holds an escaped backslash.");
        if (more && octet != '/') {
            dots += octet == '.';
            others += octet != '.';
            continue;
        }
        if (others == 0 && (dots == 1 || dots == 2))
            return refuse("The path holds a dot segment.");
        if (more && others + dots == 0)
            return refuse("The path holds an empty segment.");
        if (!more)
            return passed;
        dots = others = 0;
    }
}

static bool is_host(struct view host)
{
    bool literal = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    if (literal)
        host = view_sub(host, 1, host.len - 2);
    for (size_t i = 0; i < host.len; i++)
        if (!is_alphanumeric(host.at[i]) &&
            !is_one_of(host.at[i], literal ? ":.%-_" : "-._~!$&'()*+;=%"))
            return false;
    return host.len > 0;
}

/* uri-host [ ":" port ], without user information (RFC 9110 section 7.2). */
static bool is_authority(struct view text)
{
    size_t colon = text.len;
    while (colon > 0 && is_digit(text.at[colon - 1]))
        colon--;
    if (colon == 0 || text.at[colon - 1] != ':')
        return is_host(text);
    return text.len - colon <= 5 && is_host(view_sub(text, 0, colon - 1));
}

/* "http://host/path" gives authority and the rest; anything else is left alone. */
static struct view take_authority(struct view *rest)
{
    static const struct view schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t len = schemes[i].len;
        if (!view_equal_nocase(view_sub(*rest, 0, len), schemes[i]))
            continue;
        struct view after = view_sub(*rest, len, rest->len);
        size_t end = 0;
        while (end < after.len && after.at[end] != '/' && after.at[end] != '?')
            end++;
        *rest = view_sub(after, end, after.len);
        return view_sub(after, 0, end);
    }
    return (struct view){NULL, 0};
}

static struct guard_verdict cut_target(struct view raw, struct guard_target *out)
{
    struct view rest = raw;
    struct view authority = take_authority(&rest);
    if (authority.at != NULL && !is_authority(authority))
        return refuse("The host in the request target is malformed.");
    size_t question = view_find(rest, '?', 0);
    struct view path = view_sub(rest, 0, question);
    if (authority.at != NULL && path.len == 0)
        path = VIEW("/");
    if (path.len == 0 || path.at[0] != '/')
        return refuse("The request target must be a path.");
    struct guard_verdict verdict = check_segments(path);
    if (is_refused(verdict))
        return verdict;
    *out = (struct guard_target){.authority = authority, .path = request_without_final_slash(path)};
    if (question < rest.len)
        out->query = view_sub(rest, question + 1, rest.len);
    return passed;
}

static bool has_too_many_parameters(struct view raw)
{
    size_t count = 0;
    for (size_t i = 0; i < raw.len; i++)
        count += raw.at[i] == '&';
    return count > GUARD_PARAMETERS_MAX;
}

struct guard_verdict guard_target(struct view raw, struct guard_target *out)
{
    if (raw.len > GUARD_TARGET_MAX_BYTES)
        return (struct guard_verdict){RESULT_TARGET_TOO_LONG,
                                      "The request target is over 8192 bytes."};
    struct guard_verdict verdict = check_octets(raw);
    if (is_refused(verdict))
        return verdict;
    if (has_too_many_parameters(raw))
        return refuse("The query has more than 100 parameters.");
    if (view_is(raw, "*")) {
        *out = (struct guard_target){.path = raw};
        return passed;
    }
    return cut_target(raw, out);
}

/* Headers that decide about framing or identity: twice is an attack or a broken client. */
enum single {
    SINGLE_CONTENT_LENGTH,
    SINGLE_TRANSFER_ENCODING,
    SINGLE_HOST,
    SINGLE_AUTHORIZATION,
    SINGLE_CONTENT_TYPE,
    SINGLE_EXPECT,
    SINGLE_COUNT
};

static const struct {
    struct view name;
    const char *twice;
} singles[SINGLE_COUNT] = {
    [SINGLE_CONTENT_LENGTH] = {{"Content-Length", 14}, "Content-Length is given twice."},
    [SINGLE_TRANSFER_ENCODING] = {{"Transfer-Encoding", 17}, "Transfer-Encoding is given twice."},
    [SINGLE_HOST] = {{"Host", 4}, "Host is given twice."},
    [SINGLE_AUTHORIZATION] = {{"Authorization", 13}, "Authorization is given twice."},
    [SINGLE_CONTENT_TYPE] = {{"Content-Type", 12}, "Content-Type is given twice."},
    [SINGLE_EXPECT] = {{"Expect", 6}, "Expect is given twice."},
};

static enum single single_of(struct view name)
{
    for (enum single i = 0; i < SINGLE_COUNT; i++)
        if (singles[i].name.len == name.len && view_equal_nocase(singles[i].name, name))
            return i;
    return SINGLE_COUNT;
}

/* Values of the single headers; at NULL when absent. */
static struct guard_verdict collect_singles(const struct guard_head *head,
                                            struct view values[SINGLE_COUNT])
{
    for (size_t i = 0; i < head->header_count; i++) {
        const struct http_header *header = &head->headers[i];
        enum single single = single_of(header->name);
        if (single == SINGLE_COUNT)
            continue;
        if (values[single].at != NULL)
            return refuse(singles[single].twice);
        values[single] = header->value.len > 0 ? header->value : VIEW("");
    }
    return passed;
}

static struct guard_verdict check_host(struct view host, struct view authority, bool required)
{
    if (host.at == NULL)
        return required || authority.at != NULL ? refuse("The Host header is missing.") : passed;
    if (!is_authority(host))
        return refuse("The Host header is malformed.");
    if (authority.at != NULL && !view_equal_nocase(host, authority))
        return refuse("The host in the request target is not the one in the Host header.");
    return passed;
}

static bool parse_length(struct view text, int64_t *out)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.at[i]))
            return false;
    while (text.len > 1 && text.at[0] == '0')
        text = view_sub(text, 1, text.len);
    if (text.len > 0 && !view_to_int64(text, out))
        *out = INT64_MAX; /* a number, and over any limit */
    return text.len > 0;
}

static struct guard_verdict check_framing(const struct guard_head *head,
                                          const struct view values[SINGLE_COUNT], bool is_11,
                                          struct guard_framing *out)
{
    struct view length = values[SINGLE_CONTENT_LENGTH];
    struct view coding = values[SINGLE_TRANSFER_ENCODING];
    struct guard_framing framing = {.content_length = -1, .chunked = coding.at != NULL};
    if (framing.chunked && length.at != NULL)
        return refuse("Content-Length and Transfer-Encoding are given together.");
    if (framing.chunked && !is_11)
        return refuse("Transfer-Encoding needs HTTP/1.1.");
    if (framing.chunked && !view_equal_nocase(coding, VIEW("chunked")))
        return refuse("The only transfer coding understood here is chunked.");
    if (length.at != NULL && !parse_length(length, &framing.content_length))
        return refuse("Content-Length is not a number.");
    if (framing.content_length > 0 && (uint64_t)framing.content_length > head->max_body_bytes)
        return (struct guard_verdict){RESULT_BODY_TOO_LARGE, "Content-Length is over the limit."};
    *out = framing;
    return passed;
}

/* A client of HTTP/1.0 cannot wait for 100; who sends no body need not. */
static struct guard_verdict check_expect(struct view expect, bool is_11, struct guard_framing *out)
{
    if (expect.at == NULL || !is_11)
        return passed;
    if (!view_equal_nocase(expect, VIEW("100-continue")))
        return (struct guard_verdict){RESULT_EXPECTATION_FAILED, NULL};
    out->expects_continue = out->chunked || out->content_length > 0;
    return passed;
}

struct guard_verdict guard_head(const struct guard_head *head, struct guard_framing *out)
{
    if (head->major != 1 || head->minor > 1)
        return refuse("Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    bool is_11 = head->minor == 1;
    struct view values[SINGLE_COUNT] = {{NULL, 0}};
    struct guard_verdict verdict = collect_singles(head, values);
    if (!is_refused(verdict))
        verdict = check_host(values[SINGLE_HOST], head->authority, is_11);
    if (!is_refused(verdict))
        verdict = check_framing(head, values, is_11, out);
    if (!is_refused(verdict))
        verdict = check_expect(values[SINGLE_EXPECT], is_11, out);
    return verdict;
}
