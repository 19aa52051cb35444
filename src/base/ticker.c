#include "base/ticker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

struct ticker {
    int64_t period_ms;
    void (*turn)(struct ticker *ticker, void *context);
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards stop */
    pthread_cond_t wake;
    bool stop;
};

static struct timespec end_of_wait(int64_t period_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += period_ms / MS_PER_SECOND;
    until.tv_nsec += period_ms % MS_PER_SECOND * NS_PER_MS;
    until.tv_sec += until.tv_nsec / NS_PER_S;
    until.tv_nsec %= NS_PER_S;
    return until;
}

/* Waits for the next turn; false to stop. */
static bool wait_turn(struct ticker *ticker)
{
    struct timespec until = end_of_wait(ticker->period_ms);
    bool stop;

    pthread_mutex_lock(&ticker->mutex);
    while (!ticker->stop && pthread_cond_timedwait(&ticker->wake, &ticker->mutex, &until) == 0) {
        continue;
    }
    stop = ticker->stop;
    pthread_mutex_unlock(&ticker->mutex);
    return !stop;
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
    pthread_cond_destroy(&ticker->wake);
    pthread_mutex_destroy(&ticker->mutex);
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
    pthread_condattr_t attributes;

    if (ticker == NULL) {
        return NULL;
    }
    ticker->period_ms = period_ms;
    ticker->turn = turn;
    ticker->context = context;
    pthread_mutex_init(&ticker->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&ticker->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (!start_thread(ticker)) {
        release(ticker);
        return NULL;
    }
    return ticker;
}

bool ticker_is_stopping(struct ticker *ticker)
{
    bool stop;

    pthread_mutex_lock(&ticker->mutex);
    stop = ticker->stop;
    pthread_mutex_unlock(&ticker->mutex);
    return stop;
}

void ticker_stop(struct ticker *ticker)
{
    if (ticker == NULL) {
        return;
    }
    pthread_mutex_lock(&ticker->mutex);
    ticker->stop = true;
    pthread_cond_signal(&ticker->wake);
    pthread_mutex_unlock(&ticker->mutex);
    pthread_join(ticker->thread, NULL);
    release(ticker);
}
