/* The operator's URL: read, checked, and completed with what the store relies on. */
#ifndef LATCHKEY_STORE_MONGO_URI_H
#define LATCHKEY_STORE_MONGO_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <mongoc/mongoc.h>

#include "base/attributes.h"
#include "base/result.h"
#include "base/view.h"

#define MONGO_DATABASE_DEFAULT "latchkey"
#define MONGO_DATABASE_SIZE 64 /* the longest name, 63 bytes, and NUL */

/* Reads a mongodb:// or mongodb+srv:// URL. *out is the caller's to destroy, and NULL on failure;
   database is the name in its path. BAD_REQUEST with a line in message, which never holds a part of
   the URL that may be secret. Pure but for messages of the driver. */
MUST_CHECK enum result mongo_uri_read(struct view url, mongoc_uri_t **out,
                                      char database[MONGO_DATABASE_SIZE], char *message,
                                      size_t message_size);
/* True when writes are confirmed by a majority: nothing acknowledged is lost by a fail-over. */
bool mongo_uri_is_durable(const mongoc_uri_t *uri);

#endif
