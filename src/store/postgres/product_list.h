/* The list of products. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_PRODUCT_LIST_H
#define LATCHKEY_STORE_POSTGRES_PRODUCT_LIST_H

#include "store/postgres/connection.h"

enum result postgres_product_list(struct store_handle *handle,
                                  const struct product_list_request *request, struct arena *arena,
                                  struct product_page *out);

#endif
