#include "config/option.h"

#include <ctype.h>

#include "base/builder.h"
#include "base/clock.h"

#define MINUTE S_PER_MINUTE
#define HOUR S_PER_HOUR
#define DAY S_PER_DAY
#define KIB INT64_C(1024)
#define MIB (KIB * KIB)
#define YEAR (365 * DAY)

static const char *const environments[] = {"development", "production", NULL};
static const char *const algorithms[] = {"auto", "ES256", "RS256", "EdDSA", "HS256", NULL};
static const char *const signups[] = {"closed", "open", NULL};
static const char *const hashes[] = {"argon2id", "bcrypt", NULL};
static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const migrations[] = {"manual", "auto", NULL};
static const char *const formats[] = {"json", "text", NULL};

static const char network[] = "Network";
static const char tokens[] = "Tokens and sessions";
static const char people[] = "People and passwords";
static const char guards[] = "Guards and limits";
static const char storage[] = "Database and environment";
static const char watching[] = "Log, metrics, docs";

const struct option option_rows[OPTION_COUNT] = {
    [OPTION_LISTEN] = {.name = "LISTEN",
                       .kind = OPTION_TEXT,
                       .group = network,
                       .default_text = "127.0.0.1:8000",
                       .placeholder = "HOST:PORT",
                       .help =
                           "Address to listen on; port 0 takes a free one. The variable PORT, a "
                           "number, means 127.0.0.1:PORT, in production 0.0.0.0:PORT.",
                       .aliases = {{.name = "PORT", .format = "127.0.0.1:%s"}}},
    [OPTION_DATABASE] = {.name = "DATABASE",
                         .kind = OPTION_TEXT,
                         .group = storage,
                         .default_text = "sqlite:latchkey.db",
                         .placeholder = "URL",
                         .secret = false,
                         .help = "Where everything is kept: sqlite:PATH (the file is made when "
                                 "missing, readable by its owner only), postgresql://… or "
                                 "mongodb://…; docs/stores.md.",
                         .aliases = {{.name = "DATABASE_URL"}, {.name = "MONGO_URI"}}},
    [OPTION_MIGRATE] = {.name = "MIGRATE",
                        .kind = OPTION_CHOICE,
                        .group = storage,
                        .default_text = "auto",
                        .choices = migrations,
                        .help = "auto: whoever opens the database brings its schema up to date. "
                                "manual: an older schema is refused until latchkey migrate has "
                                "run."},
    [OPTION_DIALECT] = {.name = "DIALECT",
                        .kind = OPTION_LIST,
                        .group = network,
                        .placeholder = "NAME[=/PREFIX]",
                        .default_note = "none",
                        .help = "Dialects to mount, at / or at a prefix; `latchkey dialects` "
                                "lists them."},
    [OPTION_ENVIRONMENT] = {.name = "ENVIRONMENT",
                            .kind = OPTION_CHOICE,
                            .group = storage,
                            .default_text = "development",
                            .choices = environments,
                            .help = "production: secure cookies, HSTS, weak secrets refused, "
                                    "metrics off unless asked for.",
                            .aliases = {{.name = "PYTHON_ENV", .else_value = "development"}}},
    [OPTION_ISSUER] = {.name = "ISSUER",
                       .kind = OPTION_TEXT,
                       .group = tokens,
                       .placeholder = "URL",
                       .default_note = "kept in the database at first start",
                       .help = "The iss claim of all tokens. Unset, the first start keeps "
                               "http://LISTEN in the database, so that all nodes agree."},
    [OPTION_AUDIENCE] = {.name = "AUDIENCE",
                         .kind = OPTION_TEXT,
                         .group = tokens,
                         .placeholder = "NAME",
                         .default_note = "latchkey; none with a JWT secret",
                         .help = "The aud claim of access tokens."},
    [OPTION_TOKEN_ALGORITHM] = {.name = "TOKEN_ALGORITHM",
                                .kind = OPTION_CHOICE,
                                .group = tokens,
                                .default_text = "auto",
                                .choices = algorithms,
                                .help = "What signs access tokens. auto: HS256 with a JWT secret, "
                                        "else ES256."},
    [OPTION_JWT_SECRET] = {.name = "JWT_SECRET",
                           .kind = OPTION_TEXT,
                           .group = tokens,
                           .secret = true,
                           .placeholder = "TEXT",
                           .default_note = "none",
                           .help = "A shared secret for HS256, at least 32 bytes, for services "
                                   "that check tokens with it. Better leave it unset.",
                           .aliases = {{.name = "JWT_SECRET_KEY"}, {.name = "SECRET_KEY"}}},
    [OPTION_ACCESS_TOKEN_LIFETIME] = {.name = "ACCESS_TOKEN_LIFETIME",
                                      .kind = OPTION_DURATION,
                                      .group = tokens,
                                      .default_text = "30m",
                                      .min = 10,
                                      .max = 30 * DAY,
                                      .help = "How long an access token lives.",
                                      .aliases = {{.name = "ACCESS_TOKEN_EXPIRE_MINUTES",
                                                   .default_unit = 'm'}}},
    [OPTION_SESSION_IDLE] = {.name = "SESSION_IDLE",
                             .kind = OPTION_DURATION,
                             .group = tokens,
                             .default_text = "14d",
                             .min = 1,
                             .max = 10 * YEAR,
                             .help = "A session that is not refreshed for so long ends.",
                             .aliases = {{.name = "JWT_REFRESH_EXPIRY", .default_unit = 'd'}}},
    [OPTION_SESSION_LIFETIME] = {.name = "SESSION_LIFETIME",
                                 .kind = OPTION_DURATION,
                                 .group = tokens,
                                 .default_text = "90d",
                                 .min = 1,
                                 .max = 10 * YEAR,
                                 .help = "A session ends after so long, however much it is used."},
    [OPTION_REFRESH_GRACE] = {.name = "REFRESH_GRACE",
                              .kind = OPTION_DURATION,
                              .group = tokens,
                              .default_text = "30s",
                              .min = 0,
                              .max = 60,
                              .help = "Within it the refresh token just replaced gets the same "
                                      "successor again, for clients that lost the answer."},
    [OPTION_INTROSPECTION_CLIENT] = {.name = "INTROSPECTION_CLIENT",
                                     .kind = OPTION_TEXT,
                                     .group = tokens,
                                     .placeholder = "NAME",
                                     .default_note = "none",
                                     .help = "The name by which resource servers ask "
                                             "/oauth/introspect about access tokens, with "
                                             "INTROSPECTION_SECRET; docs/oauth.md."},
    [OPTION_INTROSPECTION_SECRET] = {.name = "INTROSPECTION_SECRET",
                                     .kind = OPTION_TEXT,
                                     .group = tokens,
                                     .secret = true,
                                     .placeholder = "TEXT",
                                     .default_note = "none",
                                     .help = "The secret of INTROSPECTION_CLIENT, at least 32 "
                                             "bytes."},
    [OPTION_SIGNUP] = {.name = "SIGNUP",
                       .kind = OPTION_CHOICE,
                       .group = people,
                       .default_text = "open",
                       .choices = signups,
                       .help = "Whether strangers may sign up."},
    [OPTION_PASSWORD_HASH] = {.name = "PASSWORD_HASH",
                              .kind = OPTION_CHOICE,
                              .group = people,
                              .default_text = "argon2id",
                              .choices = hashes,
                              .help = "How new passwords are kept; older hashes are renewed at "
                                      "log-in. bcrypt refuses passwords over 72 bytes."},
    [OPTION_PASSWORD_MIN_LENGTH] = {.name = "PASSWORD_MIN_LENGTH",
                                    .kind = OPTION_INTEGER,
                                    .group = people,
                                    .default_text = "8",
                                    .min = 1,
                                    .max = 128,
                                    .help = "Fewest characters (code points) of a new password."},
    [OPTION_PASSWORD_BLOCKLIST] = {.name = "PASSWORD_BLOCKLIST",
                                   .kind = OPTION_SWITCH,
                                   .group = people,
                                   .default_text = "on",
                                   .help = "Whether common passwords, and those made of the "
                                           "user's own name, are refused."},
    [OPTION_DELETED_RETENTION] = {.name = "DELETED_RETENTION",
                                  .kind = OPTION_DURATION,
                                  .group = people,
                                  .default_text = "30d",
                                  .min = 0,
                                  .max = 10 * YEAR,
                                  .help = "How long deleted users can be restored, before they "
                                          "go for good; 0s keeps them for ever."},
    [OPTION_LOGIN_LOCK_AFTER] = {.name = "LOGIN_LOCK_AFTER",
                                 .kind = OPTION_INTEGER,
                                 .group = guards,
                                 .default_text = "10",
                                 .min = 1,
                                 .max = 100,
                                 .help = "So many failed log-ins of one account from one address "
                                         "lock it for that address."},
    [OPTION_LOGIN_LOCK_FOR] = {.name = "LOGIN_LOCK_FOR",
                               .kind = OPTION_DURATION,
                               .group = guards,
                               .default_text = "15m",
                               .min = 1,
                               .max = HOUR,
                               .help = "How long such a lock lasts, and the time in which "
                                       "failures add up."},
    [OPTION_RATE_LIMIT] = {.name = "RATE_LIMIT",
                           .kind = OPTION_SWITCH,
                           .group = guards,
                           .default_text = "on",
                           .help = "Whether log-in, sign-up and refresh are limited per address."},
    [OPTION_TRUSTED_PROXIES] = {.name = "TRUSTED_PROXIES",
                                .kind = OPTION_LIST,
                                .group = guards,
                                .placeholder = "CIDR",
                                .default_note = "none",
                                .help = "Networks whose X-Forwarded-For is believed, such as "
                                        "10.0.0.0/8,::1/128."},
    [OPTION_CORS_ORIGINS] = {.name = "CORS_ORIGINS",
                             .kind = OPTION_LIST,
                             .group = guards,
                             .placeholder = "ORIGIN",
                             .default_note = "none",
                             .help = "Web origins that browsers may call from, such as "
                                     "https://app.example.com."},
    [OPTION_IO_THREADS] = {.name = "IO_THREADS",
                           .kind = OPTION_INTEGER,
                           .group = guards,
                           .default_note = "number of CPUs, at most 8",
                           .min = 1,
                           .max = 64,
                           .help = "Threads that read and write sockets."},
    [OPTION_STORE_WORKERS] = {.name = "STORE_WORKERS",
                              .kind = OPTION_INTEGER,
                              .group = guards,
                              .default_text = "4",
                              .min = 1,
                              .max = 256,
                              .help = "Threads that talk to the database."},
    [OPTION_HASH_WORKERS] = {.name = "HASH_WORKERS",
                             .kind = OPTION_INTEGER,
                             .group = guards,
                             .default_note = "number of CPUs",
                             .min = 1,
                             .max = 256,
                             .help = "Threads that hash passwords; each needs 19 MiB while it "
                                     "works, and for half a minute after."},
    [OPTION_MAX_BODY_BYTES] = {.name = "MAX_BODY_BYTES",
                               .kind = OPTION_SIZE,
                               .group = guards,
                               .default_text = "64KiB",
                               .min = KIB,
                               .max = 16 * MIB,
                               .help = "The largest request body."},
    [OPTION_HEADER_DEADLINE] = {.name = "HEADER_DEADLINE",
                                .kind = OPTION_DURATION,
                                .group = guards,
                                .default_text = "10s",
                                .min = 1,
                                .max = HOUR,
                                .help = "A request's header must be complete within it."},
    [OPTION_BODY_DEADLINE] = {.name = "BODY_DEADLINE",
                              .kind = OPTION_DURATION,
                              .group = guards,
                              .default_text = "20s",
                              .min = 1,
                              .max = HOUR,
                              .help = "A request's body must be complete within it."},
    [OPTION_MAX_CONNECTIONS] = {.name = "MAX_CONNECTIONS",
                                .kind = OPTION_INTEGER,
                                .group = guards,
                                .default_note = "10000, or what the file limit allows",
                                .min = 8,
                                .max = 1000000,
                                .help = "Connections open at the same time."},
    [OPTION_LOG_LEVEL] = {.name = "LOG_LEVEL",
                          .kind = OPTION_CHOICE,
                          .group = watching,
                          .default_text = "info",
                          .choices = levels,
                          .help = "Records below it are left out."},
    [OPTION_LOG_FORMAT] = {.name = "LOG_FORMAT",
                           .kind = OPTION_CHOICE,
                           .group = watching,
                           .default_text = "json",
                           .choices = formats,
                           .help = "JSON lines, or lines for people."},
    [OPTION_AUDIT_RETENTION] = {.name = "AUDIT_RETENTION",
                                .kind = OPTION_DURATION,
                                .group = watching,
                                .default_text = "90d",
                                .min = 0,
                                .max = 10 * YEAR,
                                .help = "How long audit events are kept; 0s keeps them for ever."},
    [OPTION_METRICS] = {.name = "METRICS",
                        .kind = OPTION_SWITCH,
                        .group = watching,
                        .default_note = "on in development, off in production",
                        .help = "Whether GET /metrics answers (Prometheus text)."},
    [OPTION_METRICS_LISTEN] = {.name = "METRICS_LISTEN",
                               .kind = OPTION_TEXT,
                               .group = watching,
                               .placeholder = "HOST:PORT",
                               .default_note = "none",
                               .help = "An address of its own for /metrics, which the main one "
                                       "then has no more."},
    [OPTION_DOCS] = {.name = "DOCS",
                     .kind = OPTION_SWITCH,
                     .group = watching,
                     .default_text = "on",
                     .help = "Whether /docs and /redoc are served."},
};

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit duration_units[] = {{"s", 1}, {"m", MINUTE}, {"h", HOUR}, {"d", DAY}};
static const struct unit size_units[] = {{"MiB", MIB}, {"KiB", KIB}, {"", 1}};

