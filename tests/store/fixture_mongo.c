/* A database of its own on a MongoDB server for each test. */
#include <mongoc/mongoc.h>

#include "fixture.h"

static bool make(struct fixture *f)
{
    const char *url = fixture_server_url();
    fixture_name_database(f);
    return url != NULL && fixture_database_url(url, f->database, f->url, sizeof f->url);
}

static void free_client(mongoc_client_t **client)
{
    mongoc_client_destroy(*client);
}

static void free_database(mongoc_database_t **database)
{
    mongoc_database_destroy(*database);
}

/* A drop that a majority has, but that does not ask for the journal, waits for its 100 ms. */
static void ask_for_journal(mongoc_database_t *database)
{
    mongoc_write_concern_t *concern = mongoc_write_concern_new();
    mongoc_write_concern_set_journal(concern, true);
    mongoc_database_set_write_concern(database, concern);
    mongoc_write_concern_destroy(concern);
}

/* The store has started the library. */
static void drop(struct fixture *f)
{
    bson_error_t error;
    CLEANUP(free_client) mongoc_client_t *client = mongoc_client_new(fixture_server_url());
    assert_non_null(client);
    CLEANUP(free_database)
    mongoc_database_t *database = mongoc_client_get_database(client, f->database);
    ask_for_journal(database);
    if (!mongoc_database_drop(database, &error))
        fail_msg("%s: %s", f->database, error.message);
}

const struct fixture_kind fixture_mongo = {"mongo", make, drop};
