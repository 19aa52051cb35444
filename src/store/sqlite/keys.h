/* The key ring. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_KEYS_H
#define LATCHKEY_STORE_SQLITE_KEYS_H

#include "store/sqlite/connection.h"

enum result sqlite_keys_list(struct store_handle *handle, struct arena *arena,
                             const struct stored_key **out, size_t *count);
enum result sqlite_keys_create_first(struct store_handle *handle, const struct stored_key *key,
                                     int64_t now_ms);
enum result sqlite_keys_rotate(struct store_handle *handle, const struct stored_key *key,
                               int64_t retire_others_ms, int64_t now_ms);
enum result sqlite_keys_retire(struct store_handle *handle, struct view key_id,
                               struct view in_force, int64_t now_ms);

#endif
