/* A raw request target, through the guard and the router. */
#include "fuzz.h"

#include <string.h>

#include "base/utf8.h"
#include "http/guard.h"
#include "http/router.h"

static const struct route routes[] = {
    {METHOD_GET, "/v1/users", "list", NULL},
    {METHOD_GET, "/v1/users/me", "me", NULL},
    {METHOD_GET, "/v1/users/{id}", "one", NULL},
    {METHOD_DELETE, "/v1/{a}/{b}/{c}", "three", NULL},
};

static void check_route(struct router *router, struct view path)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct request request = {.method = METHOD_GET, .path = path, .arena = &arena};
    const void *operation = NULL;
    enum router_outcome outcome = router_find(router, &request, &operation);
    FUZZ_CHECK((outcome == ROUTER_FOUND) == (operation != NULL));
    for (size_t i = 0; outcome == ROUTER_FOUND && i < HTTP_PARAMS_MAX; i++) {
        struct view param = request.params[i];
        FUZZ_CHECK(utf8_is_valid(param));
        FUZZ_CHECK(param.len == 0 || memchr(param.at, '\0', param.len) == NULL);
    }
    /* A literal route never answers under another name. */
    FUZZ_CHECK(operation != routes[1].operation || view_is(path, "/v1/users/me") ||
               view_is(path, "/v1/users/me/"));
    (void)router_allow(router, &request);
    arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct router *router;
    char message[100];
    if (router == NULL) {
        router = router_new(routes, ARRAY_LEN(routes), message, sizeof message);
        FUZZ_CHECK(router != NULL);
    }
    struct guard_target target;
    struct guard_verdict verdict = guard_target(view_make(data, size), &target);
    if (verdict.result != RESULT_OK) {
        FUZZ_CHECK(verdict.detail != NULL);
        return 0;
    }
    FUZZ_CHECK(target.path.len > 0 && (target.path.at[0] == '/' || view_is(target.path, "*")));
    FUZZ_CHECK(size <= GUARD_TARGET_MAX_BYTES);
    for (size_t i = 0; i + 1 < target.path.len; i++) {
        FUZZ_CHECK(memcmp(target.path.at + i, "//", 2) != 0);
    }
    check_route(router, target.path);
    return 0;
}
