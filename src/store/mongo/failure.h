/* What the driver's errors mean for a caller. */
#ifndef LATCHKEY_STORE_MONGO_FAILURE_H
#define LATCHKEY_STORE_MONGO_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mongoc/mongoc.h>

#include "base/log.h"
#include "base/result.h"

#define FAILURE_KEY_SIZE 32

/* The call did nothing because another write was in the way: it may be made again. */
bool failure_is_transient(const bson_error_t *error);
/* The index to be dropped is not there. */
bool failure_is_no_index(const bson_error_t *error);
bool failure_is_duplicate_code(int64_t code);
/* A unique index refused it; key is then the first field of that index. */
bool failure_is_duplicate(const bson_error_t *error, const bson_t *reply,
                          char key[FAILURE_KEY_SIZE]);
/* STORE_UNAVAILABLE for all that is left: whatever went wrong, nothing is known, and the client may
   try again. Logged under what was tried, without any value. */
enum result failure_of(const struct log *log, const char *what, const bson_error_t *error,
                       const bson_t *reply);
/* The first error in a reply of a command that says "ok" all the same (write errors, a write that a
   majority did not confirm); false when there is none. */
bool failure_in_reply(const bson_t *reply, bson_error_t *error);

#endif
