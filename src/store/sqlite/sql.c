#include "store/sqlite/sql.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8_fold.h"

/* Primary codes that are an outage: nothing wrong with the request, worth another try later. */
static const int outages[] = {
    SQLITE_BUSY,     SQLITE_LOCKED,   SQLITE_FULL,  SQLITE_IOERR,   SQLITE_CANTOPEN,
    SQLITE_READONLY, SQLITE_PROTOCOL, SQLITE_NOMEM, SQLITE_CORRUPT, SQLITE_NOTADB,
};

/* Which index was hit shows only in the message, which names columns and no values. */
static const struct {
    const char *column;
    enum result result;
} conflicts[] = {
    {"users.username_key", RESULT_USERNAME_TAKEN},
    {"users.email_key", RESULT_EMAIL_TAKEN},
    {"roles.name", RESULT_ROLE_TAKEN},
    {"roles_name_nocase", RESULT_ROLE_TAKEN},
    {"users.id", RESULT_CONFLICT},
    {"signing_keys.key_id", RESULT_CONFLICT},
};

static enum result conflict_of(const char *message)
{
    for (size_t i = 0; i < ARRAY_LEN(conflicts); i++) {
        if (strstr(message, conflicts[i].column) != NULL) {
            return conflicts[i].result;
        }
    }
    return RESULT_INTERNAL;
}

static bool is_outage(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(outages); i++) {
        if ((code & 0xff) == outages[i]) {
            return true;
        }
    }
    return false;
}

enum result sql_failure(struct sqlite_handle *handle, int code)
{
    enum result result = is_outage(code) ? RESULT_STORE_UNAVAILABLE : RESULT_INTERNAL;
    if ((code & 0xff) == SQLITE_CONSTRAINT) {
        result = conflict_of(sqlite3_errmsg(handle->db));
    }
    if (result == RESULT_STORE_UNAVAILABLE || result == RESULT_INTERNAL) {
        const struct log_field fields[] = {
            LOG_FIELD_NUMBER("code", code),
            LOG_FIELD_TEXT("message", view_of(sqlite3_errstr(code))),
        };
        log_event(handle->store->log, LOG_ERROR, "sqlite_error", fields, ARRAY_LEN(fields));
    }
    return result;
}

struct sql_value sql_number(int64_t number)
{
    return (struct sql_value){.type = SQL_INTEGER, .number = number};
}

struct sql_value sql_instant(int64_t instant_ms)
{
    return (struct sql_value){.type = instant_ms == 0 ? SQL_NULL : SQL_INTEGER,
                              .number = instant_ms};
}

struct sql_value sql_text(struct view text)
{
    return (struct sql_value){.type = text.at == NULL ? SQL_NULL : SQL_TEXT, .bytes = text};
}

struct sql_value sql_blob(struct view bytes)
{
    return (struct sql_value){.type = bytes.at == NULL ? SQL_NULL : SQL_BLOB, .bytes = bytes};
}

struct sql_value sql_id(const struct id *id)
{
    return sql_blob(id != NULL ? view_make(id->bytes, sizeof id->bytes) : view_make(NULL, 0));
}

struct sql_value sql_id_or_null(const struct id *id)
{
    return sql_id(id_is_nil(id) ? NULL : id);
}

static int bind_one(sqlite3_stmt *statement, int index, const struct sql_value *value)
{
    switch (value->type) {
    case SQL_INTEGER:
        return sqlite3_bind_int64(statement, index, value->number);
    case SQL_TEXT:
        return sqlite3_bind_text64(statement, index, value->bytes.at, value->bytes.len,
                                   SQLITE_STATIC, SQLITE_UTF8);
    case SQL_BLOB:
        return sqlite3_bind_blob64(statement, index, value->bytes.at, value->bytes.len,
                                   SQLITE_STATIC);
    case SQL_NULL:
        break;
    }
    return sqlite3_bind_null(statement, index);
}

