/* Paging of lists by limit and offset: the query in, the headers out. */
#ifndef LATCHKEY_API_PAGING_H
#define LATCHKEY_API_PAGING_H

#include "api/row.h"
#include "model/limits.h"
#include "model/page.h"

struct paging_in {
    struct in_integer limit;
    struct in_integer offset;
};

#define PAGING_TEXT_OF(number) #number
#define PAGING_TEXT(number) PAGING_TEXT_OF(number)

/* The fields of a struct type with a struct paging_in as that member: for lists with filters. */
#define PAGING_FIELDS(type, member)                                                                \
    {.name = "limit",                                                                              \
     .kind = FIELD_INTEGER,                                                                        \
     .offset = offsetof(type, member.limit),                                                       \
     .min = 1,                                                                                     \
     .max = LIST_LIMIT_MAX,                                                                        \
     .description = "So many items at most.",                                                      \
     .default_text = PAGING_TEXT(LIST_LIMIT_DEFAULT)},                                             \
    {                                                                                              \
        .name = "offset", .kind = FIELD_INTEGER, .offset = offsetof(type, member.offset),          \
        .max = INT64_MAX, .description = "So many items are left out at the beginning.",           \
        .default_text = "0"                                                                        \
    }

/* Decodes into struct paging_in. */
extern const struct table paging_query;

/* The page asked for; in is what paging_query decoded. Pure. */
struct page_request paging_request(const struct paging_in *in);
/* Adds X-Total-Count, and Link (RFC 8288) with next and prev where there are such pages and with
   the other parameters of the query. count: items on this page; total negative: not counted, no
   X-Total-Count, and a full page is taken to have a next one. */
void paging_headers(struct api_call *call, const struct page_request *page, size_t count,
                    int64_t total);

#endif
