#include "base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define PATH_SIZE 32

/* O_NONBLOCK on fd itself would be O_NONBLOCK for all who share it: a shell, another service. */
static int open_again(int fd)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

void log_sink_open(struct log_sink *sink, int fd)
{
    struct stat about;
    *sink = (struct log_sink){.kind = LOG_SINK_PLAIN, .fd = fd};
    pthread_mutex_init(&sink->lock, NULL);
    if (fstat(fd, &about) != 0) {
        return;
    }
    if (S_ISSOCK(about.st_mode)) {
        sink->kind = LOG_SINK_SOCKET;
    } else if (S_ISFIFO(about.st_mode)) {
        int own = open_again(fd);
        sink->kind = own >= 0 ? LOG_SINK_PIPE : LOG_SINK_POLLED;
        sink->own_fd = own >= 0;
        sink->fd = own >= 0 ? own : fd;
    }
}

void log_sink_close(struct log_sink *sink)
{
    log_batch_stop(sink->batch);
    sink->batch = NULL;
    if (sink->own_fd) {
        close(sink->fd);
        sink->own_fd = false;
    }
    pthread_mutex_destroy(&sink->lock);
}

static bool has_room(int fd, int64_t wait_ms)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    return poll(&room, 1, (int)wait_ms) == 1 && (room.revents & POLLOUT) != 0;
}

static ssize_t write_polled(struct log_sink *sink, struct view rest)
{
    ssize_t written = -1;
    pthread_mutex_lock(&sink->lock);
    errno = EAGAIN;
    if (has_room(sink->fd, 0)) {
        written = write(sink->fd, rest.at, rest.len);
    }
    pthread_mutex_unlock(&sink->lock);
    return written;
}

static ssize_t write_some(struct log_sink *sink, struct view rest)
{
    switch (sink->kind) {
    case LOG_SINK_SOCKET:
        return send(sink->fd, rest.at, rest.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    case LOG_SINK_POLLED:
        return write_polled(sink, rest);
    case LOG_SINK_PLAIN:
    case LOG_SINK_PIPE:
        break;
    }
    return write(sink->fd, rest.at, rest.len);
}

/* Takes what was written off rest. False when nothing more will be. */
static bool write_on(struct log_sink *sink, struct view *rest, int64_t until_us)
{
    ssize_t written = write_some(sink, *rest);
    if (written > 0) {
        *rest = view_sub(*rest, (size_t)written, rest->len);
        return true;
    }
    if (written < 0 && errno == EINTR) {
        return true;
    }
    if (written == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
        return false;
    }
    int64_t left_ms = (until_us - clock_monotonic_us()) / US_PER_MS;
    return left_ms > 0 && has_room(sink->fd, left_ms);
}

static bool write_now(struct log_sink *sink, struct view record, int64_t wait_ms)
{
    int64_t until_us = wait_ms > 0 ? clock_monotonic_us() + wait_ms * US_PER_MS : 0;
    struct view rest = record;
    while (rest.len > 0 && write_on(sink, &rest, until_us)) {
    }
    if (rest.len > 0 && rest.len < record.len) {
        atomic_store(&sink->torn, true);
    }
    return rest.len == 0;
}

/* Whole lines, as many as a pipe takes at once. */
static struct view take_lines(struct view *lines)
{
    struct view piece = view_sub(*lines, 0, LOG_SINK_RECORD_MAX_BYTES);
    if (piece.len < lines->len) {
        while (piece.at[piece.len - 1] != '\n') {
            piece.len--;
        }
    }
    *lines = view_sub(*lines, piece.len, lines->len);
    return piece;
}

static uint64_t count_lines(struct view text)
{
    uint64_t count = 0;
    for (size_t i = view_find(text, '\n', 0); i < text.len; i = view_find(text, '\n', i + 1)) {
        count++;
    }
    return count;
}

static void write_batch(void *context, struct view lines)
{
    struct log_sink *sink = context;
    bool whole = sink->kind == LOG_SINK_PLAIN;
    while (lines.len > 0) {
        struct view piece = whole ? lines : take_lines(&lines);
        if (whole) {
            lines.len = 0;
        }
        if (!write_now(sink, piece, 0)) {
            atomic_fetch_add(&sink->lost, count_lines(piece));
        }
    }
}

void log_sink_start_batch(struct log_sink *sink)
{
    sink->batch = log_batch_start(write_batch, sink);
}

bool log_sink_write_later(struct log_sink *sink, struct view record)
{
    if (sink->batch == NULL) {
        return write_now(sink, record, 0);
    }
    if (log_batch_add(sink->batch, record)) {
        return true;
    }
    log_batch_flush(sink->batch);
    return log_batch_add(sink->batch, record);
}

bool log_sink_write(struct log_sink *sink, struct view record, int64_t wait_ms)
{
    if (sink->batch != NULL) {
        log_batch_flush(sink->batch);
    }
    return write_now(sink, record, wait_ms);
}
