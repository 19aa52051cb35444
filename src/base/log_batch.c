#include "base/log_batch.h"

#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHARDS 8
#define SHARD_BYTES ((size_t)32 * 1024)
#define CACHE_LINE 64
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Each thread adds to one of these, so that threads do not wait for each other. */
struct shard {
    alignas(CACHE_LINE) pthread_mutex_t lock; /* held for a copy or an exchange */
    char *text;                               /* SHARD_BYTES */
    size_t used;
};

struct log_batch {
    struct shard shards[SHARDS];
    void (*write)(void *context, struct view lines);
    void *context;
    pthread_mutex_t drain; /* one at a time writes, with the spare */
    char *spare;           /* SHARD_BYTES */
    atomic_bool pending;   /* something was added since the thread looked last */
    pthread_mutex_t lock;  /* of what follows */
    pthread_cond_t wake;   /* by the monotonic clock */
    bool stopping;
    pthread_t thread;
};

static struct shard *shard_of_thread(struct log_batch *batch)
{
    /* Addresses of threads differ in the middle; a multiplication brings that to the top. */
    uint64_t mixed = (uint64_t)(uintptr_t)pthread_self() * UINT64_C(0x9E3779B97F4A7C15);
    return &batch->shards[mixed >> 61];
}

static void drain_shard(struct log_batch *batch, struct shard *shard)
{
    (void)pthread_mutex_lock(&shard->lock);
    char *text = shard->text;
    size_t used = shard->used;
    shard->text = batch->spare;
    shard->used = 0;
    (void)pthread_mutex_unlock(&shard->lock);
    batch->spare = text;
    if (used > 0) {
        batch->write(batch->context, view_make(text, used));
    }
}

static void drain(struct log_batch *batch)
{
    (void)pthread_mutex_lock(&batch->drain);
    for (size_t i = 0; i < SHARDS; i++) {
        drain_shard(batch, &batch->shards[i]);
    }
    (void)pthread_mutex_unlock(&batch->drain);
}

void log_batch_flush(struct log_batch *batch)
{
    drain(batch);
}

bool log_batch_add(struct log_batch *batch, struct view record)
{
    struct shard *shard = shard_of_thread(batch);
    (void)pthread_mutex_lock(&shard->lock);
    bool fits = record.len <= SHARD_BYTES - shard->used;
    if (fits) {
        memcpy(shard->text + shard->used, record.at, record.len);
        shard->used += record.len;
    }
    (void)pthread_mutex_unlock(&shard->lock);
    if (fits && !atomic_load(&batch->pending) && !atomic_exchange(&batch->pending, true)) {
        (void)pthread_mutex_lock(&batch->lock);
        (void)pthread_cond_signal(&batch->wake);
        (void)pthread_mutex_unlock(&batch->lock);
    }
    return fits;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Lets records gather. */
static void linger(struct log_batch *batch)
{
    struct timespec until;
    int waited = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + LOG_BATCH_MS * NS_PER_MS;
    until.tv_sec += (time_t)(ns / NS_PER_S);
    until.tv_nsec = (long)(ns % NS_PER_S);
    while (!batch->stopping && waited == 0) {
        waited = pthread_cond_timedwait(&batch->wake, &batch->lock, &until);
    }
}

static void *run(void *context)
{
    struct log_batch *batch = context;
    (void)pthread_mutex_lock(&batch->lock);
    while (!batch->stopping) {
        while (!batch->stopping && !atomic_load(&batch->pending)) {
            (void)pthread_cond_wait(&batch->wake, &batch->lock);
        }
        linger(batch);
        (void)pthread_mutex_unlock(&batch->lock);
        /* Before the look: what comes after it wakes this thread again. */
        atomic_store(&batch->pending, false);
        drain(batch);
        (void)pthread_mutex_lock(&batch->lock);
    }
    (void)pthread_mutex_unlock(&batch->lock);
    return NULL;
}

/* Signals are for the main thread. */
static bool start_thread(struct log_batch *batch)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&batch->thread, NULL, run, batch);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

static void release(struct log_batch *batch)
{
    for (size_t i = 0; i < SHARDS; i++) {
        free(batch->shards[i].text);
        (void)pthread_mutex_destroy(&batch->shards[i].lock);
    }
    free(batch->spare);
    (void)pthread_mutex_destroy(&batch->drain);
    (void)pthread_mutex_destroy(&batch->lock);
    (void)pthread_cond_destroy(&batch->wake);
    free(batch);
}

static bool init(struct log_batch *batch)
{
    pthread_condattr_t attributes;
    bool good = true;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&batch->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&batch->lock, NULL);
    (void)pthread_mutex_init(&batch->drain, NULL);
    batch->spare = malloc(SHARD_BYTES);
    good = batch->spare != NULL;
    for (size_t i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_init(&batch->shards[i].lock, NULL);
        batch->shards[i].text = malloc(SHARD_BYTES);
        good = good && batch->shards[i].text != NULL;
    }
    return good;
}

struct log_batch *log_batch_start(void (*write)(void *context, struct view lines), void *context)
{
    struct log_batch *batch = aligned_alloc(CACHE_LINE, sizeof *batch);
    if (batch == NULL) {
        return NULL;
    }
    memset(batch, 0, sizeof *batch);
    batch->write = write;
    batch->context = context;
    if (init(batch) && start_thread(batch)) {
        return batch;
    }
    release(batch);
    return NULL;
}

void log_batch_stop(struct log_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&batch->lock);
    batch->stopping = true;
    (void)pthread_cond_signal(&batch->wake);
    (void)pthread_mutex_unlock(&batch->lock);
    (void)pthread_join(batch->thread, NULL);
    drain(batch);
    release(batch);
}
