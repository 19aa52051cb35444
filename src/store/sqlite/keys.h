/* The key ring. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_KEYS_H
#define LATCHKEY_STORE_SQLITE_KEYS_H

#include "store/sqlite/connection.h"
#include "store/sqlite/sql.h"

enum result sqlite_keys_list(struct store_handle *handle, struct arena *arena,
                             const struct stored_key **out, size_t *count);
enum result sqlite_keys_create_first(struct store_handle *handle, const struct stored_key *key,
                                     int64_t now_ms);
enum result sqlite_keys_rotate(struct store_handle *handle, const struct stored_key *key,
                               int64_t retire_others_ms, int64_t now_ms);
enum result sqlite_keys_retire(struct store_handle *handle, struct view key_id,
                               struct view in_force, int64_t now_ms);

/* Inside this folder: fills *out from the current row of STATEMENT_KEY_LIST's columns. */
MUST_CHECK enum result sqlite_keys_of_row(struct sql_query *query, struct arena *arena,
                                          struct stored_key *out);

#endif