static int prepare(struct sqlite_handle *handle, enum statement statement)
{
    if (handle->statements[statement] != NULL) {
        return SQLITE_OK;
    }
    int code = sqlite_connection_set_up(handle);
    if (code != SQLITE_OK) {
        return code;
    }
    return sqlite3_prepare_v3(handle->db, sqlite_statements_text(statement), -1,
                              SQLITE_PREPARE_PERSISTENT, &handle->statements[statement], NULL);
}

/* code: how preparing went. */
static void bind_all(struct sql_query *query, int code, struct sql_values values)
{
    for (size_t i = 0; code == SQLITE_OK && i < values.count; i++) {
        code = bind_one(query->statement, (int)i + 1, &values.items[i]);
    }
    if (code != SQLITE_OK) {
        query->failure = sql_failure(query->handle, code);
    }
}

struct sql_query sql_open(struct sqlite_handle *handle, enum statement statement,
                          struct sql_values values)
{
    struct sql_query query = {.handle = handle, .failure = RESULT_OK};
    int code = prepare(handle, statement);
    query.statement = handle->statements[statement];
    bind_all(&query, code, values);
    return query;
}

static int prepare_shape(struct sqlite_handle *handle, struct sqlite_shape *shape, struct view text)
{
    (void)sqlite3_finalize(shape->statement);
    free(shape->text);
    shape->statement = NULL;
    shape->text = strndup(text.at, text.len);
    if (shape->text == NULL) {
        return SQLITE_NOMEM;
    }
    int code = sqlite_connection_set_up(handle);
    if (code == SQLITE_OK) {
        code = sqlite3_prepare_v3(handle->db, shape->text, -1, SQLITE_PREPARE_PERSISTENT,
                                  &shape->statement, NULL);
    }
    if (code != SQLITE_OK) {
        free(shape->text);
        shape->text = NULL;
    }
    return code;
}

/* The one with this text, else the one to give up for it. */
static struct sqlite_shape *find_shape(struct sqlite_handle *handle, struct view text)
{
    struct sqlite_shape *oldest = &handle->shapes[0];
    for (size_t i = 0; i < CONNECTION_SHAPES_MAX; i++) {
        struct sqlite_shape *shape = &handle->shapes[i];
        if (shape->text != NULL && view_is(text, shape->text)) {
            return shape;
        }
        if (shape->used < oldest->used) {
            oldest = shape;
        }
    }
    return oldest;
}

struct sql_query sql_open_shape(struct sqlite_handle *handle, struct view text,
                                struct sql_values values)
{
    struct sql_query query = {.handle = handle, .failure = RESULT_OK};
    struct sqlite_shape *shape = find_shape(handle, text);
    int code = SQLITE_OK;
    if (shape->text == NULL || !view_is(text, shape->text)) {
        code = prepare_shape(handle, shape, text);
    }
    shape->used = ++handle->shape_uses;
    query.statement = shape->statement;
    size_t wanted = (size_t)sqlite3_bind_parameter_count(query.statement);
    for (size_t i = 0; code == SQLITE_OK && i < values.count && i < wanted; i++) {
        code = bind_one(query.statement, (int)i + 1, &values.items[i]);
    }
    if (code != SQLITE_OK) {
        query.failure = sql_failure(handle, code);
    }
    return query;
}

