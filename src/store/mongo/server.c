#include "store/mongo/server.h"

#include <stdio.h>

#include "store/mongo/doc.h"

enum result mongo_server_check(const bson_t *build_info, const bson_t *hello, bool *is_replicated,
                               char *message, size_t message_size)
{
    struct view version = doc_peek_text(build_info, "version");
    int64_t major = doc_get_number(build_info, "versionArray.0", 0);
    *is_replicated = doc_has(hello, "setName") || view_is(doc_peek_text(hello, "msg"), "isdbgrid");
    if (doc_has(build_info, "ferretdbVersion")) {
        (void)snprintf(message, message_size,
                       "the database is FerretDB 1, whose updates are not atomic: people could be "
                       "logged in twice with one token; use MongoDB %d or newer",
                       MONGO_SERVER_VERSION_MIN);
        return RESULT_INVALID;
    }
    if (major < MONGO_SERVER_VERSION_MIN) {
        (void)snprintf(message, message_size,
                       "the database is MongoDB %.*s, but %d or newer is needed", VIEW_ARG(version),
                       MONGO_SERVER_VERSION_MIN);
        return RESULT_INVALID;
    }
    return RESULT_OK;
}
