#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

static int64_t stopped(void *context)
{
    return *(const int64_t *)context;
}

/* A log into a pipe, its clock stopped at 2026-11-21T02:45:53.123Z. */
struct fixture {
    int64_t now_ms;
    int reader;
    struct log log;
    char buffer[65536];
};

static int setup(void **state)
{
    static struct fixture fixture;
    int ends[2];
    if (pipe2(ends, O_NONBLOCK) != 0)
        return -1;
    fixture.now_ms = 1795229153123;
    fixture.reader = ends[0];
    fixture.log = (struct log){
        .fd = ends[1],
        .level = LOG_DEBUG,
        .format = LOG_FORMAT_JSON,
        .clock = {.now_ms = stopped, .context = &fixture.now_ms},
    };
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    close(fixture->reader);
    return close(fixture->log.fd);
}

/* All that was written since the last look. */
static struct view written(struct fixture *fixture)
{
    ssize_t len = read(fixture->reader, fixture->buffer, sizeof fixture->buffer);
    return view_make(fixture->buffer, len > 0 ? (size_t)len : 0);
}

static size_t count_lines(struct view text)
{
    size_t lines = 0;
    for (size_t i = view_find(text, '\n', 0); i < text.len; i = view_find(text, '\n', i + 1))
        lines++;
    return lines;
}

static void test_json_record(void **state)
{
    struct fixture *fixture = *state;
    struct log_field fields[] = {
        LOG_FIELD_TEXT("address", VIEW("127.0.0.1:8000")),
        LOG_FIELD_NUMBER("status", 200),
        LOG_FIELD_MS("took_ms", 1234),
        LOG_FIELD_TEXT("user", view_of(NULL)),
        LOG_FIELD_TEXT("empty", VIEW("")),
    };
    log_event(&fixture->log, LOG_INFO, "listening", fields, ARRAY_LEN(fields));
    assert_view(written(fixture), "{\"time\":\"2026-11-21T02:45:53.123Z\",\"level\":\"info\","
                                  "\"event\":\"listening\",\"address\":\"127.0.0.1:8000\","
                                  "\"status\":200,\"took_ms\":1.234,\"empty\":\"\"}\n");
}

static void test_text_record(void **state)
{
    struct fixture *fixture = *state;
    fixture->log.format = LOG_FORMAT_TEXT;
    struct log_field fields[] = {
        LOG_FIELD_TEXT("path", VIEW("/v1/users")), LOG_FIELD_TEXT("agent", VIEW("a b\"c")),
        LOG_FIELD_TEXT("forged", VIEW("a\nb=c")),  LOG_FIELD_TEXT("pair", VIEW("x=y")),
        LOG_FIELD_TEXT("empty", VIEW("")),         LOG_FIELD_TEXT("none", view_of(NULL)),
        LOG_FIELD_TEXT("word", VIEW("\xC3\xA4")),  LOG_FIELD_MS("took_ms", -1005),
    };
    log_event(&fixture->log, LOG_WARNING, "request", fields, ARRAY_LEN(fields));
    assert_view(written(fixture),
                "2026-11-21T02:45:53.123Z WARNING request path=/v1/users agent=\"a b\\\"c\" "
                "forged=\"a\\nb=c\" pair=\"x=y\" empty=\"\" word=\"\xC3\xA4\" took_ms=-1.005\n");
}

static void test_ids(void **state)
{
    static const struct id id = {{0x01, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3,
                                  0x02, 0x09, 0x9a, 0x80, 0x57}};
    struct fixture *fixture = *state;
    const struct log_field fields[] = {LOG_FIELD_ID("user_id", &id), LOG_FIELD_ID("none", NULL)};
    log_event(&fixture->log, LOG_INFO, "request", fields, ARRAY_LEN(fields));
    assert_view(written(fixture), "{\"time\":\"2026-11-21T02:45:53.123Z\",\"level\":\"info\","
                                  "\"event\":\"request\",\"user_id\":"
                                  "\"01890a5d-ac96-774b-bcce-b302099a8057\"}\n");
    fixture->log.format = LOG_FORMAT_TEXT;
    log_event(&fixture->log, LOG_INFO, "request", fields, ARRAY_LEN(fields));
    assert_view(written(fixture), "2026-11-21T02:45:53.123Z INFO request "
                                  "user_id=01890a5d-ac96-774b-bcce-b302099a8057\n");
}

