#include "store/postgres/failure.h"

#include <string.h>

#include "base/attributes.h"
#include "store/postgres/driver.h"

/* The first row that fits decides: a whole code, or the two letters of its class. */
static const struct {
    const char *code;
    enum result result;
    bool is_lost;
} codes[] = {
    {"40001", RESULT_BUSY, false},              /* serialization_failure */
    {"40P01", RESULT_BUSY, false},              /* deadlock_detected */
    {"0A000", RESULT_STORE_UNAVAILABLE, true},  /* a prepared statement whose table has changed */
    {"26000", RESULT_STORE_UNAVAILABLE, true},  /* a prepared statement that is gone: a pooler */
    {"23503", RESULT_INVALID, false},           /* foreign_key_violation */
    {"22021", RESULT_INVALID, false},           /* character_not_in_repertoire */
    {"22P05", RESULT_INVALID, false},           /* untranslatable_character */
    {"55P03", RESULT_STORE_UNAVAILABLE, false}, /* lock_not_available: its time-out */
    {"57014", RESULT_STORE_UNAVAILABLE, false}, /* query_canceled: the statement's time-out */
    {"53", RESULT_STORE_UNAVAILABLE, false},    /* full disk, no memory, too many connections */
    {"25006", RESULT_STORE_UNAVAILABLE, true},  /* read-only: a standby, or was made one */
    {"25P03", RESULT_STORE_UNAVAILABLE, true},  /* idle_in_transaction_session_timeout */
    {"57", RESULT_STORE_UNAVAILABLE, true},     /* shut down, crashed, starting, dropped */
    {"08", RESULT_STORE_UNAVAILABLE, true},     /* the connection */
    {"28", RESULT_STORE_UNAVAILABLE, true},     /* not let in */
    {"58", RESULT_STORE_UNAVAILABLE, false},    /* the server's system: I/O */
    {"XX", RESULT_STORE_UNAVAILABLE, false},    /* the server's own faults, corruption */
    {"42501", RESULT_STORE_UNAVAILABLE, false}, /* the role lacks a privilege */
};

/* Unique indexes and keys (migrations/postgres). */
static const struct {
    const char *constraint;
    enum result result;
} conflicts[] = {
    {"users_username_key", RESULT_USERNAME_TAKEN},
    {"users_email_key", RESULT_EMAIL_TAKEN},
    {"users_id_key", RESULT_CONFLICT},
    {"roles_name_nocase", RESULT_ROLE_TAKEN},
    {"roles_name_key", RESULT_ROLE_TAKEN},
    {"signing_keys_pkey", RESULT_CONFLICT},
};

static struct postgres_failure by_constraint(const char *constraint)
{
    for (size_t i = 0; constraint != NULL && i < ARRAY_LEN(conflicts); i++) {
        if (strcmp(constraint, conflicts[i].constraint) == 0) {
            return (struct postgres_failure){.result = conflicts[i].result};
        }
    }
    return (struct postgres_failure){.result = RESULT_INTERNAL};
}

static struct postgres_failure by_code(const char *code)
{
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (strncmp(code, codes[i].code, strlen(codes[i].code)) == 0) {
            return (struct postgres_failure){.result = codes[i].result,
                                             .is_lost = codes[i].is_lost};
        }
    }
    return (struct postgres_failure){.result = RESULT_INTERNAL};
}

/* The primary message of these may quote a value that was sent: data exceptions, broken rules. */
static bool may_quote(const char *code)
{
    return strncmp(code, "22", 2) == 0 || strncmp(code, "23", 2) == 0 ||
           strncmp(code, "P0", 2) == 0;
}

/* Without a code it is libpq's own: the connection. */
static const char *code_of(const PGresult *answer)
{
    const char *code = pq.resultErrorField(answer, PG_DIAG_SQLSTATE);
    return code != NULL ? code : "08006";
}

static bool is_lock(const char *code)
{
    return strcmp(code, "55P03") == 0 || strcmp(code, "40P01") == 0;
}

struct postgres_failure postgres_failure_of(const PGresult *answer)
{
    const char *code = code_of(answer);
    struct postgres_failure failure =
        strcmp(code, "23505") == 0
            ? by_constraint(pq.resultErrorField(answer, PG_DIAG_CONSTRAINT_NAME))
            : by_code(code);
    failure.is_lock = is_lock(code);
    return failure;
}

void postgres_failure_tell(const PGresult *answer, const struct log *log)
{
    const char *code = code_of(answer);
    const char *message = pq.resultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
    const struct log_field fields[] = {
        LOG_FIELD_TEXT("code", view_of(code)),
        LOG_FIELD_TEXT("constraint", view_of(pq.resultErrorField(answer, PG_DIAG_CONSTRAINT_NAME))),
        LOG_FIELD_TEXT("message", view_of(may_quote(code) ? NULL : message)),
    };
    log_event(log, LOG_ERROR, "postgres_error", fields, ARRAY_LEN(fields));
}
