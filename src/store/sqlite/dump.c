#include "store/sqlite/dump.h"

#include "store/sqlite/audit_events.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/products.h"
#include "store/sqlite/roles.h"
#include "store/sqlite/sessions.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/users.h"

/* Columns beyond those that the readers of single records know (statements.c). */
#define USER_HASH_COLUMN 15
#define SESSION_ROTATED_COLUMN 11

/* --- one row ---------------------------------------------------------------------------------- */

static enum result read_setting(struct sql_query *query, struct arena *arena,
                                struct setting_record *out)
{
    out->name = sql_copy_view(query, 0, arena);
    out->value = sql_copy_view(query, 1, arena);
    return query->failure;
}

static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static bool read_hex(struct view hex, struct id *out)
{
    if (hex.len != 2 * sizeof out->bytes) {
        return false;
    }
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        out->bytes[i] = (uint8_t)(nibble(hex.at[2 * i]) << 4 | nibble(hex.at[2 * i + 1]));
    }
    return true;
}

/* Where a list has the names of roles, a dump has their ids in hex, in the same order. INVALID: one
   that is no id, which only a tool that ignores constraints can have left. */
static enum result read_user(struct sql_query *query, struct arena *arena, struct user_record *out)
{
    struct user *user = &out->user;
    enum result result = sqlite_users_of_row(query, arena, user);
    if (result != RESULT_OK) {
        return result;
    }
    struct id *ids = arena_take_array(arena, user->role_count, sizeof *ids);
    if (ids == NULL && user->role_count > 0) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; i < user->role_count; i++) {
        if (!read_hex(user->roles[i], &ids[i])) {
            return RESULT_INVALID;
        }
    }
    out->role_ids = ids;
    out->role_count = user->role_count;
    user->roles = NULL;
    user->role_count = 0;
    out->password_hash = sql_copy_view(query, USER_HASH_COLUMN, arena);
    return query->failure;
}

static enum result read_session(struct sql_query *query, struct arena *arena,
                                struct session_record *out)
{
    out->rotated_ms = sql_get_number(query, SESSION_ROTATED_COLUMN);
    return sqlite_sessions_of_row(query, arena, &out->session);
}

static void read_change(struct sql_query *query, struct change_record *out)
{
    *out = (struct change_record){
        .kind = (enum change_kind)sql_get_number(query, 0),
        .subject = sql_get_id(query, 1),
        .at_ms = sql_get_number(query, 2),
    };
}

static enum result read_record(struct sql_query *query, struct arena *arena, struct record *out)
{
    switch (out->kind) {
    case RECORD_SETTING:
        return read_setting(query, arena, &out->setting);
    case RECORD_KEY:
        return sqlite_keys_of_row(query, arena, &out->key);
    case RECORD_ROLE:
        return sqlite_roles_of_row(query, arena, &out->role);
    case RECORD_USER:
        return read_user(query, arena, &out->user);
    case RECORD_SESSION:
        return read_session(query, arena, &out->session);
    case RECORD_PRODUCT:
        return sqlite_products_of_row(query, arena, &out->product);
    case RECORD_AUDIT_EVENT:
        return sqlite_audit_events_of_row(query, arena, &out->audit_event);
    case RECORD_CHANGE:
        read_change(query, &out->change);
        return RESULT_OK;
    case RECORD_COUNTER:
        out->counter.name = (enum counter_name)sql_get_number(query, 0);
        out->counter.value = sql_get_number(query, 1);
        return RESULT_OK;
    case RECORD_NONE:
    case RECORD_KIND_END:
        break;
    }
    return RESULT_INTERNAL;
}

/* --- a page ----------------------------------------------------------------------------------- */

static enum result read_page(struct sql_query *query, const struct record_query *asked,
                             struct arena *arena, struct record *records, size_t *count)
{
    size_t full_bytes = arena->used_bytes + STORE_DUMP_PAGE_BYTES;
    enum result result = sql_row(query);
    while (result == RESULT_OK && *count < asked->limit && arena->used_bytes < full_bytes) {
        records[*count].kind = asked->kind;
        result = read_record(query, arena, &records[*count]);
        if (result == RESULT_OK) {
            *count += 1;
            result = sql_row(query);
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result sqlite_dump(struct store_handle *base, const struct record_query *query,
                        struct arena *arena, struct record_page *out)
{
    const struct record_position *after = &query->after;
    struct record *records = arena_take_array(arena, query->limit, sizeof *records);
    *out = (struct record_page){.items = records};
    if (records == NULL) {
        return RESULT_INTERNAL;
    }
    const struct sql_value values[] = {
        sql_number(after->number),
        sql_id(&after->id),
        sql_text(view_not_null(after->name)),
        sql_number((int64_t)query->limit),
        query->kind == RECORD_SETTING ? sql_text(VIEW(BACKEND_LOADING_SETTING))
                                      : sql_number(query->changes_since_ms),
    };
    bool takes_last = query->kind == RECORD_SETTING || query->kind == RECORD_CHANGE;
    size_t count = takes_last ? ARRAY_LEN(values) : ARRAY_LEN(values) - 1;
    CLEANUP(sql_close)
    struct sql_query rows =
        sql_open(sqlite_handle_of(base), (enum statement)STATEMENT_DUMP_OF(query->kind),
                 (struct sql_values){values, count});
    return read_page(&rows, query, arena, records, &out->count);
}

/* The order of STATEMENT_DUMP_COUNTS is that of enum record_kind. */
enum result sqlite_dump_counts(struct store_handle *base, int64_t changes_since_ms,
                               int64_t counts[RECORD_KIND_END])
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(sqlite_handle_of(base), STATEMENT_DUMP_COUNTS,
                                      SQL_BIND(sql_number(changes_since_ms)));
    enum result result = sql_row(&query);
    counts[RECORD_NONE] = 0;
    for (int kind = RECORD_NONE + 1; result == RESULT_OK && kind < RECORD_KIND_END; kind++) {
        counts[kind] = sql_get_number(&query, kind - 1);
    }
    return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
}
