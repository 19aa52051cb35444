/* Which changes a reader of the feed was told lately, so that the overlap costs nothing. */
#ifndef LATCHKEY_STORE_MONGO_TOLD_H
#define LATCHKEY_STORE_MONGO_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "store/mongo/connection.h"

/* One read of the feed. Zero it, then told_begin, then told_clear. */
struct told_read {
    struct mongo_told *before; /* of the store; locked from begin to clear */
    bool is_known;             /* before is about this reader */
    uint64_t *marks;           /* of this read; heap */
    size_t count;
    size_t room;
    bool failed; /* out of memory: everything will be told again */
};

/* Waits for another read of the same process. reader: 0 for one that begins. */
void told_begin(struct told_read *read, struct mongo_told *before, int64_t reader);
/* True when the change is to be told: this reader has not been. */
bool told_is_new(struct told_read *read, uint64_t stamp, const struct id *subject);
/* Everything was told: the next read may leave it out. Returns the reader's number. */
int64_t told_done(struct told_read *read, int64_t reader);
void told_clear(struct told_read *read);

#endif
