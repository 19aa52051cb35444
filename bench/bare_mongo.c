/* What MongoDB does by itself over libmongoc: one command after another on one connection, the read
   of one document by its key or a conditional update of one, acknowledged as the URL says.
   bare_mongo URL SECONDS read|update; uses the collection bare_sessions of the URL's database and
   drops it; prints "operations N seconds S". */
#include "bare.h"

#include <mongoc/mongoc.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS 64

struct state {
    mongoc_client_t *client;
    mongoc_collection_t *sessions;
    bson_error_t error;
};

static bool fill(struct state *state)
{
    bool good = true;
    (void)mongoc_collection_drop(state->sessions, NULL);
    for (int64_t id = 0; good && id < SESSIONS; id++) {
        bson_t *session =
            BCON_NEW("_id", BCON_INT64(id), "counter", BCON_INT64(0), "used", BCON_INT64(0));
        good = mongoc_collection_insert_one(state->sessions, session, NULL, NULL, &state->error);
        bson_destroy(session);
    }
    return good;
}

static bool update(void *argument, long number)
{
    struct state *state = argument;
    bson_t reply;
    bson_iter_t iter;
    bson_t *filter =
        BCON_NEW("_id", BCON_INT64(number % SESSIONS), "counter", BCON_INT64(number / SESSIONS));
    bson_t *change = BCON_NEW("$inc", "{", "counter", BCON_INT64(1), "}", "$set", "{", "used",
                              BCON_INT64(number), "}");
    bool good = mongoc_collection_update_one(state->sessions, filter, change, NULL, &reply,
                                             &state->error) &&
                bson_iter_init_find(&iter, &reply, "modifiedCount") &&
                bson_iter_as_int64(&iter) == 1;
    bson_destroy(&reply);
    bson_destroy(filter);
    bson_destroy(change);
    return good;
}

static bool read_one(void *argument, long number)
{
    struct state *state = argument;
    const bson_t *found = NULL;
    bson_t *filter = BCON_NEW("_id", BCON_INT64(number % SESSIONS));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(state->sessions, filter, NULL, NULL);
    bool good = mongoc_cursor_next(cursor, &found);
    if (!good)
        (void)mongoc_cursor_error(cursor, &state->error);
    mongoc_cursor_destroy(cursor);
    bson_destroy(filter);
    return good;
}

static bool open_all(struct state *state, const char *url)
{
    mongoc_uri_t *uri = mongoc_uri_new_with_error(url, &state->error);
    const char *database = uri != NULL ? mongoc_uri_get_database(uri) : NULL;
    state->client = uri != NULL ? mongoc_client_new_from_uri(uri) : NULL;
    if (state->client != NULL)
        state->sessions = mongoc_client_get_collection(
            state->client, database != NULL ? database : "bare", "bare_sessions");
    mongoc_uri_destroy(uri);
    return state->sessions != NULL && fill(state);
}

static void close_all(struct state *state)
{
    if (state->sessions != NULL)
        (void)mongoc_collection_drop(state->sessions, NULL);
    mongoc_collection_destroy(state->sessions);
    mongoc_client_destroy(state->client);
}

int main(int argc, char **argv)
{
    struct state state = {0};
    double wanted_s = argc > 3 ? strtod(argv[2], NULL) : 0;
    int status = 2;

    mongoc_init();
    if (wanted_s > 0 && open_all(&state, argv[1])) {
        bool (*one)(void *, long) = strcmp(argv[3], "update") == 0 ? update : read_one;
        status = bare_measure(one, &state, wanted_s, 1, 1) ? 0 : 1;
    }
    if (status != 0)
        fprintf(stderr, "bare_mongo: %s\n", state.error.message);
    close_all(&state);
    mongoc_cleanup();
    return status;
}
