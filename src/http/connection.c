#include "http/connection.h"

#include <assert.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/answer.h"
#include "http/exchange.h"
#include "http/io_thread.h"
#include "http/server_state.h"

/* So much is served of one connection before the others have their turn. */
#define STEPS_MAX 16
/* What is read of a body that was refused, so that the answer is seen and no reset instead. */
#define DISCARD_MAX_BYTES ((size_t)16 * 1024 * 1024)
/* Larger bodies are sent from where they are. */
#define COPY_MAX_BYTES ((size_t)16 * 1024)
#define LARGE_HEAD_MAX_BYTES ((size_t)1024 * 1024)

static const char continue_line[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* What a step of a connection came to. */
enum step {
    STEP_ON,   /* there may be more to do at once */
    STEP_WAIT, /* for the peer, a worker or the clock */
    STEP_ENDED /* the connection is no more */
};

static void wait_for(struct connection *connection, enum wait_kind kind)
{
    struct io_thread *thread = connection->thread;
    waits_move(&thread->waits, &connection->wait, kind, thread->now_ms);
}

struct connection *connection_new(int fd, const struct sockaddr *peer)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        (void)close(fd);
        return NULL;
    }
    connection->fd = fd;
    (void)address_format(peer, connection->address);
    return connection;
}

void connection_drop(struct connection *connection)
{
    (void)close(connection->fd);
    free(connection);
}

void connection_join(struct io_thread *thread, struct connection *connection)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET,
        .data.ptr = connection,
    };
    connection->thread = thread;
    wait_for(connection, WAIT_FRESH);
    io_thread_count(thread, 1);
    server_count(thread->server, 1);
    if (epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        connection_abort(connection);
}

static enum step end(struct connection *connection)
{
    struct io_thread *thread = connection->thread;
    if (connection->exchange != NULL)
        exchange_give_back(connection->exchange);
    io_thread_forget_again(thread, connection);
    waits_remove(&thread->waits, &connection->wait);
    connection_drop(connection);
    io_thread_count(thread, -1);
    server_count(thread->server, -1);
    return STEP_ENDED;
}

/* As end, for a request whose answer nobody will see. */
static enum step end_unanswered(struct connection *connection)
{
    if (connection->exchange != NULL && connection->exchange->reader.state != READER_EMPTY)
        exchange_finish(connection->exchange);
    return end(connection);
}

/* --- the answer ------------------------------------------------------------------------------- */

/* Bytes that the peer has taken since it connected: what it acknowledged. 0 where nobody counts. */
static uint64_t acknowledged(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    bool known = size >= offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked;
    return known ? info.tcpi_bytes_acked : 0;
}

void connection_count_sent(struct wait *wait)
{
    struct connection *connection = (struct connection *)wait;
    if (wait->kind == WAIT_SEND)
        wait->moved = acknowledged(connection->fd);
}

/* Between two requests a connection has none. */
static void drop_exchange(struct connection *connection)
{
    exchange_give_back(connection->exchange);
    connection->exchange = NULL;
}

/* The peer has all of the answer on its way; it may still be sending. */
static enum step linger(struct connection *connection)
{
    drop_exchange(connection);
    (void)shutdown(connection->fd, SHUT_WR);
    connection->readable = true;
    wait_for(connection, WAIT_LINGER);
    return STEP_ON;
}

static enum step on_sent(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    /* Closed with something unread, the peer would get a reset, perhaps before it reads this. */
    bool unread = connection->readable || reader_has_more(&exchange->reader) ||
                  (exchange->reader.state != READER_DONE && exchange->reader.state != READER_EMPTY);
    exchange_finish(exchange);
    if (exchange->reply.close)
        return unread ? linger(connection) : end(connection);
    if (reader_has_more(&exchange->reader))
        exchange_begin(exchange);
    else
        drop_exchange(connection);
    wait_for(connection, WAIT_IDLE);
    return STEP_ON;
}

/* Takes so many bytes off the front of the rest. */
static void drop_sent(struct view rest[2], size_t sent)
{
    for (size_t i = 0; i < 2; i++) {
        size_t part = sent < rest[i].len ? sent : rest[i].len;
        rest[i] = view_make(rest[i].at != NULL ? rest[i].at + part : NULL, rest[i].len - part);
        sent -= part;
    }
}

