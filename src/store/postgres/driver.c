#include "store/postgres/driver.h"

#include <pthread.h>
#include <stdio.h>

#include "store/library.h"

#define MESSAGE_SIZE 512

/* The library is the process's, so its table is too. */
struct postgres_driver_pq pq;

static const struct library_function functions[] = {
#define FUNCTION(name) {"PQ" #name, &pq.name},
    POSTGRES_DRIVER_PQ(FUNCTION)
#undef FUNCTION
};

static const struct library library = {
    .soname = LATCHKEY_LIBPQ,
    .product = "PostgreSQL",
    .package = "libpq5",
    .functions = functions,
    .count = ARRAY_LEN(functions),
};

/* How loading went. */
static enum result outcome;
static char said[MESSAGE_SIZE];

static void load(void)
{
    outcome = library_load(&library, said, sizeof said);
}

enum result postgres_driver_load(char *message, size_t message_size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, load);
    if (outcome != RESULT_OK) {
        (void)snprintf(message, message_size, "%s", said);
    }
    return outcome;
}
