/* As bare.h, one operation over and over on several threads. */
#ifndef BARE_THREADS_H
#define BARE_THREADS_H

#include "bare.h"

#include <pthread.h>

#define BARE_THREADS_MAX 64

struct bare_worker {
    pthread_t thread;
    bool (*one)(const void *state);
    const void *state;
    double wanted_s;
    long operations; /* -1: one failed */
};

static inline void *bare_worker_main(void *argument)
{
    struct bare_worker *worker = argument;
    double start_s = bare_now_s();

    while (bare_now_s() - start_s < worker->wanted_s) {
        if (!worker->one(worker->state)) {
            worker->operations = -1;
            break;
        }
        worker->operations++;
    }
    return NULL;
}

/* Does one(state) on every thread until the time is over and prints how often, all together. False
   when a thread was not started or a call failed. */
static inline bool bare_measure_threads(bool (*one)(const void *state), const void *state,
                                        double wanted_s, long threads)
{
    struct bare_worker workers[BARE_THREADS_MAX] = {0};
    long started = 0, operations = 0;
    bool good = true;
    double start_s = bare_now_s();

    while (good && started < threads) {
        struct bare_worker *worker = &workers[started];
        *worker = (struct bare_worker){.one = one, .state = state, .wanted_s = wanted_s};
        good = pthread_create(&worker->thread, NULL, bare_worker_main, worker) == 0;
        started += good;
    }
    for (long i = 0; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        good = good && workers[i].operations >= 0;
        operations += workers[i].operations;
    }
    bare_print(operations, bare_now_s() - start_s);
    return good;
}

#endif
