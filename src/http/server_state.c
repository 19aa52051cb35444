#include "http/server_state.h"

void server_wake_all(struct server *server)
{
    for (unsigned i = 0; i < server->thread_count; i++)
        io_thread_wake(&server->threads[i]);
}

/* A thread that sleeps learns from nobody else that quiet connections must end sooner now. */
void server_count(struct server *server, int change)
{
    unsigned before = atomic_fetch_add(&server->count, (unsigned)change);
    metrics_add(server->connections, (uint64_t)(int64_t)change); /* a gauge: wraps to minus one */
    if (change > 0 && (before + 1 == server->crowd || before + 1 == server->full))
        server_wake_all(server);
    if (change < 0 && before == 1 && atomic_load(&server->stopping)) {
        pthread_mutex_lock(&server->lock);
        pthread_cond_broadcast(&server->emptied);
        pthread_mutex_unlock(&server->lock);
    }
}

enum wait_pressure server_pressure(const struct server *server)
{
    unsigned count = atomic_load_explicit(&server->count, memory_order_relaxed);
    if (atomic_load_explicit(&server->stopping, memory_order_relaxed))
        return WAIT_DRAINING;
    if (count < server->crowd)
        return WAIT_CALM;
    return count < server->full ? WAIT_CROWD : WAIT_FULL;
}
