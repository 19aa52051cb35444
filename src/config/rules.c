#include "config/rules.h"

#include <string.h>

#include "base/network.h"

#define SECRET_MIN_BYTES 32 /* RFC 7518 section 3.2 */
/* Of 32 random hex digits fewer are as good as never seen (4 in 100 million). */
#define SECRET_MIN_DISTINCT 8
#define CLIENT_NAME_MAX_BYTES 64
#define CLIENT_SECRET_MAX_BYTES 256 /* CLIENTS_TEXT_MAX_BYTES of service/clients.h */

/* Words of examples and habits: a secret that holds one was never made by a random source. */
static const char *const weak_words[] = {"your",      "secret",  "changeme", "change-me",
                                         "change_me", "example", "password", "default",
                                         "12345678",  "latchkey"};

static bool holds_nocase(struct view text, struct view word)
{
    for (size_t i = 0; i + word.len <= text.len; i++) {
        if (view_equal_nocase(view_sub(text, i, word.len), word)) {
            return true;
        }
    }
    return false;
}

static size_t distinct_bytes(struct view text)
{
    bool seen[256] = {false};
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        count += seen[c] ? 0 : 1;
        seen[c] = true;
    }
    return count;
}

static bool is_weak(struct view secret)
{
    for (size_t i = 0; i < ARRAY_LEN(weak_words); i++) {
        if (holds_nocase(secret, view_of(weak_words[i]))) {
            return true;
        }
    }
    return distinct_bytes(secret) < SECRET_MIN_DISTINCT;
}

static bool check_secret(const struct config *config, enum option_id id, struct arena *arena,
                         struct view *why)
{
    const struct config_value *value = &config->values[id];
    static const char remedy[] = "make one with: openssl rand -base64 48";

    if (value->text.at == NULL) {
        return true;
    }
    if (value->text.len < SECRET_MIN_BYTES) {
        *why = arena_format(arena, "%.*s has %zu bytes, at least %d are needed; %s",
                            VIEW_ARG(value->source), value->text.len, SECRET_MIN_BYTES, remedy);
        return false;
    }
    if (config_is_production(config) && is_weak(value->text)) {
        *why = arena_format(arena, "%.*s is easy to guess, which production refuses; %s",
                            VIEW_ARG(value->source), remedy);
        return false;
    }
    return true;
}

/* What needs no escape anywhere, and no colon: Basic ends the name there (RFC 7617 section 2). */
static bool is_client_name(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || c == '.';

        if (!word) {
            return false;
        }
    }
    return text.len <= CLIENT_NAME_MAX_BYTES;
}

static bool check_client(const struct config *config, struct arena *arena, struct view *why)
{
    const struct config_value *name = &config->values[OPTION_INTROSPECTION_CLIENT];
    const struct config_value *secret = &config->values[OPTION_INTROSPECTION_SECRET];

    if ((name->text.at == NULL) != (secret->text.at == NULL)) {
        *why = arena_format(arena, "%.*s is of no use without INTROSPECTION_%s",
                            VIEW_ARG(name->text.at != NULL ? name->source : secret->source),
                            name->text.at != NULL ? "SECRET" : "CLIENT");
        return false;
    }
    if (secret->text.len > CLIENT_SECRET_MAX_BYTES) {
        *why = arena_format(arena, "%.*s has %zu bytes, at most %d are taken",
                            VIEW_ARG(secret->source), secret->text.len, CLIENT_SECRET_MAX_BYTES);
        return false;
    }
    if (!is_client_name(name->text)) {
        *why = arena_format(arena,
                            "%.*s may have at most %d characters: letters, digits, '.', '_', '-'",
                            VIEW_ARG(name->source), CLIENT_NAME_MAX_BYTES);
        return false;
    }
    return true;
}

/* A session may not idle longer than it lives; the lifetime follows when only the idle time was
 * chosen. */
static bool check_lifetimes(struct config *config, struct arena *arena, struct view *why)
{
    struct config_value *idle = &config->values[OPTION_SESSION_IDLE];
    struct config_value *life = &config->values[OPTION_SESSION_LIFETIME];
    struct config_value *access = &config->values[OPTION_ACCESS_TOKEN_LIFETIME];
    bool idle_set = idle->origin != CONFIG_DEFAULT;
    bool life_set = life->origin != CONFIG_DEFAULT;

    if (idle->number > life->number && idle_set != life_set) {
        struct config_value *given = idle_set ? idle : life;
        struct config_value *follows = idle_set ? life : idle;
        follows->number = given->number;
        follows->text = given->text;
        follows->source = arena_format(arena, "default, as %.*s", VIEW_ARG(given->source));
    }
    if (idle->number > life->number) {
        *why = arena_format(arena, "%.*s is longer than %.*s", VIEW_ARG(idle->source),
                            VIEW_ARG(life->source));
        return false;
    }
    if (access->number > life->number) {
        *why = arena_format(arena, "an access token (%.*s) would outlive its session (%.*s)",
                            VIEW_ARG(access->text), VIEW_ARG(life->text));
        return false;
    }
    return true;
}

