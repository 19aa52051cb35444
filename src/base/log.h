/* The log: one line per record on one file descriptor, JSON or text, escaped so that a record is
   always one line (CHECKLIST X04). Thread-safe: a record is written whole. Never give it a
   password, token or hash. */
#ifndef LATCHKEY_BASE_LOG_H
#define LATCHKEY_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log_level.h"
#include "base/log_sink.h"
#include "base/view.h"

enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

struct log {
    struct log_sink *sink; /* writes without waiting; NULL: plainly to fd */
    int fd;
    enum log_level level; /* records below it are dropped; LOG_ALWAYS never is */
    enum log_format format;
    struct clock clock;
};

enum log_field_kind { LOG_TEXT, LOG_NUMBER, LOG_MILLISECONDS, LOG_ID };

struct log_field {
    const char *name; /* a plain word, written as it is */
    enum log_field_kind kind;
    struct view text;
    int64_t number; /* LOG_MILLISECONDS: microseconds, written as 1.234 */
    const struct id *id;
};

#define LOG_FIELD_TEXT(name_, view_)                                                               \
    ((struct log_field){.name = (name_), .kind = LOG_TEXT, .text = (view_)})
#define LOG_FIELD_NUMBER(name_, n_)                                                                \
    ((struct log_field){.name = (name_), .kind = LOG_NUMBER, .number = (int64_t)(n_)})
/* A duration given in microseconds. */
#define LOG_FIELD_MS(name_, us_)                                                                   \
    ((struct log_field){.name = (name_), .kind = LOG_MILLISECONDS, .number = (int64_t)(us_)})

#define LOG_FIELD_ID(name_, id_) ((struct log_field){.name = (name_), .kind = LOG_ID, .id = (id_)})

/* True for a text with a NULL .at and an id that is NULL: they are left out. */
bool log_field_is_absent(const struct log_field *field);
/* "debug", "info", "warning", "error". */
const char *log_level_name(enum log_level level);
/* True when a record of that level would be written; log may be NULL. */
bool log_wants(const struct log *log, enum log_level level);
/* Writes {"time","level","event", fields…}. Fields that are absent are left out. A record over
   PIPE_BUF (4,096 bytes) is cut at a field's end. With a sink it never waits, but for LOG_ALWAYS
   (10 s at most); what is lost is counted, and said in a record log_records_lost before the next
   one that can be written. log may be NULL: nothing is written. */
void log_event(const struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);
/* As log_event, for records of which there are many: where the sink gathers (log_sink_start_batch)
   they are written a moment later, in their place, many at once. Warnings and worse never wait. */
void log_event_later(const struct log *log, enum log_level level, const char *event,
                     const struct log_field *fields, size_t count);
/* As log_event with one field "message", printf's text, cut at 639 bytes. */
void log_message(const struct log *log, enum log_level level, const char *event, const char *format,
                 ...) PRINTF_LIKE(4, 5);

#endif
