#include "http/deadline.h"

#include <assert.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"

#define SHARDS 16
#define PHASE_BITS 3
#define PHASE_MASK ((UINT64_C(1) << PHASE_BITS) - 1)
#define TICK_MS 100
#define BUSY_TICK_MS 20
#define DRAIN_QUIET_MS 100 /* for those that ask for nothing when the server stops */
/* What moves slower than this a quiet time counts as quiet: a byte now and then keeps no place. */
#define STEP_BYTES 1024
#define NS_PER_MS 1000000
/* When so many connections have gone, what they took is given back. */
#define GIVE_BACK_FEWER 256

struct shard {
    pthread_mutex_t lock;
    struct deadline *first;
};

struct deadline_watch {
    struct deadline_options options;
    struct shard shards[SHARDS];
    atomic_uint count;
    atomic_bool draining;
    unsigned most; /* at once, since memory was given back; the timer's alone */
    pthread_t timer;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;  /* the timer: there is something to do */
    pthread_cond_t swept; /* deadline_drain and its like: numbers are new */
    unsigned working;     /* in phase WORK at the last sweep */
    uint64_t sweeps;
    bool stop;
};

/* How long a connection may be quiet when there are many, and when there is no room for another.
   0: as long as its deadline. Who has asked for something gets time for a slow line. */
static const struct {
    int64_t crowd_ms;
    int64_t full_ms;
} quiet_times[] = {
    [DEADLINE_FRESH] = {1000, 200}, [DEADLINE_IDLE] = {1000, 200}, [DEADLINE_HEAD] = {1000, 200},
    [DEADLINE_BODY] = {2000, 500},  [DEADLINE_WORK] = {0, 0},      [DEADLINE_SEND] = {2000, 500},
    [DEADLINE_DEAD] = {0, 0},
};

static const unsigned legal_moves[] = {
    [DEADLINE_FRESH] = 1u << DEADLINE_HEAD,
    [DEADLINE_IDLE] = 1u << DEADLINE_HEAD,
    [DEADLINE_HEAD] =
        1u << DEADLINE_BODY | 1u << DEADLINE_WORK | 1u << DEADLINE_SEND | 1u << DEADLINE_IDLE,
    [DEADLINE_BODY] = 1u << DEADLINE_WORK | 1u << DEADLINE_SEND | 1u << DEADLINE_IDLE,
    [DEADLINE_WORK] = 1u << DEADLINE_SEND | 1u << DEADLINE_IDLE,
    [DEADLINE_SEND] = 1u << DEADLINE_IDLE,
};

static uint64_t pack(enum deadline_phase phase, int64_t due_ms)
{
    return (uint64_t)due_ms << PHASE_BITS | (uint64_t)phase;
}

static enum deadline_phase phase_of(uint64_t state)
{
    return (enum deadline_phase)(state & PHASE_MASK);
}

int64_t deadline_now_ms(void)
{
    return clock_monotonic_us() / US_PER_MS;
}

bool deadline_move(struct deadline *deadline, enum deadline_phase phase, int64_t due_ms)
{
    uint64_t old = atomic_load(&deadline->state);
    do {
        if (phase_of(old) == DEADLINE_DEAD)
            return false;
        assert((legal_moves[phase_of(old)] >> phase & 1) != 0);
    } while (!atomic_compare_exchange_weak(&deadline->state, &old, pack(phase, due_ms)));
    return true;
}

bool deadline_begin_request(struct deadline *deadline, int64_t due_ms)
{
    uint64_t state = atomic_load(&deadline->state);
    if (phase_of(state) == DEADLINE_FRESH)
        due_ms = (int64_t)(state >> PHASE_BITS);
    return deadline_move(deadline, DEADLINE_HEAD, due_ms);
}

/* One writer: no need of a locked addition. */
void deadline_received(struct deadline *deadline, size_t bytes)
{
    uint64_t before = atomic_load_explicit(&deadline->received, memory_order_relaxed);
    atomic_store_explicit(&deadline->received, before + bytes, memory_order_relaxed);
}

enum deadline_phase deadline_phase(const struct deadline *deadline)
{
    return phase_of(atomic_load(&deadline->state));
}

/* How long a connection may be quiet now; -1: as long as its deadline. */
static int64_t quiet_ms_of(const struct deadline_watch *watch, enum deadline_phase phase)
{
    unsigned count = atomic_load(&watch->count);
    if (atomic_load(&watch->draining)) {
        return phase == DEADLINE_IDLE || phase == DEADLINE_FRESH ? DRAIN_QUIET_MS : -1;
    }
    if (count < watch->options.crowd || quiet_times[phase].crowd_ms == 0) {
        return -1;
    }
    return count < watch->options.full ? quiet_times[phase].crowd_ms : quiet_times[phase].full_ms;
}

