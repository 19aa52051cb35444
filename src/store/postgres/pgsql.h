/* Statements and their answers. What is added to a batch is sent together and takes one round trip;
   a batch without BEGIN is one transaction, in which each statement sees what was committed before
   it began. Used by the thread that holds the handle. */
#ifndef LATCHKEY_STORE_POSTGRES_PGSQL_H
#define LATCHKEY_STORE_POSTGRES_PGSQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/builder.h"
#include "base/id.h"
#include "base/result.h"
#include "base/view.h"
#include "store/postgres/connection.h"

#define PGSQL_BATCH_MAX 256
#define PGSQL_VALUES_MAX 32

enum pgsql_type { PGSQL_NULL, PGSQL_NUMBER, PGSQL_BYTES, PGSQL_UNSTORABLE };

/* A value to bind; borrows its bytes until it is added to a batch. */
struct pgsql_value {
    enum pgsql_type type;
    int64_t number;
    struct view bytes; /* as the server's binary format has them */
};

struct pgsql_values {
    const struct pgsql_value *items;
    size_t count;
};

/* The values of parameters $1, $2, …, as one argument. */
#define PGSQL_BIND(...)                                                                            \
    ((struct pgsql_values){(const struct pgsql_value[]){__VA_ARGS__},                              \
                           sizeof((const struct pgsql_value[]){__VA_ARGS__}) /                     \
                               sizeof(struct pgsql_value)})
#define PGSQL_NONE ((struct pgsql_values){NULL, 0})

/* Any integer, or boolean as 0 and 1. */
struct pgsql_value pgsql_number(int64_t number);
/* NULL when zero: an instant that has not come. */
struct pgsql_value pgsql_instant(int64_t instant_ms);
/* NULL when .at is. What the database cannot hold (NUL, bytes that are no UTF-8) makes the batch
   INVALID. */
struct pgsql_value pgsql_text(struct view text);
/* As pgsql_text, to be looked for: NULL, which equals nothing, for what the database cannot hold.
 */
struct pgsql_value pgsql_wanted(struct view text);
struct pgsql_value pgsql_blob(struct view bytes);
/* NULL when id is. The second one: when it is nil, too. */
struct pgsql_value pgsql_id(const struct id *id);
struct pgsql_value pgsql_id_or_null(const struct id *id);

/* An array in the making, for one parameter: pgsql_array_begin, then as many values as said. The
   builder is the caller's and holds the bytes. */
enum pgsql_element {
    PGSQL_BOOL_ARRAY,
    PGSQL_BLOB_ARRAY,
    PGSQL_INT8_ARRAY,
    PGSQL_TEXT_ARRAY,
    PGSQL_UUID_ARRAY
};
struct pgsql_array {
    struct builder *builder;
    enum pgsql_element element;
    bool is_unstorable;
};
void pgsql_array_begin(struct pgsql_array *array, struct builder *builder,
                       enum pgsql_element element, size_t count);
/* Takes what pgsql_number, _text, _blob or _id gives. */
void pgsql_array_add(struct pgsql_array *array, struct pgsql_value value);
/* The array as a value; UNSTORABLE when a text of it is, or when it did not fit. */
struct pgsql_value pgsql_array_end(const struct pgsql_array *array);
/* Bytes of a builder that surely are enough. */
#define PGSQL_ARRAY_BYTES(count, bytes) (20 + (count)*4 + (bytes))

/* Declare it with CLEANUP(pgsql_close). */
struct pgsql_batch {
    struct postgres_handle *handle;
    PGresult *answers[PGSQL_BATCH_MAX]; /* of each statement, once it has run */
    enum statement statements[PGSQL_BATCH_MAX];
    bool is_first[PGSQL_BATCH_MAX]; /* is being prepared with it */
    size_t count;
    enum result failure; /* OK: none yet */
    size_t failed;       /* the statement that failed */
    bool is_refused;     /* the last statement is there to fail */
};

/* Needs a connection: the failure shows in pgsql_run. */
struct pgsql_batch pgsql_open(struct postgres_handle *handle);
/* Adds a statement, prepared once per connection. Which one of the batch it is, from 0. */
size_t pgsql_add(struct pgsql_batch *batch, enum statement statement, struct pgsql_values values);
/* The same for a text put together from constant parts only: what a client sent goes into values.
   Planned anew each time, for these values. */
size_t pgsql_add_text(struct pgsql_batch *batch, struct view text, struct pgsql_values values);
/* Sends all, waits for all. OK; the failure of the first that failed (none of the batch has
   happened then, unless it had BEGIN or COMMIT in it); BUSY when another transaction was in the
   way: try the whole operation again. */
MUST_CHECK enum result pgsql_run(struct pgsql_batch *batch);
/* Gives the answers back. */
void pgsql_close(struct pgsql_batch *batch);

/* Runs a text of several statements without parameters: a step of the schema. */
MUST_CHECK enum result pgsql_run_script(struct postgres_handle *handle, const char *text);

/* One statement in a batch of its own. */
MUST_CHECK enum result pgsql_do(struct postgres_handle *handle, enum statement statement,
                                struct pgsql_values values);
/* The same; NOT_FOUND when it changed nothing. */
MUST_CHECK enum result pgsql_do_changing(struct postgres_handle *handle, enum statement statement,
                                         struct pgsql_values values);
/* The integer in the first column of its only row. NOT_FOUND when there is none. */
MUST_CHECK enum result pgsql_do_number(struct postgres_handle *handle, enum statement statement,
                                       struct pgsql_values values, int64_t *out);

/* Of a statement of the batch, after pgsql_run: how many rows it gave; how many it changed. */
size_t pgsql_rows(const struct pgsql_batch *batch, size_t statement);
int64_t pgsql_changed(const struct pgsql_batch *batch, size_t statement);

/* A row of an answer. Good until pgsql_close. */
struct pgsql_row {
    const PGresult *answer;
    int row;
};
struct pgsql_row pgsql_row(const struct pgsql_batch *batch, size_t statement, size_t row);

/* Columns of a row, from 0. NULL gives 0, a view with .at NULL, a nil id. */
int64_t pgsql_get_number(const struct pgsql_row *row, int column);
/* Borrowed from the answer. */
struct view pgsql_get_view(const struct pgsql_row *row, int column);
struct id pgsql_get_id(const struct pgsql_row *row, int column);
/* Copied to the arena; false in *good when out of memory, which else stays as it is. */
struct view pgsql_copy_view(const struct pgsql_row *row, int column, struct arena *arena,
                            bool *good);
/* The lines of a text column, in their order; the same for ids that stand behind each other in a
   column of bytes. NULL and no count for NULL and when out of memory. */
const struct view *pgsql_copy_lines(const struct pgsql_row *row, int column, struct arena *arena,
                                    size_t *count, bool *good);
const struct id *pgsql_copy_ids(const struct pgsql_row *row, int column, struct arena *arena,
                                size_t *count, bool *good);

#endif
