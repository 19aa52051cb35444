#include "store/postgres/pgsql.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "store/postgres/driver.h"
#include "store/postgres/failure.h"

#define NUMBER_SIZE 21 /* "-9223372036854775808" and NUL */
#define TEXT_FORMAT 0
#define BINARY_FORMAT 1
#define BITS_PER_BYTE 8

/* --- values ----------------------------------------------------------------------------------- */

struct pgsql_value pgsql_number(int64_t number)
{
    return (struct pgsql_value){.type = PGSQL_NUMBER, .number = number};
}

struct pgsql_value pgsql_instant(int64_t instant_ms)
{
    return (struct pgsql_value){.type = instant_ms == 0 ? PGSQL_NULL : PGSQL_NUMBER,
                                .number = instant_ms};
}

static bool is_storable(struct view text)
{
    return (text.len == 0 || memchr(text.at, '\0', text.len) == NULL) && utf8_is_valid(text);
}

struct pgsql_value pgsql_text(struct view text)
{
    struct pgsql_value value = pgsql_blob(text);
    if (value.type == PGSQL_BYTES && !is_storable(text)) {
        value.type = PGSQL_UNSTORABLE;
    }
    return value;
}

struct pgsql_value pgsql_wanted(struct view text)
{
    return pgsql_blob(is_storable(text) ? text : view_make(NULL, 0));
}

struct pgsql_value pgsql_blob(struct view bytes)
{
    return (struct pgsql_value){.type = bytes.at == NULL ? PGSQL_NULL : PGSQL_BYTES,
                                .bytes = bytes};
}

struct pgsql_value pgsql_id(const struct id *id)
{
    return pgsql_blob(id != NULL ? view_make(id->bytes, sizeof id->bytes) : view_make(NULL, 0));
}

struct pgsql_value pgsql_id_or_null(const struct id *id)
{
    return pgsql_id(id_is_nil(id) ? NULL : id);
}

/* --- arrays (array_recv in the server's arrayfuncs.c) ----------------------------------------- */

/* The server's number of the type of an element (pg_type.dat). */
static const int32_t element_types[] = {
    [PGSQL_BOOL_ARRAY] = 16, [PGSQL_BLOB_ARRAY] = 17,   [PGSQL_INT8_ARRAY] = 20,
    [PGSQL_TEXT_ARRAY] = 25, [PGSQL_UUID_ARRAY] = 2950,
};

static void add_bytes(struct builder *builder, int64_t number, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        builder_char(builder, (char)((uint64_t)number >> ((i - 1) * BITS_PER_BYTE)));
    }
}

void pgsql_array_begin(struct pgsql_array *array, struct builder *builder,
                       enum pgsql_element element, size_t count)
{
    *array = (struct pgsql_array){.builder = builder, .element = element};
    add_bytes(builder, count > 0 ? 1 : 0, 4); /* dimensions */
    add_bytes(builder, 1, 4);                 /* there may be NULLs */
    add_bytes(builder, element_types[element], 4);
    if (count > 0) {
        add_bytes(builder, (int64_t)count, 4);
        add_bytes(builder, 1, 4); /* the first index */
    }
}

void pgsql_array_add(struct pgsql_array *array, struct pgsql_value value)
{
    struct builder *builder = array->builder;
    size_t width = array->element == PGSQL_BOOL_ARRAY ? 1 : 8;
    switch (value.type) {
    case PGSQL_NULL:
        add_bytes(builder, -1, 4);
        break;
    case PGSQL_NUMBER:
        add_bytes(builder, (int64_t)width, 4);
        add_bytes(builder, value.number, width);
        break;
    case PGSQL_BYTES:
        add_bytes(builder, (int64_t)value.bytes.len, 4);
        builder_add(builder, value.bytes);
        break;
    case PGSQL_UNSTORABLE:
        array->is_unstorable = true;
        break;
    }
}

