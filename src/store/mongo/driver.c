#include "store/mongo/driver.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/library.h"

#define MESSAGE_SIZE 512

/* The libraries are the process's, so their tables are too. */
struct mongo_driver_bson bson;
struct mongo_driver_mongoc mongoc;

/* libbson's are found through libmongoc, which needs it. */
static const struct library_function functions[] = {
#define FUNCTION(name) {"bson_" #name, &bson.name},
    MONGO_DRIVER_BSON(FUNCTION)
#undef FUNCTION
#define FUNCTION(name) {"mongoc_" #name, &mongoc.name},
        MONGO_DRIVER_MONGOC(FUNCTION)
#undef FUNCTION
};

static const struct library library = {
    .soname = LATCHKEY_LIBMONGOC,
    .product = "MongoDB",
    .package = "libmongoc-1.0-0",
    .functions = functions,
    .count = ARRAY_LEN(functions),
};

/* How loading went. */
static enum result outcome;
static char said[MESSAGE_SIZE];

/* The library has one handler for the whole process, so this is one too. */
static _Atomic(const struct log *) current_log;

static enum log_level level_of(mongoc_log_level_t level)
{
    switch (level) {
    case MONGOC_LOG_LEVEL_ERROR:
    case MONGOC_LOG_LEVEL_CRITICAL:
    case MONGOC_LOG_LEVEL_WARNING:
        return LOG_WARNING; /* what an operation could not do is an error of its own */
    case MONGOC_LOG_LEVEL_MESSAGE:
    case MONGOC_LOG_LEVEL_INFO:
        return LOG_INFO;
    case MONGOC_LOG_LEVEL_DEBUG:
    case MONGOC_LOG_LEVEL_TRACE:
        break;
    }
    return LOG_DEBUG;
}

static void note(mongoc_log_level_t level, const char *domain, const char *message, void *context)
{
    (void)context;
    const struct log *log = atomic_load(&current_log);
    if (log != NULL) {
        log_message(log, level_of(level), "mongo_driver", "%s: %s", domain, message);
    }
}

/* Not ended again: connections of other stores may be in use, and a process that ends needs no
   tidying. */
static void start(void)
{
    /* Its counters would live in shared memory, which a process that is killed leaves behind. It
       makes them while it is loaded. */
    (void)setenv("MONGOC_DISABLE_SHM", "1", 1);
    outcome = library_load(&library, said, sizeof said);
    if (outcome == RESULT_OK) {
        mongoc.log_set_handler(note, NULL);
        mongoc.init();
    }
}

enum result mongo_driver_start(const struct log *log, char *message, size_t message_size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    atomic_store(&current_log, log);
    (void)pthread_once(&once, start);
    if (outcome != RESULT_OK) {
        mongo_driver_forget(log);
        (void)snprintf(message, message_size, "%s", said);
    }
    return outcome;
}

void mongo_driver_forget(const struct log *log)
{
    const struct log *expected = log;
    (void)atomic_compare_exchange_strong(&current_log, &expected, NULL);
}
