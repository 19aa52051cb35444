#include "store/postgres/url.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libpq-fe.h>

#include "base/clock.h"
#include "store/postgres/driver.h"

#define CONNECT_TIMEOUT_S 3

/* The URL with what holds its memory. */
struct owner {
    struct postgres_url url; /* first: one pointer is both */
    atomic_uint uses;
    PQconninfoOption *options;
    char *hosts; /* the three lists, cut at their commas; names point into them */
    char *addresses;
    char *ports;
};

/* Added when the operator's URL does not say otherwise. Together they bound every wait for a
   network that swallows what is sent. */
static const struct {
    const char *keyword;
    const char *value;
    const char *environment; /* says it too, in libpq's way */
} defaults[] = {
    {"target_session_attrs", "read-write", "PGTARGETSESSIONATTRS"},
    {"gssencmode", "disable", "PGGSSENCMODE"}, /* looks for tickets without a time limit */
    {"tcp_user_timeout", "5000", NULL},
    {"keepalives_idle", "5", NULL},
    {"keepalives_interval", "2", NULL},
    {"keepalives_count", "3", NULL},
    {"fallback_application_name", "latchkey", NULL},
};

static enum result complain(char *message, size_t message_size, const char *what)
{
    (void)snprintf(message, message_size, "the database URL cannot be read: %s", what);
    return RESULT_BAD_REQUEST;
}

/* --- the text --------------------------------------------------------------------------------- */

