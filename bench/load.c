/* Sends requests over keep-alive connections and keeps a record of latencies.

   load --to HOST:PORT --connections N --seconds S [--rate R] [--chain NAME]
        [--tokens FILE] [--keep NAME=FILE] REQUESTS

   Without --rate each connection sends its next request as soon as it has its answer: that finds
   the highest rate. With --rate requests are due R times a second, whatever became of the earlier
   ones, and a latency counts from when its request was due: one that had to wait because the server
   kept every connection waiting has waited nonetheless (no coordinated omission).

   The requests are taken in turn. With --chain each connection keeps to one of them and puts
   the member NAME of each answer into the body of its next request, as refresh tokens want it.
   --keep writes a member of every answer to a file, one a line.

   Prints one line of JSON. Status 0 when every answer was 2xx, 1 when one was not, 2 for wrong use.
 */
#include "load_answer.h"
#include "load_record.h"
#include "load_requests.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000LL
#define ANSWER_MAX_BYTES ((size_t)1 << 20)
#define FIRST_BUFFER_BYTES ((size_t)16384)
#define TOKEN_MAX_BYTES 8192
#define EVENTS 128
#define DRAIN_NS (60 * NS_PER_S)
#define ERROR_BYTES 200

struct connection {
    int fd;
    bool busy;
    bool clogged;     /* it waits until more can be sent */
    int64_t since_ns; /* when the request was sent, or due */
    char *in;
    size_t in_bytes, in_size;
    char *out; /* what is left to send */
    size_t out_at, out_bytes, out_size;
    const struct load_request *own; /* with --chain */
    char token[TOKEN_MAX_BYTES];    /* the value it sends next */
    size_t token_bytes;
    struct connection *next_idle;
};

struct load {
    struct load_requests requests;
    size_t next_request;
    struct sockaddr_storage address;
    socklen_t address_bytes;
    const char *chain;
    const char *tokens; /* file, or NULL */
    const char *keep;
    FILE *keep_file;
    struct connection *connections;
    size_t connection_count;
    struct connection *idle, **idle_end; /* first in, first out */
    double rate;                         /* 0: as fast as it goes */
    int64_t begin_ns, end_ns, last_ns;   /* the last: of the last answer */
    uint64_t sent, answered, lost;       /* the last: connections closed, answers that are none */
    uint64_t refused, reconnects;
    int epoll_fd;
    char error[ERROR_BYTES + 1]; /* of the first failure */
    struct load_record record;
};

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NS_PER_S + time.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static bool has_room(char **buffer, size_t *size, size_t wanted)
{
    size_t larger = *size > 0 ? *size : FIRST_BUFFER_BYTES;
    while (larger < wanted)
        larger *= 2;
    if (larger == *size)
        return true;
    char *grown = larger <= ANSWER_MAX_BYTES ? realloc(*buffer, larger) : NULL;
    if (grown == NULL)
        return false;
    *buffer = grown;
    *size = larger;
    return true;
}

/* --- connections ------------------------------------------------------------------------------ */

static void watch(struct load *load, struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(load->epoll_fd, operation, connection->fd, &event) != 0)
        die("epoll_ctl");
}

