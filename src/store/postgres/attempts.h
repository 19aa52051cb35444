/* Counters of failed attempts. */
#ifndef LATCHKEY_STORE_POSTGRES_ATTEMPTS_H
#define LATCHKEY_STORE_POSTGRES_ATTEMPTS_H

#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

/* Slots of the back end: see store.h. */
enum result postgres_attempts_count(struct store_handle *handle, const struct attempt *attempts,
                                    size_t count, int64_t now_ms, int64_t window_ms,
                                    int64_t *locked_until_ms);
enum result postgres_attempts_fail(struct store_handle *handle, const struct attempt *attempts,
                                   size_t count, int64_t now_ms, int64_t window_ms,
                                   const struct attempt_events *events, bool *locked);
enum result postgres_attempts_clear(struct store_handle *handle, const struct attempt *attempts,
                                    size_t count);
enum result postgres_attempts_return(struct store_handle *handle, const struct attempt *attempts,
                                     size_t count);

/* Keys of attempts and their limits as two arrays, with their bytes. */
struct postgres_attempt_keys {
    char keys_room[PGSQL_ARRAY_BYTES(STORE_ATTEMPTS_MAX,
                                     STORE_ATTEMPTS_MAX *STORE_ATTEMPT_KEY_MAX_BYTES)];
    char limits_room[PGSQL_ARRAY_BYTES(STORE_ATTEMPTS_MAX, STORE_ATTEMPTS_MAX * sizeof(int64_t))];
    struct builder keys_builder;
    struct builder limits_builder;
    struct pgsql_value keys;
    struct pgsql_value limits;
};
/* Keys alone, at most STORE_ATTEMPTS_MAX. */
void postgres_attempts_keys_of_views(struct postgres_attempt_keys *out, const struct view *keys,
                                     size_t count);

#endif