struct view option_flag(const struct option *option, struct arena *arena)
{
    struct view flag = arena_format(arena, "--%s", option->name);
    char *at = (char *)(uintptr_t)flag.at;

    for (size_t i = 0; i < flag.len; i++) {
        at[i] = at[i] == '_' ? '-' : (char)tolower((unsigned char)at[i]);
    }
    return flag;
}

static bool is_flag_of(struct view flag, struct view name)
{
    if (flag.len != name.len) {
        return false;
    }
    for (size_t i = 0; i < flag.len; i++) {
        char wanted = name.at[i] == '_' ? '-' : (char)tolower((unsigned char)name.at[i]);
        if (flag.at[i] != wanted) {
            return false;
        }
    }
    return true;
}

enum option_id option_of_flag(struct view flag)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (is_flag_of(flag, view_of(option_rows[i].name))) {
            return (enum option_id)i;
        }
    }
    return OPTION_COUNT;
}

enum option_id option_of_name(struct view name)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (view_is(name, option_rows[i].name)) {
            return (enum option_id)i;
        }
    }
    return OPTION_COUNT;
}

/* Writes seconds or bytes with the largest unit that leaves no rest. */
static void write_scaled(struct builder *b, int64_t number, const struct unit *units, size_t count)
{
    const struct unit *best = &units[0];
    for (size_t i = 0; i < count; i++) {
        bool fits = number != 0 && number % units[i].factor == 0;
        if (number % best->factor != 0 || (fits && units[i].factor > best->factor)) {
            best = &units[i];
        }
    }
    builder_int(b, number / best->factor);
    builder_text(b, best->suffix);
}

