/* A connection of a test's own to PostgreSQL, beside the store's: to look at rows, to hold them, to
   end other connections. */
#ifndef FIXTURE_POSTGRES_H
#define FIXTURE_POSTGRES_H

#include <libpq-fe.h>

/* A connection to the fixture's URL; the caller ends it with PQfinish. Fails the test when there is
   none. */
PGconn *side_connect(const char *url);

/* The first column of the first row, "" where there is none; overwritten by the next call. Fails
   the test on an error. */
const char *side_ask(PGconn *conn, const char *text);

#endif
