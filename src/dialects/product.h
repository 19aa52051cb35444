/* A product as a template knows one: numbered, with a price that is a JSON number. */
#ifndef LATCHKEY_DIALECTS_PRODUCT_H
#define LATCHKEY_DIALECTS_PRODUCT_H

#include "api/row.h"
#include "base/attributes.h"

extern const struct table product_create_table; /* into struct table_product_in */
extern const struct table product_table;        /* of a struct product */

/* Handlers, with what they may return: products_create; products_get of which the first path
   parameter names; all of them, by number, within person_window_query. */
MUST_CHECK enum result product_create_one(struct api_call *call);
MUST_CHECK enum result product_get_one(struct api_call *call);
MUST_CHECK enum result product_list_all(struct api_call *call);
extern const enum result product_create_results[];
extern const enum result product_get_results[];

#endif
