#include "store/postgres/connect.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/postgres/driver.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define NS_PER_US INT64_C(1000)
#define LOOK_MS 50  /* how often a thread looks whether somebody still wants its connection */
#define DROP_MS 500 /* how long one that was given up is waited for */

struct postgres_connecting {
    struct postgres_url *url; /* held */
    pthread_t thread;         /* of whoever finds it over: to be joined */
    pthread_mutex_t mutex;    /* guards what follows */
    pthread_cond_t over;      /* by the monotonic clock */
    bool is_over;
    bool is_dropped; /* nobody wants the result */
    bool is_left;    /* nobody waits for the end either: the thread frees all */
    PGconn *conn;    /* the result; NULL: failed */
    char message[CONNECT_MESSAGE_SIZE];
};

/* --- one host --------------------------------------------------------------------------------- */

/* What libpq and the server say of a connection is in its error message; nothing is printed. */
static void ignore_notice(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static PGconn *begin(const struct postgres_url *url, const struct postgres_host *host)
{
    const char *keywords[URL_OPTIONS_MAX + 3];
    const char *values[URL_OPTIONS_MAX + 3];
    size_t count = url->count;
    memcpy(keywords, url->keywords, count * sizeof keywords[0]);
    memcpy(values, url->values, count * sizeof values[0]);
    const struct {
        const char *keyword;
        const char *value;
    } own[] = {{"host", host->name}, {"hostaddr", host->address}, {"port", host->port}};
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        if (own[i].value != NULL) {
            keywords[count] = own[i].keyword;
            values[count++] = own[i].value;
        }
    }
    keywords[count] = NULL;
    values[count] = NULL;
    return pq.connectStartParams(keywords, values, 0);
}

static bool is_dropped(struct postgres_connecting *connecting)
{
    (void)pthread_mutex_lock(&connecting->mutex);
    bool dropped = connecting->is_dropped;
    (void)pthread_mutex_unlock(&connecting->mutex);
    return dropped;
}

/* Until the socket is ready; false when the time is up or nobody wants it any more. */
static bool wait_socket(struct postgres_connecting *connecting, PGconn *conn, short events,
                        int64_t until_us)
{
    struct pollfd socket = {.fd = pq.socket(conn), .events = events};
    while (clock_monotonic_us() < until_us && !is_dropped(connecting)) {
        if (poll(&socket, 1, LOOK_MS) != 0) {
            return true;
        }
    }
    return false;
}

/* NULL when connected, else why not; borrowed from conn, or static. */
static const char *finish(struct postgres_connecting *connecting, PGconn *conn)
{
    int64_t until_us = clock_monotonic_us() + connecting->url->connect_timeout_ms * US_PER_MS;
    if (pq.status(conn) == CONNECTION_BAD) {
        return pq.errorMessage(conn);
    }
    (void)pq.setNoticeProcessor(conn, ignore_notice, NULL);
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_socket(connecting, conn, events, until_us)) {
            return "the server does not answer";
        }
        status = pq.connectPoll(conn);
        if (status == PGRES_POLLING_FAILED) {
            return pq.errorMessage(conn);
        }
    }
    return pq.setnonblocking(conn, 1) == 0 ? NULL : "no non-blocking mode";
}

/* Adds a reason; libpq's have several lines and an end of line. */
static void note(struct postgres_connecting *connecting, const char *reason)
{
    char *text = connecting->message;
    size_t used = strlen(text);
    (void)snprintf(text + used, CONNECT_MESSAGE_SIZE - used, "%s%s", used > 0 ? "; " : "", reason);
    for (char *at = text + used; *at != '\0'; at++) {
        *at = *at == '\n' || *at == '\t' ? ' ' : *at;
    }
    for (size_t end = strlen(text); end > 0 && text[end - 1] == ' '; end--) {
        text[end - 1] = '\0';
    }
}