struct pgsql_value pgsql_array_end(const struct pgsql_array *array)
{
    struct view bytes = {NULL, 0};
    if (array->is_unstorable || !builder_end(array->builder, &bytes)) {
        return (struct pgsql_value){.type = PGSQL_UNSTORABLE};
    }
    return pgsql_blob(bytes);
}

/* --- sending ---------------------------------------------------------------------------------- */

struct pgsql_batch pgsql_open(struct postgres_handle *handle)
{
    return (struct pgsql_batch){.handle = handle, .failure = postgres_connection_need(handle)};
}

static void fail(struct pgsql_batch *batch, enum result failure, size_t statement)
{
    if (batch->failure == RESULT_OK) {
        batch->failure = failure;
        batch->failed = statement;
    }
}

/* The connection is of no use any more, and what was asked of it is unknown. */
static void lose(struct pgsql_batch *batch)
{
    fail(batch, RESULT_STORE_UNAVAILABLE, batch->count);
    postgres_connection_lose(batch->handle);
}

/* As libpq takes them. */
struct parameters {
    int count;
    const char *values[PGSQL_VALUES_MAX];
    int lengths[PGSQL_VALUES_MAX];
    int formats[PGSQL_VALUES_MAX];
    char numbers[PGSQL_VALUES_MAX][NUMBER_SIZE];
};

/* False when one cannot be stored. Numbers go as text: so they fit whatever integer is meant. */
static bool convert(struct pgsql_values values, struct parameters *out)
{
    assert(values.count <= PGSQL_VALUES_MAX);
    out->count = (int)values.count;
    for (size_t i = 0; i < values.count; i++) {
        const struct pgsql_value *value = &values.items[i];
        out->values[i] = value->bytes.at;
        out->lengths[i] = (int)value->bytes.len;
        out->formats[i] = BINARY_FORMAT;
        if (value->type == PGSQL_UNSTORABLE) {
            return false;
        }
        if (value->type == PGSQL_NULL) {
            out->values[i] = NULL;
        } else if (value->type == PGSQL_NUMBER) {
            (void)snprintf(out->numbers[i], NUMBER_SIZE, "%" PRId64, value->number);
            out->values[i] = out->numbers[i];
            out->formats[i] = TEXT_FORMAT;
        }
    }
    return true;
}

/* What was added before must not happen: a statement that fails takes it back. */
static size_t refuse(struct pgsql_batch *batch)
{
    bool was_good = batch->failure == RESULT_OK;
    fail(batch, RESULT_INVALID, batch->count);
    if (was_good && batch->count > 0 &&
        pq.sendQueryParams(batch->handle->conn, "SELECT 1 / 0", 0, NULL, NULL, NULL, NULL,
                           BINARY_FORMAT) != 1) {
        lose(batch);
    } else if (was_good && batch->count > 0) {
        batch->is_refused = true;
        batch->count++;
    }
    return 0;
}

static bool send_prepared(struct pgsql_batch *batch, enum statement statement,
                          const struct parameters *parameters)
{
    char name[16];
    PGconn *conn = batch->handle->conn;
    bool is_first = !batch->handle->is_prepared[statement];
    for (size_t i = 0; i < batch->count; i++) {
        is_first = is_first && !(batch->statements[i] == statement && batch->is_first[i]);
    }
    batch->is_first[batch->count] = is_first;
    (void)snprintf(name, sizeof name, "s%d", (int)statement);
    if (is_first && pq.sendPrepare(conn, name, postgres_statements_text(statement), 0, NULL) != 1) {
        return false;
    }
    return pq.sendQueryPrepared(conn, name, parameters->count, parameters->values,
                                parameters->lengths, parameters->formats, BINARY_FORMAT) == 1;
}

size_t pgsql_add(struct pgsql_batch *batch, enum statement statement, struct pgsql_values values)
{
    struct parameters parameters;
    assert(batch->count + 1 < PGSQL_BATCH_MAX); /* one is for refuse() */
    if (!convert(values, &parameters)) {
        return refuse(batch);
    }
    if (batch->failure != RESULT_OK) {
        return 0;
    }
    batch->statements[batch->count] = statement;
    if (!send_prepared(batch, statement, &parameters)) {
        lose(batch);
        return 0;
    }
    return batch->count++;
}

