#include "model/audit_event.h"

#define TIME_BYTES 6 /* RFC 9562 section 5.7: milliseconds, big-endian */
#define BYTE_BITS 8

int64_t audit_event_time_ms(const struct id *id)
{
    uint64_t ms = 0;
    for (size_t i = 0; i < TIME_BYTES; i++) {
        ms = ms << BYTE_BITS | id->bytes[i];
    }
    return (int64_t)ms;
}

struct id audit_event_floor(int64_t at_ms)
{
    struct id id = {{0}};
    for (size_t i = 0; at_ms > 0 && i < TIME_BYTES; i++) {
        id.bytes[i] = (uint8_t)((uint64_t)at_ms >> (BYTE_BITS * (TIME_BYTES - 1 - i)));
    }
    return id;
}
