#include "store/sqlite/user_seed.h"

#include "model/limits.h"
#include "store/sqlite/bulk.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/user_write.h"

/* People come in the order of no index: what a batch changes should stay in memory. */
#define BULK_CACHE "PRAGMA cache_size = -524288"

static enum result insert(struct sqlite_handle *handle, const struct user_seed *person)
{
    char username_key[USERNAME_MAX_BYTES];
    char email_key[EMAIL_MAX_BYTES];
    const struct user_draft *draft = &person->draft;
    bool has_email = draft->email.at != NULL;
    bool has_age = draft->age != USER_AGE_UNKNOWN;
    enum result result =
        sql_run(handle, STATEMENT_SEED_INSERT,
                SQL_BIND(sql_id(&draft->id), sql_text(draft->username),
                         sql_text(user_fold(draft->username, username_key)), sql_text(draft->email),
                         sql_text(has_email ? user_fold(draft->email, email_key) : draft->email),
                         sql_text(draft->name),
                         has_age ? sql_number(draft->age) : sql_text(view_make(NULL, 0)),
                         sql_number(draft->status), sql_number(draft->email_verified),
                         sql_number(draft->now_ms), sql_number(person->updated_ms),
                         sql_instant(person->last_login_ms), sql_instant(person->deleted_ms)));
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_user_write_add_roles(handle, sqlite3_last_insert_rowid(handle->db), draft->roles,
                                       draft->role_ids, draft->role_count);
}

enum result sqlite_user_seed(struct store_handle *base, const struct user_seed *people,
                             size_t count)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_bulk_end) struct bulk bulk = {.transaction.handle = NULL};
    enum result result = sqlite_bulk_begin(&bulk, handle);
    if (result != RESULT_OK) {
        return result;
    }
    (void)sqlite3_exec(handle->db, BULK_CACHE, NULL, NULL, NULL);
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        result = insert(handle, &people[i]);
    }
    return sqlite_bulk_finish(&bulk, result);
}
