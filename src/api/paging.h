/* Paging of lists by limit and offset: the query in, the headers out. */
#ifndef LATCHKEY_API_PAGING_H
#define LATCHKEY_API_PAGING_H

#include "api/row.h"
#include "model/page.h"

struct paging_in {
    struct in_integer limit;
    struct in_integer offset;
};

/* Decodes into struct paging_in. */
extern const struct table paging_query;

/* The page asked for; in is what paging_query decoded. Pure. */
struct page_request paging_request(const struct paging_in *in);
/* Adds X-Total-Count, and Link (RFC 8288) with next and prev where there are such pages. count:
 * items on this page. */
void paging_headers(struct api_call *call, const struct page_request *page, size_t count,
                    int64_t total);

#endif
