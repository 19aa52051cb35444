/* What PostgreSQL does by itself over libpq: one prepared statement after another on each of
   CONNECTIONS connections, a thread for each: the read of one row, a conditional update of one as
   the rotation of a session is, or of 32 of them by one statement. bare_pq URL SECONDS
   read|update|group CONNECTIONS; makes a table bare_sessions and drops it; prints "operations N
   seconds S", of which each is a row. */
#include "bare.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 64
#define ROWS_EACH 64       /* of a connection: no two update the same row */
#define ROWS_IN_A_GROUP 32 /* half of them */
#define NUMBER_BYTES 24

static const char setup[] =
    "DROP TABLE IF EXISTS bare_sessions;"
    "CREATE TABLE bare_sessions (id bigint PRIMARY KEY, counter bigint NOT NULL, used bigint);"
    "INSERT INTO bare_sessions SELECT id, 0, 0 FROM generate_series(0, 4095) AS id;";
static const char read_sql[] = "SELECT counter, used FROM bare_sessions WHERE id = $1::bigint";
static const char update_sql[] =
    "UPDATE bare_sessions SET counter = counter + 1, used = $2::bigint "
    "WHERE id = $1::bigint AND counter = $3::bigint";
static const char group_sql[] =
    "UPDATE bare_sessions AS s SET counter = s.counter + 1, used = $2::bigint "
    "FROM unnest($1::bigint[], $3::bigint[]) AS a (id, counter) "
    "WHERE s.id = a.id AND s.counter = a.counter";

struct worker {
    pthread_t thread;
    PGconn *connection;
    long number;
    double wanted_s;
    bool updates;
    bool groups;
    long operations;
    bool failed;
};

static bool run(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return good;
}

static bool prepare(PGconn *connection, const char *name, const char *sql)
{
    PGresult *result = PQprepare(connection, name, sql, 0, NULL);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return good;
}

static bool do_one(const struct worker *worker, long operation)
{
    char id[NUMBER_BYTES], used[NUMBER_BYTES], counter[NUMBER_BYTES];
    const char *values[] = {id, used, counter};
    (void)snprintf(id, sizeof id, "%ld", worker->number * ROWS_EACH + operation % ROWS_EACH);
    (void)snprintf(used, sizeof used, "%ld", operation);
    (void)snprintf(counter, sizeof counter, "%ld", operation / ROWS_EACH);
    PGresult *result = PQexecPrepared(worker->connection, worker->updates ? "update" : "read",
                                      worker->updates ? 3 : 1, values, NULL, NULL, 0);
    bool good = worker->updates ? strcmp(PQcmdTuples(result), "1") == 0 : PQntuples(result) == 1;
    PQclear(result);
    return good;
}

/* An array of as many numbers, the first one and each `step` more than the one before. */
static void write_array(long first, long step, char out[ROWS_IN_A_GROUP * NUMBER_BYTES])
{
    size_t used = 0;
    for (long i = 0; i < ROWS_IN_A_GROUP; i++)
        used += (size_t)snprintf(out + used, NUMBER_BYTES, "%c%ld", i == 0 ? '{' : ',',
                                 first + i * step);
    out[used] = '}';
    out[used + 1] = '\0';
}

static bool do_group(const struct worker *worker, long group)
{
    char ids[ROWS_IN_A_GROUP * NUMBER_BYTES], counters[ROWS_IN_A_GROUP * NUMBER_BYTES];
    char used[NUMBER_BYTES], wanted[NUMBER_BYTES];
    const char *values[] = {ids, used, counters};
    long halves = ROWS_EACH / ROWS_IN_A_GROUP;
    write_array(worker->number * ROWS_EACH + group % halves * ROWS_IN_A_GROUP, 1, ids);
    write_array(group / halves, 0, counters);
    (void)snprintf(used, sizeof used, "%ld", group);
    (void)snprintf(wanted, sizeof wanted, "%d", ROWS_IN_A_GROUP);
    PGresult *result = PQexecPrepared(worker->connection, "group", 3, values, NULL, NULL, 0);
    bool good = strcmp(PQcmdTuples(result), wanted) == 0;
    PQclear(result);
    return good;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    long each = worker->groups ? ROWS_IN_A_GROUP : 1;
    double start_s = bare_now_s();
    while (!worker->failed && bare_now_s() - start_s < worker->wanted_s) {
        bool good = worker->groups ? do_group(worker, worker->operations / each)
                                   : do_one(worker, worker->operations);
        if (good)
            worker->operations += each;
        worker->failed = !good;
    }
    return NULL;
}

static bool open_worker(struct worker *worker, const char *url)
{
    worker->connection = PQconnectdb(url);
    return PQstatus(worker->connection) == CONNECTION_OK &&
           (worker->number > 0 || run(worker->connection, setup)) &&
           prepare(worker->connection, "read", read_sql) &&
           prepare(worker->connection, "update", update_sql) &&
           prepare(worker->connection, "group", group_sql);
}

static bool measure(struct worker *workers, long count)
{
    bool good = true;
    long operations = 0;
    double start_s = bare_now_s();
    for (long i = 0; i < count; i++) {
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return false; /* the process ends, and the others with it */
    }
    for (long i = 0; i < count; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        good = good && !workers[i].failed;
        operations += workers[i].operations;
    }
    bare_print(operations, bare_now_s() - start_s);
    return good;
}

int main(int argc, char **argv)
{
    struct worker workers[CONNECTIONS_MAX] = {0};
    double wanted_s = argc > 4 ? strtod(argv[2], NULL) : 0;
    long count = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
    if (wanted_s <= 0 || count < 1 || count > CONNECTIONS_MAX)
        return 2;
    bool good = true;
    for (long i = 0; good && i < count; i++) {
        workers[i].number = i;
        workers[i].wanted_s = wanted_s;
        workers[i].updates = strcmp(argv[3], "update") == 0;
        workers[i].groups = strcmp(argv[3], "group") == 0;
        good = open_worker(&workers[i], argv[1]);
    }
    good = good && measure(workers, count);
    if (!good)
        fprintf(stderr, "bare_pq: %s", PQerrorMessage(workers[0].connection));
    else
        good = run(workers[0].connection, "DROP TABLE bare_sessions");
    for (long i = 0; i < count; i++)
        PQfinish(workers[i].connection);
    return good ? 0 : 1;
}
