#include "store/mongo/uri.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/mongo/driver.h"

#define MAJORITY "majority"

/* Where the URL says nothing. The library would wait half a minute for a server, and five for an
   answer. */
static const struct {
    const char *name;
    int32_t value;
} numbers[] = {
    {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 2000},
    {MONGOC_URI_CONNECTTIMEOUTMS, 1000},
    {MONGOC_URI_SOCKETTIMEOUTMS, 3000},
    /* A server that said it gives up, and did not, is looked at again after this. */
    {MONGOC_URI_HEARTBEATFREQUENCYMS, 2000},
    {MONGOC_URI_MAXPOOLSIZE, 1000}, /* each of our threads has one, and we bound the threads */
};

static void set_defaults(mongoc_uri_t *uri)
{
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (!mongoc.uri_has_option(uri, numbers[i].name)) {
            (void)mongoc.uri_set_option_as_int32(uri, numbers[i].name, numbers[i].value);
        }
    }
    if (!mongoc.uri_has_option(uri, MONGOC_URI_RETRYWRITES)) {
        (void)mongoc.uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, true);
    }
    if (!mongoc.uri_has_option(uri, MONGOC_URI_APPNAME)) {
        (void)mongoc.uri_set_appname(uri, "latchkey");
    }
}

static void free_concern(mongoc_write_concern_t **concern)
{
    mongoc.write_concern_destroy(*concern);
}

/* A majority, unless the URL says otherwise. False when it asks for no answer at all. */
static bool set_write_concern(mongoc_uri_t *uri)
{
    CLEANUP(free_concern)
    mongoc_write_concern_t *concern = mongoc.write_concern_copy(mongoc.uri_get_write_concern(uri));
    if (mongoc.write_concern_get_w(concern) == MONGOC_WRITE_CONCERN_W_UNACKNOWLEDGED) {
        return false;
    }
    if (!mongoc.uri_has_option(uri, MONGOC_URI_W)) {
        mongoc.write_concern_set_wmajority(concern, 0);
    }
    if (!mongoc.uri_has_option(uri, MONGOC_URI_JOURNAL)) {
        mongoc.write_concern_set_journal(concern, true);
    }
    mongoc.uri_set_write_concern(uri, concern);
    return true;
}

/* Whatever the URL says: decisions are made on what the primary has, and a majority with it. */
static void set_reads(mongoc_uri_t *uri)
{
    mongoc_read_prefs_t *primary = mongoc.read_prefs_new(MONGOC_READ_PRIMARY);
    mongoc_read_concern_t *concern = mongoc.read_concern_new();
    (void)mongoc.read_concern_set_level(concern, MONGOC_READ_CONCERN_LEVEL_MAJORITY);
    mongoc.uri_set_read_prefs_t(uri, primary);
    mongoc.uri_set_read_concern(uri, concern);
    mongoc.read_concern_destroy(concern);
    mongoc.read_prefs_destroy(primary);
}

bool mongo_uri_is_durable(const mongoc_uri_t *uri)
{
    return mongoc.write_concern_get_wmajority(mongoc.uri_get_write_concern(uri));
}

/* Names of databases, in MongoDB's manual, "Naming Restrictions", those of Windows. */
static bool set_database(const mongoc_uri_t *uri, char database[MONGO_DATABASE_SIZE])
{
    const char *given = mongoc.uri_get_database(uri);
    const char *name = given != NULL && given[0] != '\0' ? given : MONGO_DATABASE_DEFAULT;
    if (strlen(name) >= MONGO_DATABASE_SIZE || strpbrk(name, "/\\. \"$*<>:|?") != NULL) {
        return false;
    }
    (void)snprintf(database, MONGO_DATABASE_SIZE, "%s", name);
    return true;
}

/* The library knows the scheme in lower case only. */
static char *copy_url(struct view url)
{
    if (memchr(url.at, '\0', url.len) != NULL) {
        return NULL;
    }
    char *text = strndup(url.at, url.len);
    for (char *c = text; c != NULL && *c != ':' && *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return text;
}

static mongoc_uri_t *parse(struct view url)
{
    char *text = copy_url(url);
    mongoc_uri_t *uri = text != NULL ? mongoc.uri_new_with_error(text, NULL) : NULL;
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
    return uri;
}

static const char *complete(mongoc_uri_t *uri, char database[MONGO_DATABASE_SIZE])
{
    if (!set_database(uri, database)) {
        return "the database URL names a database that MongoDB cannot have";
    }
    if (!set_write_concern(uri)) {
        return "the database URL says w=0: writes must be acknowledged";
    }
    set_reads(uri);
    set_defaults(uri);
    return NULL;
}

/* Of two, the library takes the first to end the password: what is left of it would be a host, and
   stand in each message about that. */
static bool has_second_at(struct view url)
{
    return view_find(url, '@', 0) != view_find_last(url, '@');
}

enum result mongo_uri_read(struct view url, mongoc_uri_t **out, char database[MONGO_DATABASE_SIZE],
                           char *message, size_t message_size)
{
    mongoc_uri_t *uri = has_second_at(url) ? NULL : parse(url);
    const char *fault =
        uri != NULL ? complete(uri, database)
                    : "the database URL cannot be read: it must be mongodb://[user:password@]"
                      "host[:port][,…][/database][?options], with %-escapes in user and "
                      "password (an @ in it is written %40)";
    *out = NULL;
    if (fault == NULL) {
        *out = uri;
        return RESULT_OK;
    }
    mongoc.uri_destroy(uri);
    (void)snprintf(message, message_size, "%s", fault);
    return RESULT_BAD_REQUEST;
}