/* When a connection that has not asked yet must end, crowd and drain considered. */
static int64_t end_of(const struct deadline_watch *watch, uint64_t state, int64_t quiet_ms)
{
    int64_t due_ms = (int64_t)(state >> PHASE_BITS);
    int64_t allowed_ms =
        phase_of(state) == DEADLINE_IDLE ? watch->options.idle_ms : watch->options.fresh_ms;
    return quiet_ms >= 0 && quiet_ms < allowed_ms ? due_ms - allowed_ms + quiet_ms : due_ms;
}

/* Bytes that the peer has taken since it connected: what it acknowledged. 0 where nobody counts. */
static uint64_t acknowledged(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return 0;
    }
    bool known = size >= offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked;
    return known ? info.tcpi_bytes_acked : 0;
}

static uint64_t moved_bytes(const struct deadline *deadline, enum deadline_phase phase)
{
    return phase == DEADLINE_SEND ? acknowledged(deadline->fd)
                                  : atomic_load_explicit(&deadline->received, memory_order_relaxed);
}

/* True when a body or an answer has not moved for so long. Asks the kernel once a quiet time only.
 */
static bool is_stalled(struct deadline *deadline, uint64_t state, int64_t now_ms, int64_t quiet_ms)
{
    bool same = deadline->seen.state == state;
    if (same && now_ms - deadline->seen.since_ms < quiet_ms) {
        return false;
    }
    uint64_t bytes = moved_bytes(deadline, phase_of(state));
    if (same && bytes - deadline->seen.bytes < STEP_BYTES) {
        return true;
    }
    deadline->seen.state = state;
    deadline->seen.bytes = bytes;
    deadline->seen.since_ms = now_ms;
    return false;
}

static bool is_over(const struct deadline_watch *watch, struct deadline *deadline, uint64_t state,
                    int64_t now_ms)
{
    enum deadline_phase phase = phase_of(state);
    int64_t quiet_ms = quiet_ms_of(watch, phase);
    if (phase != DEADLINE_BODY && phase != DEADLINE_SEND) {
        return now_ms >= end_of(watch, state, quiet_ms);
    }
    return now_ms >= (int64_t)(state >> PHASE_BITS) ||
           (quiet_ms >= 0 && is_stalled(deadline, state, now_ms, quiet_ms));
}

/* The shard's lock is held: fd is still the connection's. */
static void end_if_due(struct deadline_watch *watch, struct deadline *deadline, int64_t now_ms)
{
    uint64_t state = atomic_load(&deadline->state);
    enum deadline_phase phase = phase_of(state);
    if (phase == DEADLINE_WORK || phase == DEADLINE_DEAD ||
        !is_over(watch, deadline, state, now_ms)) {
        return;
    }
    if (!atomic_compare_exchange_strong(&deadline->state, &state, pack(DEADLINE_DEAD, 0))) {
        return;
    }
    struct view answer = watch->options.late_answer;
    bool late = phase == DEADLINE_HEAD || phase == DEADLINE_BODY ||
                (phase == DEADLINE_FRESH && !atomic_load(&watch->draining));
    if (late) {
        (void)send(deadline->fd, answer.at, answer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        metrics_add(watch->options.late, 1);
    }
    (void)shutdown(deadline->fd, SHUT_RDWR);
}

static unsigned sweep_shard(struct deadline_watch *watch, struct shard *shard, int64_t now_ms)
{
    unsigned working = 0;
    pthread_mutex_lock(&shard->lock);
    for (struct deadline *d = shard->first; d != NULL; d = d->next) {
        end_if_due(watch, d, now_ms);
        working += deadline_phase(d) == DEADLINE_WORK;
    }
    pthread_mutex_unlock(&shard->lock);
    return working;
}

static unsigned sweep(struct deadline_watch *watch)
{
    int64_t now_ms = deadline_now_ms();
    unsigned working = 0;
    for (size_t i = 0; i < SHARDS; i++)
        working += sweep_shard(watch, &watch->shards[i], now_ms);
    return working;
}

static bool owes_memory(const struct deadline_watch *watch)
{
    unsigned count = atomic_load(&watch->count);
    return watch->most >= count + GIVE_BACK_FEWER && count <= watch->most / 2;
}

/* The C library gives back only the end of its heap by itself, and connections lie all over it. */
static void give_memory_back(struct deadline_watch *watch)
{
    if (owes_memory(watch)) {
        (void)malloc_trim(0);
        watch->most = 0;
    }
    unsigned count = atomic_load(&watch->count);
    watch->most = count > watch->most ? count : watch->most;
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / MS_PER_SECOND;
    at.tv_nsec += (ms % MS_PER_SECOND) * NS_PER_MS;
    if (at.tv_nsec >= MS_PER_SECOND * NS_PER_MS) {
        at.tv_nsec -= MS_PER_SECOND * NS_PER_MS;
        at.tv_sec++;
    }
    return at;
}

static int64_t tick_ms(struct deadline_watch *watch)
{
    bool busy = atomic_load(&watch->draining) || atomic_load(&watch->count) >= watch->options.crowd;
    return busy ? BUSY_TICK_MS : TICK_MS;
}

/* Sleeps without a clock while there is no connection at all. */
static void *run_timer(void *context)
{
    struct deadline_watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    while (!watch->stop) {
        pthread_mutex_unlock(&watch->lock);
        unsigned working = sweep(watch);
        give_memory_back(watch);
        pthread_mutex_lock(&watch->lock);
        watch->working = working;
        watch->sweeps++;
        pthread_cond_broadcast(&watch->swept);
        struct timespec next = in_ms(tick_ms(watch));
        if (!watch->stop && atomic_load(&watch->count) > 0)
            pthread_cond_timedwait(&watch->wake, &watch->lock, &next);
        while (!watch->stop && atomic_load(&watch->count) == 0 && !atomic_load(&watch->draining) &&
               !owes_memory(watch))
            pthread_cond_wait(&watch->wake, &watch->lock);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

static void init_locks(struct deadline_watch *watch)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->wake, &monotonic);
    pthread_cond_init(&watch->swept, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&watch->lock, NULL);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&watch->shards[i].lock, NULL);
}

