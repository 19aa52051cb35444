/* Where a PostgreSQL database is: what the operator's URL says, and what this program adds. */
#ifndef LATCHKEY_STORE_POSTGRES_URL_H
#define LATCHKEY_STORE_POSTGRES_URL_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/result.h"
#include "base/view.h"

#define URL_HOSTS_MAX 16
#define URL_OPTIONS_MAX 64

/* One server to try; each may be NULL: libpq's default. */
struct postgres_host {
    const char *name;
    const char *address; /* hostaddr */
    const char *port;
};

/* Shared by all threads, constant after it was made; see postgres_url_hold. */
struct postgres_url {
    struct postgres_host hosts[URL_HOSTS_MAX];
    size_t host_count; /* at least 1 */
    /* All but host, hostaddr and port, for PQconnectStartParams; count without the end. */
    const char *keywords[URL_OPTIONS_MAX];
    const char *values[URL_OPTIONS_MAX];
    size_t count;
    int64_t connect_timeout_ms; /* for each host */
};

/* Reads postgresql://…, postgres://… and the forms of SQLAlchemy (postgresql+psycopg2://…,
   postgresql+asyncpg://… with its ssl=…). What the operator did not set and this program needs is
   added: a server that can be written to, bounded waits on the network, UTF-8. BAD_REQUEST with a
   line in message, in which nothing of the URL stands but names of options; STORE_UNAVAILABLE when
   out of memory. */
MUST_CHECK enum result postgres_url_read(struct view url, struct postgres_url **out, char *message,
                                         size_t message_size);
/* Once more in use; thread-safe. */
struct postgres_url *postgres_url_hold(struct postgres_url *url);
/* Once less; the last one frees. NULL is a no-op. Thread-safe. */
void postgres_url_release(struct postgres_url *url);

#endif
