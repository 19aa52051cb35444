/* The list of products. The caller has passed the gate. */
#ifndef LATCHKEY_SERVICE_PRODUCTS_LIST_H
#define LATCHKEY_SERVICE_PRODUCTS_LIST_H

#include "service/list_cursors.h"
#include "service/service.h"

/* One page with the cursors of those around it. */
struct products_list {
    struct product_page products;
    struct list_cursors cursors;
};

/* Those that match. owner (at NULL: any) is the id, number or username of a user; one that names
   nobody owns nothing, and an id is looked for even when that user is deleted. A cursor (at NULL:
   none) goes on from where another page ended, and takes the place of position and backward.
   INVALID_CURSOR for one that is altered, of another list, filter or order. */
MUST_CHECK enum result products_list(struct service_call *call,
                                     const struct product_list_request *request, struct view owner,
                                     struct view cursor, struct products_list *out);
/* The same by position, without cursors: for what pages in its own way. */
MUST_CHECK enum result products_page(struct service_call *call,
                                     const struct product_list_request *request,
                                     struct product_page *out);

#endif
