/* Where log records go, so that whoever does not read them never stops the server: a record that
   cannot be written at once is lost and counted. Thread-safe. */
#ifndef LATCHKEY_BASE_LOG_SINK_H
#define LATCHKEY_BASE_LOG_SINK_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/log_batch.h"
#include "base/view.h"

/* A pipe takes so much whole or not at all (POSIX, write). */
#define LOG_SINK_RECORD_MAX_BYTES ((size_t)PIPE_BUF)

enum log_sink_kind {
    LOG_SINK_PLAIN,  /* files, terminals: plain writes */
    LOG_SINK_PIPE,   /* written through a description of our own, which does not block */
    LOG_SINK_POLLED, /* a pipe that cannot be opened again: room is asked for first */
    LOG_SINK_SOCKET
};

/* In the owner's storage, at one place; zeroed: descriptor 0, plainly. */
struct log_sink {
    enum log_sink_kind kind;
    int fd;
    bool own_fd;
    pthread_mutex_t lock;    /* POLLED: between the question and the write */
    _Atomic uint64_t lost;   /* records, not reported yet */
    atomic_bool torn;        /* the last record got through in part: a line has to be ended */
    struct log_batch *batch; /* records that may wait; NULL: none may */
};

/* Looks once at what fd is. Borrows fd. */
void log_sink_open(struct log_sink *sink, int fd);
/* From now on log_sink_write_later gathers records, on a thread of its own; without a thread they
   are written at once, as before. */
void log_sink_start_batch(struct log_sink *sink);
/* Writes what waits and closes what log_sink_open opened besides fd. Nobody writes any more. A
 * zeroed sink is fine. */
void log_sink_close(struct log_sink *sink);
/* Writes a record of at most LOG_SINK_RECORD_MAX_BYTES, waiting for room at most wait_ms. False
   when it was not written, or not whole. */
MUST_CHECK bool log_sink_write(struct log_sink *sink, struct view record, int64_t wait_ms);

/* The same for a record that may be written up to LOG_BATCH_MS later, with others. It keeps its
   place: whatever log_sink_write writes after it comes after it. One that is lost later is counted
   in sink->lost. */
MUST_CHECK bool log_sink_write_later(struct log_sink *sink, struct view record);

#endif
