/* Whether the store can rely on a server. */
#ifndef LATCHKEY_STORE_MONGO_SERVER_H
#define LATCHKEY_STORE_MONGO_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <bson/bson.h>

#include "base/attributes.h"
#include "base/result.h"

#define MONGO_SERVER_VERSION_MIN 5

/* Judges the answers to the commands buildInfo and hello. INVALID with a line in message: not
   MongoDB 5 or newer, or FerretDB 1, whose updates are not atomic. *is_replicated: part of a
   replica set, or a router. Pure. */
MUST_CHECK enum result mongo_server_check(const bson_t *build_info, const bson_t *hello,
                                          bool *is_replicated, char *message, size_t message_size);

#endif
