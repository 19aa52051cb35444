#include "store/sqlite/role_write.h"

#include "store/sqlite/changes.h"
#include "store/sqlite/roles.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

static enum result add_permissions(struct sqlite_handle *handle, int64_t number,
                                   const struct view *permissions, size_t count)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        result = sql_run(handle, STATEMENT_ROLE_PERMISSION_ADD,
                         SQL_BIND(sql_number(number), sql_text(permissions[i])));
    }
    return result;
}

/* --- create ----------------------------------------------------------------------------------- */

static enum result insert(struct sqlite_handle *handle, const struct role_draft *draft)
{
    enum result result = sql_run(handle, STATEMENT_ROLE_INSERT,
                                 SQL_BIND(sql_id(&draft->id), sql_text(draft->name),
                                          sql_text(draft->description), sql_number(draft->now_ms)));
    if (result == RESULT_OK) {
        result = add_permissions(handle, sqlite3_last_insert_rowid(handle->db), draft->permissions,
                                 draft->permission_count);
    }
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_ROLE, &draft->id, draft->now_ms);
    }
    return result;
}

enum result sqlite_role_write_create(struct store_handle *base, const struct role_draft *draft,
                                     struct arena *arena, struct role *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = insert(handle, draft);
    if (result == RESULT_OK) {
        result = sqlite_roles_read(handle, &draft->id, arena, out);
    }
    return sqlite_transaction_finish(&transaction, result);
}

/* --- where a role stands ---------------------------------------------------------------------- */

struct standing {
    int64_t number;
    bool is_held; /* by somebody who is not deleted */
};

/* CONFLICT when the version is another one. */
static enum result read_standing(struct sqlite_handle *handle, const struct id *role_id,
                                 int64_t if_version, struct standing *out)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_ROLE_STANDING, SQL_BIND(sql_id(role_id)));
    enum result result = sql_row(&query);
    if (result != RESULT_OK) {
        return result;
    }
    *out = (struct standing){
        .number = sql_get_number(&query, 0),
        .is_held = sql_get_number(&query, 2) != 0,
    };
    return sql_get_number(&query, 1) == if_version ? RESULT_OK : RESULT_CONFLICT;
}

/* --- update ----------------------------------------------------------------------------------- */

static enum result update(struct sqlite_handle *handle, const struct id *role_id,
                          const struct role_patch *patch)
{
    struct standing standing;
    enum result result = read_standing(handle, role_id, patch->if_version, &standing);
    if (result == RESULT_OK) {
        result = sql_run(handle, STATEMENT_ROLE_UPDATE,
                         SQL_BIND(sql_number(standing.number), sql_text(patch->description),
                                  sql_number(patch->now_ms)));
    }
    if (result == RESULT_OK) {
        result = sql_run(handle, STATEMENT_ROLE_PERMISSIONS_CLEAR,
                         SQL_BIND(sql_number(standing.number)));
    }
    if (result == RESULT_OK) {
        result =
            add_permissions(handle, standing.number, patch->permissions, patch->permission_count);
    }
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_ROLE, role_id, patch->now_ms);
    }
    return result;
}

enum result sqlite_role_write_update(struct store_handle *base, const struct id *role_id,
                                     const struct role_patch *patch, struct arena *arena,
                                     struct role *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = update(handle, role_id, patch);
    if (result == RESULT_OK) {
        result = sqlite_roles_read(handle, role_id, arena, out);
    }
    return sqlite_transaction_finish(&transaction, result);
}

/* --- delete ----------------------------------------------------------------------------------- */

static enum result remove_role(struct sqlite_handle *handle, const struct id *role_id,
                               int64_t if_version, int64_t now_ms)
{
    struct standing standing;
    enum result result = read_standing(handle, role_id, if_version, &standing);
    if (result == RESULT_OK && standing.is_held) {
        result = RESULT_ROLE_IN_USE;
    }
    if (result == RESULT_OK) {
        result = sql_run(handle, STATEMENT_ROLE_FREE, SQL_BIND(sql_number(standing.number)));
    }
    if (result == RESULT_OK) {
        result = sql_run(handle, STATEMENT_ROLE_DELETE, SQL_BIND(sql_number(standing.number)));
    }
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_ROLE, role_id, now_ms);
    }
    return result;
}

static enum result try_delete(struct sqlite_handle *handle, const struct id *role_id,
                              int64_t if_version, int64_t now_ms)
{
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction,
                                     remove_role(handle, role_id, if_version, now_ms));
}

enum result sqlite_role_write_delete(struct store_handle *base, const struct id *role_id,
                                     int64_t if_version, int64_t now_ms, int64_t *holders)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    *holders = 0;
    enum result result = try_delete(handle, role_id, if_version, now_ms);
    if (result != RESULT_ROLE_IN_USE) {
        return result;
    }
    /* Counting may take long: not while no other may write. */
    enum result counted =
        sql_run_number(handle, STATEMENT_ROLE_HOLDERS, SQL_BIND(sql_id(role_id)), holders);
    return counted == RESULT_OK ? result : counted;
}