static void destroy(struct deadline_watch *watch)
{
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&watch->shards[i].lock);
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->swept);
    pthread_cond_destroy(&watch->wake);
    free(watch);
}

struct deadline_watch *deadline_watch_new(const struct deadline_options *options)
{
    struct deadline_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->options = *options;
    init_locks(watch);
    if (pthread_create(&watch->timer, NULL, run_timer, watch) == 0)
        return watch;
    destroy(watch);
    return NULL;
}

void deadline_watch_free(struct deadline_watch *watch)
{
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->stop = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->timer, NULL);
    assert(atomic_load(&watch->count) == 0);
    destroy(watch);
}

static struct shard *shard_of(struct deadline_watch *watch, const struct deadline *deadline)
{
    return &watch->shards[(unsigned)deadline->fd % SHARDS];
}

static void wake_timer(struct deadline_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
}

void deadline_add(struct deadline_watch *watch, struct deadline *deadline, int fd, int64_t now_ms)
{
    deadline->fd = fd;
    deadline->previous = NULL;
    deadline->seen.state = 0;
    atomic_init(&deadline->received, 0);
    atomic_init(&deadline->state, pack(DEADLINE_FRESH, now_ms + watch->options.fresh_ms));
    struct shard *shard = shard_of(watch, deadline);
    pthread_mutex_lock(&shard->lock);
    deadline->next = shard->first;
    if (shard->first != NULL)
        shard->first->previous = deadline;
    shard->first = deadline;
    pthread_mutex_unlock(&shard->lock);
    metrics_add(watch->options.connections, 1);
    if (atomic_fetch_add(&watch->count, 1) == 0)
        wake_timer(watch);
}

void deadline_remove(struct deadline_watch *watch, struct deadline *deadline)
{
    struct shard *shard = shard_of(watch, deadline);
    pthread_mutex_lock(&shard->lock);
    if (deadline->previous != NULL)
        deadline->previous->next = deadline->next;
    else
        shard->first = deadline->next;
    if (deadline->next != NULL)
        deadline->next->previous = deadline->previous;
    pthread_mutex_unlock(&shard->lock);
    metrics_add(watch->options.connections, (uint64_t)-1); /* a gauge: wraps to minus one */
    atomic_fetch_sub(&watch->count, 1);
}

void deadline_drain(struct deadline_watch *watch, int64_t wait_ms)
{
    struct timespec until = in_ms(wait_ms);
    pthread_mutex_lock(&watch->lock);
    atomic_store(&watch->draining, true);
    pthread_cond_signal(&watch->wake);
    int late = 0;
    while (atomic_load(&watch->count) > 0 && late == 0)
        late = pthread_cond_timedwait(&watch->swept, &watch->lock, &until);
    pthread_mutex_unlock(&watch->lock);
}

void deadline_await_work(struct deadline_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    /* The sweep under way may have begun before the caller closed the way to WORK. */
    uint64_t enough = watch->sweeps + 2;
    while (watch->sweeps < enough || watch->working > 0) {
        pthread_cond_signal(&watch->wake);
        pthread_cond_wait(&watch->swept, &watch->lock);
    }
    pthread_mutex_unlock(&watch->lock);
}