/* NULL after noting why. */
static PGconn *try_host(struct postgres_connecting *connecting, const struct postgres_host *host)
{
    PGconn *conn = begin(connecting->url, host);
    if (conn == NULL) {
        note(connecting, "out of memory");
        return NULL;
    }
    const char *fault = finish(connecting, conn);
    if (fault == NULL) {
        return conn;
    }
    note(connecting, fault);
    pq.finish(conn);
    return NULL;
}

/* --- the thread ------------------------------------------------------------------------------- */

static void release(struct postgres_connecting *connecting)
{
    pq.finish(connecting->conn); /* NULL is fine */
    postgres_url_release(connecting->url);
    (void)pthread_cond_destroy(&connecting->over);
    (void)pthread_mutex_destroy(&connecting->mutex);
    free(connecting);
}

static void *run(void *context)
{
    struct postgres_connecting *connecting = context;
    const struct postgres_url *url = connecting->url;
    PGconn *conn = NULL;
    for (size_t i = 0; conn == NULL && i < url->host_count && !is_dropped(connecting); i++) {
        conn = try_host(connecting, &url->hosts[i]);
    }
    (void)pthread_mutex_lock(&connecting->mutex);
    connecting->conn = conn;
    connecting->is_over = true;
    bool is_left = connecting->is_left;
    (void)pthread_cond_signal(&connecting->over);
    (void)pthread_mutex_unlock(&connecting->mutex);
    if (is_left) {
        release(connecting);
    }
    return NULL;
}

/* Signals are the main thread's. */
static bool start_thread(struct postgres_connecting *connecting)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool good = pthread_create(&connecting->thread, NULL, run, connecting) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

struct postgres_connecting *postgres_connect_start(struct postgres_url *url)
{
    struct postgres_connecting *connecting = calloc(1, sizeof *connecting);
    pthread_condattr_t attributes;
    if (connecting == NULL) {
        return NULL;
    }
    connecting->url = postgres_url_hold(url);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&connecting->over, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&connecting->mutex, NULL);
    if (!start_thread(connecting)) {
        release(connecting);
        return NULL;
    }
    return connecting;
}

/* --- who waits -------------------------------------------------------------------------------- */

/* With the mutex held. False: not over yet. */
static bool wait_end(struct postgres_connecting *connecting, int64_t until_us)
{
    const struct timespec until = {.tv_sec = until_us / US_PER_S,
                                   .tv_nsec = until_us % US_PER_S * NS_PER_US};
    int waited = 0;
    while (!connecting->is_over && waited == 0) {
        waited = pthread_cond_timedwait(&connecting->over, &connecting->mutex, &until);
    }
    return connecting->is_over;
}

bool postgres_connect_wait(struct postgres_connecting *connecting, int64_t until_us, PGconn **out,
                           char message[CONNECT_MESSAGE_SIZE])
{
    (void)pthread_mutex_lock(&connecting->mutex);
    bool is_over = wait_end(connecting, until_us);
    (void)pthread_mutex_unlock(&connecting->mutex);
    if (!is_over) {
        return false;
    }
    (void)pthread_join(connecting->thread, NULL);
    *out = connecting->conn;
    connecting->conn = NULL;
    memcpy(message, connecting->message, CONNECT_MESSAGE_SIZE);
    release(connecting);
    return true;
}

void postgres_connect_drop(struct postgres_connecting *connecting)
{
    if (connecting == NULL) {
        return;
    }
    pthread_t thread = connecting->thread;
    (void)pthread_mutex_lock(&connecting->mutex);
    connecting->is_dropped = true;
    bool is_over = wait_end(connecting, clock_monotonic_us() + DROP_MS * US_PER_MS);
    connecting->is_left = !is_over;
    (void)pthread_mutex_unlock(&connecting->mutex);
    if (is_over) {
        (void)pthread_join(thread, NULL);
        release(connecting);
    } else {
        (void)pthread_detach(thread);
    }
}
