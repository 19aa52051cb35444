/* String views: a pointer and a length, never owned, never NUL-terminated by promise.
   All functions are pure and may be called from any thread. */
#ifndef LATCHKEY_BASE_VIEW_H
#define LATCHKEY_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"

struct view {
    const char *at; /* may be NULL when len is 0 */
    size_t len;     /* bytes */
};

/* A view of a string literal. */
#define VIEW(literal) ((struct view){(literal), sizeof(literal) - 1})
/* The same as an initialiser, for static tables: ISO C takes no compound literal there. */
#define VIEW_INIT(literal)                                                                         \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
/* The two printf arguments of "%.*s". */
#define VIEW_ARG(v) (int)(v).len, (v).at != NULL ? (v).at : ""

/* The smallest ones are inline: a request calls them hundreds of times. */

/* Borrows the NUL-terminated text; NULL gives the empty view. */
static inline struct view view_of(const char *text)
{
    return (struct view){text, text == NULL ? 0 : strlen(text)};
}

/* Borrows len bytes. */
static inline struct view view_make(const void *at, size_t len)
{
    return (struct view){at, len};
}

/* The empty text where v is none, as in a record that lacks it: stores tell the two apart. */
static inline struct view view_not_null(struct view v)
{
    return v.at != NULL ? v : view_of("");
}

/* True when there is no byte. */
static inline bool view_is_empty(struct view v)
{
    return v.len == 0;
}

/* The same bytes. */
static inline bool view_equal(struct view a, struct view b)
{
    /* memcmp must not see NULL, even for no bytes. */
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Equal to a NUL-terminated text. */
static inline bool view_is(struct view v, const char *text)
{
    return view_equal(v, view_of(text));
}

/* Equal without regard to the case of ASCII letters. */
bool view_equal_nocase(struct view a, struct view b);
/* Byte for byte; every view starts and ends with the empty one. */
bool view_starts_with(struct view v, struct view prefix);
bool view_ends_with(struct view v, struct view suffix);
/* Index of the first byte c at or after from, or v.len. */
size_t view_find(struct view v, char c, size_t from);
/* Index of the last byte c, or v.len. */
size_t view_find_last(struct view v, char c);
/* The part from `from` of at most len bytes; both are cut to what is there. */
static inline struct view view_sub(struct view v, size_t from, size_t len)
{
    if (v.at == NULL) {
        return (struct view){NULL, 0};
    }
    if (from > v.len) {
        from = v.len;
    }
    return (struct view){v.at + from, len < v.len - from ? len : v.len - from};
}

/* Without ASCII space and tab at both ends. */
struct view view_trim(struct view v);
/* Cuts *rest at the first `separator`: returns what is before it, leaves what is after it in *rest.
   False when *rest is exhausted (its at is NULL then). "a,,b" gives "a", "", "b"; an empty view
   gives one empty part. */
bool view_split(struct view *rest, char separator, struct view *part);
/* Decimal digits with an optional minus, nothing else, within int64_t; no leading zeros but "0". */
MUST_CHECK bool view_to_int64(struct view v, int64_t *out);

#endif
