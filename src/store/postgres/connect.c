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

#define US_PER_S INT64_C(1000000)
#define NS_PER_US INT64_C(1000)
#define NEXT_HOST_MS 250 /* how long a host has to answer before the next one is asked as well */
#define LOOK_MS 50       /* how often a thread looks whether somebody still wants its connection */
#define DROP_MS 500      /* how long one that was given up is waited for */

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

/* --- all hosts -------------------------------------------------------------------------------- */

/* One host that may still take us. */
struct attempt {
    PGconn *conn; /* NULL: over */
    PostgresPollingStatusType status;
    int64_t until_us;
};

/* Host by host in the order of the URL, each with its whole time-out; but one that is slow to
   answer does not keep the next from being asked. */
struct race {
    struct postgres_connecting *connecting;
    struct attempt attempts[URL_HOSTS_MAX];
    size_t begun; /* hosts */
    size_t open;  /* attempts */
    int64_t next_us;
    PGconn *winner;
};

static void end_attempt(struct race *race, struct attempt *attempt, const char *reason)
{
    note(race->connecting, reason);
    pq.finish(attempt->conn);
    attempt->conn = NULL;
    race->open--;
    race->next_us = 0; /* the next host, now */
}

static void begin_next(struct race *race, int64_t now_us)
{
    const struct postgres_url *url = race->connecting->url;
    struct attempt *attempt = &race->attempts[race->begun];
    *attempt = (struct attempt){.conn = begin(url, &url->hosts[race->begun]),
                                .status = PGRES_POLLING_WRITING,
                                .until_us = now_us + url->connect_timeout_ms * US_PER_MS};
    race->begun++;
    if (attempt->conn == NULL) {
        note(race->connecting, "out of memory");
        return;
    }
    race->open++;
    race->next_us = now_us + NEXT_HOST_MS * US_PER_MS;
    if (pq.status(attempt->conn) == CONNECTION_BAD) {
        end_attempt(race, attempt, pq.errorMessage(attempt->conn));
        return;
    }
    (void)pq.setNoticeProcessor(attempt->conn, ignore_notice, NULL);
}

/* One step of one attempt, whose socket is ready. */
static void advance(struct race *race, struct attempt *attempt)
{
    attempt->status = pq.connectPoll(attempt->conn);
    if (attempt->status == PGRES_POLLING_FAILED) {
        end_attempt(race, attempt, pq.errorMessage(attempt->conn));
    } else if (attempt->status == PGRES_POLLING_OK && pq.setnonblocking(attempt->conn, 1) != 0) {
        end_attempt(race, attempt, "no non-blocking mode");
    } else if (attempt->status == PGRES_POLLING_OK) {
        race->winner = attempt->conn;
        attempt->conn = NULL;
        race->open--;
    }
}

/* Waits a moment at most until one of them can go on, and lets those go on that can. */
static void step(struct race *race)
{
    struct pollfd sockets[URL_HOSTS_MAX];
    for (size_t i = 0; i < race->begun; i++) {
        const struct attempt *attempt = &race->attempts[i];
        bool reads = attempt->status == PGRES_POLLING_READING;
        sockets[i] = (struct pollfd){.fd = attempt->conn != NULL ? pq.socket(attempt->conn) : -1,
                                     .events = reads ? POLLIN : POLLOUT};
    }
    (void)poll(sockets, race->begun, LOOK_MS);
    int64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < race->begun && race->winner == NULL; i++) {
        struct attempt *attempt = &race->attempts[i];
        if (attempt->conn != NULL && sockets[i].revents != 0) {
            advance(race, attempt);
        } else if (attempt->conn != NULL && now_us >= attempt->until_us) {
            end_attempt(race, attempt, "the server does not answer");
        }
    }
}

/* NULL after noting why, or when nobody wants it any more. */
static PGconn *try_hosts(struct postgres_connecting *connecting)
{
    struct race race = {.connecting = connecting};
    size_t count = connecting->url->host_count;
    while (race.winner == NULL && !is_dropped(connecting) &&
           (race.open > 0 || race.begun < count)) {
        int64_t now_us = clock_monotonic_us();
        if (race.begun < count && now_us >= race.next_us) {
            begin_next(&race, now_us);
        } else {
            step(&race);
        }
    }
    for (size_t i = 0; i < race.begun; i++) {
        pq.finish(race.attempts[i].conn); /* NULL is fine */
    }
    return race.winner;
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
    PGconn *conn = try_hosts(connecting);
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
