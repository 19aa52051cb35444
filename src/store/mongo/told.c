#include "store/mongo/told.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 256

void told_begin(struct told_read *read, struct mongo_told *before, int64_t reader)
{
    *read = (struct told_read){.before = before};
    (void)pthread_mutex_lock(&before->mutex);
    read->is_known = reader != 0 && before->reader == reader;
}

/* Of stamp and subject: some shards of a cluster may give the same stamp. */
static uint64_t mark_of(uint64_t stamp, const struct id *subject)
{
    uint64_t tail;
    memcpy(&tail, subject->bytes + sizeof subject->bytes - sizeof tail, sizeof tail);
    return stamp * UINT64_C(0x9E3779B97F4A7C15) ^ tail;
}

static void add(struct told_read *read, uint64_t mark)
{
    if (read->count == read->room) {
        size_t room = read->room > 0 ? 2 * read->room : ROOM_MIN;
        uint64_t *marks = realloc(read->marks, room * sizeof *marks);
        if (marks == NULL) {
            read->failed = true;
            return;
        }
        read->marks = marks;
        read->room = room;
    }
    read->marks[read->count++] = mark;
}

static int order(const void *a_at, const void *b_at)
{
    uint64_t a = *(const uint64_t *)a_at;
    uint64_t b = *(const uint64_t *)b_at;
    return (a > b) - (a < b);
}

bool told_is_new(struct told_read *read, uint64_t stamp, const struct id *subject)
{
    uint64_t mark = mark_of(stamp, subject);
    add(read, mark);
    return !read->is_known || read->before->count == 0 ||
           bsearch(&mark, read->before->marks, read->before->count, sizeof mark, order) == NULL;
}

int64_t told_done(struct told_read *read, int64_t reader)
{
    struct mongo_told *before = read->before;
    if (read->failed) {
        return reader;
    }
    if (!read->is_known) {
        before->reader = ++before->readers;
    }
    if (read->count > 0) {
        qsort(read->marks, read->count, sizeof *read->marks, order);
    }
    uint64_t *old = before->marks;
    before->marks = read->marks;
    before->count = read->count;
    read->marks = old;
    return before->reader;
}

void told_clear(struct told_read *read)
{
    if (read->before != NULL) {
        (void)pthread_mutex_unlock(&read->before->mutex);
    }
    free(read->marks);
    read->marks = NULL;
}
