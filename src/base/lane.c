#include "base/lane.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

#define WORKERS_MAX 256
#define THREAD_NAME_SIZE 16 /* the kernel's limit, with NUL */

struct lane {
    struct lane_options options;
    pthread_mutex_t lock; /* guards all below but threads */
    pthread_cond_t work;  /* a job came, or the lane closes */
    pthread_cond_t opened;
    struct lane_job *first;
    struct lane_job **end; /* where the next job is hung */
    unsigned waiting;
    unsigned running;  /* jobs */
    unsigned busy;     /* workers that run some */
    unsigned sleeping; /* workers waiting on work */
    unsigned ready;    /* workers whose worker_open has returned */
    bool open_failed;
    bool closing;
    uint64_t done;
    uint64_t refused;
    uint64_t wait_us_sum;
    unsigned started; /* threads to join */
    pthread_t threads[];
};

/* Takes the first jobs off the queue, as many as may run together; the last one's next is NULL. */
static unsigned take_jobs(struct lane *lane, int64_t now_us)
{
    unsigned most = lane->options.batch > 1 ? lane->options.batch : 1;
    struct lane_job *last = lane->first;
    unsigned count = 1;
    lane->wait_us_sum += (uint64_t)(now_us - last->queued_us);
    for (; count < most && last->next != NULL; count++) {
        last = last->next;
        lane->wait_us_sum += (uint64_t)(now_us - last->queued_us);
    }
    lane->first = last->next;
    last->next = NULL;
    if (lane->first == NULL) {
        lane->end = &lane->first;
    }
    return count;
}

/* Waits for jobs and takes them; NULL when the lane closes and is empty. Holds the lock
   throughout. */
static struct lane_job *next_jobs(struct lane *lane, unsigned *count)
{
    while (lane->first == NULL && !lane->closing) {
        lane->sleeping++;
        pthread_cond_wait(&lane->work, &lane->lock);
        lane->sleeping--;
    }
    struct lane_job *job = lane->first;
    if (job == NULL) {
        return NULL;
    }
    *count = take_jobs(lane, clock_monotonic_us());
    lane->waiting -= *count;
    lane->running += *count;
    lane->busy++;
    return job;
}

static void run_jobs(struct lane *lane, void *state)
{
    pthread_mutex_lock(&lane->lock);
    struct lane_job *job;
    unsigned count = 0;
    while ((job = next_jobs(lane, &count)) != NULL) {
        pthread_mutex_unlock(&lane->lock);
        job->run(job, state); /* the jobs may be gone afterwards */
        pthread_mutex_lock(&lane->lock);
        lane->running -= count;
        lane->busy--;
        lane->done += count;
    }
    pthread_mutex_unlock(&lane->lock);
}

static void report_ready(struct lane *lane, bool good)
{
    pthread_mutex_lock(&lane->lock);
    lane->ready++;
    lane->open_failed |= !good;
    pthread_mutex_unlock(&lane->lock);
    pthread_cond_signal(&lane->opened);
}

static void *worker_main(void *argument)
{
    struct lane *lane = argument;
    const struct lane_options *options = &lane->options;
    void *state = NULL;
    if (options->worker_open != NULL) {
        state = options->worker_open(options->context);
    }
    bool good = options->worker_open == NULL || state != NULL;
    report_ready(lane, good);
    if (!good) {
        return NULL;
    }
    run_jobs(lane, state);
    if (options->worker_close != NULL) {
        options->worker_close(state);
    }
    return NULL;
}

static void name_thread(pthread_t thread, const char *lane_name, unsigned index)
{
    char name[THREAD_NAME_SIZE];
    (void)snprintf(name, sizeof name, "%.11s-%u", lane_name, index % 1000);
    (void)pthread_setname_np(thread, name);
}

/* Threads inherit the mask: signals stay with the thread that waits for them. */
static bool start_workers(struct lane *lane)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    for (unsigned i = 0; i < lane->options.workers; i++) {
        if (pthread_create(&lane->threads[i], NULL, worker_main, lane) != 0) {
            break;
        }
        lane->started++;
        name_thread(lane->threads[i], lane->options.name, i);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return lane->started == lane->options.workers;
}

static bool wait_until_open(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    while (lane->ready < lane->started) {
        pthread_cond_wait(&lane->opened, &lane->lock);
    }
    bool good = !lane->open_failed;
    pthread_mutex_unlock(&lane->lock);
    return good;
}

struct lane *lane_new(const struct lane_options *options)
{
    if (options->workers == 0 || options->workers > WORKERS_MAX) {
        return NULL;
    }
    struct lane *lane = calloc(1, sizeof *lane + options->workers * sizeof lane->threads[0]);
    if (lane == NULL) {
        return NULL;
    }
    lane->options = *options;
    lane->end = &lane->first;
    pthread_mutex_init(&lane->lock, NULL); /* these three cannot fail on Linux */
    pthread_cond_init(&lane->work, NULL);
    pthread_cond_init(&lane->opened, NULL);
    bool started = start_workers(lane);
    if (!wait_until_open(lane) || !started) {
        lane_free(lane);
        return NULL;
    }
    return lane;
}

/* A queued job that a free worker is about to take does not wait: so a burst on an idle lane is not
   refused only because the workers have not woken up yet. */
static bool has_room(const struct lane *lane)
{
    unsigned idle = lane->options.workers - lane->busy;
    return !lane->closing && lane->waiting < lane->options.capacity + idle;
}

/* Under the lock. */
static void hang(struct lane *lane, struct lane_job *job, int64_t now_us)
{
    job->next = NULL;
    job->queued_us = now_us;
    *lane->end = job;
    lane->end = &job->next;
    lane->waiting++;
}

struct lane_job *lane_put_all(struct lane *lane, struct lane_job *first)
{
    int64_t now_us = clock_monotonic_us();
    unsigned taken = 0;
    pthread_mutex_lock(&lane->lock);
    for (struct lane_job *job = first; job != NULL && has_room(lane); job = first) {
        first = job->next;
        hang(lane, job, now_us);
        taken++;
    }
    for (const struct lane_job *job = first; job != NULL && !lane->closing; job = job->next) {
        lane->refused++;
    }
    unsigned wake = taken < lane->sleeping ? taken : lane->sleeping;
    pthread_mutex_unlock(&lane->lock);
    for (; wake > 0; wake--) {
        pthread_cond_signal(&lane->work);
    }
    return first;
}

bool lane_put(struct lane *lane, struct lane_job *job)
{
    job->next = NULL;
    return lane_put_all(lane, job) == NULL;
}

void lane_get_stats(struct lane *lane, struct lane_stats *out)
{
    pthread_mutex_lock(&lane->lock);
    *out = (struct lane_stats){
        .name = lane->options.name,
        .workers = lane->options.workers,
        .capacity = lane->options.capacity,
        .waiting = lane->waiting,
        .running = lane->running,
        .done = lane->done,
        .refused = lane->refused,
        .wait_us_sum = lane->wait_us_sum,
    };
    pthread_mutex_unlock(&lane->lock);
}

void lane_free(struct lane *lane)
{
    if (lane == NULL) {
        return;
    }
    pthread_mutex_lock(&lane->lock);
    lane->closing = true;
    pthread_mutex_unlock(&lane->lock);
    pthread_cond_broadcast(&lane->work);
    for (unsigned i = 0; i < lane->started; i++) {
        (void)pthread_join(lane->threads[i], NULL);
    }
    pthread_cond_destroy(&lane->opened);
    pthread_cond_destroy(&lane->work);
    pthread_mutex_destroy(&lane->lock);
    free(lane);
}
