/* Running the prepared statements of a connection. Used by the thread that holds the handle. */
#ifndef LATCHKEY_STORE_SQLITE_SQL_H
#define LATCHKEY_STORE_SQLITE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/id.h"
#include "base/result.h"
#include "base/view.h"
#include "store/sqlite/connection.h"

enum sql_type { SQL_NULL, SQL_INTEGER, SQL_TEXT, SQL_BLOB };

/* A value to bind; borrows its bytes until the statement is closed. */
struct sql_value {
    enum sql_type type;
    int64_t number;
    struct view bytes;
};

struct sql_values {
    const struct sql_value *items;
    size_t count;
};

/* The values of parameters ?1, ?2, …, as one argument. */
#define SQL_BIND(...)                                                                              \
    ((struct sql_values){(const struct sql_value[]){__VA_ARGS__},                                  \
                         sizeof((const struct sql_value[]){__VA_ARGS__}) /                         \
                             sizeof(struct sql_value)})
#define SQL_NONE ((struct sql_values){NULL, 0})

struct sql_value sql_number(int64_t number);
/* NULL when zero: an instant that has not come. */
struct sql_value sql_instant(int64_t instant_ms);
/* NULL when .at is. */
struct sql_value sql_text(struct view text);
struct sql_value sql_blob(struct view bytes);
/* NULL when id is. */
struct sql_value sql_id(const struct id *id);
/* NULL when it is nil. */
struct sql_value sql_id_or_null(const struct id *id);

/* A statement that is being run. Declare it with CLEANUP(sql_close). */
struct sql_query {
    struct sqlite_handle *handle;
    sqlite3_stmt *statement; /* NULL: could not be prepared */
    enum result failure;     /* OK: none yet */
};

/* Prepares (once per connection) and binds. Failures show in sql_row. */
struct sql_query sql_open(struct sqlite_handle *handle, enum statement statement,
                          struct sql_values values);
/* The same for a text that was assembled from constant parts only (what a client sent goes into
   values); prepared once per connection as long as it is among the
   CONNECTION_SHAPES_MAX used last. Parameters the text does not have are left out. */
struct sql_query sql_open_shape(struct sqlite_handle *handle, struct view text,
                                struct sql_values values);
/* latchkey_fold(text): base/utf8_fold.h for statements and migrations. A code of SQLite. */
MUST_CHECK int sql_add_functions(sqlite3 *db);
/* The next row: BUSY when the connection's progress handler has stopped the statement; OK,
 * NOT_FOUND when there is none, else the failure. */
MUST_CHECK enum result sql_row(struct sql_query *query);
/* Resets and unbinds, so that no bytes stay borrowed. */
void sql_close(struct sql_query *query);
/* Runs a statement without rows to its end. */
MUST_CHECK enum result sql_run(struct sqlite_handle *handle, enum statement statement,
                               struct sql_values values);
/* The same; NOT_FOUND when it changed nothing. */
MUST_CHECK enum result sql_run_changing(struct sqlite_handle *handle, enum statement statement,
                                        struct sql_values values);
/* The integer in the first column of the only row. NOT_FOUND when there is none. */
MUST_CHECK enum result sql_run_number(struct sqlite_handle *handle, enum statement statement,
                                      struct sql_values values, int64_t *out);

/* Columns of the current row, from 0. NULL gives 0, a view with .at NULL, a nil id. */
int64_t sql_get_number(struct sql_query *query, int column);
/* Borrowed until the next row. */
struct view sql_get_view(struct sql_query *query, int column);
/* Copied to the arena; out of memory is noted in query->failure. */
struct view sql_copy_view(struct sql_query *query, int column, struct arena *arena);
struct id sql_get_id(struct sql_query *query, int column);
/* Copies the lines of a text column, sorted. NULL when there are none or out of memory (noted in
 * query->failure). */
const struct view *sql_copy_lines(struct sql_query *query, int column, struct arena *arena,
                                  size_t *count);

/* What a code of SQLite means here; logs what is an outage or cannot be. */
enum result sql_failure(struct sqlite_handle *handle, int code);

#endif