/* Sends what the kernel takes. False when the peer has gone. */
static bool send_rest(struct connection *connection)
{
    struct view *rest = connection->rest;
    struct iovec parts[2] = {
        {(void *)(uintptr_t)rest[0].at, rest[0].len},
        {(void *)(uintptr_t)rest[1].at, rest[1].len},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = rest[1].len == 0 ? send(connection->fd, rest[0].at, rest[0].len, MSG_NOSIGNAL)
                                    : sendmsg(connection->fd, &message, MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    drop_sent(rest, (size_t)sent);
    return true;
}

static bool is_sent(const struct connection *connection)
{
    return connection->rest[0].len + connection->rest[1].len == 0;
}

/* The kernel takes no more for now. The thread's buffer is for the next answer: what is left of
   this one moves out. */
static enum step wait_for_room(struct connection *connection)
{
    struct view *head = &connection->rest[0];
    if (atomic_load_explicit(&connection->thread->server->ending, memory_order_relaxed))
        return end_unanswered(connection);
    if (head->len > 0)
        *head = arena_copy_view(&connection->exchange->arena, *head);
    if (head->len > 0 && head->at == NULL)
        return end_unanswered(connection);
    connection->wait.moved = acknowledged(connection->fd);
    wait_for(connection, WAIT_SEND);
    return STEP_WAIT;
}

static enum step send_on(struct connection *connection)
{
    if (!send_rest(connection))
        return end_unanswered(connection);
    return is_sent(connection) ? on_sent(connection) : STEP_WAIT;
}

/* Head and body in the thread's buffer, behind those that are held, or a large body from where it
   is. */
static bool write_answer(struct connection *connection, enum answer_connection how)
{
    struct io_thread *thread = connection->thread;
    struct exchange *exchange = connection->exchange;
    const struct answer_stamp stamp = {
        .request_id = view_make(exchange->request.request_id, HTTP_REQUEST_ID_SIZE - 1),
        .date = io_thread_date(thread),
        .connection = how,
    };
    struct view body = answer_body(&exchange->reply);
    if (exchange->request.method == METHOD_HEAD)
        body.len = 0;
    struct builder b;
    builder_init_fixed(&b, thread->out + thread->out_used, sizeof thread->out - thread->out_used);
    answer_write_head(&b, &thread->server->policy, &exchange->reply, &stamp);
    if (b.failed) {
        explicit_bzero(thread->out + thread->out_used, b.len); /* there may be tokens in it */
        builder_init(&b, &exchange->arena, LARGE_HEAD_MAX_BYTES);
        answer_write_head(&b, &thread->server->policy, &exchange->reply, &stamp);
    }
    if (body.len <= COPY_MAX_BYTES && body.len <= b.capacity - b.len) {
        builder_add(&b, body);
        body.len = 0;
    }
    connection->rest[1] = body;
    return builder_end(&b, &connection->rest[0]);
}

static enum step send_now(struct connection *connection)
{
    if (!send_rest(connection))
        return end_unanswered(connection);
    return is_sent(connection) ? on_sent(connection) : wait_for_room(connection);
}

static void send_one_held(struct connection *connection)
{
    if (send_now(connection) != STEP_ON)
        return; /* it may be no more */
    struct exchange *exchange = connection->exchange;
    if (connection->readable || (exchange != NULL && reader_has_more(&exchange->reader)))
        io_thread_serve_again(connection->thread, connection);
}

void connection_send_held(struct io_thread *thread)
{
    struct connection *connection = thread->held.first;
    thread->held.first = NULL;
    thread->held.last = NULL;
    thread->held.count = 0;
    for (struct connection *next; connection != NULL; connection = next) {
        next = connection->next_held;
        send_one_held(connection);
    }
    explicit_bzero(thread->out, thread->out_used); /* there may be tokens in it */
    thread->out_used = 0;
}

/* Each answer that is sent wakes a peer that sleeps, at the price of a small request: several that
   are held until all are written may wake it once. Only while there is more to do at once. */
static enum step send_answer(struct connection *connection, enum answer_connection how)
{
    struct io_thread *thread = connection->thread;
    if (!write_answer(connection, how))
        return end_unanswered(connection);
    size_t used = connection->rest[0].len;
    bool is_in_arena = connection->rest[0].at != thread->out + thread->out_used;
    if (!is_in_arena && connection->rest[1].len == 0 && io_thread_may_hold(thread)) {
        wait_for(connection, WAIT_SEND);
        if (!io_thread_hold(thread, connection, used))
            connection_send_held(thread);
        return STEP_WAIT; /* or it is no more: the same to the caller */
    }
    enum step step = send_now(connection);
    if (!is_in_arena)
        explicit_bzero(thread->out + thread->out_used, used); /* it may have been a token */
    return step;
}

static enum step answer(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    struct reply *reply = &exchange->reply;
    const struct reader *reader = &exchange->reader;
    if (connection->gone)
        return end_unanswered(connection);
    if (reply->status == 0)
        reply_problem(reply, &exchange->arena, RESULT_INTERNAL, VIEW(""), NULL);
    if (!reader->keep_alive ||
        atomic_load_explicit(&connection->thread->server->stopping, memory_order_relaxed))
        reply->close = true;
    enum answer_connection how = reply->close    ? ANSWER_CLOSE
                                 : reader->is_10 ? ANSWER_KEEP_TOLD
                                                 : ANSWER_KEEP;
    return send_answer(connection, how);
}

static enum step refuse(struct connection *connection, struct guard_verdict verdict)
{
    exchange_refuse(connection->exchange, verdict);
    return answer(connection);
}

/* --- the request ------------------------------------------------------------------------------ */

static enum step admit(struct connection *connection)
{
    /* Before a worker can have it: a lane may be done before lane_put returns. */
    wait_for(connection, WAIT_WORK);
    return exchange_admit(connection->exchange) ? answer(connection) : STEP_WAIT;
}

/* Not sent when the kernel has no room: a client may not count on it (RFC 9110 section 10.1.1). */
static void send_continue(struct connection *connection)
{
    connection->exchange->reader.expects_continue = false;
    ssize_t sent = send(connection->fd, continue_line, sizeof continue_line - 1, MSG_NOSIGNAL);
    if (sent < 0)
        connection->gone = errno != EAGAIN && errno != EINTR;
    else if ((size_t)sent < sizeof continue_line - 1)
        connection->gone = true; /* half a line: an answer behind it could not be told from it */
}

static enum step on_read(struct connection *connection, enum reader_state state)
{
    struct reader *reader = &connection->exchange->reader;
    struct wait *wait = &connection->wait;
    if (reader->expects_continue && state != READER_REFUSED)
        send_continue(connection);
    if (connection->gone)
        return end_unanswered(connection);
    switch (state) {
    case READER_EMPTY: /* empty lines */
        drop_exchange(connection);
        return STEP_ON;
    case READER_HEAD:
        /* A fresh connection's header deadline runs since accept. */
        if (wait->kind == WAIT_FRESH)
            waits_move(&connection->thread->waits, wait, WAIT_HEAD, wait->since_ms);
        else if (wait->kind == WAIT_IDLE)
            wait_for(connection, WAIT_HEAD);
        return STEP_ON;
    case READER_BODY:
        if (wait->kind != WAIT_BODY)
            wait_for(connection, WAIT_BODY);
        return STEP_ON;
    case READER_DONE:
        return admit(connection);
    case READER_REFUSED:
        return refuse(connection, reader->verdict);
    }
    return STEP_ON;
}

/* The peer has shut its side, perhaps in the middle of a request. */
static enum step on_end_of_input(struct connection *connection)
{
    struct reader *reader = &connection->exchange->reader;
    if (reader->state == READER_EMPTY)
        return end(connection);
    reader_end(reader);
    return on_read(connection, reader->state);
}

static enum step on_nothing(struct connection *connection)
{
    if (errno != EAGAIN && errno != EINTR)
        return end_unanswered(connection);
    connection->readable = errno == EINTR;
    if (connection->exchange->reader.state == READER_EMPTY)
        drop_exchange(connection);
    return connection->readable ? STEP_ON : STEP_WAIT;
}

static enum step receive(struct connection *connection)
{
    if (connection->exchange == NULL)
        connection->exchange = exchange_take(connection->thread, connection);
    if (connection->exchange == NULL)
        return end(connection);
    struct reader *reader = &connection->exchange->reader;
    size_t size;
    char *space = reader_space(reader, &size);
    ssize_t got = recv(connection->fd, space, size, 0);
    if (got < 0)
        return on_nothing(connection);
    if (got == 0)
        return on_end_of_input(connection);
    /* Fewer than there was room for: mostly that was all. */
    connection->readable = (size_t)got == size || connection->read_to_end;
    connection->wait.moved += (size_t)got;
    return on_read(connection, reader_take(reader, (size_t)got));
}

static enum step read_on(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    if (exchange != NULL && reader_has_more(&exchange->reader))
        return on_read(connection, reader_take(&exchange->reader, 0));
    return connection->readable ? receive(connection) : STEP_WAIT;
}

static enum step discard(struct connection *connection)
{
    struct io_thread *thread = connection->thread;
    if (!connection->readable)
        return STEP_WAIT;
    char *sink = thread->out + thread->out_used; /* behind answers that are held */
    ssize_t got = recv(connection->fd, sink, sizeof thread->out - thread->out_used, 0);
    if (got < 0 && errno == EAGAIN) {
        connection->readable = false;
        return STEP_WAIT;
    }
    if (got > 0) {
        explicit_bzero(sink, (size_t)got);
        connection->discarded_bytes += (size_t)got;
    }
    return got <= 0 || connection->discarded_bytes > DISCARD_MAX_BYTES ? end(connection) : STEP_ON;
}

/* --- from outside ----------------------------------------------------------------------------- */

static enum step take_step(struct connection *connection)
{
    switch (connection->wait.kind) {
    case WAIT_WORK:
        return STEP_WAIT;
    case WAIT_SEND:
        return connection->gone ? end_unanswered(connection) : send_on(connection);
    case WAIT_LINGER:
        return discard(connection);
    case WAIT_FRESH:
    case WAIT_IDLE:
    case WAIT_HEAD:
    case WAIT_BODY:
    case WAIT_KINDS:
        break;
    }
    return connection->gone ? end_unanswered(connection) : read_on(connection);
}

static void run_from(struct connection *connection, enum step step)
{
    for (unsigned i = 0; step == STEP_ON && i < STEPS_MAX; i++)
        step = take_step(connection);
    if (step == STEP_ON)
        io_thread_serve_again(connection->thread, connection);
}

void connection_run(struct connection *connection)
{
    run_from(connection, STEP_ON);
}

void connection_on_events(struct connection *connection, uint32_t events)
{
    connection->readable =
        connection->readable || (events & (EPOLLIN | EPOLLRDHUP | EPOLLPRI)) != 0;
    connection->read_to_end = connection->read_to_end || (events & (EPOLLRDHUP | EPOLLPRI)) != 0;
    connection->gone = connection->gone || (events & EPOLLERR) != 0;
    connection_run(connection);
}

void connection_on_reply(struct connection *connection)
{
    run_from(connection, answer(connection));
}

/* 408 for a request that has not come in time; 503 would be for what we are too slow for. */
static enum step refuse_late(struct connection *connection)
{
    struct io_thread *thread = connection->thread;
    metrics_add(thread->server->late, 1);
    if (connection->exchange == NULL)
        connection->exchange = exchange_take(thread, connection);
    if (connection->exchange == NULL)
        return end(connection);
    return refuse(connection, (struct guard_verdict){RESULT_REQUEST_TIMEOUT, NULL});
}

void connection_on_overdue(struct connection *connection)
{
    switch (connection->wait.kind) {
    case WAIT_FRESH:
        if (atomic_load(&connection->thread->server->stopping)) {
            (void)end(connection);
            return;
        }
        run_from(connection, refuse_late(connection));
        return;
    case WAIT_HEAD:
    case WAIT_BODY:
        run_from(connection, refuse_late(connection));
        return;
    case WAIT_SEND:
        (void)end_unanswered(connection);
        return;
    case WAIT_IDLE:
    case WAIT_LINGER:
        (void)end(connection);
        return;
    case WAIT_WORK:
    case WAIT_KINDS:
        break;
    }
    assert(false);
}

void connection_abort(struct connection *connection)
{
    (void)end_unanswered(connection);
}