static void fold(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const void *text = sqlite3_value_text(values[0]);
    if (text == NULL) {
        sqlite3_result_null(context);
        return;
    }
    size_t len = (size_t)sqlite3_value_bytes(values[0]);
    char *out = sqlite3_malloc64(UTF8_FOLD_SIZE(len));
    if (out == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    struct view folded = utf8_fold(view_make(text, len), out);
    sqlite3_result_text64(context, out, folded.len, sqlite3_free, SQLITE_UTF8);
}

int sql_add_functions(sqlite3 *db)
{
    return sqlite3_create_function(db, "latchkey_fold", 1,
                                   SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                   fold, NULL, NULL);
}

enum result sql_row(struct sql_query *query)
{
    if (query->failure != RESULT_OK) {
        return query->failure;
    }
    int code = sqlite3_step(query->statement);
    if (code == SQLITE_ROW) {
        return RESULT_OK;
    }
    if (code == SQLITE_DONE) {
        return RESULT_NOT_FOUND;
    }
    query->failure =
        (code & 0xff) == SQLITE_INTERRUPT ? RESULT_BUSY : sql_failure(query->handle, code);
    return query->failure;
}

void sql_close(struct sql_query *query)
{
    if (query->statement == NULL) {
        return;
    }
    (void)sqlite3_reset(query->statement);
    (void)sqlite3_clear_bindings(query->statement);
    query->statement = NULL;
}

enum result sql_run(struct sqlite_handle *handle, enum statement statement,
                    struct sql_values values)
{
    CLEANUP(sql_close) struct sql_query query = sql_open(handle, statement, values);
    enum result result = sql_row(&query);
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result sql_run_changing(struct sqlite_handle *handle, enum statement statement,
                             struct sql_values values)
{
    enum result result = sql_run(handle, statement, values);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite3_changes64(handle->db) > 0 ? RESULT_OK : RESULT_NOT_FOUND;
}

enum result sql_run_number(struct sqlite_handle *handle, enum statement statement,
                           struct sql_values values, int64_t *out)
{
    CLEANUP(sql_close) struct sql_query query = sql_open(handle, statement, values);
    enum result result = sql_row(&query);
    if (result == RESULT_OK) {
        *out = sql_get_number(&query, 0);
    }
    return result;
}

int64_t sql_get_number(struct sql_query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

struct view sql_get_view(struct sql_query *query, int column)
{
    if (sqlite3_column_type(query->statement, column) == SQLITE_NULL) {
        return view_make(NULL, 0);
    }
    /* SQLite gives NULL for an empty blob. */
    const void *at = sqlite3_column_blob(query->statement, column);
    int len = sqlite3_column_bytes(query->statement, column);
    return view_make(at != NULL ? at : "", (size_t)len);
}

struct view sql_copy_view(struct sql_query *query, int column, struct arena *arena)
{
    struct view borrowed = sql_get_view(query, column);
    if (borrowed.at == NULL) {
        return borrowed;
    }
    struct view copy = arena_copy_view(arena, borrowed);
    if (copy.at == NULL) {
        query->failure = RESULT_INTERNAL;
    }
    return copy;
}

struct id sql_get_id(struct sql_query *query, int column)
{
    struct id id = {{0}};
    struct view bytes = sql_get_view(query, column);
    if (bytes.len == sizeof id.bytes) {
        memcpy(id.bytes, bytes.at, sizeof id.bytes);
    }
    return id;
}

static bool is_before(struct view a, struct view b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order < 0 || (order == 0 && a.len < b.len);
}

/* By insertion: there are few. */
static void put_sorted(struct view *sorted, size_t count, struct view line)
{
    size_t at = count;
    for (; at > 0 && is_before(line, sorted[at - 1]); at--) {
        sorted[at] = sorted[at - 1];
    }
    sorted[at] = line;
}

static size_t count_lines(struct view text)
{
    size_t count = 1;
    for (size_t at = view_find(text, '\n', 0); at < text.len; at = view_find(text, '\n', at + 1)) {
        count++;
    }
    return count;
}

const struct view *sql_copy_lines(struct sql_query *query, int column, struct arena *arena,
                                  size_t *count)
{
    *count = 0;
    struct view text = sql_copy_view(query, column, arena);
    if (text.at == NULL) {
        return NULL;
    }
    struct view *lines = arena_take_array(arena, count_lines(text), sizeof *lines);
    if (lines == NULL) {
        query->failure = RESULT_INTERNAL;
        return NULL;
    }
    struct view line;
    while (view_split(&text, '\n', &line)) {
        put_sorted(lines, *count, line);
        *count += 1;
    }
    return lines;
}
