#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/builder.h"

#define RECORD_END_BYTES 2 /* "}" and the line feed are always written */
/* Escaped, a message grows to six times its size at most: it always fits a record. */
#define MESSAGE_MAX_BYTES 640
/* For records that somebody waits for (LOG_ALWAYS), when there is no room for them at once. */
#define ALWAYS_WAIT_MS 10000

static const struct level {
    const char *name;
    const char *shouted; /* in text logs */
} levels[] = {
    [LOG_DEBUG] = {"debug", "DEBUG"},       [LOG_INFO] = {"info", "INFO"},
    [LOG_WARNING] = {"warning", "WARNING"}, [LOG_ERROR] = {"error", "ERROR"},
    [LOG_ALWAYS] = {"info", "INFO"},
};

const char *log_level_name(enum log_level level)
{
    return levels[level].name;
}

bool log_field_is_absent(const struct log_field *field)
{
    return (field->kind == LOG_TEXT && field->text.at == NULL) ||
           (field->kind == LOG_ID && field->id == NULL);
}

bool log_wants(const struct log *log, enum log_level level)
{
    return log != NULL && level >= log->level;
}

/* True when the text needs no quotes to be one word of a text log. */
static bool is_bare_word(struct view text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._:/@+";
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(allowed, text.at[i], sizeof allowed - 1) == NULL) {
            return false;
        }
    }
    return text.len > 0;
}

static void add_milliseconds(struct builder *record, int64_t us)
{
    if (us < 0) {
        builder_char(record, '-');
        us = us == INT64_MIN ? INT64_MAX : -us;
    }
    int64_t rest = us % 1000;
    const char digits[] = {'.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
                           (char)('0' + rest % 10)};
    builder_int(record, us / 1000);
    builder_add(record, view_make(digits, sizeof digits));
}

static void add_id(struct builder *record, enum log_format format, const struct id *id)
{
    if (format == LOG_FORMAT_JSON) {
        builder_id(record, id);
    } else {
        char text[ID_TEXT_SIZE];
        id_format(id, text);
        builder_add(record, view_make(text, ID_TEXT_SIZE - 1));
    }
}

static void add_value(struct builder *record, enum log_format format, const struct log_field *field)
{
    switch (field->kind) {
    case LOG_NUMBER:
        builder_int(record, field->number);
        break;
    case LOG_MILLISECONDS:
        add_milliseconds(record, field->number);
        break;
    case LOG_ID:
        add_id(record, format, field->id);
        break;
    case LOG_TEXT:
    default:
        if (format == LOG_FORMAT_TEXT && is_bare_word(field->text)) {
            builder_add(record, field->text);
        } else {
            builder_json(record, field->text);
        }
        break;
    }
}

static void add_field(struct builder *record, enum log_format format, const struct log_field *field)
{
    if (log_field_is_absent(field)) {
        return;
    }
    if (format == LOG_FORMAT_JSON) {
        builder_member(record, ',', field->name);
    } else {
        builder_char(record, ' ');
        builder_text(record, field->name);
        builder_char(record, '=');
    }
    add_value(record, format, field);
}

static void add_head(struct builder *record, const struct log *log, enum log_level level,
                     const char *event)
{
    int64_t now_ms = clock_now_ms(&log->clock);
    if (log->format == LOG_FORMAT_JSON) {
        builder_member(record, '{', "time");
        builder_instant(record, now_ms);
        builder_member(record, ',', "level");
        builder_quoted(record, view_of(levels[level].name));
        builder_member(record, ',', "event");
        builder_quoted(record, view_of(event));
    } else {
        char time[CLOCK_TEXT_SIZE];
        clock_format(now_ms, time);
        builder_format(record, "%s %s %s", time, levels[level].shouted, event);
    }
}

/* A record in the making. */
struct draft {
    char text[LOG_SINK_RECORD_MAX_BYTES];
    struct builder record;
};