size_t pgsql_add_text(struct pgsql_batch *batch, struct view text, struct pgsql_values values)
{
    struct parameters parameters;
    assert(batch->count + 1 < PGSQL_BATCH_MAX && text.at[text.len] == '\0');
    if (!convert(values, &parameters)) {
        return refuse(batch);
    }
    if (batch->failure != RESULT_OK) {
        return 0;
    }
    batch->statements[batch->count] = STATEMENT_COUNT;
    if (pq.sendQueryParams(batch->handle->conn, text.at, parameters.count, NULL, parameters.values,
                           parameters.lengths, parameters.formats, BINARY_FORMAT) != 1) {
        lose(batch);
        return 0;
    }
    return batch->count++;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* False when the time is up. */
static bool wait_socket(PGconn *conn, short events, int64_t until_us)
{
    struct pollfd socket = {.fd = pq.socket(conn), .events = events};
    int64_t left_us = until_us - clock_monotonic_us();
    return left_us > 0 && poll(&socket, 1, (int)(left_us / US_PER_MS) + 1) != 0;
}

/* Reads meanwhile: the server may wait for us to do so before it reads on. */
static bool flush(PGconn *conn, int64_t until_us)
{
    int left;
    while ((left = pq.flush(conn)) == 1) {
        if (!wait_socket(conn, POLLIN | POLLOUT, until_us) || pq.consumeInput(conn) != 1) {
            return false;
        }
    }
    return left == 0;
}

/* The next result; *good false when the connection is lost or the time is up. */
static PGresult *next_result(PGconn *conn, int64_t until_us, bool *good)
{
    while (pq.isBusy(conn) == 1) {
        if (!wait_socket(conn, POLLIN, until_us) || pq.consumeInput(conn) != 1) {
            *good = false;
            return NULL;
        }
    }
    return pq.getResult(conn);
}

/* The only result of one command; *good false as above. */
static PGresult *take_answer(PGconn *conn, int64_t until_us, bool *good)
{
    PGresult *answer = next_result(conn, until_us, good);
    if (!*good || answer == NULL) {
        *good = false;
        return NULL;
    }
    PGresult *end = next_result(conn, until_us, good);
    *good = *good && end == NULL;
    pq.clear(end);
    return answer;
}

/* Refusals are answers: outages and what cannot be is told of. */
static struct postgres_failure note_failure(struct postgres_handle *handle, const PGresult *answer)
{
    struct postgres_failure failure = postgres_failure_of(answer);
    const char *message = pq.resultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
    if (handle->is_quiet) {
        (void)snprintf(handle->fault, sizeof handle->fault, "%s", message != NULL ? message : "");
        handle->was_locked = failure.is_lock;
    } else if (failure.result == RESULT_STORE_UNAVAILABLE || failure.result == RESULT_INTERNAL) {
        postgres_failure_tell(answer, handle->store->log);
    }
    return failure;
}

/* Notes an answer that is none; true when the connection cannot go on. */
static bool judge(struct pgsql_batch *batch, const PGresult *answer, size_t statement)
{
    ExecStatusType status = pq.resultStatus(answer);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
        status == PGRES_PIPELINE_ABORTED || (batch->is_refused && statement + 1 == batch->count)) {
        return false;
    }
    struct postgres_failure failure = note_failure(batch->handle, answer);
    fail(batch, failure.result, statement);
    return failure.is_lost;
}

static bool read_answer(struct pgsql_batch *batch, size_t i, int64_t until_us, bool *is_lost)
{
    struct postgres_handle *handle = batch->handle;
    bool good = true;
    if (batch->is_first[i]) {
        PGresult *prepared = take_answer(handle->conn, until_us, &good);
        if (pq.resultStatus(prepared) == PGRES_COMMAND_OK) {
            handle->is_prepared[batch->statements[i]] = true;
        }
        *is_lost = good && judge(batch, prepared, i);
        pq.clear(prepared);
    }
    if (good) {
        batch->answers[i] = take_answer(handle->conn, until_us, &good);
    }
    if (good) {
        *is_lost = judge(batch, batch->answers[i], i) || *is_lost;
    }
    return good;
}

