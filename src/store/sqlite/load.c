#include "store/sqlite/load.h"

#include "base/network.h"
#include "model/limits.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* Inserts; where something is in the way, looks whether it is the same record. *inserted says
   which. */
static enum result put(struct sqlite_handle *handle, enum statement insert, enum statement same,
                       struct sql_values values, bool *inserted)
{
    enum result result = sql_run_changing(handle, insert, values);
    *inserted = result == RESULT_OK;
    if (result != RESULT_NOT_FOUND) {
        return result;
    }
    int64_t one = 0;
    result = sql_run_number(handle, same, values, &one);
    return result == RESULT_NOT_FOUND ? RESULT_CONFLICT : result;
}

/* A set that belongs to a record: one of a new record is complete by what was added, one that was
   there already is the same when nothing was added and it is no larger. */
static enum result check_set(struct sqlite_handle *handle, enum statement statement, int64_t number,
                             bool is_new, size_t added, size_t wanted)
{
    int64_t there = 0;
    enum result result = sql_run_number(handle, statement, SQL_BIND(sql_number(number)), &there);
    if (result != RESULT_OK) {
        return result;
    }
    bool as_wanted = there == (int64_t)wanted && added == (is_new ? wanted : 0);
    return as_wanted ? RESULT_OK : RESULT_CONFLICT;
}

/* --- settings, keys, roles -------------------------------------------------------------------- */

static enum result load_setting(struct sqlite_handle *handle, const struct record *record)
{
    const struct setting_record *setting = &record->setting;
    struct view value = view_not_null(setting->value);
    bool inserted;
    return put(handle, STATEMENT_LOAD_SETTING, STATEMENT_LOAD_SETTING_SAME,
               SQL_BIND(sql_text(setting->name), sql_blob(value)), &inserted);
}

static enum result load_key(struct sqlite_handle *handle, const struct record *record)
{
    const struct stored_key *key = &record->key;
    bool inserted;
    return put(handle, STATEMENT_LOAD_KEY, STATEMENT_LOAD_KEY_SAME,
               SQL_BIND(sql_text(key->key_id), sql_text(key->algorithm), sql_blob(key->material),
                        sql_number(key->created_ms), sql_number(key->signs_from_ms),
                        sql_instant(key->retired_ms)),
               &inserted);
}

static enum result add_permissions(struct sqlite_handle *handle, int64_t number,
                                   const struct role *role, size_t *added)
{
    enum result result = RESULT_OK;
    *added = 0;
    for (size_t i = 0; i < role->permission_count; i++) {
        result = sql_run_changing(handle, STATEMENT_ROLE_PERMISSION_ADD,
                                  SQL_BIND(sql_number(number), sql_text(role->permissions[i])));
        if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
            return result;
        }
        *added += result == RESULT_OK ? 1 : 0;
    }
    return RESULT_OK;
}

/* A built-in one is there already and becomes what the record says: its permissions begin anew. */
static enum result put_role(struct sqlite_handle *handle, const struct role *role,
                            struct sql_values values, bool *is_new)
{
    if (!role->built_in) {
        return put(handle, STATEMENT_LOAD_ROLE, STATEMENT_LOAD_ROLE_SAME, values, is_new);
    }
    enum result result = sql_run_changing(handle, STATEMENT_LOAD_ROLE_BUILT_IN, values);
    *is_new = true;
    return result == RESULT_NOT_FOUND ? RESULT_CONFLICT : result;
}

static enum result load_role(struct sqlite_handle *handle, const struct record *record)
{
    const struct role *role = &record->role;
    bool is_new = false;
    int64_t number = 0;
    size_t added = 0;
    enum result result =
        put_role(handle, role,
                 SQL_BIND(sql_id(&role->id), sql_text(role->name), sql_text(role->description),
                          sql_number(role->built_in), sql_number(role->created_ms),
                          sql_number(role->updated_ms), sql_number(role->version)),
                 &is_new);
    if (result == RESULT_OK) {
        result = sql_run_number(handle, STATEMENT_LOAD_ROLE_NUMBER, SQL_BIND(sql_id(&role->id)),
                                &number);
    }
    if (result == RESULT_OK && is_new) {
        result = sql_run(handle, STATEMENT_ROLE_PERMISSIONS_CLEAR, SQL_BIND(sql_number(number)));
    }
    if (result == RESULT_OK) {
        result = add_permissions(handle, number, role, &added);
    }
    return result == RESULT_OK ? check_set(handle, STATEMENT_LOAD_PERMISSION_COUNT, number, is_new,
                                           added, role->permission_count)
                               : result;
}