/* CHECKLIST X04 */
static void test_a_record_is_one_line(void **state)
{
    struct fixture *fixture = *state;
    struct log_field field = LOG_FIELD_TEXT(
        "username", VIEW("a\r\n{\"level\":\"info\"}\x1B[31m\xE2\x80\xA8\xE2\x80\xAE\xFF"));
    for (int format = LOG_FORMAT_JSON; format <= LOG_FORMAT_TEXT; format++) {
        fixture->log.format = (enum log_format)format;
        log_event(&fixture->log, LOG_INFO, "login_failed", &field, 1);
        struct view record = written(fixture);
        assert_int_equal(count_lines(record), 1);
        assert_int_equal(view_find(record, '\r', 0), record.len);
        assert_int_equal(view_find(record, '\x1B', 0), record.len);
        assert_int_equal(view_find(record, '\xFF', 0), record.len);
        assert_null(memmem(record.at, record.len, "\xE2\x80", 2));
        assert_non_null(memmem(record.at, record.len, "\\r\\n{\\\"level\\\"", 14));
    }
}

static void test_levels(void **state)
{
    struct fixture *fixture = *state;
    fixture->log.level = LOG_WARNING;
    assert_false(log_wants(&fixture->log, LOG_INFO));
    assert_true(log_wants(&fixture->log, LOG_WARNING));
    assert_false(log_wants(NULL, LOG_ERROR));
    log_event(&fixture->log, LOG_INFO, "dropped", NULL, 0);
    log_message(&fixture->log, LOG_DEBUG, "dropped", "x");
    log_event(NULL, LOG_ERROR, "dropped", NULL, 0);
    log_message(NULL, LOG_ERROR, "dropped", "x");
    assert_int_equal(written(fixture).len, 0);
    log_event(&fixture->log, LOG_WARNING, "kept", NULL, 0);
    fixture->log.level = LOG_ERROR;
    log_event(&fixture->log, LOG_ALWAYS, "kept", NULL, 0);
    assert_int_equal(count_lines(written(fixture)), 2);
    assert_string_equal(log_level_name(LOG_DEBUG), "debug");
    assert_string_equal(log_level_name(LOG_WARNING), "warning");
    assert_string_equal(log_level_name(LOG_ERROR), "error");
    assert_string_equal(log_level_name(LOG_ALWAYS), "info");
}

static void test_long_record_is_cut_at_a_field(void **state)
{
    struct fixture *fixture = *state;
    static char big[3000];
    memset(big, 'x', sizeof big);
    struct log_field fields[] = {
        LOG_FIELD_TEXT("first", view_make(big, sizeof big)),
        LOG_FIELD_TEXT("second", view_make(big, sizeof big)),
        LOG_FIELD_NUMBER("third", 3),
    };
    log_event(&fixture->log, LOG_INFO, "big", fields, ARRAY_LEN(fields));
    struct view record = written(fixture);
    assert_true(record.len <= 4096);
    assert_int_equal(count_lines(record), 1);
    assert_true(view_ends_with(record, VIEW("xxx\"}\n")));
    assert_non_null(memmem(record.at, record.len, "\"first\"", 7));
    assert_null(memmem(record.at, record.len, "second", 6));
    assert_null(memmem(record.at, record.len, "third", 5));
}

static void test_message(void **state)
{
    struct fixture *fixture = *state;
    log_message(&fixture->log, LOG_ERROR, "store", "code %d: %s", 5, "locked\n");
    assert_view(written(fixture), "{\"time\":\"2026-11-21T02:45:53.123Z\",\"level\":\"error\","
                                  "\"event\":\"store\",\"message\":\"code 5: locked\\n\"}\n");
}

static void test_longest_message_still_fits(void **state)
{
    struct fixture *fixture = *state;
    static char controls[20000];
    memset(controls, 1, sizeof controls - 1);
    log_message(&fixture->log, LOG_ERROR, "store", "%s", controls);
    struct view record = written(fixture);
    assert_non_null(memmem(record.at, record.len, "\"message\":\"\\u0001", 17));
    assert_true(view_ends_with(record, VIEW("\\u0001\"}\n")));
}

/* --- where nobody reads ----------------------------------------------------------------------- */

/* Writes until nothing more goes in; how many did. */
static size_t fill(struct fixture *fixture)
{
    size_t records = 0;
    while (atomic_load(&fixture->log.sink->lost) == 0) {
        log_message(&fixture->log, LOG_INFO, "fill", "%0600d", 7);
        records++;
    }
    return records - 1;
}

