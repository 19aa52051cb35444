/* Records that wait for others: none is lost, doubled or out of its place. */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_batch.h"

#define THREADS 4
#define RECORDS 5000

struct collected {
    pthread_mutex_t lock;
    char *text;
    size_t len;
    size_t capacity;
    unsigned calls;
};

static void collect(void *context, struct view lines)
{
    struct collected *all = context;
    pthread_mutex_lock(&all->lock);
    if (all->len + lines.len > all->capacity) {
        all->capacity = 2 * (all->len + lines.len);
        all->text = realloc(all->text, all->capacity);
    }
    memcpy(all->text + all->len, lines.at, lines.len);
    all->len += lines.len;
    all->calls++;
    pthread_mutex_unlock(&all->lock);
}

struct adder {
    struct log_batch *batch;
    unsigned number;
};

static void *add_many(void *argument)
{
    struct adder *adder = argument;
    for (unsigned i = 0; i < RECORDS; i++) {
        char record[32];
        int len = snprintf(record, sizeof record, "%u %u\n", adder->number, i);
        while (!log_batch_add(adder->batch, view_make(record, (size_t)len))) {
            log_batch_flush(adder->batch);
        }
    }
    return NULL;
}

static void test_no_record_is_lost_or_doubled(void **state)
{
    (void)state;
    struct collected all = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct log_batch *batch = log_batch_start(collect, &all);
    struct adder adders[THREADS];
    pthread_t threads[THREADS];
    unsigned next[THREADS] = {0};
    assert_non_null(batch);
    for (unsigned i = 0; i < THREADS; i++) {
        adders[i] = (struct adder){batch, i};
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &adders[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    log_batch_stop(batch);
    struct view rest = view_make(all.text, all.len);
    struct view line;
    while (view_split(&rest, '\n', &line) && line.len > 0) {
        unsigned thread = (unsigned)(line.at[0] - '0');
        int64_t number;
        assert_true(thread < THREADS);
        assert_true(view_to_int64(view_sub(line, 2, line.len), &number));
        assert_int_equal(number, next[thread]++); /* those of a thread stay in order */
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(next[i], RECORDS);
    }
    assert_true(all.calls < THREADS * RECORDS);
    free(all.text);
}

static void test_a_record_comes_by_itself(void **state)
{
    (void)state;
    int ends[2];
    struct log_sink sink;
    char text[64];
    assert_int_equal(pipe(ends), 0);
    log_sink_open(&sink, ends[1]);
    log_sink_start_batch(&sink);
    assert_true(log_sink_write_later(&sink, VIEW("one\n")));
    assert_int_equal(read(ends[0], text, sizeof text), 4); /* waits: nothing else writes it */
    assert_memory_equal(text, "one\n", 4);
    log_sink_close(&sink);
    close(ends[0]);
    close(ends[1]);
}

static void test_what_does_not_wait_keeps_its_place(void **state)
{
    (void)state;
    int ends[2];
    struct log_sink sink;
    char text[64];
    assert_int_equal(pipe(ends), 0);
    log_sink_open(&sink, ends[1]);
    log_sink_start_batch(&sink);
    for (int i = 0; i < 200; i++) {
        assert_true(log_sink_write_later(&sink, VIEW("first\n")));
        assert_true(log_sink_write(&sink, VIEW("second\n"), 0));
        assert_int_equal(read(ends[0], text, sizeof text), 13);
        assert_memory_equal(text, "first\nsecond\n", 13);
    }
    log_sink_close(&sink);
    close(ends[0]);
    close(ends[1]);
}

static void test_the_end_writes_what_waits(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    struct log_sink sink;
    struct stat about;
    assert_non_null(file);
    log_sink_open(&sink, fileno(file));
    log_sink_start_batch(&sink);
    for (int i = 0; i < 10000; i++) {
        assert_true(log_sink_write_later(&sink, VIEW("0123456789\n")));
    }
    log_sink_close(&sink);
    assert_int_equal(fstat(fileno(file), &about), 0);
    assert_int_equal(about.st_size, 110000);
    fclose(file);
}

/* Nobody reads: what the pipe does not take is lost and counted, and nobody waits. */
static void test_lost_records_are_counted(void **state)
{
    (void)state;
    int ends[2];
    struct log_sink sink;
    char text[65536];
    uint64_t lines = 0;
    ssize_t len;
    assert_int_equal(pipe(ends), 0);
    log_sink_open(&sink, ends[1]);
    log_sink_start_batch(&sink);
    for (int i = 0; i < 20000; i++) {
        assert_true(log_sink_write_later(&sink, VIEW("0123456789\n")));
    }
    log_batch_flush(sink.batch);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    while ((len = read(ends[0], text, sizeof text)) > 0) {
        for (ssize_t i = 0; i < len; i++) {
            lines += text[i] == '\n';
        }
    }
    assert_true(atomic_load(&sink.lost) > 0);
    assert_int_equal(lines + atomic_load(&sink.lost), 20000);
    log_sink_close(&sink);
    close(ends[0]);
    close(ends[1]);
}

/* Warnings are written before log_event_later returns. */
static void test_warnings_never_wait(void **state)
{
    (void)state;
    int ends[2];
    struct log_sink sink;
    char text[512];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    log_sink_open(&sink, ends[1]);
    log_sink_start_batch(&sink);
    struct log log = {.sink = &sink, .level = LOG_INFO, .clock = clock_system()};
    log_event_later(&log, LOG_WARNING, "trouble", NULL, 0);
    assert_true(read(ends[0], text, sizeof text) > 0);
    log_sink_close(&sink);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_record_is_lost_or_doubled),
        cmocka_unit_test(test_a_record_comes_by_itself),
        cmocka_unit_test(test_what_does_not_wait_keeps_its_place),
        cmocka_unit_test(test_the_end_writes_what_waits),
        cmocka_unit_test(test_lost_records_are_counted),
        cmocka_unit_test(test_warnings_never_wait),
    };
    return cmocka_run_group_tests_name("log_batch", tests, NULL, NULL);
}