static void write_bound(struct builder *b, const struct option *option, int64_t number)
{
    if (option->kind == OPTION_DURATION) {
        write_scaled(b, number, duration_units, ARRAY_LEN(duration_units));
    } else if (option->kind == OPTION_SIZE) {
        write_scaled(b, number, size_units, ARRAY_LEN(size_units));
    } else {
        builder_int(b, number);
    }
}

static void write_choices(struct builder *b, const char *const *choices)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        builder_text(b, i == 0 ? "" : choices[i + 1] == NULL ? " or " : ", ");
        builder_text(b, choices[i]);
    }
}

struct view option_range(const struct option *option, struct arena *arena)
{
    struct builder b;
    struct view text = {NULL, 0};

    builder_init(&b, arena, 512);
    switch (option->kind) {
    case OPTION_CHOICE:
        write_choices(&b, option->choices);
        break;
    case OPTION_SWITCH:
        builder_text(&b, "on or off");
        break;
    case OPTION_INTEGER:
    case OPTION_DURATION:
    case OPTION_SIZE:
        write_bound(&b, option, option->min);
        builder_text(&b, " to ");
        write_bound(&b, option, option->max);
        break;
    case OPTION_TEXT:
    case OPTION_LIST:
        builder_text(&b, option->placeholder != NULL ? option->placeholder : "text");
        break;
    }
    return builder_end(&b, &text) ? text : (struct view){NULL, 0};
}

