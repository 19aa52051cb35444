#include "api/decode.h"

#include "base/utf8.h"

/* multipart/form-data as browsers write it for FormData (RFC 7578): a part is
   "--BOUNDARY CRLF headers CRLF CRLF text CRLF", the end "--BOUNDARY--". Files, encodings and
   anything before the first or after the last boundary are refused; headers of a part that say
   nothing about its text are not looked at (section 4.8). */

#define BOUNDARY_MAX_BYTES 70 /* RFC 2046 section 5.1.1 */
#define CRLF VIEW("\r\n")
#define DASHES VIEW("--")

static enum result unreadable(struct decoding *d, const char *detail)
{
    d->detail = view_of(detail);
    return RESULT_MALFORMED_FORM;
}

/* Where needle begins in text; text.len when it is not there. */
static size_t find(struct view text, struct view needle)
{
    size_t at = view_find(text, needle.at[0], 0);
    while (at < text.len && !view_starts_with(view_sub(text, at, SIZE_MAX), needle)) {
        at = view_find(text, needle.at[0], at + 1);
    }
    return at;
}

/* Takes what stands before `end` off *rest, and `end` too. False when it is not there. */
static bool take_until(struct view *rest, struct view end, struct view *out)
{
    size_t at = find(*rest, end);
    if (at == rest->len) {
        return false;
    }
    *out = view_sub(*rest, 0, at);
    *rest = view_sub(*rest, at + end.len, SIZE_MAX);
    return true;
}

static bool take(struct view *rest, struct view start)
{
    if (!view_starts_with(*rest, start)) {
        return false;
    }
    *rest = view_sub(*rest, start.len, SIZE_MAX);
    return true;
}

/* The name of `form-data; name="…"`; false for a file or anything else. Browsers escape the quote
   and line breaks as %22, %0D, %0A: no field here is named so. */
static bool read_disposition(struct view value, struct view *name)
{
    struct view rest = view_trim(value);
    if (!take(&rest, VIEW("form-data;"))) {
        return false;
    }
    rest = view_trim(rest);
    return take(&rest, VIEW("name=\"")) && take_until(&rest, VIEW("\""), name) && rest.len == 0;
}

/* "text/plain", in UTF-8 or a part of it. */
static bool is_plain_text(struct view value)
{
    struct view rest = value;
    struct view part;
    if (!view_split(&rest, ';', &part) || !view_equal_nocase(view_trim(part), VIEW("text/plain"))) {
        return false;
    }
    while (view_split(&rest, ';', &part)) {
        struct view parameter = view_trim(part);
        bool charset = view_equal_nocase(view_sub(parameter, 0, 8), VIEW("charset="));
        struct view name = view_sub(parameter, 8, SIZE_MAX);
        if (charset && !view_equal_nocase(name, VIEW("utf-8")) &&
            !view_equal_nocase(name, VIEW("us-ascii"))) {
            return false;
        }
    }
    return true;
}

static bool is_as_it_stands(struct view encoding)
{
    return view_equal_nocase(encoding, VIEW("8bit")) || view_equal_nocase(encoding, VIEW("7bit")) ||
           view_equal_nocase(encoding, VIEW("binary"));
}

/* One line of a part's head. False for what makes the part no text. */
static bool read_header(struct view line, struct view *name)
{
    size_t colon = view_find(line, ':', 0);
    struct view key = view_sub(line, 0, colon);
    struct view value = view_trim(view_sub(line, colon + 1, SIZE_MAX));
    if (colon == 0 || colon == line.len) {
        return false;
    }
    if (view_equal_nocase(key, VIEW("Content-Disposition"))) {
        return name->at == NULL && read_disposition(value, name);
    }
    if (view_equal_nocase(key, VIEW("Content-Type"))) {
        return is_plain_text(value);
    }
    return !view_equal_nocase(key, VIEW("Content-Transfer-Encoding")) || is_as_it_stands(value);
}

/* The lines of a part's head, up to the empty one. */
static bool read_head(struct view *rest, struct view *name)
{
    struct view line;
    *name = (struct view){NULL, 0};
    while (take_until(rest, CRLF, &line)) {
        if (line.len == 0) {
            return name->at != NULL;
        }
        if (!read_header(line, name)) {
            return false;
        }
    }
    return false;
}

static enum result apply_part(struct decoding *d, struct view name, struct view value)
{
    const struct field *field = decode_find(d, name);
    /* As in decode_form. */
    if (field == NULL || value.len == 0) {
        return RESULT_OK;
    }
    if (!utf8_is_valid(value) || view_find(value, '\0', 0) < value.len) {
        return unreadable(d, "A part of the form is not UTF-8, or holds a NUL.");
    }
    if (!decode_mark(d, field)) {
        return unreadable(d, "A member of the form comes twice.");
    }
    struct view copy = arena_copy_view(d->arena, value);
    if (copy.at == NULL) {
        return RESULT_INTERNAL;
    }
    decode_typed(d, field, copy);
    return RESULT_OK;
}

/* From behind a boundary to behind the next one. */
static enum result read_part(struct decoding *d, struct view *rest, struct view end)
{
    struct view name;
    struct view value;
    if (!take(rest, CRLF) || !read_head(rest, &name) || !take_until(rest, end, &value)) {
        return unreadable(d, "A part of the form is malformed, or is no text.");
    }
    return apply_part(d, name, value);
}

enum result decode_multipart(struct decoding *d, struct view body, struct view boundary)
{
    d->form = true;
    if (!decode_begin(d)) {
        return RESULT_INTERNAL;
    }
    if (boundary.len == 0 || boundary.len > BOUNDARY_MAX_BYTES) {
        return unreadable(d, "The form has no boundary, or a malformed one.");
    }
    struct view end = arena_format(d->arena, "\r\n--%.*s", VIEW_ARG(boundary));
    struct view rest = body;
    if (end.at == NULL) {
        return RESULT_INTERNAL;
    }
    if (!take(&rest, DASHES) || !take(&rest, boundary)) {
        return unreadable(d, "The form does not begin with its boundary.");
    }
    while (!take(&rest, DASHES)) {
        enum result result = read_part(d, &rest, end);
        if (result != RESULT_OK) {
            return result;
        }
    }
    if (rest.len > 0 && !view_equal(rest, CRLF)) {
        return unreadable(d, "Something stands behind the end of the form.");
    }
    return decode_end(d);
}
