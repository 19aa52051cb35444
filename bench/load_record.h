/* Latencies in buckets: each value is kept to 1 part in 128, however many there are. */
#ifndef LOAD_RECORD_H
#define LOAD_RECORD_H

#include <stdint.h>

#define LOAD_RECORD_SUB_BITS 7
/* Values up to 2^37 ns, over two minutes; what is longer counts as that long. */
#define LOAD_RECORD_MAX_BITS 37
#define LOAD_RECORD_BUCKETS                                                                        \
    ((LOAD_RECORD_MAX_BITS - LOAD_RECORD_SUB_BITS + 1) << LOAD_RECORD_SUB_BITS)

struct load_record {
    uint64_t counts[LOAD_RECORD_BUCKETS];
    uint64_t total;
    int64_t max_ns;
};

/* Adds one latency; a negative one counts as 0. */
void load_record_add(struct load_record *record, int64_t ns);

/* The smallest recorded latency, in nanoseconds, that a part (0 to 1) of all do not exceed: the
   upper end of its bucket, but never above the largest seen. 0 when nothing was recorded. */
int64_t load_record_at(const struct load_record *record, double part);

#endif
