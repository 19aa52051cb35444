#include "load_record.h"

#include <math.h>

#define SUB_COUNT ((uint64_t)1 << LOAD_RECORD_SUB_BITS)

/* Below SUB_COUNT each value has a bucket; above, each power of two has SUB_COUNT of them. */
static unsigned bucket_of(uint64_t value)
{
    if (value < SUB_COUNT)
        return (unsigned)value;
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - LOAD_RECORD_SUB_BITS;
    return ((shift + 1) << LOAD_RECORD_SUB_BITS) + (unsigned)((value >> shift) - SUB_COUNT);
}

static uint64_t upper_end(unsigned bucket)
{
    if (bucket < SUB_COUNT)
        return bucket;
    unsigned shift = (bucket >> LOAD_RECORD_SUB_BITS) - 1;
    uint64_t base = SUB_COUNT + (bucket & (SUB_COUNT - 1));
    return ((base + 1) << shift) - 1;
}

void load_record_add(struct load_record *record, int64_t ns)
{
    const int64_t most = ((int64_t)1 << LOAD_RECORD_MAX_BITS) - 1;
    int64_t value = ns < 0 ? 0 : ns > most ? most : ns;
    record->counts[bucket_of((uint64_t)value)]++;
    record->total++;
    if (value > record->max_ns)
        record->max_ns = value;
}

int64_t load_record_at(const struct load_record *record, double part)
{
    uint64_t wanted = (uint64_t)ceil(part * (double)record->total);
    uint64_t seen = 0;

    if (wanted == 0)
        wanted = 1;
    for (unsigned i = 0; i < LOAD_RECORD_BUCKETS; i++) {
        seen += record->counts[i];
        if (seen >= wanted) {
            int64_t end = (int64_t)upper_end(i);
            return end < record->max_ns ? end : record->max_ns;
        }
    }
    return record->max_ns;
}
