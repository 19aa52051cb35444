/* Products. */
#ifndef LATCHKEY_STORE_POSTGRES_PRODUCTS_H
#define LATCHKEY_STORE_POSTGRES_PRODUCTS_H

#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

/* Slots of the back end: see store.h. */
enum result postgres_products_create(struct store_handle *handle, const struct product_draft *draft,
                                     struct arena *arena, struct product *out);
enum result postgres_products_get(struct store_handle *handle, const struct product_key *key,
                                  struct arena *arena, struct product *out);
enum result postgres_products_update(struct store_handle *handle, const struct product_key *key,
                                     const struct product_patch *patch, struct arena *arena,
                                     struct product *out);
enum result postgres_products_delete(struct store_handle *handle, const struct product_key *key,
                                     int64_t if_version, struct arena *arena, struct product *out);

/* Inside this folder: fills *out from PRODUCT_COLUMNS (statements.h). INTERNAL when out of memory.
 */
MUST_CHECK enum result postgres_products_of_row(const struct pgsql_row *row, struct arena *arena,
                                                struct product *out);
/* The folded text, in the arena. False when out of memory; at NULL stays so. */
MUST_CHECK bool postgres_products_fold(struct view text, struct arena *arena, struct view *out);

#endif
