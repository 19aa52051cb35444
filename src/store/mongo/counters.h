/* Numbers that count up and are never given out twice; gaps are fine. */
#ifndef LATCHKEY_STORE_MONGO_COUNTERS_H
#define LATCHKEY_STORE_MONGO_COUNTERS_H

#include <stdint.h>

#include "model/record.h"
#include "store/mongo/connection.h"

/* Takes the next `count` numbers; *first is the lowest of them. */
MUST_CHECK enum result mongo_counters_take(struct mongo_handle *handle, enum counter_name name,
                                           int64_t count, int64_t *first);
/* The highest number that was given out; 0: none. */
MUST_CHECK enum result mongo_counters_read(struct mongo_handle *handle, enum counter_name name,
                                           int64_t *out);
/* Never gives out what is not above value. */
MUST_CHECK enum result mongo_counters_raise(struct mongo_handle *handle, enum counter_name name,
                                            int64_t value);

#endif