static void open_connection(struct load *load, struct connection *connection)
{
    const int on = 1;
    connection->fd = socket(load->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        die("socket");
    if (connect(connection->fd, (struct sockaddr *)&load->address, load->address_bytes) != 0)
        die("connect");
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->in_bytes = 0;
    connection->clogged = false;
    watch(load, connection, EPOLL_CTL_ADD, EPOLLIN);
}

static void reopen(struct load *load, struct connection *connection)
{
    (void)close(connection->fd); /* which also takes it out of the epoll set */
    open_connection(load, connection);
    load->reconnects++;
}

static void push_idle(struct load *load, struct connection *connection)
{
    connection->busy = false;
    connection->next_idle = NULL;
    *load->idle_end = connection;
    load->idle_end = &connection->next_idle;
}

static struct connection *pop_idle(struct load *load)
{
    struct connection *first = load->idle;
    if (first != NULL) {
        load->idle = first->next_idle;
        if (load->idle == NULL)
            load->idle_end = &load->idle;
    }
    return first;
}

/* --- sending ---------------------------------------------------------------------------------- */

static void put(struct connection *connection, const char *data, size_t bytes)
{
    if (!has_room(&connection->out, &connection->out_size, connection->out_bytes + bytes))
        die("a request is too large");
    memcpy(connection->out + connection->out_bytes, data, bytes);
    connection->out_bytes += bytes;
}

static void put_head(struct connection *connection, const struct load_request *request,
                     size_t body_bytes)
{
    char line[64];
    put(connection, request->head, request->head_bytes);
    int written = body_bytes > 0
                      ? snprintf(line, sizeof line, "Content-Length: %zu\r\n\r\n", body_bytes)
                      : snprintf(line, sizeof line, "\r\n");
    put(connection, line, (size_t)written);
}

static void put_chained(struct load *load, struct connection *connection)
{
    const struct load_request *own = connection->own;
    size_t offset, bytes;
    if (!load_requests_find(own, load->chain, &offset, &bytes))
        die("a request has no such member");
    put_head(connection, own, own->body_bytes - bytes + connection->token_bytes);
    put(connection, own->body, offset);
    put(connection, connection->token, connection->token_bytes);
    put(connection, own->body + offset + bytes, own->body_bytes - offset - bytes);
}

static void put_next(struct load *load, struct connection *connection)
{
    const struct load_request *request = &load->requests.all[load->next_request];
    load->next_request = (load->next_request + 1) % load->requests.count;
    put_head(connection, request, request->body_bytes);
    put(connection, request->body, request->body_bytes);
}

static void flush(struct load *load, struct connection *connection)
{
    size_t left = connection->out_bytes - connection->out_at;
    ssize_t sent = send(connection->fd, connection->out + connection->out_at, left,
                        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN)
        return; /* reading will tell */
    connection->out_at += sent > 0 ? (size_t)sent : 0;
    bool clogged = connection->out_at < connection->out_bytes;
    if (clogged != connection->clogged)
        watch(load, connection, EPOLL_CTL_MOD, clogged ? EPOLLIN | EPOLLOUT : EPOLLIN);
    connection->clogged = clogged;
}

static void send_request(struct load *load, struct connection *connection, int64_t since_ns)
{
    connection->out_at = connection->out_bytes = 0;
    connection->busy = true;
    connection->since_ns = since_ns;
    load->sent++;
    if (load->chain != NULL)
        put_chained(load, connection);
    else
        put_next(load, connection);
    flush(load, connection);
}

/* When request number `sent` is due. */
static int64_t due_ns(const struct load *load)
{
    return load->begin_ns + (int64_t)((double)load->sent * NS_PER_S / load->rate);
}

/* Sends whatever is due over idle connections. */
static void send_due(struct load *load, int64_t now)
{
    while (load->idle != NULL) {
        int64_t since_ns = load->rate > 0 ? due_ns(load) : now;
        if (since_ns >= load->end_ns || since_ns > now)
            return;
        send_request(load, pop_idle(load), since_ns);
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Keeps the beginning of what was wrong first. */
static void note_error(struct load *load, const char *text, size_t bytes)
{
    if (load->error[0] != '\0')
        return;
    for (size_t i = 0; i < bytes && i < ERROR_BYTES; i++) {
        bool plain = text[i] >= ' ' && text[i] <= '~' && text[i] != '"' && text[i] != '\\';
        load->error[i] = plain ? text[i] : '.';
    }
}

/* Remembers and writes down what the next requests, or others, need of an answer. */
static void take_members(struct load *load, struct connection *connection,
                         const struct load_answer *answer)
{
    size_t bytes = 0;
    if (load->chain != NULL) {
        const char *token =
            load_answer_member(answer->body, answer->body_bytes, load->chain, &bytes);
        if (token != NULL && bytes <= TOKEN_MAX_BYTES) {
            memcpy(connection->token, token, bytes);
            connection->token_bytes = bytes;
        } else {
            static const char missing[] = "no such member in an answer";
            load->refused++;
            note_error(load, missing, sizeof missing - 1);
        }
    }
    if (load->keep != NULL) {
        const char *kept = load_answer_member(answer->body, answer->body_bytes, load->keep, &bytes);
        if (kept != NULL)
            fprintf(load->keep_file, "%.*s\n", (int)bytes, kept);
    }
}

static void finish_answer(struct load *load, struct connection *connection,
                          const struct load_answer *answer)
{
    int64_t now = now_ns();
    load_record_add(&load->record, now - connection->since_ns);
    load->answered++;
    load->last_ns = now;
    if (answer->status / 100 == 2) {
        take_members(load, connection, answer);
    } else {
        load->refused++;
        note_error(load, connection->in, connection->in_bytes);
    }
    connection->in_bytes = 0;
    if (answer->closes)
        reopen(load, connection);
    push_idle(load, connection);
}

/* What came is no answer, or the connection was closed: quite right between two requests. */
static void give_up_connection(struct load *load, struct connection *connection, const char *text,
                               size_t bytes)
{
    bool was_busy = connection->busy;
    if (was_busy) {
        load->lost++;
        note_error(load, text, bytes);
    }
    reopen(load, connection);
    if (was_busy)
        push_idle(load, connection);
}

static void handle_input(struct load *load, struct connection *connection)
{
    struct load_answer answer;
    if (!has_room(&connection->in, &connection->in_size, connection->in_bytes + FIRST_BUFFER_BYTES))
        die("an answer is too large");
    ssize_t got = recv(connection->fd, connection->in + connection->in_bytes,
                       connection->in_size - connection->in_bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || !connection->busy) {
        static const char closed[] = "connection closed";
        give_up_connection(load, connection, closed, sizeof closed - 1);
        return;
    }
    connection->in_bytes += (size_t)got;
    switch (load_answer_look(connection->in, connection->in_bytes, &answer)) {
    case LOAD_ANSWER_MORE:
        break;
    case LOAD_ANSWER_DONE:
        finish_answer(load, connection, &answer);
        break;
    case LOAD_ANSWER_BAD:
        give_up_connection(load, connection, connection->in, connection->in_bytes);
        break;
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

/* How long to wait for events: until the next request is due, the end, or the end of draining. */
static struct timespec wait_time(const struct load *load, int64_t now)
{
    int64_t until_ns = now < load->end_ns ? load->end_ns : load->end_ns + DRAIN_NS;
    if (load->rate > 0 && load->idle != NULL && due_ns(load) < until_ns)
        until_ns = due_ns(load);
    int64_t left_ns = until_ns > now ? until_ns - now : 0;
    return (struct timespec){.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
}

static bool is_over(const struct load *load, int64_t now)
{
    if (now < load->end_ns)
        return false;
    bool all_sent = load->rate <= 0 || due_ns(load) >= load->end_ns;
    bool all_back = load->sent == load->answered + load->lost;
    return (all_sent && all_back) || now > load->end_ns + DRAIN_NS;
}

static void run(struct load *load, double seconds)
{
    struct epoll_event events[EVENTS];
    load->begin_ns = now_ns();
    load->end_ns = load->begin_ns + (int64_t)(seconds * NS_PER_S);
    for (int64_t now = load->begin_ns; !is_over(load, now); now = now_ns()) {
        send_due(load, now);
        struct timespec wait = wait_time(load, now);
        int count = epoll_pwait2(load->epoll_fd, events, EVENTS, &wait, NULL);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                flush(load, connection);
            if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
                handle_input(load, connection);
        }
    }
}

/* --- start and end ---------------------------------------------------------------------------- */

static void resolve(struct load *load, char *where)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char *colon = strrchr(where, ':');
    if (colon == NULL)
        die("--to wants HOST:PORT");
    *colon = '\0';
    if (getaddrinfo(where, colon + 1, &hints, &found) != 0)
        die(where);
    memcpy(&load->address, found->ai_addr, found->ai_addrlen);
    load->address_bytes = found->ai_addrlen;
    freeaddrinfo(found);
}

static void start_chain(struct load *load, struct connection *connection, size_t number)
{
    size_t offset, bytes;
    connection->own = &load->requests.all[number % load->requests.count];
    if (!load_requests_find(connection->own, load->chain, &offset, &bytes) ||
        bytes > TOKEN_MAX_BYTES)
        die("a request has no such member");
    memcpy(connection->token, connection->own->body + offset, bytes);
    connection->token_bytes = bytes;
}

/* The last values of an earlier run, when there was one. */
static void read_tokens(struct load *load)
{
    FILE *file = fopen(load->tokens, "r");
    if (file == NULL)
        return;
    for (size_t i = 0; i < load->connection_count; i++) {
        struct connection *connection = &load->connections[i];
        if (fgets(connection->token, sizeof connection->token, file) == NULL)
            die("the tokens are too few");
        connection->token_bytes = strcspn(connection->token, "\n");
    }
    (void)fclose(file);
}

static void write_tokens(const struct load *load)
{
    FILE *file = fopen(load->tokens, "w");
    if (file == NULL)
        die(load->tokens);
    for (size_t i = 0; i < load->connection_count; i++)
        fprintf(file, "%.*s\n", (int)load->connections[i].token_bytes, load->connections[i].token);
    if (fclose(file) != 0)
        die(load->tokens);
}

static void connect_all(struct load *load)
{
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load->connections = calloc(load->connection_count, sizeof *load->connections);
    if (load->epoll_fd < 0 || load->connections == NULL)
        die("start");
    load->idle_end = &load->idle;
    for (size_t i = 0; i < load->connection_count; i++) {
        open_connection(load, &load->connections[i]);
        if (load->chain != NULL)
            start_chain(load, &load->connections[i], i);
        push_idle(load, &load->connections[i]);
    }
    if (load->tokens != NULL)
        read_tokens(load);
}

/* The rate is that of all answers until the last one: what was open at the end is waited for, so
   that nothing is left over for the next round, and counts like the rest. */
static void print_result(const struct load *load)
{
    double seconds = (double)(load->last_ns - load->begin_ns) / NS_PER_S;
    struct rusage use;
    (void)getrusage(RUSAGE_SELF, &use);
    double cpu_s = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                   (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
    printf("{\"rate\": %.2f, \"requests\": %lu, \"refused\": %lu, \"unanswered\": %lu, "
           "\"reconnects\": %lu, \"cpu_s\": %.3f",
           seconds > 0 ? (double)load->answered / seconds : 0, (unsigned long)load->answered,
           (unsigned long)load->refused, (unsigned long)(load->sent - load->answered),
           (unsigned long)load->reconnects, cpu_s);
    static const struct {
        const char *name;
        double part;
    } points[] = {
        {"p50_ms", 0.5}, {"p90_ms", 0.9}, {"p99_ms", 0.99}, {"p999_ms", 0.999}, {"max_ms", 1}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        printf(", \"%s\": %.3f", points[i].name,
               (double)load_record_at(&load->record, points[i].part) / 1e6);
    printf(", \"error\": \"%s\"}\n", load->error);
}

static void close_all(struct load *load)
{
    if (load->tokens != NULL)
        write_tokens(load);
    for (size_t i = 0; i < load->connection_count; i++) {
        (void)close(load->connections[i].fd);
        free(load->connections[i].in);
        free(load->connections[i].out);
    }
    free(load->connections);
    (void)close(load->epoll_fd);
    load_requests_close(&load->requests);
    if (load->keep_file != NULL && fclose(load->keep_file) != 0)
        die("--keep");
}

static void set_keep(struct load *load, char *text)
{
    char *path = strchr(text, '=');
    if (path == NULL)
        die("--keep wants NAME=FILE");
    *path++ = '\0';
    load->keep = text;
    load->keep_file = fopen(path, "w");
    if (load->keep_file == NULL)
        die(path);
}

static double read_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {
        {"to", required_argument, NULL, 't'},      {"connections", required_argument, NULL, 'c'},
        {"seconds", required_argument, NULL, 's'}, {"rate", required_argument, NULL, 'r'},
        {"chain", required_argument, NULL, 'n'},   {"tokens", required_argument, NULL, 'o'},
        {"keep", required_argument, NULL, 'k'},    {NULL, 0, NULL, 0},
    };
    double seconds = 0;
    for (int letter; (letter = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (letter) {
        case 't':
            resolve(load, optarg);
            break;
        case 'c':
            load->connection_count = strtoul(optarg, NULL, 10);
            break;
        case 's':
            seconds = strtod(optarg, NULL);
            break;
        case 'r':
            load->rate = strtod(optarg, NULL);
            break;
        case 'n':
            load->chain = optarg;
            break;
        case 'o':
            load->tokens = optarg;
            break;
        case 'k':
            set_keep(load, optarg);
            break;
        default:
            exit(2);
        }
    }
    return seconds;
}

int main(int argc, char **argv)
{
    static struct load load; /* large: its record */
    double seconds = read_options(&load, argc, argv);
    errno = EINVAL;
    if (seconds <= 0 || load.connection_count == 0 || load.address_bytes == 0 || optind != argc - 1)
        die("--to HOST:PORT --connections N --seconds S FILE");
    if (!load_requests_open(&load.requests, argv[optind]))
        die(argv[optind]);
    connect_all(&load);
    run(&load, seconds);
    print_result(&load);
    bool good = load.refused == 0 && load.sent == load.answered && load.answered > 0;
    close_all(&load);
    return good ? 0 : 1;
}
