/* People: reading, and what the other parts need of them. */
#ifndef LATCHKEY_STORE_SQLITE_USERS_H
#define LATCHKEY_STORE_SQLITE_USERS_H

#include "store/sqlite/connection.h"
#include "store/sqlite/sql.h"

/* Slots of the back end: see store.h. */
enum result sqlite_users_get(struct store_handle *handle, const struct user_key *key,
                             struct arena *arena, struct user *out);
bool sqlite_users_recall(struct store_handle *handle, const struct user_key *key,
                         struct arena *arena, struct user *out);
enum result sqlite_users_get_credentials(struct store_handle *handle, const struct user_key *key,
                                         struct arena *arena, struct user_credentials *out);
enum result sqlite_users_any(struct store_handle *handle, bool *out);
enum result sqlite_users_hash_kinds(struct store_handle *handle, int64_t sample,
                                    struct arena *arena,
                                    struct store_hash_kind out[STORE_HASH_KINDS_MAX],
                                    size_t *count);

enum result sqlite_users_expired(struct store_handle *handle, int64_t deleted_before_ms,
                                 size_t limit, struct arena *arena, struct user *out,
                                 size_t *count);
enum result sqlite_users_export(struct store_handle *handle, int64_t after, size_t limit,
                                struct arena *arena, struct user_credentials *out, size_t *count);

/* Reads within whatever transaction is open. */
MUST_CHECK enum result sqlite_users_read(struct sqlite_handle *handle, const struct id *id,
                                         struct arena *arena, struct user *out);

/* The same by number, deleted or not. */
MUST_CHECK enum result sqlite_users_read_number(struct sqlite_handle *handle, int64_t number,
                                                struct arena *arena, struct user *out);

/* Inside this folder: fills *out from the current row of USER_COLUMNS (statements.c). */
MUST_CHECK enum result sqlite_users_of_row(struct sql_query *query, struct arena *arena,
                                           struct user *out);
/* The same where they begin with that column, from 0. */
MUST_CHECK enum result sqlite_users_of_columns(struct sql_query *query, int first,
                                               struct arena *arena, struct user *out);

#endif
