/* The options, one row each: flag, environment variable, .env line, --help, reference page and
 * `latchkey config` come from here. */
#ifndef LATCHKEY_CONFIG_OPTION_H
#define LATCHKEY_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

enum option_id {
    OPTION_LISTEN,
    OPTION_DATABASE,
    OPTION_MIGRATE,
    OPTION_DIALECT,
    OPTION_ENVIRONMENT,
    OPTION_ISSUER,
    OPTION_AUDIENCE,
    OPTION_TOKEN_ALGORITHM,
    OPTION_JWT_SECRET,
    OPTION_ACCESS_TOKEN_LIFETIME,
    OPTION_SESSION_IDLE,
    OPTION_SESSION_LIFETIME,
    OPTION_REFRESH_GRACE,
    OPTION_INTROSPECTION_CLIENT,
    OPTION_INTROSPECTION_SECRET,
    OPTION_SIGNUP,
    OPTION_PASSWORD_HASH,
    OPTION_PASSWORD_MIN_LENGTH,
    OPTION_PASSWORD_BLOCKLIST,
    OPTION_DELETED_RETENTION,
    OPTION_LOGIN_LOCK_AFTER,
    OPTION_LOGIN_LOCK_FOR,
    OPTION_RATE_LIMIT,
    OPTION_TRUSTED_PROXIES,
    OPTION_CORS_ORIGINS,
    OPTION_IO_THREADS,
    OPTION_STORE_WORKERS,
    OPTION_HASH_WORKERS,
    OPTION_MAX_BODY_BYTES,
    OPTION_HEADER_DEADLINE,
    OPTION_BODY_DEADLINE,
    OPTION_MAX_CONNECTIONS,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_AUDIT_RETENTION,
    OPTION_METRICS,
    OPTION_METRICS_LISTEN,
    OPTION_DOCS,
    OPTION_COUNT
};

enum option_kind {
    OPTION_TEXT,
    OPTION_CHOICE, /* number: index into choices */
    OPTION_SWITCH, /* on or off; number: 1 or 0 */
    OPTION_INTEGER,
    OPTION_DURATION, /* number: seconds; text like 30s, 15m, 12h, 30d */
    OPTION_SIZE,     /* number: bytes; text like 65536, 64KiB, 1MiB */
    OPTION_LIST      /* comma list; a flag may be given several times */
};

/* Another name under which an option is taken from the environment or .env, as the templates' users
 * have it. */
struct option_alias {
    const char *name;
    char default_unit;      /* of a duration without one: 's', 'm', 'h', 'd'; 0: as the option */
    const char *format;     /* "%s" form the value is put into; NULL: as it is */
    const char *else_value; /* CHOICE: what any unknown value means; NULL: refused */
};

#define OPTION_ALIASES_MAX 3

struct option {
    const char *name; /* "ACCESS_TOKEN_LIFETIME" */
    enum option_kind kind;
    const char *group;
    const char *default_text; /* as one would write it; NULL: none */
    const char *default_note; /* shown where there is no default_text: "number of CPUs" */
    int64_t min;
    int64_t max;
    const char *const *choices; /* NULL-terminated */
    bool secret;                /* redacted wherever it is shown */
    const char *placeholder;    /* "HOST:PORT" */
    const char *help;           /* one or two sentences */
    struct option_alias aliases[OPTION_ALIASES_MAX];
};

#define OPTION_ENV_PREFIX "LATCHKEY_"

extern const struct option option_rows[OPTION_COUNT];

/* "--access-token-lifetime", in the arena. */
MUST_CHECK struct view option_flag(const struct option *option, struct arena *arena);
/* The option of a flag without its dashes ("access-token-lifetime"); OPTION_COUNT when unknown. */
enum option_id option_of_flag(struct view flag);
/* The option of a name without prefix ("ACCESS_TOKEN_LIFETIME"); OPTION_COUNT when unknown. */
enum option_id option_of_name(struct view name);
/* Reads a value by its kind and range. default_unit as in option_alias. False with why in the
 * arena: it does not repeat a secret. */
MUST_CHECK bool option_read(const struct option *option, struct view text, char default_unit,
                            struct arena *arena, int64_t *number, struct view *why);
/* What may be written, for messages and reference: "30s, 15m, 12h or 30d; 10s to 1d". In the arena.
 */
MUST_CHECK struct view option_range(const struct option *option, struct arena *arena);

#endif