static bool read_choice(const char *const *choices, struct view text, int64_t *number)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (view_equal_nocase(text, view_of(choices[i]))) {
            *number = (int64_t)i;
            return true;
        }
    }
    return false;
}

static bool read_scaled(struct view text, const struct unit *units, size_t count, int64_t max,
                        int64_t *number)
{
    for (size_t i = 0; i < count; i++) {
        struct view suffix = view_of(units[i].suffix);
        int64_t value;
        if (!view_ends_with(text, suffix) ||
            !view_to_int64(view_sub(text, 0, text.len - suffix.len), &value)) {
            continue;
        }
        if (value < 0 || value > max / units[i].factor) {
            return false;
        }
        *number = value * units[i].factor;
        return true;
    }
    return false;
}

static bool read_duration(const struct option *option, struct view text, char default_unit,
                          int64_t *number)
{
    for (size_t i = 0; i < ARRAY_LEN(duration_units) && default_unit != 0; i++) {
        const struct unit *unit = &duration_units[i];
        struct unit bare = {"", unit->factor};
        if (unit->suffix[0] == default_unit && read_scaled(text, &bare, 1, option->max, number)) {
            return true;
        }
    }
    return read_scaled(text, duration_units, ARRAY_LEN(duration_units), option->max, number);
}

