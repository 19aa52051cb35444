/* Signing keys. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_KEYS_H
#define LATCHKEY_STORE_POSTGRES_KEYS_H

#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

enum result postgres_keys_list(struct store_handle *handle, struct arena *arena,
                               const struct stored_key **out, size_t *count);
enum result postgres_keys_create_first(struct store_handle *handle, const struct stored_key *key,
                                       int64_t now_ms);
enum result postgres_keys_rotate(struct store_handle *handle, const struct stored_key *key,
                                 int64_t retire_others_ms, int64_t now_ms);
enum result postgres_keys_retire(struct store_handle *handle, struct view key_id,
                                 struct view in_force, int64_t now_ms);

/* Inside this folder: fills *out from the columns of STATEMENT_KEY_LIST. INTERNAL when out of
   memory. */
MUST_CHECK enum result postgres_keys_of_row(const struct pgsql_row *row, struct arena *arena,
                                            struct stored_key *out);

#endif