/* What goes wrong is said, whole lines only, and nothing ever waits. */
static void check_loss(struct fixture *fixture)
{
    struct log_sink sink;
    struct view text;
    size_t lines = 0;
    log_sink_open(&sink, fixture->log.fd);
    fixture->log.sink = &sink;
    size_t kept = fill(fixture);
    log_event(&fixture->log, LOG_ERROR, "lost", NULL, 0);
    assert_int_equal(atomic_load(&sink.lost), 2);
    for (text = written(fixture); text.len > 0; text = written(fixture)) {
        lines += count_lines(text);
    }
    assert_int_equal(lines, kept);
    log_event(&fixture->log, LOG_ERROR, "heard", NULL, 0);
    text = written(fixture);
    assert_int_equal(count_lines(text), 2);
    const char said[] = "\"event\":\"log_records_lost\",\"records\":2}\n";
    assert_non_null(memmem(text.at, text.len, said, sizeof said - 1));
    assert_true(view_ends_with(text, VIEW("\"event\":\"heard\"}\n")));
    assert_int_equal(atomic_load(&sink.lost), 0);
    log_sink_close(&sink);
    fixture->log.sink = NULL;
}

/* The descriptor itself blocks, as standard error does. */
static void make_blocking(int fd)
{
    assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), 0);
}

static void test_a_full_pipe_stops_nothing(void **state)
{
    struct fixture *fixture = *state;
    make_blocking(fixture->log.fd);
    check_loss(fixture);
    assert_int_equal(fcntl(fixture->log.fd, F_GETFL) & O_NONBLOCK, 0);
}

static void test_a_full_socket_stops_nothing(void **state)
{
    struct fixture *fixture = *state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(dup2(ends[0], fixture->reader), fixture->reader);
    assert_int_equal(dup2(ends[1], fixture->log.fd), fixture->log.fd);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(fcntl(fixture->reader, F_SETFL, O_NONBLOCK), 0);
    check_loss(fixture);
}

static void test_a_pipe_that_cannot_be_opened_again(void **state)
{
    struct fixture *fixture = *state;
    struct log_sink sink;
    make_blocking(fixture->log.fd);
    log_sink_open(&sink, fixture->log.fd);
    log_sink_close(&sink);
    sink.kind = LOG_SINK_POLLED;
    sink.fd = fixture->log.fd;
    pthread_mutex_init(&sink.lock, NULL);
    fixture->log.sink = &sink;
    assert_true(fill(fixture) > 50);
    log_sink_close(&sink);
    fixture->log.sink = NULL;
}

static void *read_later(void *argument)
{
    struct fixture *fixture = argument;
    struct pollfd full = {.fd = fixture->reader, .events = POLLIN};
    /* The writer waits by then, or has not come that far: it gets through either way. */
    (void)poll(&full, 1, -1);
    while (view_find(written(fixture), '\n', 0) == 0) {
    }
    return NULL;
}

/* What somebody waits for is waited with. */
static void test_what_must_be_said_waits_for_room(void **state)
{
    struct fixture *fixture = *state;
    struct log_sink sink;
    pthread_t reader;
    make_blocking(fixture->log.fd);
    log_sink_open(&sink, fixture->log.fd);
    fixture->log.sink = &sink;
    (void)fill(fixture);
    assert_int_equal(pthread_create(&reader, NULL, read_later, fixture), 0);
    log_event(&fixture->log, LOG_ALWAYS, "listening", NULL, 0);
    pthread_join(reader, NULL);
    assert_true(atomic_load(&sink.lost) <= 1); /* the one that filled it up, if not told yet */
    log_sink_close(&sink);
    fixture->log.sink = NULL;
}

static void test_a_closed_log_is_no_error(void **state)
{
    struct log log = {.fd = -1, .clock = clock_system()};
    errno = 7;
    log_event(&log, LOG_ERROR, "lost", NULL, 0);
    assert_int_equal(errno, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_record_is_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_record_is_cut_at_a_field, setup, teardown),
        cmocka_unit_test_setup_teardown(test_message, setup, teardown),
        cmocka_unit_test_setup_teardown(test_longest_message_still_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_pipe_stops_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_socket_stops_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_pipe_that_cannot_be_opened_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_must_be_said_waits_for_room, setup, teardown),
        cmocka_unit_test(test_a_closed_log_is_no_error),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