static bool read_by_kind(const struct option *option, struct view text, char default_unit,
                         int64_t *number)
{
    static const char *const switches[] = {"off", "on", NULL};

    switch (option->kind) {
    case OPTION_TEXT:
    case OPTION_LIST:
        return true;
    case OPTION_CHOICE:
        return read_choice(option->choices, text, number);
    case OPTION_SWITCH:
        return read_choice(switches, text, number);
    case OPTION_INTEGER:
        return view_to_int64(text, number);
    case OPTION_DURATION:
        return read_duration(option, text, default_unit, number);
    case OPTION_SIZE:
        return read_scaled(text, size_units, ARRAY_LEN(size_units), option->max, number);
    }
    return false;
}

bool option_read(const struct option *option, struct view text, char default_unit,
                 struct arena *arena, int64_t *number, struct view *why)
{
    bool ranged = option->kind == OPTION_INTEGER || option->kind == OPTION_DURATION ||
                  option->kind == OPTION_SIZE;
    struct view range;

    *number = 0;
    if (read_by_kind(option, text, default_unit, number) &&
        (!ranged || (*number >= option->min && *number <= option->max))) {
        return true;
    }
    range = option_range(option, arena);
    *why = option->secret
               ? arena_format(arena, "must be %.*s", VIEW_ARG(range))
               : arena_format(arena, "must be %.*s, not '%.*s'", VIEW_ARG(range), VIEW_ARG(text));
    return false;
}
