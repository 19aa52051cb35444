#include "store/sqlite/roles.h"

#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* The order of ROLE_COLUMNS (statements.c). */
enum role_column {
    ROLE_ID,
    ROLE_NAME,
    ROLE_DESCRIPTION,
    ROLE_BUILT_IN,
    ROLE_CREATED,
    ROLE_UPDATED,
    ROLE_VERSION,
    ROLE_PERMISSIONS
};

enum result sqlite_roles_of_row(struct sql_query *query, struct arena *arena, struct role *out)
{
    *out = (struct role){
        .id = sql_get_id(query, ROLE_ID),
        .name = sql_copy_view(query, ROLE_NAME, arena),
        .description = sql_copy_view(query, ROLE_DESCRIPTION, arena),
        .built_in = sql_get_number(query, ROLE_BUILT_IN) != 0,
        .created_ms = sql_get_number(query, ROLE_CREATED),
        .updated_ms = sql_get_number(query, ROLE_UPDATED),
        .version = sql_get_number(query, ROLE_VERSION),
    };
    out->permissions = sql_copy_lines(query, ROLE_PERMISSIONS, arena, &out->permission_count);
    return query->failure;
}

static enum result read_roles(struct sqlite_handle *handle, struct arena *arena, struct role *roles,
                              size_t count)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_ROLE_LIST, SQL_NONE);
    for (size_t i = 0; i < count; i++) {
        enum result result = sql_row(&query);
        if (result == RESULT_OK) {
            result = sqlite_roles_of_row(&query, arena, &roles[i]);
        }
        if (result != RESULT_OK) {
            return result;
        }
    }
    return RESULT_OK;
}

enum result sqlite_roles_list(struct store_handle *base, struct arena *arena,
                              const struct role **out, size_t *count)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    int64_t rows = 0;
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_read(&transaction, handle);
    if (result == RESULT_OK) {
        result = sql_run_number(handle, STATEMENT_ROLE_COUNT, SQL_NONE, &rows);
    }
    if (result != RESULT_OK) {
        return result;
    }
    struct role *roles = arena_take_array(arena, (size_t)rows, sizeof *roles);
    *out = roles;
    *count = (size_t)rows;
    if (roles == NULL) {
        return RESULT_INTERNAL;
    }
    return sqlite_transaction_finish(&transaction, read_roles(handle, arena, roles, *count));
}

static enum result read_one(struct sqlite_handle *handle, enum statement statement,
                            struct sql_value key, struct arena *arena, struct role *out)
{
    CLEANUP(sql_close) struct sql_query query = sql_open(handle, statement, SQL_BIND(key));
    enum result result = sql_row(&query);
    return result == RESULT_OK ? sqlite_roles_of_row(&query, arena, out) : result;
}

enum result sqlite_roles_get(struct store_handle *base, struct view name, struct arena *arena,
                             struct role *out)
{
    return read_one(sqlite_handle_of(base), STATEMENT_ROLE_BY_NAME, sql_text(name), arena, out);
}

enum result sqlite_roles_read(struct sqlite_handle *handle, const struct id *id,
                              struct arena *arena, struct role *out)
{
    return read_one(handle, STATEMENT_ROLE_BY_ID, sql_id(id), arena, out);
}
