#include "store/postgres/user_life.h"

#include "store/postgres/audit_events.h"
#include "store/postgres/changes.h"
#include "store/postgres/pgsql.h"
#include "store/postgres/sessions.h"
#include "store/postgres/transaction.h"
#include "store/postgres/user_write.h"
#include "store/postgres/users.h"

/* --- restore ---------------------------------------------------------------------------------- */

static enum result write_restored(struct postgres_handle *handle, const struct id *user_id,
                                  const struct user_restore *restore, struct arena *arena,
                                  struct user *out)
{
    struct postgres_user_keys keys;
    if (!postgres_user_write_fold(restore->username, restore->email, view_make(NULL, 0), &keys)) {
        return RESULT_INVALID;
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_USER_RESTORE,
                    PGSQL_BIND(pgsql_id(user_id), pgsql_number(restore->mask),
                               pgsql_text(restore->username), pgsql_text(keys.username),
                               pgsql_text(restore->email), pgsql_text(keys.email),
                               pgsql_number(restore->now_ms)));
    (void)postgres_changes_add(&batch, CHANGE_USER, user_id, restore->now_ms);
    size_t user = postgres_users_add_read(&batch, user_id);
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK ? postgres_users_take(&batch, user, arena, out) : result;
}

static enum result restore_user(struct postgres_handle *handle, const struct id *user_id,
                                const struct user_restore *restore, struct arena *arena,
                                struct user *out)
{
    struct postgres_standing before = {0};
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    enum result result = postgres_user_write_lock(handle, user_id, restore->if_version, &before);
    if ((result == RESULT_OK || result == RESULT_CONFLICT) && !before.is_deleted) {
        result = RESULT_NOT_FOUND;
    }
    if (result == RESULT_OK) {
        result = write_restored(handle, user_id, restore, arena, out);
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_user_life_restore(struct store_handle *base, const struct id *user_id,
                                       const struct user_restore *restore, struct arena *arena,
                                       struct user *out)
{
    enum result result;
    POSTGRES_TRY(result, restore_user(postgres_handle_of(base), user_id, restore, arena, out));
    return postgres_changes_tell(postgres_handle_of(base), result);
}

/* --- for good --------------------------------------------------------------------------------- */

/* All of them, in the order of their numbers, before the first is decided. */
static enum result lock_all(struct postgres_handle *handle, const struct user_purge *people,
                            size_t count)
{
    char room[PGSQL_ARRAY_BYTES(STORE_PURGE_MAX, STORE_PURGE_MAX * sizeof(struct id))];
    struct builder builder;
    struct pgsql_array array;
    builder_init_fixed(&builder, room, sizeof room);
    pgsql_array_begin(&array, &builder, PGSQL_UUID_ARRAY, count);
    for (size_t i = 0; i < count; i++) {
        pgsql_array_add(&array, pgsql_id(&people[i].user_id));
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN, PGSQL_NONE);
    (void)pgsql_add(&batch, STATEMENT_USERS_LOCK, PGSQL_BIND(pgsql_array_end(&array)));
    return pgsql_run(&batch);
}

/* Asked before anything is changed: what is refused here must not undo the rest of its batch. */
static enum result check_admins(struct postgres_handle *handle, int64_t number)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_ADMIN_LOCK, PGSQL_NONE);
    size_t other = pgsql_add(&batch, STATEMENT_ADMIN_OTHER, PGSQL_BIND(pgsql_number(number)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    struct pgsql_row row = pgsql_row(&batch, other, 0);
    return pgsql_get_number(&row, 0) != 0 ? RESULT_OK : RESULT_LAST_ADMIN;
}

static enum result decide(struct postgres_handle *handle, const struct user_purge *purge)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_USER_REMAINS, PGSQL_BIND(pgsql_id(&purge->user_id)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (pgsql_rows(&batch, 0) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row row = pgsql_row(&batch, 0, 0);
    if (purge->if_version != 0 && purge->if_version != pgsql_get_number(&row, 1)) {
        return RESULT_CONFLICT;
    }
    bool is_admin = pgsql_get_number(&row, 2) != 0;
    return is_admin ? check_admins(handle, pgsql_get_number(&row, 0)) : RESULT_OK;
}

/* The changes tell of the sessions too: an import may bring the id back while tokens live. */
static enum result remove_user(struct postgres_handle *handle, const struct user_purge *purge,
                               int64_t now_ms)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    if (purge->event != NULL) {
        (void)postgres_audit_events_add(&batch, purge->event);
    }
    (void)postgres_sessions_add_end_those(&batch, &purge->user_id, NULL, now_ms);
    (void)pgsql_add(&batch, STATEMENT_USER_PURGE, PGSQL_BIND(pgsql_id(&purge->user_id)));
    (void)postgres_changes_add(&batch, CHANGE_USER, &purge->user_id, now_ms);
    return pgsql_run(&batch);
}

static bool is_refusal(enum result result)
{
    return result == RESULT_NOT_FOUND || result == RESULT_CONFLICT || result == RESULT_LAST_ADMIN;
}

static enum result purge(struct postgres_handle *handle, struct user_purge *people, size_t count,
                         int64_t now_ms)
{
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    enum result result = lock_all(handle, people, count);
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        result = decide(handle, &people[i]);
        people[i].outcome = result;
        if (result == RESULT_OK) {
            result = remove_user(handle, &people[i], now_ms);
        } else if (is_refusal(result)) {
            result = RESULT_OK;
        }
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_user_life_purge(struct store_handle *base, struct user_purge *people,
                                     size_t count, int64_t now_ms)
{
    enum result result;
    POSTGRES_TRY(result, purge(postgres_handle_of(base), people, count, now_ms));
    return postgres_changes_tell(postgres_handle_of(base), result);
}
