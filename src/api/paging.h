/* Pages of lists, by limit and offset or by cursor: the query in, the headers out. */
#ifndef LATCHKEY_API_PAGING_H
#define LATCHKEY_API_PAGING_H

#include "api/row.h"
#include "model/limits.h"
#include "service/list_cursors.h"

struct paging_in {
    struct in_integer limit;
    struct in_integer offset;
    struct in_text cursor;
    struct in_boolean count;
};

#define PAGING_TEXT_OF(number) #number
#define PAGING_TEXT(number) PAGING_TEXT_OF(number)

/* The fields of a struct type with a struct paging_in as that member. */
#define PAGING_FIELDS(type, member)                                                                \
    {.name = "limit",                                                                              \
     .kind = FIELD_INTEGER,                                                                        \
     .offset = offsetof(type, member.limit),                                                       \
     .min = 1,                                                                                     \
     .max = LIST_LIMIT_MAX,                                                                        \
     .description = "So many items at most.",                                                      \
     .default_text = PAGING_TEXT(LIST_LIMIT_DEFAULT)},                                             \
        {.name = "offset",                                                                         \
         .kind = FIELD_INTEGER,                                                                    \
         .offset = offsetof(type, member.offset),                                                  \
         .max = INT64_MAX,                                                                         \
         .description = "So many items are left out at the beginning.",                            \
         .default_text = "0"},                                                                     \
        {.name = "cursor",                                                                         \
         .kind = FIELD_TEXT,                                                                       \
         .offset = offsetof(type, member.cursor),                                                  \
         .max_bytes = CURSOR_TEXT_MAX_BYTES,                                                       \
         .description = "`next_cursor` of the page before, with the same filters and sort."},      \
    {                                                                                              \
        .name = "count", .kind = FIELD_BOOLEAN, .offset = offsetof(type, member.count),            \
        .description = "False: `total` is null, and X-Total-Count is left out.",                   \
        .default_text = "true"                                                                     \
    }

/* The page asked for. */
struct paging {
    int64_t limit;
    int64_t offset;
    bool counted;
};

/* Adds a fault for a cursor beside an offset. */
struct paging paging_request(struct api_call *call, const struct paging_in *in);
/* Adds X-Total-Count, when counted, and Link (RFC 8288): first, next and prev where there are such
   pages, last when counted; with the other parameters of the query, by offset where the client
   pages so, else by cursor. shown: items on this page. */
void paging_headers(struct api_call *call, const struct paging_in *in, size_t shown, int64_t total,
                    const struct list_cursors *cursors);

#endif