/* --- users and sessions ----------------------------------------------------------------------- */

static enum result put_user(struct sqlite_handle *handle, const struct user_record *record,
                            bool *inserted)
{
    const struct user *user = &record->user;
    char username_key[USERNAME_MAX_BYTES];
    char email_key[EMAIL_MAX_BYTES];
    struct view no_text = view_make(NULL, 0);
    return put(
        handle, STATEMENT_LOAD_USER, STATEMENT_LOAD_USER_SAME,
        SQL_BIND(sql_number(user->number), sql_id(&user->id), sql_text(user->username),
                 sql_text(user_fold(user->username, username_key)), sql_text(user->email),
                 sql_text(user->email.at != NULL ? user_fold(user->email, email_key) : no_text),
                 sql_text(user->name),
                 user->age != USER_AGE_UNKNOWN ? sql_number(user->age) : sql_text(no_text),
                 sql_text(user->metadata), sql_number(user->status),
                 sql_number(user->email_verified), sql_text(record->password_hash),
                 sql_number(user->created_ms), sql_number(user->updated_ms),
                 sql_instant(user->last_login_ms), sql_instant(user->deleted_ms),
                 sql_number(user->epoch), sql_number(user->version)),
        inserted);
}

/* A role that is not there adds nothing: then the set is too small. */
static enum result add_roles(struct sqlite_handle *handle, const struct user_record *record,
                             size_t *added)
{
    *added = 0;
    for (size_t i = 0; i < record->role_count; i++) {
        enum result result = sql_run_changing(
            handle, STATEMENT_LOAD_USER_ROLE,
            SQL_BIND(sql_number(record->user.number), sql_id(&record->role_ids[i])));
        if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
            return result;
        }
        *added += result == RESULT_OK ? 1 : 0;
    }
    return RESULT_OK;
}

static enum result load_user(struct sqlite_handle *handle, const struct record *record)
{
    const struct user_record *user = &record->user;
    bool inserted = false;
    size_t added = 0;
    enum result result = put_user(handle, user, &inserted);
    if (result == RESULT_OK) {
        result = add_roles(handle, user, &added);
    }
    if (result == RESULT_OK) {
        result = check_set(handle, STATEMENT_LOAD_USER_ROLE_COUNT, user->user.number, inserted,
                           added, user->role_count);
    }
    return result == RESULT_CONFLICT && inserted ? RESULT_INVALID : result;
}

static enum result put_session(struct sqlite_handle *handle, const struct session_record *record)
{
    const struct session *session = &record->session;
    char room[NETWORK_SIZE];
    bool inserted;
    return put(handle, STATEMENT_LOAD_SESSION, STATEMENT_LOAD_SESSION_SAME,
               SQL_BIND(sql_id(&session->id), sql_id(&session->user_id),
                        sql_text(view_not_null(session->client_id)), sql_text(session->user_agent),
                        sql_text(view_not_null(session->address)),
                        sql_text(view_not_null(network_of(session->address, room))),
                        sql_number(session->created_ms), sql_number(session->last_used_ms),
                        sql_instant(record->rotated_ms), sql_number(session->expires_ms),
                        sql_number(session->counter), sql_instant(session->revoked_ms),
                        sql_number(session->epoch)),
               &inserted);
}

static enum result load_session(struct sqlite_handle *handle, const struct record *record)
{
    int64_t has_user = 0;
    enum result result = put_session(handle, &record->session);
    if (result != RESULT_CONFLICT) {
        return result;
    }
    result = sql_run_number(handle, STATEMENT_LOAD_SESSION_USER,
                            SQL_BIND(sql_id(&record->session.session.user_id)), &has_user);
    if (result != RESULT_OK) {
        return result;
    }
    return has_user != 0 ? RESULT_CONFLICT : RESULT_INVALID;
}

/* --- the rest --------------------------------------------------------------------------------- */

static enum result load_product(struct sqlite_handle *handle, const struct record *record)
{
    const struct product *product = &record->product;
    bool inserted = false;
    enum result result =
        put(handle, STATEMENT_LOAD_PRODUCT, STATEMENT_LOAD_PRODUCT_SAME,
            SQL_BIND(sql_number(product->number), sql_id(&product->id), sql_text(product->name),
                     sql_text(product->description), sql_number(product->price.units),
                     sql_number(product->price.places), sql_id(&product->owner_id),
                     sql_number(product->created_ms), sql_number(product->updated_ms),
                     sql_number(product->version)),
            &inserted);
    return result == RESULT_OK && inserted
               ? sql_run(handle, STATEMENT_PRODUCT_INDEX, SQL_BIND(sql_number(product->number)))
               : result;
}

