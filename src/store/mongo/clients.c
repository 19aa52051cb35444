#include "store/mongo/clients.h"

#include "store/mongo/driver.h"

static mongoc_client_t *make(const struct mongo_clients *clients, bson_error_t *error)
{
    mongoc_client_t *client = mongoc.client_new_from_uri_with_error(clients->uri, error);
    if (client != NULL) {
        (void)mongoc.client_set_error_api(client, MONGO_ERROR_API);
    }
    return client;
}

/* Without a pool, one failed look would be the last: a pool waits for the time the URL says. */
static bool open_brief(struct mongo_clients *clients, mongoc_uri_t *uri, bson_error_t *error)
{
    if (!mongoc.uri_has_option(uri, MONGOC_URI_SERVERSELECTIONTRYONCE)) {
        (void)mongoc.uri_set_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE, false);
    }
    clients->spare = make(clients, error);
    return clients->spare != NULL;
}

bool mongo_clients_open(struct mongo_clients *clients, mongoc_uri_t *uri, bool is_brief,
                        bson_error_t *error)
{
    *clients = (struct mongo_clients){.uri = uri};
    (void)pthread_mutex_init(&clients->mutex, NULL);
    if (is_brief) {
        return open_brief(clients, uri, error);
    }
    clients->pool = mongoc.client_pool_new_with_error(uri, error);
    if (clients->pool != NULL) {
        (void)mongoc.client_pool_set_error_api(clients->pool, MONGO_ERROR_API);
    }
    return clients->pool != NULL;
}

/* What is spare, and puts client in its place. */
static mongoc_client_t *swap(struct mongo_clients *clients, mongoc_client_t *client)
{
    (void)pthread_mutex_lock(&clients->mutex);
    mongoc_client_t *spare = clients->spare;
    clients->spare = client;
    (void)pthread_mutex_unlock(&clients->mutex);
    return spare;
}

mongoc_client_t *mongo_clients_take(struct mongo_clients *clients)
{
    if (clients->pool != NULL) {
        return mongoc.client_pool_try_pop(clients->pool);
    }
    bson_error_t error;
    mongoc_client_t *spare = swap(clients, NULL);
    return spare != NULL ? spare : make(clients, &error);
}

void mongo_clients_give(struct mongo_clients *clients, mongoc_client_t *client)
{
    if (clients->pool != NULL) {
        mongoc.client_pool_push(clients->pool, client);
        return;
    }
    mongoc.client_destroy(swap(clients, client));
}

void mongo_clients_close(struct mongo_clients *clients)
{
    mongoc.client_destroy(clients->spare);
    if (clients->pool != NULL) {
        mongoc.client_pool_destroy(clients->pool);
    }
    (void)pthread_mutex_destroy(&clients->mutex);
}
