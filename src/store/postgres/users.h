/* People: reading, and what the other parts need of them. */
#ifndef LATCHKEY_STORE_POSTGRES_USERS_H
#define LATCHKEY_STORE_POSTGRES_USERS_H

#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

/* Slots of the back end: see store.h. */
enum result postgres_users_get(struct store_handle *handle, const struct user_key *key,
                               struct arena *arena, struct user *out);
enum result postgres_users_get_credentials(struct store_handle *handle, const struct user_key *key,
                                           struct arena *arena, struct user_credentials *out);
enum result postgres_users_expired(struct store_handle *handle, int64_t deleted_before_ms,
                                   size_t limit, struct arena *arena, struct user *out,
                                   size_t *count);
enum result postgres_users_any(struct store_handle *handle, bool *out);
enum result postgres_users_hash_kinds(struct store_handle *handle, int64_t sample,
                                      struct arena *arena,
                                      struct store_hash_kind out[STORE_HASH_KINDS_MAX],
                                      size_t *count);
enum result postgres_users_export(struct store_handle *handle, int64_t after, size_t limit,
                                  struct arena *arena, struct user_credentials *out, size_t *count);

/* Inside this folder: fills *out from the columns of USER_COLUMNS, the first of which is `first`.
   INTERNAL when out of memory. */
MUST_CHECK enum result postgres_users_of_row(const struct pgsql_row *row, int first,
                                             struct arena *arena, struct user *out);
/* The same for a dump: role_ids instead of roles. */
MUST_CHECK enum result postgres_users_record_of_row(const struct pgsql_row *row,
                                                    struct arena *arena, struct user_record *out);
/* Adds the reading of one person to a batch. */
size_t postgres_users_add_read(struct pgsql_batch *batch, const struct id *id);
/* The only row of that statement. NOT_FOUND. */
MUST_CHECK enum result postgres_users_take(const struct pgsql_batch *batch, size_t statement,
                                           struct arena *arena, struct user *out);

#endif
