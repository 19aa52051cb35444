/* A schema of its own in a PostgreSQL database for each test: databases would cost ten times as
 * much. */
#include "fixture_postgres.h"

#include "fixture.h"

static void free_connection(PGconn **connection)
{
    PQfinish(*connection);
}

static void free_answer(PGresult **answer)
{
    PQclear(*answer);
}

static void ignore_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

PGconn *side_connect(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    (void)PQsetNoticeReceiver(conn, ignore_notice, NULL);
    return conn;
}

const char *side_ask(PGconn *conn, const char *text)
{
    static char out[256];
    PGresult *answer = PQexec(conn, text);
    ExecStatusType status = PQresultStatus(answer);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(conn));
    (void)snprintf(out, sizeof out, "%s",
                   PQntuples(answer) > 0 && PQnfields(answer) > 0 ? PQgetvalue(answer, 0, 0) : "");
    PQclear(answer);
    return out;
}

static bool run(const char *verb, const char *name, const char *how)
{
    char text[128];
    const char *url = fixture_server_url();
    if (url == NULL)
        return false;
    CLEANUP(free_connection) PGconn *connection = PQconnectdb(url);
    (void)PQsetNoticeReceiver(connection, ignore_notice, NULL);
    /* A test that failed may have left a transaction open. */
    (void)snprintf(text, sizeof text, "SET lock_timeout = '20s'; %s SCHEMA %s%s", verb, name, how);
    CLEANUP(free_answer) PGresult *answer = PQexec(connection, text);
    bool good = PQresultStatus(answer) == PGRES_COMMAND_OK;
    if (!good)
        (void)fprintf(stderr, "%s: %s\n", text, PQerrorMessage(connection));
    return good;
}

static bool make(struct fixture *f)
{
    const char *url = fixture_server_url();
    fixture_name_database(f);
    int len = url != NULL ? snprintf(f->url, sizeof f->url, "%s?options=-csearch_path%%3D%s", url,
                                     f->database)
                          : -1;
    return len > 0 && (size_t)len < sizeof f->url && run("CREATE", f->database, "");
}

static void drop(struct fixture *f)
{
    assert_true(run("DROP", f->database, " CASCADE"));
}

const struct fixture_kind fixture_postgres = {"postgres", make, drop};