static void begin(struct draft *draft)
{
    builder_init_fixed(&draft->record, draft->text, sizeof draft->text - RECORD_END_BYTES);
}

/* What does not fit is left out, from the first such field on. */
static void add_fields(struct draft *draft, const struct log *log, const struct log_field *fields,
                       size_t count)
{
    struct builder *record = &draft->record;
    for (size_t i = 0; i < count && !record->failed; i++) {
        size_t complete = record->len;
        add_field(record, log->format, &fields[i]);
        if (record->failed) {
            record->len = complete;
        }
    }
}

static struct view end(struct draft *draft, const struct log *log)
{
    if (log->format == LOG_FORMAT_JSON) {
        draft->text[draft->record.len++] = '}';
    }
    draft->text[draft->record.len++] = '\n';
    return view_make(draft->text, draft->record.len);
}

/* A log that cannot be written must not stop the server: what fails is dropped. */
static void write_plain(int fd, struct view rest)
{
    while (rest.len > 0) {
        ssize_t written = write(fd, rest.at, rest.len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;
        }
        rest = view_sub(rest, (size_t)written, rest.len);
    }
}

/* Says how many records are missing at this place of the log, as soon as that can be written. */
static void report_lost(const struct log *log)
{
    struct log_sink *sink = log->sink;
    if (atomic_load_explicit(&sink->lost, memory_order_relaxed) == 0) {
        return;
    }
    uint64_t lost = atomic_exchange(&sink->lost, 0);
    bool torn = atomic_exchange(&sink->torn, false);
    if (lost == 0) {
        return;
    }
    struct log_field field = LOG_FIELD_NUMBER("records", lost);
    struct draft draft;
    begin(&draft);
    if (torn) {
        builder_char(&draft.record, '\n');
    }
    add_head(&draft.record, log, LOG_WARNING, "log_records_lost");
    add_fields(&draft, log, &field, 1);
    if (!log_sink_write(sink, end(&draft, log), 0)) {
        atomic_fetch_add(&sink->lost, lost);
        if (torn) {
            atomic_store(&sink->torn, true);
        }
    }
}

static void write_record(const struct log *log, enum log_level level, struct view record)
{
    if (log->sink == NULL) {
        write_plain(log->fd, record);
        return;
    }
    report_lost(log);
    if (!log_sink_write(log->sink, record, level == LOG_ALWAYS ? ALWAYS_WAIT_MS : 0)) {
        atomic_fetch_add(&log->sink->lost, 1);
    }
}

static void write_record_later(const struct log *log, enum log_level level, struct view record)
{
    if (log->sink == NULL || level > LOG_INFO) {
        write_record(log, level, record);
        return;
    }
    report_lost(log);
    if (!log_sink_write_later(log->sink, record)) {
        atomic_fetch_add(&log->sink->lost, 1);
    }
}

typedef void record_writer(const struct log *log, enum log_level level, struct view record);

static void make_record(const struct log *log, enum log_level level, const char *event,
                        const struct log_field *fields, size_t count, record_writer *writer)
{
    if (!log_wants(log, level)) {
        return;
    }
    int saved_errno = errno;
    struct draft draft;
    begin(&draft);
    add_head(&draft.record, log, level, event);
    add_fields(&draft, log, fields, count);
    writer(log, level, end(&draft, log));
    errno = saved_errno;
}

void log_event(const struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count)
{
    make_record(log, level, event, fields, count, write_record);
}

void log_event_later(const struct log *log, enum log_level level, const char *event,
                     const struct log_field *fields, size_t count)
{
    make_record(log, level, event, fields, count, write_record_later);
}

void log_message(const struct log *log, enum log_level level, const char *event, const char *format,
                 ...)
{
    if (!log_wants(log, level)) {
        return;
    }
    char message[MESSAGE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(message, sizeof message, format, arguments) < 0) {
        message[0] = '\0';
    }
    va_end(arguments);
    struct log_field field = LOG_FIELD_TEXT("message", view_of(message));
    log_event(log, level, event, &field, 1);
}
