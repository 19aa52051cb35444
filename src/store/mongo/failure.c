#include "store/mongo/failure.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "store/mongo/doc.h"
#include "store/mongo/driver.h"

/* Of the server (src/mongo/base/error_codes.yml). */
enum { CODE_INDEX_NOT_FOUND = 27, CODE_WRITE_CONFLICT = 112, CODE_DUPLICATE_KEY = 11000 };

bool failure_is_transient(const bson_error_t *error)
{
    return error->domain == MONGOC_ERROR_SERVER && error->code == CODE_WRITE_CONFLICT;
}

bool failure_is_no_index(const bson_error_t *error)
{
    return error->domain == MONGOC_ERROR_SERVER && error->code == CODE_INDEX_NOT_FOUND;
}

bool failure_is_duplicate_code(int64_t code)
{
    return code == CODE_DUPLICATE_KEY;
}

/* At the top of the reply to findAndModify, in the first write error of all others. */
static bool find_key_pattern(const bson_t *reply, bson_t *out)
{
    doc_peek(reply, "keyPattern", out);
    if (doc_is_empty(out)) {
        doc_peek(reply, "writeErrors.0.keyPattern", out);
    }
    return !doc_is_empty(out);
}

bool failure_is_duplicate(const bson_error_t *error, const bson_t *reply,
                          char key[FAILURE_KEY_SIZE])
{
    bson_t pattern;
    bson_iter_t at;
    if (!failure_is_duplicate_code(error->code)) {
        return false;
    }
    key[0] = '\0';
    if (find_key_pattern(reply, &pattern) && bson.iter_init(&at, &pattern) && bson.iter_next(&at)) {
        (void)snprintf(key, FAILURE_KEY_SIZE, "%s", bson.iter_key(&at));
    }
    return true;
}

/* Messages of the server may repeat what was sent; its names of errors do not. */
static struct view reason_of(const bson_error_t *error, const bson_t *reply)
{
    bool by_server = error->domain == MONGOC_ERROR_SERVER ||
                     error->domain == MONGOC_ERROR_COLLECTION ||
                     error->domain == MONGOC_ERROR_WRITE_CONCERN;
    if (!by_server) {
        return view_of(error->message);
    }
    struct view name = doc_peek_text(reply, "codeName");
    if (name.at == NULL) {
        name = doc_peek_text(reply, "writeConcernErrors.0.codeName");
    }
    return name.at != NULL ? name : VIEW("refused by the server");
}

enum result failure_of(const struct log *log, const char *what, const bson_error_t *error,
                       const bson_t *reply)
{
    static const bson_t none = BSON_INITIALIZER;
    struct view reason = reason_of(error, reply != NULL ? reply : &none);
    log_message(log, LOG_ERROR, "mongo_error", "%s: %.*s (domain %u, code %u)", what,
                VIEW_ARG(reason), error->domain, error->code);
    return RESULT_STORE_UNAVAILABLE;
}

bool failure_in_reply(const bson_t *reply, bson_error_t *error)
{
    static const struct {
        const char *path;
        uint32_t domain;
    } places[] = {
        {"writeErrors.0.code", MONGOC_ERROR_SERVER},
        {"writeConcernError.code", MONGOC_ERROR_WRITE_CONCERN},
        {"writeConcernErrors.0.code", MONGOC_ERROR_WRITE_CONCERN},
    };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        int64_t code = doc_get_number(reply, places[i].path, 0);
        if (code != 0) {
            bson.set_error(error, places[i].domain, (uint32_t)code, "in the reply");
            return true;
        }
    }
    return false;
}
