/* What an error of the server means here. */
#ifndef LATCHKEY_STORE_POSTGRES_FAILURE_H
#define LATCHKEY_STORE_POSTGRES_FAILURE_H

#include <stdbool.h>
#include <libpq-fe.h>

#include "base/log.h"
#include "base/result.h"

struct postgres_failure {
    enum result result; /* BUSY: another transaction was in the way, try again */
    bool is_lost;       /* the connection is of no more use, or leads to the wrong server */
    bool is_lock;       /* a lock was not to be had: in time, or without a circle */
};

/* By SQLSTATE (PostgreSQL, appendix A). Pure. */
struct postgres_failure postgres_failure_of(const PGresult *answer);
/* Logs an error that is an outage or cannot be, without any value. */
void postgres_failure_tell(const PGresult *answer, const struct log *log);

#endif
