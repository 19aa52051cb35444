#include "http/request.h"

#include <string.h>

#include "base/base64url.h"
#include "base/utf8.h"

static const char *const method_names[METHOD_COUNT] = {
    [METHOD_UNKNOWN] = "",      [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",
    [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",         [METHOD_PATCH] = "PATCH",
    [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum http_method method)
{
    return method < METHOD_COUNT ? method_names[method] : "";
}

enum http_method http_method_of(struct view name)
{
    for (enum http_method m = METHOD_GET; m < METHOD_COUNT; m++) {
        if (view_is(name, method_names[m])) {
            return m;
        }
    }
    return METHOD_UNKNOWN;
}

struct view request_header(const struct request *request, const char *name)
{
    struct view wanted = view_of(name);
    for (size_t i = 0; i < request->header_count; i++) {
        if (request->headers[i].name.len == wanted.len &&
            view_equal_nocase(request->headers[i].name, wanted)) {
            return request->headers[i].value;
        }
    }
    return (struct view){NULL, 0};
}

/* A character of a token (RFC 9110 section 5.6.2), and the slash between type and subtype. */
static bool is_media_character(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        return true;
    }
    switch (c) {
    case '/':
    case '+':
    case '-':
    case '.':
    case '_':
    case '!':
    case '#':
    case '$':
    case '&':
    case '^':
        return true;
    default:
        return false;
    }
}

static bool is_media_type(struct view text)
{
    size_t slash = view_find(text, '/', 0);
    if (slash == 0 || slash + 1 >= text.len || view_find(text, '/', slash + 1) != text.len) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_media_character(text.at[i])) {
            return false;
        }
    }
    return true;
}

static bool copy_lower(struct arena *arena, struct view text, struct view *out)
{
    char *copy = arena_copy(arena, text);
    if (copy == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] >= 'A' && copy[i] <= 'Z') {
            copy[i] = (char)(copy[i] - 'A' + 'a');
        }
    }
    *out = view_make(copy, text.len);
    return true;
}

static struct view unquote(struct view value)
{
    bool quoted = value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"';
    return quoted ? view_sub(value, 1, value.len - 2) : value;
}

/* The one of that name among "; name=value" parameters; false when they are malformed or it comes
   twice. */
static bool find_parameter(struct view parameters, struct view name, struct view *value)
{
    struct view part;
    while (view_split(&parameters, ';', &part)) {
        part = view_trim(part);
        if (part.len == 0) {
            continue;
        }
        size_t equals = view_find(part, '=', 0);
        if (equals == 0 || equals == part.len) {
            return false;
        }
        if (!view_equal_nocase(view_sub(part, 0, equals), name)) {
            continue;
        }
        if (value->at != NULL) {
            return false;
        }
        *value = unquote(view_sub(part, equals + 1, part.len));
    }
    return true;
}

bool request_media_type(const struct request *request, struct view *type, struct view *charset)
{
    static const struct view usual[] = {VIEW_INIT("application/json"),
                                        VIEW_INIT("application/x-www-form-urlencoded")};
    *type = VIEW("");
    *charset = (struct view){NULL, 0};
    struct view rest = view_trim(request_header(request, "Content-Type"));
    if (rest.len == 0) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        if (view_equal(rest, usual[i])) {
            *type = usual[i];
            return true;
        }
    }
    struct view name;
    if (!view_split(&rest, ';', &name)) {
        return false;
    }
    name = view_trim(name);
    if (!is_media_type(name) || !copy_lower(request->arena, name, type)) {
        return false;
    }
    return rest.at == NULL || find_parameter(rest, VIEW("charset"), charset);
}

struct view request_media_parameter(const struct request *request, const char *name)
{
    struct view header = request_header(request, "Content-Type");
    struct view value = {NULL, 0};
    size_t end = view_find(header, ';', 0);
    bool good = find_parameter(view_sub(header, end + 1, SIZE_MAX), view_of(name), &value);
    return good ? value : (struct view){NULL, 0};
}

/* What follows that scheme and its space; at NULL for no header or another scheme. */
static struct view credentials_of(const struct request *request, struct view scheme)
{
    struct view header = request_header(request, "Authorization");
    if (header.len < scheme.len || !view_equal_nocase(view_sub(header, 0, scheme.len), scheme)) {
        return (struct view){NULL, 0};
    }
    return view_trim(view_sub(header, scheme.len, SIZE_MAX));
}

