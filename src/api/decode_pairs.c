#include "api/decode.h"

#include "http/request.h"

/* RFC 6750 section 2.3 is not offered: a token in the query neither counts nor disturbs (CHECKLIST
 * T21). */
#define IGNORED_PARAMETER "access_token"

/* name=value&name=value, as forms and queries have it, and how the two differ. */
struct pairs {
    enum result unreadable;
    const char *malformed;
    const char *twice;
    bool skips_empty;     /* one without a value counts as left out (RFC 6749 section 3.2) */
    bool refuses_unknown; /* unless the table is lax */
};

static const struct pairs form = {
    .unreadable = RESULT_MALFORMED_FORM,
    .malformed = "The form has a malformed escape, a NUL or is not UTF-8.",
    .twice = "A member of the form comes twice.",
    .skips_empty = true,
};

static const struct pairs query = {
    .unreadable = RESULT_BAD_REQUEST,
    .malformed = "The query has a malformed escape or is not UTF-8.",
    .twice = "A parameter of the query comes twice.",
    .refuses_unknown = true,
};

static enum result refuse(struct decoding *d, const struct pairs *pairs, const char *detail)
{
    d->detail = view_of(detail);
    return pairs->unreadable;
}

static void note_unknown(struct decoding *d, const struct pairs *pairs, struct view name)
{
    bool lax = d->table != NULL && d->table->lax;
    if (pairs->refuses_unknown && !lax && !view_is(name, IGNORED_PARAMETER)) {
        decode_unknown(d, name);
    }
}

static enum result apply_pair(struct decoding *d, const struct pairs *pairs, struct view pair)
{
    struct view raw_name = view_sub(pair, 0, view_find(pair, '=', 0));
    struct view raw_value = view_sub(pair, raw_name.len + 1, SIZE_MAX);
    struct view name;
    struct view value;
    if (!request_unescape(d->arena, raw_name, true, &name) ||
        !request_unescape(d->arena, raw_value, true, &value)) {
        return refuse(d, pairs, pairs->malformed);
    }
    const struct field *field = decode_find(d, name);
    if (field == NULL) {
        note_unknown(d, pairs, name);
        return RESULT_OK;
    }
    if (value.len == 0 && pairs->skips_empty) {
        return RESULT_OK;
    }
    if (!decode_mark(d, field)) {
        return refuse(d, pairs, pairs->twice);
    }
    decode_typed(d, field, value);
    return RESULT_OK;
}

static enum result apply_all(struct decoding *d, const struct pairs *pairs, struct view text)
{
    struct view pair;
    while (view_split(&text, '&', &pair)) {
        enum result result = pair.len > 0 ? apply_pair(d, pairs, pair) : RESULT_OK;
        if (result != RESULT_OK) {
            return result;
        }
    }
    return decode_end(d);
}

enum result decode_form(struct decoding *d, struct view body)
{
    d->form = true;
    return decode_begin(d) ? apply_all(d, &form, body) : RESULT_INTERNAL;
}

enum result decode_query(struct decoding *d, struct view text)
{
    d->seen = 0;
    bool begun = d->table == NULL || decode_begin(d);
    return begun ? apply_all(d, &query, text) : RESULT_INTERNAL;
}
