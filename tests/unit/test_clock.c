#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static void assert_format(int64_t instant_ms, const char *expected)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(instant_ms, text);
    assert_string_equal(text, expected);
}

static void test_format(void **state)
{
    assert_format(0, "1970-01-01T00:00:00.000Z");
    assert_format(-1, "1969-12-31T23:59:59.999Z");
    assert_format(951782400000, "2000-02-29T00:00:00.000Z");
    assert_format(1795229153123, "2026-11-21T02:45:53.123Z");
    assert_format(-2203891200000, "1900-03-01T00:00:00.000Z");
    assert_format(-62167219200000, "0000-01-01T00:00:00.000Z");
    assert_format(253402300799999, "9999-12-31T23:59:59.999Z");
}

static void test_format_keeps_to_its_bounds(void **state)
{
    assert_format(-62167219200001, "0000-01-01T00:00:00.000Z");
    assert_format(253402300800000, "9999-12-31T23:59:59.999Z");
    assert_format(INT64_MIN, "0000-01-01T00:00:00.000Z");
    assert_format(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

/* Every day there is, at an hour of its own, against libc. */
static void test_format_of_every_day(void **state)
{
    const int64_t ms_per_day = S_PER_DAY * MS_PER_SECOND;
    int64_t n = 0;
    for (int64_t day = -62167219200000; day <= 253402300799999; day += ms_per_day, n++) {
        int64_t instant = day + n * 7654321 % ms_per_day;
        int64_t ms = ((instant % MS_PER_SECOND) + MS_PER_SECOND) % MS_PER_SECOND;
        time_t seconds = (time_t)((instant - ms) / MS_PER_SECOND);
        struct tm parts;
        char expected[80];
        assert_non_null(gmtime_r(&seconds, &parts));
        (void)snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                       parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                       parts.tm_min, parts.tm_sec, (int)ms);
        assert_format(instant, expected);
    }
}

static void assert_http(int64_t instant_ms, const char *expected)
{
    char text[CLOCK_HTTP_SIZE];
    clock_format_http(instant_ms, text);
    assert_string_equal(text, expected);
}

/* The example of RFC 9110 section 5.6.7 among them. */
static void test_format_of_http(void **state)
{
    assert_http(784111777000, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_http(0, "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_http(-1, "Wed, 31 Dec 1969 23:59:59 GMT");
    assert_http(951782400000, "Tue, 29 Feb 2000 00:00:00 GMT");
    assert_http(1795229153999, "Sat, 21 Nov 2026 02:45:53 GMT");
    assert_http(INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT");
    assert_http(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
}

static void test_round_trip(void **state)
{
    /* A step that is coprime to the day meets every month and hour of all centuries. */
    for (int64_t instant = -62167219200000; instant < 253402300799999; instant += 12345678901) {
        char text[CLOCK_TEXT_SIZE];
        int64_t back;
        clock_format(instant, text);
        assert_true(clock_parse(view_of(text), &back));
        assert_true(back == instant);
    }
}

static void test_parse(void **state)
{
    static const struct {
        struct view text;
        int64_t instant_ms;
    } good[] = {
        {VIEW_INIT("1970-01-01T00:00:00Z"), 0},
        {VIEW_INIT("1970-01-01t00:00:00z"), 0},
        {VIEW_INIT("1970-01-01T00:00:00-00:00"), 0},
        {VIEW_INIT("1970-01-01T05:30:00+05:30"), 0},
        {VIEW_INIT("1969-12-31T16:00:00-08:00"), 0},
        {VIEW_INIT("1970-01-01T00:00:00.5Z"), 500},
        {VIEW_INIT("1970-01-01T00:00:00.123456789Z"), 123},
        {VIEW_INIT("1970-01-01T00:00:00.9999Z"), 999},
        {VIEW_INIT("2024-02-29T12:00:00Z"), 1709208000000},
        {VIEW_INIT("1990-12-31T23:59:60Z"), 662688000000},
        {VIEW_INIT("1990-12-31T15:59:60-08:00"), 662688000000},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t instant_ms = -5;
        assert_true(clock_parse(good[i].text, &instant_ms));
        assert_true(instant_ms == good[i].instant_ms);
    }
}

static void test_parse_refuses(void **state)
{
    static const struct view bad[] = {
        {NULL, 0},
        VIEW_INIT(""),
        VIEW_INIT("1970-01-01"),
        VIEW_INIT("1970-01-01T00:00:00"),
        VIEW_INIT("1970-01-01 00:00:00Z"),
        VIEW_INIT("1970-01-01T00:00Z"),
        VIEW_INIT("1970-1-01T00:00:00Z"),
        VIEW_INIT("1970-00-01T00:00:00Z"),
        VIEW_INIT("1970-13-01T00:00:00Z"),
        VIEW_INIT("1970-01-00T00:00:00Z"),
        VIEW_INIT("1970-01-32T00:00:00Z"),
        VIEW_INIT("1970-04-31T00:00:00Z"),
        VIEW_INIT("1900-02-29T00:00:00Z"),
        VIEW_INIT("2023-02-29T00:00:00Z"),
        VIEW_INIT("1970-01-01T24:00:00Z"),
        VIEW_INIT("1970-01-01T00:60:00Z"),
        VIEW_INIT("1970-01-01T00:00:61Z"),
        VIEW_INIT("1970-01-01T12:00:60Z"),
        VIEW_INIT("1970-01-01T00:00:00.Z"),
        VIEW_INIT("1970-01-01T00:00:00.1234567890Z"),
        VIEW_INIT("1970-01-01T00:00:00,5Z"),
        VIEW_INIT("1970-01-01T00:00:00+24:00"),
        VIEW_INIT("1970-01-01T00:00:00+01:60"),
        VIEW_INIT("1970-01-01T00:00:00+0100"),
        VIEW_INIT("1970-01-01T00:00:00+01"),
        VIEW_INIT("1970-01-01T00:00:00Zx"),
        VIEW_INIT("1970-01-01T00:00:00Z\0"),
        VIEW_INIT(" 1970-01-01T00:00:00Z"),
        VIEW_INIT("+970-01-01T00:00:00Z"),
        VIEW_INIT("0000-01-01T00:00:00+00:01"),
        VIEW_INIT("9999-12-31T23:59:59-00:01"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t instant_ms = -5;
        assert_false(clock_parse(bad[i], &instant_ms));
        assert_int_equal(instant_ms, -5);
    }
}

static int64_t stopped(void *context)
{
    return *(const int64_t *)context;
}

static void test_injected(void **state)
{
    int64_t now_ms = 42;
    struct clock clock = {.now_ms = stopped, .context = &now_ms};
    assert_int_equal(clock_now_ms(&clock), 42);
    now_ms = 43;
    assert_int_equal(clock_now_ms(&clock), 43);
}

static void test_system(void **state)
{
    struct clock clock = clock_system();
    assert_true(clock_now_ms(&clock) > INT64_C(1700000000000));
    int64_t before_us = clock_monotonic_us();
    assert_true(clock_monotonic_us() >= before_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_of_every_day),
        cmocka_unit_test(test_format_keeps_to_its_bounds),
        cmocka_unit_test(test_format_of_http),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_injected),
        cmocka_unit_test(test_system),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
