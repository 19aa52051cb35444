/* Inside service/ only: when this node could not reach the database lately. What a client had to do
   meanwhile it could not do, on this node or, as a rule, on any: windows are longer by that time.
   Thread-safe; instants by clock_monotonic_us. */
#ifndef LATCHKEY_SERVICE_OUTAGES_H
#define LATCHKEY_SERVICE_OUTAGES_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* More of them than the longest REFRESH_GRACE has room for matter to nobody. */
#define OUTAGES_KEPT 32

struct outages {
    pthread_mutex_t mutex; /* guards the rest */
    struct outage {
        int64_t from_us;
        int64_t to_us;
    } items[OUTAGES_KEPT]; /* in their order, from first on, around the end */
    size_t first;
    size_t count;
};

void outages_init(struct outages *outages);
void outages_clear(struct outages *outages);
/* Notes one that is over, later than all before it; the oldest makes room. */
void outages_note(struct outages *outages, int64_t from_us, int64_t to_us);
/* How much longer the window that ends now has to be, so that as much of it as it is long was no
   outage; in ms, 0 when there was none. since_us: one goes on since then, 0: none. */
int64_t outages_stretch_ms(struct outages *outages, int64_t window_ms, int64_t since_us,
                           int64_t now_us);

#endif