/* asyncpg says ssl=require where libpq says sslmode=require. Writes at most twice the length. */
static void copy_asyncpg(const char *from, char *out)
{
    static const char theirs[] = "ssl=";
    static const char ours[] = "sslmode=";
    const char *options = strchr(from, '?');
    for (const char *at = from; *at != '\0';) {
        bool is_option = options != NULL && at > options && (at[-1] == '?' || at[-1] == '&');
        if (is_option && strncmp(at, theirs, strlen(theirs)) == 0) {
            memcpy(out, ours, strlen(ours));
            out += strlen(ours);
            at += strlen(theirs);
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
}

/* "postgresql+driver://x" as "postgresql://x". NULL when out of memory. The caller frees. */
static char *copy_plain(struct view url)
{
    size_t colon = view_find(url, ':', 0);
    struct view scheme = view_sub(url, 0, colon);
    struct view rest = view_sub(url, colon, url.len);
    size_t size = strlen("postgresql") + 2 * rest.len + 1;
    char *given = strndup(rest.at, rest.len);
    char *out = malloc(size);
    if (given == NULL || out == NULL) {
        free(given);
        free(out);
        return NULL;
    }
    memcpy(out, "postgresql", strlen("postgresql"));
    char *after = out + strlen("postgresql");
    if (view_ends_with(scheme, VIEW("+asyncpg"))) {
        copy_asyncpg(given, after);
    } else {
        memcpy(after, given, rest.len + 1);
    }
    free(given);
    return out;
}

/* --- options ---------------------------------------------------------------------------------- */

static const char *find_option(const struct owner *owner, const char *keyword)
{
    for (const PQconninfoOption *option = owner->options; option->keyword != NULL; option++) {
        if (strcmp(option->keyword, keyword) == 0) {
            return option->val;
        }
    }
    return NULL;
}

static bool is_about_hosts(const char *keyword)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 ||
           strcmp(keyword, "port") == 0 || strcmp(keyword, "connect_timeout") == 0 ||
           strcmp(keyword, "client_encoding") == 0;
}

static bool add(struct postgres_url *url, const char *keyword, const char *value)
{
    if (url->count + 1 >= URL_OPTIONS_MAX) {
        return false;
    }
    url->keywords[url->count] = keyword;
    url->values[url->count] = value;
    url->count++;
    return true;
}

static bool add_options(struct owner *owner)
{
    bool fits = add(&owner->url, "client_encoding", "UTF8");
    for (const PQconninfoOption *option = owner->options; option->keyword != NULL; option++) {
        if (option->val != NULL && !is_about_hosts(option->keyword)) {
            fits = fits && add(&owner->url, option->keyword, option->val);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
        const char *environment = defaults[i].environment;
        if (find_option(owner, defaults[i].keyword) == NULL &&
            (environment == NULL || getenv(environment) == NULL)) {
            fits = fits && add(&owner->url, defaults[i].keyword, defaults[i].value);
        }
    }
    return fits;
}

static bool read_timeout(struct owner *owner)
{
    int64_t seconds = CONNECT_TIMEOUT_S;
    const char *given = find_option(owner, "connect_timeout");
    if (given != NULL &&
        (!view_to_int64(view_of(given), &seconds) || seconds < 0 || seconds > S_PER_DAY)) {
        return false;
    }
    /* 0 means forever to libpq; here every wait has an end. */
    owner->url.connect_timeout_ms = (seconds == 0 ? CONNECT_TIMEOUT_S : seconds) * MS_PER_SECOND;
    return true;
}

/* --- hosts ------------------------------------------------------------------------------------ */

/* Cuts the list at its commas. How many parts; 0: there is no list. */
static size_t cut(const char *list, char **copy, const char *parts[URL_HOSTS_MAX + 1])
{
    size_t count = 0;
    *copy = list != NULL ? strdup(list) : NULL;
    for (char *rest = *copy; rest != NULL && count <= URL_HOSTS_MAX;) {
        char *part = strsep(&rest, ",");
        parts[count++] = part[0] != '\0' ? part : NULL;
    }
    return count;
}

static bool is_port(const char *text)
{
    int64_t port = 0;
    return text == NULL || (view_to_int64(view_of(text), &port) && port >= 1 && port <= UINT16_MAX);
}

/* A folder of sockets may hold one; the name of an abstract socket begins with it. */
static bool is_host(const char *text)
{
    return text == NULL || text[0] == '/' || strchr(text + 1, '@') == NULL;
}

/* As libpq has it: as many names as addresses, and one port for all or one for each. */
static const char *pair_up(struct owner *owner)
{
    const char *names[URL_HOSTS_MAX + 1] = {NULL};
    const char *addresses[URL_HOSTS_MAX + 1] = {NULL};
    const char *ports[URL_HOSTS_MAX + 1] = {NULL};
    size_t name_count = cut(find_option(owner, "host"), &owner->hosts, names);
    size_t address_count = cut(find_option(owner, "hostaddr"), &owner->addresses, addresses);
    size_t port_count = cut(find_option(owner, "port"), &owner->ports, ports);
    size_t count = name_count > address_count ? name_count : address_count;
    count = count > 0 ? count : 1;
    if (count > URL_HOSTS_MAX) {
        return "there are too many hosts";
    }
    if ((name_count > 0 && address_count > 0 && name_count != address_count) ||
        (port_count > 1 && port_count != count)) {
        return "there are not as many ports or addresses as hosts";
    }
    for (size_t i = 0; i < count; i++) {
        const char *port = port_count > 1 ? ports[i] : ports[0];
        if (!is_port(port)) {
            return "a port is no number (a / in a password is written %2F)";
        }
        if (!is_host(names[i])) {
            return "a host has an @ in it (in a password it is written %40)";
        }
        owner->url.hosts[i] = (struct postgres_host){names[i], addresses[i], port};
    }
    owner->url.host_count = count;
    return NULL;
}

/* --- all -------------------------------------------------------------------------------------- */

/* What libpq says may hold a part of a password that was not encoded: only the name of an unknown
   option is handed on. */
static enum result complain_of_parser(const char *said, char *message, size_t message_size)
{
    static const char unknown[] = "invalid URI query parameter: \"";
    const char *at = said != NULL ? strstr(said, unknown) : NULL;
    if (at == NULL || said == NULL) {
        return complain(
            message, message_size,
            "it must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE, with "
            "special characters written as %XX");
    }
    at += strlen(unknown);
    char line[128];
    (void)snprintf(line, sizeof line, "libpq knows no option \"%.*s\"",
                   (int)strnlen(at, strcspn(at, "\"=")), at);
    return complain(message, message_size, line);
}

static enum result read_parsed(struct owner *owner, char *message, size_t message_size)
{
    const char *fault = pair_up(owner);
    if (fault != NULL) {
        return complain(message, message_size, fault);
    }
    if (!read_timeout(owner)) {
        return complain(message, message_size, "connect_timeout is no number of seconds");
    }
    return add_options(owner) ? RESULT_OK
                              : complain(message, message_size, "it has too many options");
}

enum result postgres_url_read(struct view url, struct postgres_url **out, char *message,
                              size_t message_size)
{
    struct owner *owner = calloc(1, sizeof *owner);
    char *plain = copy_plain(url);
    char *said = NULL;
    enum result result = RESULT_STORE_UNAVAILABLE;
    if (owner != NULL && plain != NULL) {
        atomic_init(&owner->uses, 1);
        owner->options = pq.conninfoParse(plain, &said);
        result = owner->options != NULL ? read_parsed(owner, message, message_size)
                                        : complain_of_parser(said, message, message_size);
    }
    pq.freemem(said);
    free(plain);
    if (result != RESULT_OK) {
        postgres_url_release(owner != NULL ? &owner->url : NULL);
        return result;
    }
    *out = &owner->url;
    return RESULT_OK;
}

struct postgres_url *postgres_url_hold(struct postgres_url *url)
{
    struct owner *owner = (struct owner *)url;
    (void)atomic_fetch_add(&owner->uses, 1);
    return url;
}

void postgres_url_release(struct postgres_url *url)
{
    struct owner *owner = (struct owner *)url;
    if (owner == NULL || atomic_fetch_sub(&owner->uses, 1) > 1) {
        return;
    }
    pq.conninfoFree(owner->options); /* NULL is fine */
    free(owner->hosts);
    free(owner->addresses);
    free(owner->ports);
    free(owner);
}
