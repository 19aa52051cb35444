#include "unit.h"

#include "http/router.h"

static const struct route routes[] = {
    {METHOD_GET, "/", "root", NULL},
    {METHOD_GET, "/v1/users", "list", NULL},
    {METHOD_POST, "/v1/users", "create", NULL},
    {METHOD_GET, "/v1/users/me", "me", NULL},
    {METHOD_GET, "/v1/users/{id}", "read", NULL},
    {METHOD_DELETE, "/v1/users/{id}", "delete", NULL},
    {METHOD_GET, "/v1/users/{id}/sessions/", "sessions", NULL},
    {METHOD_PATCH, "/v1/{kind}/{id}/x", "deep", NULL},
};

struct fixture {
    struct router *router;
    struct arena arena;
};

static int setup(void **state)
{
    static struct fixture fixture;
    char message[200];
    arena_init(&fixture.arena, 0);
    fixture.router = router_new(routes, ARRAY_LEN(routes), message, sizeof message);
    *state = &fixture;
    return fixture.router == NULL;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    router_free(fixture->router);
    arena_clear(&fixture->arena);
    return 0;
}

static enum router_outcome find(struct fixture *f, enum http_method method, struct view path,
                                struct request *request, const void **operation)
{
    *request = (struct request){.method = method, .path = path, .arena = &f->arena};
    *operation = NULL;
    return router_find(f->router, request, operation);
}

static void test_finds(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        enum router_outcome outcome;
        const char *operation;
    } rows[] = {
        {METHOD_GET, "/", ROUTER_FOUND, "root"},
        {METHOD_HEAD, "/", ROUTER_FOUND, "root"},
        {METHOD_POST, "/v1/users", ROUTER_FOUND, "create"},
        {METHOD_GET, "/v1/users/me", ROUTER_FOUND, "me"},
        {METHOD_GET, "/v1/users/mee", ROUTER_FOUND, "read"},
        {METHOD_GET, "/v1/users/me/sessions", ROUTER_FOUND, "sessions"},
        {METHOD_PATCH, "/v1/users/me/x", ROUTER_FOUND, "deep"},
        {METHOD_DELETE, "/v1/users/me", ROUTER_NO_METHOD, NULL},
        {METHOD_PUT, "/v1/users/7", ROUTER_NO_METHOD, NULL},
        {METHOD_UNKNOWN, "/v1/users", ROUTER_NO_METHOD, NULL},
        {METHOD_OPTIONS, "/v1/users", ROUTER_OPTIONS, NULL},
        {METHOD_OPTIONS, "*", ROUTER_OPTIONS, NULL},
        {METHOD_OPTIONS, "/nowhere", ROUTER_NO_PATH, NULL},
        {METHOD_GET, "/v1", ROUTER_NO_PATH, NULL},
        {METHOD_GET, "/V1/users", ROUTER_NO_PATH, NULL},
        {METHOD_GET, "/v1/us%65rs", ROUTER_NO_PATH, NULL},
        {METHOD_GET, "/v1/users/a/b/c/d/e/f", ROUTER_NO_PATH, NULL},
        {METHOD_GET, "/v1/users/%ff", ROUTER_BAD_PATH, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct request request;
        const void *operation;
        enum router_outcome outcome =
            find(*state, rows[i].method, view_of(rows[i].path), &request, &operation);
        if (outcome != rows[i].outcome ||
            (rows[i].operation != NULL && strcmp(operation, rows[i].operation) != 0))
            fail_msg("row %zu: %d", i, (int)outcome);
    }
}

static void test_params_are_decoded(void **state)
{
    struct request request;
    const void *operation;
    assert_int_equal(
        find(*state, METHOD_PATCH, VIEW("/v1/a%20b/%C3%A4%2F/x"), &request, &operation),
        ROUTER_FOUND);
    assert_view(request.params[0], "a b");
    assert_view(request.params[1], "\xC3\xA4/");
    assert_null(request.params[2].at);
}

static void test_allow(void **state)
{
    struct request request;
    const void *operation;
    struct fixture *f = *state;
    (void)!find(f, METHOD_PUT, VIEW("/v1/users/7"), &request, &operation);
    assert_view(router_allow(f->router, &request), "DELETE, GET, HEAD, OPTIONS");
    (void)!find(f, METHOD_PUT, VIEW("/v1/a/b/x"), &request, &operation);
    assert_view(router_allow(f->router, &request), "OPTIONS, PATCH");
    (void)!find(f, METHOD_PUT, VIEW("/nowhere"), &request, &operation);
    assert_view(router_allow(f->router, &request), "");
    (void)!find(f, METHOD_OPTIONS, VIEW("*"), &request, &operation);
    assert_view(router_allow(f->router, &request), "DELETE, GET, HEAD, OPTIONS, PATCH, POST");
}

static void assert_refused(const struct route *rows, size_t count, const char *message_part)
{
    char message[200] = "";
    assert_null(router_new(rows, count, message, sizeof message));
    if (strstr(message, message_part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", message, message_part);
}

static void test_clashes_are_named(void **state)
{
    static const struct route clash[] = {{METHOD_GET, "/a/{x}/", "1", NULL},
                                         {METHOD_GET, "/a/{y}", "2", NULL}};
    assert_refused(clash, 2, "GET /a/{x}/ and /a/{y}");
}

static void test_clashes_name_whose_they_are(void **state)
{
    static const struct route clash[] = {{METHOD_POST, "/login", "1", "one"},
                                         {METHOD_POST, "/login", "2", "two"}};
    assert_refused(clash, 2, "POST /login of one and /login of two");
}

static void test_malformed_routes(void **state)
{
    static const struct route malformed[] = {
        {METHOD_GET, "a", "", NULL},      {METHOD_GET, "/a//b", "", NULL},
        {METHOD_GET, "/a{b}", "", NULL},  {METHOD_GET, "/{}", "", NULL},
        {METHOD_GET, NULL, "", NULL},     {METHOD_GET, "/{a}/{b}/{c}/{d}/{e}", "", NULL},
        {METHOD_HEAD, "/a", "", NULL},    {METHOD_OPTIONS, "/", "", NULL},
        {METHOD_UNKNOWN, "/a", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(malformed); i++)
        assert_refused(&malformed[i], 1, "malformed route");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds),
        cmocka_unit_test(test_params_are_decoded),
        cmocka_unit_test(test_allow),
        cmocka_unit_test(test_clashes_are_named),
        cmocka_unit_test(test_clashes_name_whose_they_are),
        cmocka_unit_test(test_malformed_routes),
    };
    return cmocka_run_group_tests_name("router", tests, setup, teardown);
}
