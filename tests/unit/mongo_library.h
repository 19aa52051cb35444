/* Group setup of tests that call the MongoDB back end without opening a store. */
#ifndef LATCHKEY_TESTS_MONGO_LIBRARY_H
#define LATCHKEY_TESTS_MONGO_LIBRARY_H

#include <stdio.h>

#include "store/mongo/driver.h"

static int mongo_library(void **state)
{
    char message[512];
    (void)state;
    if (mongo_driver_start(NULL, message, sizeof message) == RESULT_OK)
        return 0;
    (void)fprintf(stderr, "%s\n", message);
    return -1;
}

#endif