static enum result load_audit_event(struct sqlite_handle *handle, const struct record *record)
{
    const struct audit_event *event = &record->audit_event;
    bool inserted;
    return put(handle, STATEMENT_LOAD_AUDIT_EVENT, STATEMENT_LOAD_AUDIT_EVENT_SAME,
               SQL_BIND(sql_id(&event->id), sql_text(event->event), sql_number(event->outcome),
                        sql_number(event->actor), sql_id_or_null(&event->actor_id),
                        sql_text(event->actor_name), sql_id_or_null(&event->user_id),
                        sql_text(event->user_name), sql_text(view_not_null(event->address)),
                        sql_text(event->user_agent), sql_text(event->request_id),
                        sql_text(event->reason),
                        sql_text(event->details.len > 0 ? event->details : VIEW("{}"))),
               &inserted);
}

static enum result load_change(struct sqlite_handle *handle, const struct record *record)
{
    const struct change_record *change = &record->change;
    return sql_run(
        handle, STATEMENT_LOAD_CHANGE,
        SQL_BIND(sql_number(change->kind), sql_id(&change->subject), sql_number(change->at_ms)));
}

/* SQLite keeps them under the name of the table, once a number was given out. */
static enum result load_counter(struct sqlite_handle *handle, const struct record *record)
{
    const struct counter_record *counter = &record->counter;
    struct view table = counter->name == COUNTER_USERS ? VIEW("users") : VIEW("products");
    struct sql_value values[] = {sql_text(table), sql_number(counter->value)};
    struct sql_values both = {values, ARRAY_LEN(values)};
    enum result result = sql_run(handle, STATEMENT_LOAD_COUNTER, both);
    return result == RESULT_OK ? sql_run(handle, STATEMENT_LOAD_COUNTER_FIRST, both) : result;
}

/* --- all -------------------------------------------------------------------------------------- */

static enum result load_record(struct sqlite_handle *handle, const struct record *record)
{
    static enum result (*const loaders[RECORD_KIND_END])(struct sqlite_handle * handle,
                                                         const struct record *record) = {
#define LOADER(name, member, plural) [RECORD_##name] = load_##member,
        RECORD_KINDS(LOADER)
#undef LOADER
    };
    return loaders[record->kind](handle, record);
}

enum result sqlite_load(struct store_handle *base, const struct record *records, size_t count,
                        size_t *refused)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sql_run(handle, STATEMENT_IMPORT_CACHE, SQL_NONE);
    if (result == RESULT_OK) {
        result = sqlite_transaction_begin_write(&transaction, handle);
    }
    if (result != RESULT_OK) {
        return result;
    }
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        *refused = i;
        result = load_record(handle, &records[i]);
    }
    return sqlite_transaction_finish(&transaction, result);
}

/* --- the mark --------------------------------------------------------------------------------- */

static enum result read_standing(struct sqlite_handle *handle, enum store_standing *out)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_STANDING, SQL_BIND(sql_text(VIEW(BACKEND_LOADING_SETTING))));
    enum result result = sql_row(&query);
    if (result != RESULT_OK) {
        return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
    }
    bool is_marked = sql_get_number(&query, 0) != 0;
    bool has_anything = sql_get_number(&query, 1) != 0;
    *out = has_anything ? STORE_IN_USE : STORE_EMPTY;
    *out = is_marked ? STORE_LOADING : *out;
    return RESULT_OK;
}

enum result sqlite_load_standing(struct store_handle *handle, enum store_standing *out)
{
    return read_standing(sqlite_handle_of(handle), out);
}

static enum result mark(struct sqlite_handle *handle)
{
    enum store_standing standing;
    enum result result = read_standing(handle, &standing);
    if (result != RESULT_OK) {
        return result;
    }
    if (standing == STORE_IN_USE) {
        return RESULT_CONFLICT;
    }
    return sql_run(handle, STATEMENT_LOAD_MARK, SQL_BIND(sql_text(VIEW(BACKEND_LOADING_SETTING))));
}

enum result sqlite_load_begin(struct store_handle *base)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, mark(handle));
}

enum result sqlite_load_end(struct store_handle *base)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result =
        sql_run(handle, STATEMENT_LOAD_UNMARK, SQL_BIND(sql_text(VIEW(BACKEND_LOADING_SETTING))));
    return sqlite_transaction_finish(&transaction, result);
}
