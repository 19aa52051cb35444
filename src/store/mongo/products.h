/* Products: one record. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_PRODUCTS_H
#define LATCHKEY_STORE_MONGO_PRODUCTS_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

enum result mongo_products_create(struct store_handle *handle, const struct product_draft *draft,
                                  struct arena *arena, struct product *out);
enum result mongo_products_get(struct store_handle *handle, const struct product_key *key,
                               struct arena *arena, struct product *out);
enum result mongo_products_update(struct store_handle *handle, const struct product_key *key,
                                  const struct product_patch *patch, struct arena *arena,
                                  struct product *out);
enum result mongo_products_delete(struct store_handle *handle, const struct product_key *key,
                                  int64_t if_version, struct arena *arena, struct product *out);

/* A product as a document, all of it. */
void mongo_products_make(const struct product *product, bson_t *out);
/* What a document of the collection says. INTERNAL when the arena is full, or the price is none. */
MUST_CHECK enum result mongo_products_of_doc(const bson_t *doc, struct arena *arena,
                                             struct product *out);

#endif
