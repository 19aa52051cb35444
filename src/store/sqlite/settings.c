#include "store/sqlite/settings.h"

#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

static enum result read_setting(struct sqlite_handle *handle, struct view name, struct arena *arena,
                                struct view *out)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_SETTING_READ, SQL_BIND(sql_text(name)));
    enum result result = sql_row(&query);
    if (result != RESULT_OK) {
        return result;
    }
    *out = sql_copy_view(&query, 0, arena);
    return query.failure;
}

static enum result insert(struct sqlite_handle *handle, struct view name, struct view value)
{
    struct view bytes = view_not_null(value);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = sql_run(handle, STATEMENT_SETTING_INSERT, SQL_BIND(sql_text(name), sql_blob(bytes)));
    return sqlite_transaction_finish(&transaction, result);
}

enum result sqlite_settings_keep(struct store_handle *base, struct view name, struct view value,
                                 struct arena *arena, struct view *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    enum result result = read_setting(handle, name, arena, out);
    if (result != RESULT_NOT_FOUND) {
        return result;
    }
    result = insert(handle, name, value);
    return result == RESULT_OK ? read_setting(handle, name, arena, out) : result;
}