struct view request_bearer(const struct request *request)
{
    return credentials_of(request, VIEW("Bearer "));
}

/* base64 with its padding (RFC 4648 section 4) as base64url without; .at NULL when out of memory.
 */
static struct view as_base64url(struct arena *arena, struct view base64)
{
    size_t padding = 0;
    while (padding < 2 && padding < base64.len && base64.at[base64.len - 1 - padding] == '=') {
        padding++;
    }
    size_t len = base64.len - padding;
    char *copy = arena_copy(arena, view_sub(base64, 0, len));
    for (size_t i = 0; copy != NULL && i < len; i++) {
        copy[i] = base64.at[i] == '+' ? '-' : base64.at[i] == '/' ? '_' : base64.at[i];
    }
    return view_make(copy, copy != NULL ? len : 0);
}

enum request_basic request_basic(const struct request *request, struct view *name,
                                 struct view *password)
{
    struct view credentials = credentials_of(request, VIEW("Basic "));
    if (credentials.at == NULL) {
        return REQUEST_BASIC_NONE;
    }
    struct view text = as_base64url(request->arena, credentials);
    char *plain = arena_take(request->arena, text.len + 1);
    size_t len = 0;
    if (text.at == NULL || plain == NULL || !base64url_decode(text, plain, &len)) {
        return REQUEST_BASIC_MALFORMED;
    }
    struct view pair = view_make(plain, len);
    size_t colon = view_find(pair, ':', 0);
    *name = view_sub(pair, 0, colon);
    *password = view_sub(pair, colon + 1, SIZE_MAX);
    bool good = colon < len && utf8_is_valid(pair) && view_find(pair, '\0', 0) == len;
    return good ? REQUEST_BASIC_GIVEN : REQUEST_BASIC_MALFORMED;
}

struct view request_cookie(const struct request *request, const char *name)
{
    struct view found = {NULL, 0};
    for (size_t i = 0; i < request->header_count; i++) {
        if (!view_equal_nocase(request->headers[i].name, VIEW("Cookie"))) {
            continue;
        }
        struct view rest = request->headers[i].value;
        struct view pair;
        while (view_split(&rest, ';', &pair)) {
            pair = view_trim(pair);
            size_t equals = view_find(pair, '=', 0);
            if (equals == pair.len || !view_is(view_sub(pair, 0, equals), name)) {
                continue;
            }
            if (found.at != NULL) {
                return (struct view){NULL, 0};
            }
            found = unquote(view_sub(pair, equals + 1, pair.len));
        }
    }
    return found;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int request_escaped_octet(struct view text, size_t i)
{
    if (i >= text.len || text.at[i] != '%' || text.len - i < REQUEST_ESCAPE_SIZE) {
        return -1;
    }
    int high = hex_digit(text.at[i + 1]);
    int low = hex_digit(text.at[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct view request_without_final_slash(struct view path)
{
    bool slash = path.len > 1 && path.at[path.len - 1] == '/';
    return view_sub(path, 0, path.len - slash);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How far the text stands for itself. */
static size_t plain_length(struct view text, bool form)
{
    size_t end = smaller(view_find(text, '%', 0), view_find(text, '\0', 0));
    return form ? smaller(end, view_find(text, '+', 0)) : end;
}

bool request_unescape(struct arena *arena, struct view text, bool form, struct view *out)
{
    size_t len = plain_length(text, form);
    char *copy = arena_take(arena, text.len + 1);
    if (copy == NULL) {
        return false;
    }
    if (len > 0) {
        memcpy(copy, text.at, len);
    }
    for (size_t i = len; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%') {
            int octet = request_escaped_octet(text, i);
            if (octet <= 0) {
                return false;
            }
            c = (char)octet;
            i += REQUEST_ESCAPE_SIZE - 1;
        } else if (c == '+' && form) {
            c = ' ';
        } else if (c == '\0') {
            return false;
        }
        copy[len++] = c;
    }
    *out = view_make(copy, len);
    return utf8_is_valid(*out);
}
