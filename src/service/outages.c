#include "service/outages.h"

#include <stdbool.h>

#include "base/clock.h"

void outages_init(struct outages *outages)
{
    *outages = (struct outages){.count = 0};
    pthread_mutex_init(&outages->mutex, NULL);
}

void outages_clear(struct outages *outages)
{
    pthread_mutex_destroy(&outages->mutex);
}

void outages_note(struct outages *outages, int64_t from_us, int64_t to_us)
{
    pthread_mutex_lock(&outages->mutex);
    if (outages->count == OUTAGES_KEPT) {
        outages->first = (outages->first + 1) % OUTAGES_KEPT;
        outages->count--;
    }
    outages->items[(outages->first + outages->count) % OUTAGES_KEPT] =
        (struct outage){from_us, to_us};
    outages->count++;
    pthread_mutex_unlock(&outages->mutex);
}

/* What is left to be looked at, backwards from an instant. */
struct walk {
    int64_t at_us;     /* where we are */
    int64_t left_us;   /* of the window */
    int64_t outage_us; /* what was none of it */
};

/* Goes back over an outage; false when the window begins after it. */
static bool walk_over(struct walk *walk, const struct outage *outage)
{
    int64_t good_us = walk->at_us - outage->to_us;

    if (good_us >= walk->left_us) {
        return false;
    }
    walk->left_us -= good_us;
    walk->outage_us += outage->to_us - outage->from_us;
    walk->at_us = outage->from_us;
    return true;
}

int64_t outages_stretch_ms(struct outages *outages, int64_t window_ms, int64_t since_us,
                           int64_t now_us)
{
    struct walk walk = {.at_us = now_us, .left_us = window_ms * US_PER_MS};
    const struct outage present = {since_us, now_us};
    bool goes_on = since_us == 0 || walk_over(&walk, &present);

    pthread_mutex_lock(&outages->mutex);
    for (size_t i = outages->count; goes_on && i-- > 0;) {
        goes_on = walk_over(&walk, &outages->items[(outages->first + i) % OUTAGES_KEPT]);
    }
    pthread_mutex_unlock(&outages->mutex);
    return walk.outage_us / US_PER_MS;
}