/* The end of the batch in the stream. */
static bool read_sync(PGconn *conn, int64_t until_us)
{
    bool good = true;
    PGresult *sync = next_result(conn, until_us, &good);
    good = good && pq.resultStatus(sync) == PGRES_PIPELINE_SYNC;
    pq.clear(sync);
    return good;
}

/* Neither answered in time nor broken off: libpq has nothing to say. */
static const char *reason_of(const PGconn *conn)
{
    const char *said = pq.errorMessage(conn);
    return said[0] != '\0' ? said : "the server does not answer";
}

static void read_answers(struct pgsql_batch *batch)
{
    PGconn *conn = batch->handle->conn;
    int64_t until_us = clock_monotonic_us() + batch->handle->answer_ms * US_PER_MS;
    bool is_lost = false;
    batch->handle->is_alone = false;
    bool good = pq.pipelineSync(conn) == 1 && flush(conn, until_us);
    for (size_t i = 0; good && !is_lost && i < batch->count; i++) {
        good = read_answer(batch, i, until_us, &is_lost);
    }
    good = good && !is_lost && read_sync(conn, until_us);
    postgres_connection_heard(batch->handle, good || is_lost || pq.status(conn) == CONNECTION_BAD);
    if (!good) {
        if (!is_lost) { /* else the server has said why */
            postgres_connection_tell(batch->handle, "connection lost", reason_of(conn));
        }
        lose(batch);
    } else if (batch->handle->is_alone) { /* a fail-over would lose it */
        postgres_connection_tell(batch->handle, "commit", "the standby has not confirmed it");
        fail(batch, RESULT_STORE_UNAVAILABLE, batch->count);
    }
}

enum result pgsql_run(struct pgsql_batch *batch)
{
    if (batch->handle->conn != NULL && batch->count > 0) {
        read_answers(batch);
    }
    return batch->failure;
}

void pgsql_close(struct pgsql_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        pq.clear(batch->answers[i]);
        batch->answers[i] = NULL;
    }
    batch->count = 0;
}

/* --- scripts ---------------------------------------------------------------------------------- */

static enum result read_script(struct postgres_handle *handle, const char *text)
{
    int64_t until_us = clock_monotonic_us() + handle->answer_ms * US_PER_MS;
    enum result result = RESULT_OK;
    bool good = pq.sendQuery(handle->conn, text) == 1 && flush(handle->conn, until_us);
    while (good) {
        PGresult *answer = next_result(handle->conn, until_us, &good);
        if (answer == NULL) {
            break;
        }
        if (pq.resultStatus(answer) == PGRES_FATAL_ERROR) {
            struct postgres_failure failure = note_failure(handle, answer);
            result = failure.result;
            good = !failure.is_lost;
        }
        pq.clear(answer);
    }
    return good || result != RESULT_OK ? result : RESULT_STORE_UNAVAILABLE;
}

enum result pgsql_run_script(struct postgres_handle *handle, const char *text)
{
    enum result result = postgres_connection_need(handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = pq.exitPipelineMode(handle->conn) == 1 ? read_script(handle, text)
                                                    : RESULT_STORE_UNAVAILABLE;
    if (pq.status(handle->conn) != CONNECTION_OK || pq.enterPipelineMode(handle->conn) != 1) {
        postgres_connection_lose(handle);
        return result != RESULT_OK ? result : RESULT_STORE_UNAVAILABLE;
    }
    return result;
}

/* --- single statements ------------------------------------------------------------------------ */

enum result pgsql_do(struct postgres_handle *handle, enum statement statement,
                     struct pgsql_values values)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, statement, values);
    return pgsql_run(&batch);
}

