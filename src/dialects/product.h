/* A product as a template knows one: numbered, with a price that is a JSON number. */
#ifndef LATCHKEY_DIALECTS_PRODUCT_H
#define LATCHKEY_DIALECTS_PRODUCT_H

#include "api/row.h"
#include "base/attributes.h"
#include "dialects/person.h"

extern const struct table product_create_table; /* into struct table_product_in */
extern const struct table product_table;        /* of a struct product */

/* Each leaves a struct product as call->out; as products_create and products_get. */
MUST_CHECK enum result product_create(struct api_call *call);
MUST_CHECK enum result product_get(struct api_call *call, struct view key);
/* All of them, by number; adds X-Total-Count. Items are struct product. */
MUST_CHECK enum result product_list(struct api_call *call, const struct person_window *window,
                                    struct out_list *out);

#endif
