#include "api/decode.h"

#include "http/request.h"

static enum result unreadable(struct decoding *d, const char *detail)
{
    d->detail = view_of(detail);
    return RESULT_MALFORMED_FORM;
}

static enum result apply_pair(struct decoding *d, struct view pair)
{
    struct view raw_name = view_sub(pair, 0, view_find(pair, '=', 0));
    struct view raw_value = view_sub(pair, raw_name.len + 1, SIZE_MAX);
    struct view name;
    struct view value;
    if (!request_unescape(d->arena, raw_name, true, &name) ||
        !request_unescape(d->arena, raw_value, true, &value)) {
        return unreadable(d, "The form has a malformed escape, a NUL or is not UTF-8.");
    }
    const struct field *field = decode_find(d, name);
    /* Unknown ones are ignored, and one without a value counts as left out (RFC 6749 section 3.2).
     */
    if (field == NULL || value.len == 0) {
        return RESULT_OK;
    }
    if (!decode_mark(d, field)) {
        return unreadable(d, "A member of the form comes twice.");
    }
    decode_typed(d, field, value);
    return RESULT_OK;
}

enum result decode_form(struct decoding *d, struct view body)
{
    d->form = true;
    if (!decode_begin(d)) {
        return RESULT_INTERNAL;
    }
    struct view pair;
    while (view_split(&body, '&', &pair)) {
        enum result result = apply_pair(d, pair);
        if (result != RESULT_OK) {
            return result;
        }
    }
    return decode_end(d);
}