enum result pgsql_do_changing(struct postgres_handle *handle, enum statement statement,
                              struct pgsql_values values)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, statement, values);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    return pgsql_changed(&batch, 0) > 0 ? RESULT_OK : RESULT_NOT_FOUND;
}

enum result pgsql_do_number(struct postgres_handle *handle, enum statement statement,
                            struct pgsql_values values, int64_t *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, statement, values);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (pgsql_rows(&batch, 0) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row row = pgsql_row(&batch, 0, 0);
    *out = pgsql_get_number(&row, 0);
    return RESULT_OK;
}

/* --- rows ------------------------------------------------------------------------------------- */

size_t pgsql_rows(const struct pgsql_batch *batch, size_t statement)
{
    return (size_t)pq.ntuples(batch->answers[statement]);
}

int64_t pgsql_changed(const struct pgsql_batch *batch, size_t statement)
{
    int64_t count = 0;
    const char *text = pq.cmdTuples(batch->answers[statement]);
    return view_to_int64(view_of(text), &count) ? count : 0;
}

struct pgsql_row pgsql_row(const struct pgsql_batch *batch, size_t statement, size_t row)
{
    return (struct pgsql_row){.answer = batch->answers[statement], .row = (int)row};
}

/* Whatever integer it is; the first byte has the sign. */
int64_t pgsql_get_number(const struct pgsql_row *row, int column)
{
    struct view bytes = pgsql_get_view(row, column);
    uint64_t number = bytes.len > 0 && ((uint8_t)bytes.at[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < bytes.len; i++) {
        number = number << BITS_PER_BYTE | (uint8_t)bytes.at[i];
    }
    return (int64_t)number;
}

struct view pgsql_get_view(const struct pgsql_row *row, int column)
{
    if (pq.getisnull(row->answer, row->row, column) == 1) {
        return view_make(NULL, 0);
    }
    return view_make(pq.getvalue(row->answer, row->row, column),
                     (size_t)pq.getlength(row->answer, row->row, column));
}

struct id pgsql_get_id(const struct pgsql_row *row, int column)
{
    struct id id = {{0}};
    struct view bytes = pgsql_get_view(row, column);
    if (bytes.len == sizeof id.bytes) {
        memcpy(id.bytes, bytes.at, sizeof id.bytes);
    }
    return id;
}

struct view pgsql_copy_view(const struct pgsql_row *row, int column, struct arena *arena,
                            bool *good)
{
    struct view borrowed = pgsql_get_view(row, column);
    if (borrowed.at == NULL) {
        return borrowed;
    }
    struct view copy = arena_copy_view(arena, borrowed);
    *good = *good && copy.at != NULL;
    return copy;
}

static size_t count_lines(struct view text)
{
    size_t count = 1;
    for (size_t at = view_find(text, '\n', 0); at < text.len; at = view_find(text, '\n', at + 1)) {
        count++;
    }
    return count;
}

const struct view *pgsql_copy_lines(const struct pgsql_row *row, int column, struct arena *arena,
                                    size_t *count, bool *good)
{
    *count = 0;
    struct view text = pgsql_copy_view(row, column, arena, good);
    if (text.at == NULL) {
        return NULL;
    }
    struct view *lines = arena_take_array(arena, count_lines(text), sizeof *lines);
    *good = *good && lines != NULL;
    while (lines != NULL && view_split(&text, '\n', &lines[*count])) {
        *count += 1;
    }
    return lines;
}

const struct id *pgsql_copy_ids(const struct pgsql_row *row, int column, struct arena *arena,
                                size_t *count, bool *good)
{
    struct view bytes = pgsql_get_view(row, column);
    size_t found = bytes.len / sizeof(struct id);
    struct id *ids = arena_take_array(arena, found, sizeof *ids);
    *good = *good && (ids != NULL || found == 0);
    *count = ids != NULL ? found : 0;
    for (size_t i = 0; i < *count; i++) {
        memcpy(ids[i].bytes, bytes.at + i * sizeof *ids, sizeof *ids);
    }
    return ids;
}
