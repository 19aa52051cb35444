/* The key ring: one document for each algorithm, with all its keys, so that "the only open one" and
   "all others retire" are decided by one document. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_KEYS_H
#define LATCHKEY_STORE_MONGO_KEYS_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

enum result mongo_keys_list(struct store_handle *handle, struct arena *arena,
                            const struct stored_key **out, size_t *count);
enum result mongo_keys_create_first(struct store_handle *handle, const struct stored_key *key,
                                    int64_t now_ms);
enum result mongo_keys_rotate(struct store_handle *handle, const struct stored_key *key,
                              int64_t retire_others_ms, int64_t now_ms);
enum result mongo_keys_retire(struct store_handle *handle, struct view key_id, struct view in_force,
                              int64_t now_ms);

/* All keys of all algorithms, by key_id: what dump gives. */
MUST_CHECK enum result mongo_keys_read(struct mongo_handle *handle, struct arena *arena,
                                       struct stored_key **out, size_t *count);
/* Adds a key as it is. CONFLICT when there is another one of that key_id; OK when it is there
   already, the same. */
MUST_CHECK enum result mongo_keys_load(struct mongo_handle *handle, const struct stored_key *key,
                                       struct arena *arena);

#endif
