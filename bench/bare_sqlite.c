/* What SQLite does by itself, with the settings of Latchkey's store: durable commits of updates of
   one row each, ROWS of them in a commit, or reads of one row by its key.
   bare_sqlite FILE SECONDS commit ROWS|read; FILE must not exist; prints "operations N seconds S",
   of which each is a row. */
#include "bare.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS 1024 /* as in the statement below */
#define READ_BATCH 64

static const char setup[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE sessions (id INTEGER PRIMARY KEY, counter INTEGER NOT NULL, used INTEGER);"
    "WITH RECURSIVE ids(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM ids WHERE id < 1023)"
    "INSERT INTO sessions SELECT id, 0, 0 FROM ids;";
static const char rotate_sql[] =
    "UPDATE sessions SET counter = counter + 1, used = ?1 WHERE id = ?2 AND counter = ?3";
static const char read_sql[] = "SELECT counter, used FROM sessions WHERE id = ?1";

struct state {
    sqlite3 *db;
    sqlite3_stmt *rotate, *read, *begin, *commit;
    long rows; /* in a commit */
};

static bool step(sqlite3_stmt *statement, int expected)
{
    int status = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    return status == expected;
}

static bool rotate(const struct state *state, long number)
{
    sqlite3_bind_int64(state->rotate, 1, number);
    sqlite3_bind_int64(state->rotate, 2, number % SESSIONS);
    sqlite3_bind_int64(state->rotate, 3, number / SESSIONS);
    return step(state->rotate, SQLITE_DONE) && sqlite3_changes(state->db) == 1;
}

static bool commit_rows(void *argument, long number)
{
    struct state *state = argument;
    if (state->rows == 1) /* a transaction by itself */
        return rotate(state, number);
    if (!step(state->begin, SQLITE_DONE))
        return false;
    for (long i = 0; i < state->rows; i++) {
        if (!rotate(state, number * state->rows + i))
            return false;
    }
    return step(state->commit, SQLITE_DONE);
}

static bool read_row(void *argument, long number)
{
    struct state *state = argument;
    sqlite3_bind_int64(state->read, 1, number % SESSIONS);
    return step(state->read, SQLITE_ROW);
}

static bool open_all(struct state *state, const char *path)
{
    const struct {
        const char *sql;
        sqlite3_stmt **statement;
    } statements[] = {{rotate_sql, &state->rotate},
                      {read_sql, &state->read},
                      {"BEGIN IMMEDIATE", &state->begin},
                      {"COMMIT", &state->commit}};
    if (sqlite3_open(path, &state->db) != SQLITE_OK ||
        sqlite3_exec(state->db, setup, NULL, NULL, NULL) != SQLITE_OK)
        return false;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (sqlite3_prepare_v2(state->db, statements[i].sql, -1, statements[i].statement, NULL) !=
            SQLITE_OK)
            return false;
    }
    return true;
}

static void close_all(struct state *state)
{
    sqlite3_finalize(state->rotate);
    sqlite3_finalize(state->read);
    sqlite3_finalize(state->begin);
    sqlite3_finalize(state->commit);
    sqlite3_close(state->db);
}

int main(int argc, char **argv)
{
    struct state state = {0};
    double wanted_s = argc > 3 ? strtod(argv[2], NULL) : 0;
    bool reads = wanted_s > 0 && strcmp(argv[3], "read") == 0;
    int status = 2;

    state.rows = argc > 4 ? strtol(argv[4], NULL, 10) : 1;
    if (wanted_s > 0 && state.rows > 0 && open_all(&state, argv[1]))
        status = (reads ? bare_measure(read_row, &state, wanted_s, READ_BATCH, 1)
                        : bare_measure(commit_rows, &state, wanted_s, 1, state.rows))
                     ? 0
                     : 1;
    if (status != 0)
        fprintf(stderr, "bare_sqlite: %s\n", state.db != NULL ? sqlite3_errmsg(state.db) : "usage");
    close_all(&state);
    return status;
}
