#include "store/mongo/driver.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <mongoc/mongoc.h>

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
    /* Its counters live in shared memory, which a process that is killed leaves behind. */
    (void)setenv("MONGOC_DISABLE_SHM", "1", 1);
    mongoc_log_set_handler(note, NULL);
    mongoc_init();
}

void mongo_driver_start(const struct log *log)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    atomic_store(&current_log, log);
    (void)pthread_once(&once, start);
}

void mongo_driver_forget(const struct log *log)
{
    const struct log *expected = log;
    (void)atomic_compare_exchange_strong(&current_log, &expected, NULL);
}
