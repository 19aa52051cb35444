/* Counts, times and logs the calls of a store. */
#ifndef LATCHKEY_STORE_METER_H
#define LATCHKEY_STORE_METER_H

#include <stdint.h>

#include "base/attributes.h"
#include "base/metrics.h"
#include "base/result.h"
#include "store/backend.h"

/* Every operation of store.h, by the name it has in metrics and in the log. */
#define METER_OPERATIONS(X)                                                                        \
    X(ping)                                                                                        \
    X(user_create)                                                                                 \
    X(user_get)                                                                                    \
    X(user_get_credentials)                                                                        \
    X(user_update)                                                                                 \
    X(user_delete)                                                                                 \
    X(user_restore)                                                                                \
    X(users_expired)                                                                               \
    X(users_purge)                                                                                 \
    X(user_list)                                                                                   \
    X(user_list_tend)                                                                              \
    X(user_seed)                                                                                   \
    X(user_any)                                                                                    \
    X(users_import)                                                                                \
    X(users_export)                                                                                \
    X(hash_kinds)                                                                                  \
    X(session_create)                                                                              \
    X(session_rotate)                                                                              \
    X(sessions_rotate)                                                                             \
    X(session_get)                                                                                 \
    X(session_list)                                                                                \
    X(session_end)                                                                                 \
    X(session_end_all)                                                                             \
    X(session_knows_address)                                                                       \
    X(attempt_count)                                                                               \
    X(attempt_fail)                                                                                \
    X(attempt_clear)                                                                               \
    X(attempt_return)                                                                              \
    X(role_list)                                                                                   \
    X(role_get)                                                                                    \
    X(role_create)                                                                                 \
    X(role_update)                                                                                 \
    X(role_delete)                                                                                 \
    X(key_list)                                                                                    \
    X(key_create_first)                                                                            \
    X(key_rotate)                                                                                  \
    X(key_retire)                                                                                  \
    X(setting_keep)                                                                                \
    X(audit_append)                                                                                \
    X(audit_list)                                                                                  \
    X(changes_read)                                                                                \
    X(purge)                                                                                       \
    X(product_create)                                                                              \
    X(product_get)                                                                                 \
    X(product_update)                                                                              \
    X(product_delete)                                                                              \
    X(product_list)                                                                                \
    X(standing)                                                                                    \
    X(dump)                                                                                        \
    X(dump_counts)                                                                                 \
    X(load_begin)                                                                                  \
    X(load)                                                                                        \
    X(load_end)

enum meter_operation {
#define METER_NAME(name) METER_##name,
    METER_OPERATIONS(METER_NAME)
#undef METER_NAME
        METER_OPERATION_COUNT
};

/* Finds the series once; metrics may be NULL: nothing is counted. NULL when out of memory. */
MUST_CHECK struct store_meter *meter_new(struct metrics *metrics);
/* NULL is a no-op. */
void meter_free(struct store_meter *meter);
/* Notes a call that began at start_us (clock_monotonic_us) and gives its result back. Thread-safe.
 */
enum result meter_note(const struct store *store, enum meter_operation operation, int64_t start_us,
                       enum result result);
/* Notes a call that was answered from memory: OK, in less than a microsecond. Thread-safe. */
void meter_note_recall(const struct store *store, enum meter_operation operation);

#endif
