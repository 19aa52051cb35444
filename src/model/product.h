/* A product, as a value: the example of an application's own thing (docs/extending.md). Views are
   borrowed from whatever arena the value was made in. */
#ifndef LATCHKEY_MODEL_PRODUCT_H
#define LATCHKEY_MODEL_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/decimal.h"
#include "base/id.h"
#include "base/view.h"

struct product {
    struct id id;
    int64_t number; /* counts up from 1, gaps are fine, never given out twice */
    struct view name;
    struct view description; /* at NULL: none */
    struct decimal price;
    struct id owner_id; /* stays when that user is deleted */
    int64_t created_ms;
    int64_t updated_ms;
    int64_t version; /* counts up with every change */
};

/* What a new product is made of. The store assigns number and version. */
struct product_draft {
    struct id id;
    struct view name;
    struct view description; /* at NULL: none */
    struct decimal price;
    struct id owner_id;
    int64_t now_ms;
};

enum product_field {
    PRODUCT_FIELD_NAME = 1 << 0,
    PRODUCT_FIELD_DESCRIPTION = 1 << 1,
    PRODUCT_FIELD_PRICE = 1 << 2
};

/* A change of the fields in mask; the others stay. */
struct product_patch {
    unsigned mask; /* of enum product_field */
    struct view name;
    struct view description; /* at NULL: cleared */
    struct decimal price;
    int64_t if_version; /* 0: any */
    int64_t now_ms;
};

/* How to name one product. */
enum product_key_kind { PRODUCT_BY_ID, PRODUCT_BY_NUMBER };

struct product_key {
    enum product_key_kind kind;
    struct id id;
    int64_t number;
};

enum product_sort_field {
    PRODUCT_SORT_NUMBER,
    PRODUCT_SORT_NAME, /* as folded (base/utf8_fold), by code point */
    PRODUCT_SORT_PRICE,
    PRODUCT_SORT_CREATED,
    PRODUCT_SORT_UPDATED,
    PRODUCT_SORT_FIELD_COUNT
};

struct product_sort {
    enum product_sort_field field;
    bool descending;
};

/* Which products are wanted. */
struct product_filter {
    struct view q; /* literal part of name or description, without regard to case (base/utf8_fold);
                      of one or two characters: how the name begins; empty: any */
    bool has_min_price;
    bool has_max_price;
    struct decimal min_price; /* inclusive */
    struct decimal max_price; /* inclusive */
    bool has_owner;
    struct id owner_id;
};

struct product_list_request {
    struct product_filter filter;
    struct product_sort sort[PRODUCT_SORT_FIELD_COUNT]; /* each field once; then by id in the
                                                           direction of the last one */
    size_t sort_count;                                  /* 0: by number */
    int64_t limit;                                      /* 1 to LIST_LIMIT_MAX */
    int64_t offset;                                     /* 0 and up */
    const struct product *position; /* NULL: from the beginning; else those after this one, by its
                                       id and the fields sorted by; it need not be there any more */
    bool backward;                  /* those before position, or the last of all; in order still */
    bool counted;                   /* the total is wanted */
};

struct product_page {
    const struct product *items;
    size_t
        count; /* below the limit though there are more, when its texts reach PRODUCT_PAGE_BYTES */
    int64_t total; /* of all that match; PRODUCT_TOTAL_UNKNOWN when it was not wanted */
    bool more;     /* beyond this page, in the direction asked for */
};

#define PRODUCT_TOTAL_UNKNOWN (-1)

/* What a path segment means: a UUID is an id, digits are a number. False for anything else. Pure.
 */
MUST_CHECK bool product_key_of(struct view text, struct product_key *out);
/* Reads "-price,name": fields each at most once, '-' descending. False for anything else, an empty
   text too. Pure. */
MUST_CHECK bool product_sorts_of(struct view text, struct product_sort *sorts, size_t *count);

#endif