/* PORT is set where platforms start containers: there the world must reach it. */
static bool settle_listen(struct config *config, struct arena *arena)
{
    struct config_value *listen = &config->values[OPTION_LISTEN];
    bool by_port = view_ends_with(listen->source, VIEW("PORT")) ||
                   view_ends_with(listen->source, VIEW("PORT_FILE"));

    if (by_port && config_is_production(config)) {
        size_t colon = view_find(listen->text, ':', 0);
        listen->text = arena_format(arena, "0.0.0.0%.*s", (int)(listen->text.len - colon),
                                    listen->text.at + colon);
    }
    return listen->text.at != NULL;
}

static bool check_places(struct config *config, struct arena *arena, struct view *why)
{
    static const enum option_id places[] = {OPTION_LISTEN, OPTION_METRICS_LISTEN};

    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        const struct config_value *value = &config->values[places[i]];
        struct view host;
        uint16_t port;
        if (value->text.at != NULL && !network_parse_place(value->text, &host, &port)) {
            *why = arena_format(arena, "%.*s: '%.*s' is no address such as 127.0.0.1:8000",
                                VIEW_ARG(value->source), VIEW_ARG(value->text));
            return false;
        }
    }
    return true;
}

static bool is_origin(struct view origin)
{
    struct view rest = origin;

    if (view_starts_with(origin, VIEW("https://"))) {
        rest = view_sub(origin, 8, origin.len);
    } else if (view_starts_with(origin, VIEW("http://"))) {
        rest = view_sub(origin, 7, origin.len);
    } else {
        return false;
    }
    return rest.len > 0 && view_find(rest, '/', 0) == rest.len &&
           view_find(rest, '*', 0) == rest.len;
}

static bool check_origins(struct config *config, struct arena *arena, struct view *why)
{
    size_t count;
    const struct view *origins = config_list(config, OPTION_CORS_ORIGINS, arena, &count);

    for (size_t i = 0; i < count; i++) {
        if (!is_origin(origins[i])) {
            *why = arena_format(arena, "%.*s: '%.*s' is no origin such as https://app.example.com",
                                VIEW_ARG(config->values[OPTION_CORS_ORIGINS].source),
                                VIEW_ARG(origins[i]));
            return false;
        }
    }
    return true;
}

/* "/" or "/a/b". */
static bool is_prefix(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_';
        bool slash = c == '/' && (i == 0 || text.at[i - 1] != '/');
        if (!word && !slash) {
            return false;
        }
    }
    return text.len > 0 && text.at[0] == '/';
}

/* The names are for the command line to know. */
static bool check_dialects(struct config *config, struct arena *arena, struct view *why)
{
    const struct config_value *value = &config->values[OPTION_DIALECT];
    size_t count;
    const struct view *mounts = config_list(config, OPTION_DIALECT, arena, &count);

    for (size_t i = 0; i < count; i++) {
        size_t equals = view_find(mounts[i], '=', 0);
        struct view prefix = view_sub(mounts[i], equals + 1, SIZE_MAX);

        if (equals == 0 || (equals < mounts[i].len && !is_prefix(prefix))) {
            *why = arena_format(arena,
                                "%.*s: '%.*s' is no dialect such as NAME, or NAME=/prefix with "
                                "letters, digits, '-', '_' and '/' in the prefix",
                                VIEW_ARG(value->source), VIEW_ARG(mounts[i]));
            return false;
        }
    }
    return true;
}

static bool check_issuer(struct config *config, struct arena *arena, struct view *why)
{
    const struct config_value *value = &config->values[OPTION_ISSUER];
    bool good = value->text.len == 0 || view_starts_with(value->text, VIEW("https://")) ||
                view_starts_with(value->text, VIEW("http://"));

    if (!good) {
        *why = arena_format(arena, "%.*s must be a URL that starts with http:// or https://",
                            VIEW_ARG(value->source));
    }
    return good;
}

bool rules_check(struct config *config, struct arena *arena, struct view *why)
{
    return settle_listen(config, arena) && check_places(config, arena, why) &&
           check_secret(config, OPTION_JWT_SECRET, arena, why) &&
           check_secret(config, OPTION_INTROSPECTION_SECRET, arena, why) &&
           check_client(config, arena, why) && check_lifetimes(config, arena, why) &&
           check_origins(config, arena, why) && check_issuer(config, arena, why) &&
           check_dialects(config, arena, why);
}
