#include "api/decode.h"

#include "http/request.h"

/* RFC 6750 section 2.3 is not offered: a token in the query neither counts nor disturbs (CHECKLIST
 * T21). */
#define IGNORED_PARAMETER "access_token"

static enum result unreadable(struct decoding *d, const char *detail)
{
    d->detail = view_of(detail);
    return RESULT_BAD_REQUEST;
}

static enum result apply_pair(struct decoding *d, struct view pair)
{
    struct view raw_name = view_sub(pair, 0, view_find(pair, '=', 0));
    struct view raw_value = view_sub(pair, raw_name.len + 1, SIZE_MAX);
    struct view name;
    struct view value;
    if (!request_unescape(d->arena, raw_name, true, &name) ||
        !request_unescape(d->arena, raw_value, true, &value)) {
        return unreadable(d, "The query has a malformed escape or is not UTF-8.");
    }
    const struct field *field = decode_find(d, name);
    if (field == NULL) {
        bool lax = d->table != NULL && d->table->lax;
        if (!lax && !view_is(name, IGNORED_PARAMETER)) {
            decode_unknown(d, name);
        }
        return RESULT_OK;
    }
    if (!decode_mark(d, field)) {
        return unreadable(d, "A parameter of the query comes twice.");
    }
    decode_typed(d, field, value);
    return RESULT_OK;
}

enum result decode_query(struct decoding *d, struct view query)
{
    d->seen = 0;
    if (d->table != NULL && !decode_begin(d)) {
        return RESULT_INTERNAL;
    }
    struct view pair;
    while (view_split(&query, '&', &pair)) {
        if (pair.len == 0) {
            continue;
        }
        enum result result = apply_pair(d, pair);
        if (result != RESULT_OK) {
            return result;
        }
    }
    return decode_end(d);
}
