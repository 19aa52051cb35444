#include "unit.h"

#include "http/answer.h"

static void assert_answer(const struct answer_policy *policy, const struct reply *reply,
                          const char *request_id, const char *text)
{
    char buffer[ANSWER_RAW_MAX_BYTES];
    struct builder b;
    struct view got;
    builder_init_fixed(&b, buffer, sizeof buffer);
    const struct answer_stamp stamp = {.request_id = view_of(request_id)};
    answer_write(&b, policy, reply, &stamp);
    assert_true(builder_end(&b, &got));
    if (!view_is(got, text))
        fail_msg("%.*s", VIEW_ARG(got));
}

static void test_every_answer_is_guarded(void **state)
{
    struct answer_policy policy = {.hsts = true};
    struct reply reply = {.status = 200, .content_type = "text/plain", .body = VIEW("hello")};
    assert_answer(
        &policy, &reply, "id7",
        "HTTP/1.1 200 OK\r\n"
        "Cache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
        "X-Request-Id: id7\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Connection: close\r\n"
        "Content-Length: 5\r\n\r\nhello");
}

static void test_the_reply_overrides(void **state)
{
    struct answer_policy policy = {.hsts = false};
    struct reply reply = {.status = 413, .content_type = "application/json"};
    reply_header(&reply, "cache-control", VIEW("no-cache"));
    reply_header(&reply, "Content-Security-Policy", VIEW("x"));
    reply_header(&reply, "Referrer-Policy", VIEW("y"));
    assert_answer(&policy, &reply, "",
                  "HTTP/1.1 413 Content Too Large\r\n"
                  "cache-control: no-cache\r\n"
                  "Content-Security-Policy: x\r\n"
                  "Referrer-Policy: y\r\n"
                  "X-Content-Type-Options: nosniff\r\n"
                  "Content-Type: application/json\r\n"
                  "Connection: close\r\n"
                  "Content-Length: 0\r\n\r\n");
}

static void test_too_long_is_told(void **state)
{
    static char large[ANSWER_RAW_MAX_BYTES];
    memset(large, 'a', sizeof large);
    struct answer_policy policy = {.hsts = false};
    struct reply reply = {
        .status = 400, .content_type = "a/b", .body = view_make(large, sizeof large)};
    char buffer[ANSWER_RAW_MAX_BYTES];
    struct builder b;
    struct view got;
    builder_init_fixed(&b, buffer, sizeof buffer);
    const struct answer_stamp stamp = {.date = VIEW("Sun, 06 Nov 1994 08:49:37 GMT")};
    answer_write(&b, &policy, &reply, &stamp);
    assert_false(builder_end(&b, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_is_guarded),
        cmocka_unit_test(test_the_reply_overrides),
        cmocka_unit_test(test_too_long_is_told),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
