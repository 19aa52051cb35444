/* Refusals as RFC 6749 section 5.2 has them. */
#include "unit.h"

#include "api/style.h"

static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_clear(&arena);
    return 0;
}

static struct reply refused(enum result result, struct view detail, const struct faults *faults)
{
    struct reply reply = {.status = 0};
    const struct style_refusal refusal = {.result = result, .detail = detail, .faults = faults};

    style_oauth.refuse(&reply, &arena, &refusal);
    assert_int_equal(reply.result, result);
    assert_int_equal(reply.status, style_oauth.status(result));
    assert_string_equal(reply.content_type, "application/json");
    assert_view(reply_get_header(&reply, "Pragma"), "no-cache");
    return reply;
}

#define assert_refusal(result, status_, error)                                                     \
    do {                                                                                           \
        struct reply reply_ = refused(result, VIEW("x"), NULL);                                    \
        assert_int_equal(reply_.status, status_);                                                  \
        assert_view(reply_.body, "{\"error\":\"" error "\",\"error_description\":\"x\"}");         \
    } while (0)

static void test_words(void **state)
{
    assert_refusal(RESULT_INVALID, 400, "invalid_request");
    assert_refusal(RESULT_MALFORMED_FORM, 400, "invalid_request");
    assert_refusal(RESULT_UNSUPPORTED_MEDIA_TYPE, 400, "invalid_request");
    assert_refusal(RESULT_INVALID_CREDENTIALS, 400, "invalid_grant");
    assert_refusal(RESULT_INVALID_GRANT, 400, "invalid_grant");
    assert_refusal(RESULT_INVALID_SCOPE, 400, "invalid_scope");
    assert_refusal(RESULT_UNSUPPORTED_GRANT_TYPE, 400, "unsupported_grant_type");
    assert_refusal(RESULT_INVALID_CLIENT, 401, "invalid_client");
    assert_refusal(RESULT_MISSING_TOKEN, 401, "invalid_client");
    assert_refusal(RESULT_INVALID_TOKEN, 401, "invalid_token");
    assert_refusal(RESULT_FORBIDDEN, 403, "insufficient_scope");
    assert_refusal(RESULT_METHOD_NOT_ALLOWED, 405, "invalid_request");
    assert_refusal(RESULT_BODY_TOO_LARGE, 413, "invalid_request");
    assert_refusal(RESULT_INTERNAL, 500, "server_error");
}

/* What says nothing about a token never says that it is not good (CHECKLIST E13). */
static void test_no_verdict_where_there_is_none(void **state)
{
    for (int i = 0; i < RESULT_COUNT; i++) {
        enum result result = (enum result)i;
        int status = result_status(result);

        if (status == 429 || status == 503) {
            assert_int_equal(style_oauth.status(result), status);
            assert_string_equal(style_oauth.word(result), "temporarily_unavailable");
        }
    }
}

/* error_description: %x20-21 / %x23-5B / %x5D-7E. */
static void assert_plain(struct view body)
{
    for (size_t i = 0; i < body.len; i++) {
        assert_true(body.at[i] >= ' ' && body.at[i] <= '~' && body.at[i] != '\\');
    }
}

static void test_every_result(void **state)
{
    for (int i = 0; i < RESULT_COUNT; i++) {
        enum result result = (enum result)i;

        if (!result_is_good(result)) {
            struct reply reply = refused(result, VIEW(""), NULL);

            assert_true(reply.status >= 400 && reply.status != 415 && reply.status != 422);
            assert_plain(reply.body);
            assert_non_null(style_oauth.schema_of(reply.status));
        }
    }
}

static void test_descriptions(void **state)
{
    struct faults faults = {.count = 0};
    char longest[2000];

    assert_view(refused(RESULT_BAD_REQUEST, VIEW("a\"b\\c\r\n\xC3\xA4\x7f"), NULL).body,
                "{\"error\":\"invalid_request\",\"error_description\":\"a'b?c?????\"}");
    faults_add(&faults, "username", "missing", VIEW("It is \"needed\"."));
    faults_add(&faults, "password", "missing", VIEW("Not said."));
    assert_view(refused(RESULT_INVALID, VIEW("x"), &faults).body,
                "{\"error\":\"invalid_request\",\"error_description\":"
                "\"username: It is 'needed'.\"}");
    /* Of faults only with INVALID. */
    assert_view(refused(RESULT_BUSY, VIEW("x"), &faults).body,
                "{\"error\":\"temporarily_unavailable\",\"error_description\":\"x\"}");
    memset(longest, 'x', sizeof longest);
    assert_true(refused(RESULT_BUSY, view_make(longest, sizeof longest), NULL).body.len < 600);
}

static void test_where_it_is_spoken(void **state)
{
    static const char *const its[] = {"/oauth", "/oauth/", "/oauth/token", "/oauth/x/y"};
    static const char *const others[] = {"/", "/oauthx", "/v1/oauth/token", "/OAuth/token", ""};

    for (size_t i = 0; i < ARRAY_LEN(its); i++) {
        assert_true(style_oauth_owns(view_of(its[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_false(style_oauth_owns(view_of(others[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_no_verdict_where_there_is_none),
        cmocka_unit_test(test_every_result),
        cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_where_it_is_spoken),
    };
    return cmocka_run_group_tests_name("style_oauth", tests, setup, teardown);
}
