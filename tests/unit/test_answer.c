#include "unit.h"

#include "http/answer.h"

/* Room for a head without headers of the reply's own. */
#define HEAD_BYTES 1024

static void assert_head(bool hsts, const struct reply *reply, const struct answer_stamp *stamp,
                        const char *text)
{
    char buffer[HEAD_BYTES];
    struct answer_policy policy;
    struct builder b;
    struct view got;
    answer_init_policy(&policy, hsts);
    builder_init_fixed(&b, buffer, sizeof buffer);
    answer_write_head(&b, &policy, reply, stamp);
    assert_true(builder_end(&b, &got));
    if (!view_is(got, text))
        fail_msg("%.*s", VIEW_ARG(got));
}

static void test_every_answer_is_guarded(void **state)
{
    struct reply reply = {.status = 200, .content_type = "text/plain", .body = VIEW("hello")};
    const struct answer_stamp stamp = {.request_id = VIEW("id7"),
                                       .date = VIEW("Sun, 06 Nov 1994 08:49:37 GMT"),
                                       .connection = ANSWER_CLOSE};
    assert_head(true, &reply, &stamp,
                "HTTP/1.1 200 OK\r\n"
                "Cache-Control: no-store\r\n"
                "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'none'\r\n"
                "Referrer-Policy: no-referrer\r\n"
                "X-Content-Type-Options: nosniff\r\n"
                "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                "X-Request-Id: id7\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Connection: close\r\n"
                "Content-Length: 5\r\n\r\n");
    assert_view(answer_body(&reply), "hello");
}

static void test_the_reply_overrides(void **state)
{
    const struct answer_stamp stamp = {.connection = ANSWER_KEEP_TOLD};
    struct reply reply = {.status = 413, .content_type = "application/json"};
    reply_header(&reply, "cache-control", VIEW("no-cache"));
    reply_header(&reply, "Content-Security-Policy", VIEW("x"));
    reply_header(&reply, "Referrer-Policy", VIEW("y"));
    assert_head(false, &reply, &stamp,
                "HTTP/1.1 413 Content Too Large\r\n"
                "cache-control: no-cache\r\n"
                "Content-Security-Policy: x\r\n"
                "Referrer-Policy: y\r\n"
                "X-Content-Type-Options: nosniff\r\n"
                "Content-Type: application/json\r\n"
                "Connection: keep-alive\r\n"
                "Content-Length: 0\r\n\r\n");
}

/* RFC 9110 sections 6.4.1, 8.6 and 15.4.5. */
static void test_some_have_no_body(void **state)
{
    static const int statuses[] = {204, 304};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        char buffer[HEAD_BYTES];
        struct answer_policy policy;
        struct builder b;
        struct reply reply = {.status = statuses[i], .body = VIEW("hello")};
        answer_init_policy(&policy, false);
        builder_init_fixed(&b, buffer, sizeof buffer);
        answer_write_head(&b, &policy, &reply, &(struct answer_stamp){.connection = ANSWER_KEEP});
        assert_int_equal(answer_body(&reply).len, 0);
        assert_false(b.failed);
        assert_null(memmem(b.at, b.len, "Content-Length", 14));
        assert_null(memmem(b.at, b.len, "Connection", 10));
    }
}

/* Every result's status has its words. */
static void test_phrases(void **state)
{
    for (enum result result = 0; result < RESULT_COUNT; result++) {
        char buffer[HEAD_BYTES];
        struct answer_policy policy;
        struct builder b;
        struct reply reply = {.status = result_status(result)};
        answer_init_policy(&policy, false);
        builder_init_fixed(&b, buffer, sizeof buffer);
        answer_write_head(&b, &policy, &reply, &(struct answer_stamp){.connection = ANSWER_KEEP});
        struct view line =
            view_sub(view_make(b.at, b.len), 0, view_find(view_make(b.at, b.len), '\r', 0));
        assert_true(line.len > strlen("HTTP/1.1 200 "));
    }
}

static void test_too_long_is_told(void **state)
{
    static char large[HEAD_BYTES];
    memset(large, 'a', sizeof large);
    struct answer_policy policy;
    struct reply reply = {.status = 400};
    char buffer[HEAD_BYTES];
    struct builder b;
    struct view got;
    reply_header(&reply, "A", view_make(large, sizeof large));
    answer_init_policy(&policy, false);
    builder_init_fixed(&b, buffer, sizeof buffer);
    answer_write_head(&b, &policy, &reply, &(struct answer_stamp){.connection = ANSWER_KEEP});
    assert_false(builder_end(&b, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_is_guarded), cmocka_unit_test(test_the_reply_overrides),
        cmocka_unit_test(test_some_have_no_body),       cmocka_unit_test(test_phrases),
        cmocka_unit_test(test_too_long_is_told),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
