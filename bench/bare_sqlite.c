/* What refreshing is measured against: durable commits of an update of one row, one after another,
   with the settings of Latchkey's store. bare_sqlite FILE SECONDS; FILE must not exist; prints
   "operations N seconds S". */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS 16

static const char setup[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE sessions (id INTEGER PRIMARY KEY, counter INTEGER NOT NULL, used INTEGER);"
    "WITH RECURSIVE ids(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM ids WHERE id < 15)"
    "INSERT INTO sessions SELECT id, 0, 0 FROM ids;";
static const char rotate[] =
    "UPDATE sessions SET counter = counter + 1, used = ?1 WHERE id = ?2 AND counter = ?3";

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int commit_one(sqlite3 *db, sqlite3_stmt *statement, long operation)
{
    sqlite3_bind_int64(statement, 1, operation);
    sqlite3_bind_int64(statement, 2, operation % ROWS);
    sqlite3_bind_int64(statement, 3, operation / ROWS);
    int status = sqlite3_step(statement);
    sqlite3_reset(statement);
    return status == SQLITE_DONE && sqlite3_changes(db) == 1;
}

static int measure(sqlite3 *db, sqlite3_stmt *statement, double wanted_s)
{
    long operations = 0;
    double start_s = now_s();

    while (now_s() - start_s < wanted_s) {
        if (!commit_one(db, statement, operations))
            return 1;
        operations++;
    }
    printf("operations %ld seconds %.6f\n", operations, now_s() - start_s);
    return 0;
}

int main(int argc, char **argv)
{
    double wanted_s = argc > 2 ? strtod(argv[2], NULL) : 0;
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int status = 2;

    if (wanted_s > 0 && sqlite3_open(argv[1], &db) == SQLITE_OK &&
        sqlite3_exec(db, setup, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, rotate, -1, &statement, NULL) == SQLITE_OK)
        status = measure(db, statement, wanted_s);
    if (status != 0)
        fprintf(stderr, "bare_sqlite: %s\n", db != NULL ? sqlite3_errmsg(db) : "usage");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return status;
}
