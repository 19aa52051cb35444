#include "base/ticker.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#define CALM_MS 20 /* after a turn nothing but stop ends the wait */

struct ticker {
    int64_t period_ms;
    void (*turn)(struct ticker *ticker, void *context);
    void *context;
    pthread_t thread;
    int stop_fd; /* readable once it is to stop */
    atomic_bool stop;
    int wake_fd; /* the thread's; -1: none */
};

/* True when fd is ready; false when the time is up, or it is to stop. */
static bool wait_for(struct ticker *ticker, int fd, int64_t until_us)
{
    struct pollfd sources[] = {{.fd = ticker->stop_fd, .events = POLLIN},
                               {.fd = fd, .events = POLLIN}};
    int64_t left_us = until_us - clock_monotonic_us();

    while (left_us > 0 && !atomic_load(&ticker->stop)) {
        /* Interrupted, or not quite there yet: what is left is waited for. */
        if (poll(sources, 2, (int)((left_us + US_PER_MS - 1) / US_PER_MS)) > 0) {
            return sources[1].revents != 0;
        }
        left_us = until_us - clock_monotonic_us();
    }
    return false;
}

/* Waits for the next turn; false to stop. */
static bool wait_turn(struct ticker *ticker)
{
    int64_t began_us = clock_monotonic_us();
    int64_t until_us = began_us + ticker->period_ms * US_PER_MS;
    int wake_fd = ticker->wake_fd;

    ticker->wake_fd = -1;
    if (wake_fd < 0 || ticker->period_ms <= CALM_MS) {
        (void)wait_for(ticker, -1, until_us);
    } else {
        (void)wait_for(ticker, -1, began_us + CALM_MS * US_PER_MS);
        (void)wait_for(ticker, wake_fd, until_us);
    }
    return !atomic_load(&ticker->stop);
}

static void *run(void *context)
{
    struct ticker *ticker = context;

    while (wait_turn(ticker)) {
        ticker->turn(ticker, ticker->context);
    }
    return NULL;
}

static void release(struct ticker *ticker)
{
    (void)close(ticker->stop_fd);
    free(ticker);
}

static bool start_thread(struct ticker *ticker)
{
    sigset_t all;
    sigset_t before;
    bool ok;

    sigfillset(&all);
    /* Signals are the main thread's. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(&ticker->thread, NULL, run, ticker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

struct ticker *ticker_start(int64_t period_ms, void (*turn)(struct ticker *ticker, void *context),
                            void *context)
{
    struct ticker *ticker = calloc(1, sizeof(*ticker));

    if (ticker == NULL) {
        return NULL;
    }
    ticker->period_ms = period_ms;
    ticker->turn = turn;
    ticker->context = context;
    ticker->wake_fd = -1;
    ticker->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ticker->stop_fd < 0) {
        free(ticker);
        return NULL;
    }
    if (!start_thread(ticker)) {
        release(ticker);
        return NULL;
    }
    return ticker;
}

void ticker_wake_on(struct ticker *ticker, int fd)
{
    ticker->wake_fd = fd;
}

bool ticker_is_stopping(struct ticker *ticker)
{
    return atomic_load(&ticker->stop);
}

void ticker_stop(struct ticker *ticker)
{
    static const uint64_t one = 1;

    if (ticker == NULL) {
        return;
    }
    atomic_store(&ticker->stop, true);
    while (write(ticker->stop_fd, &one, sizeof one) < 0) {
        continue; /* interrupted: a counter of 0 takes it otherwise */
    }
    pthread_join(ticker->thread, NULL);
    release(ticker);
}
