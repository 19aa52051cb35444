/* A database of its own on a PostgreSQL server for each test. */
#include <libpq-fe.h>

#include "fixture.h"

static void free_connection(PGconn **connection)
{
    PQfinish(*connection);
}

static void free_answer(PGresult **answer)
{
    PQclear(*answer);
}

static bool run(const char *verb, const char *database, const char *how)
{
    char text[128];
    const char *url = fixture_server_url();
    if (url == NULL)
        return false;
    CLEANUP(free_connection) PGconn *connection = PQconnectdb(url);
    (void)snprintf(text, sizeof text, "%s DATABASE %s%s", verb, database, how);
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
    return url != NULL && fixture_database_url(url, f->database, f->url, sizeof f->url) &&
           run("CREATE", f->database, "");
}

static void drop(struct fixture *f)
{
    assert_true(run("DROP", f->database, " WITH (FORCE)"));
}

const struct fixture_kind fixture_postgres = {"postgres", make, drop};
