/* Products: lists. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_PRODUCT_LIST_H
#define LATCHKEY_STORE_MONGO_PRODUCT_LIST_H

#include "store/mongo/connection.h"

enum result mongo_product_list(struct store_handle *handle,
                               const struct product_list_request *request, struct arena *arena,
                               struct product_page *out);

#endif
