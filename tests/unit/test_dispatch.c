/* The way of a request from router to encoder, on a real service, without a socket. */
#include "dispatch_bench.h"

static int setup_bare(void **state)
{
    return setup_with(false, false);
}

static int setup_metrics_only(void **state)
{
    return setup_with(true, true);
}

/* --- routing ---------------------------------------------------------------------------------- */

static void test_unrouted(void **state)
{
    assert_int_equal(STATUS("GET", "/nothing"), 404);
    assert_int_equal(STATUS("BREW", "/nothing"), 404);
    assert_int_equal(STATUS("PUT", "/v1/users/me"), 405);
    check_header("Allow", "GET, HEAD, OPTIONS, PATCH");
    assert_int_equal(STATUS("BREW", "/v1/users/me"), 405);
    assert_int_equal(STATUS("GET", "/v1/users/%ff", &admin), 400);
    assert_int_equal(STATUS("OPTIONS", "/v1/auth/login"), 204);
    check_header("Allow", "OPTIONS, POST");
    assert_int_equal(STATUS("HEAD", "/health/live"), 200);
    assert_int_equal(STATUS("GET", "/health/live?x=1"), 200);
}

static void test_cors(void **state)
{
    assert_int_equal(
        STATUS("OPTIONS", "/v1/users/me", .name = "Origin", .value = "https://app.example"), 204);
    check_header("Access-Control-Allow-Origin", "https://app.example");
    assert_int_equal(
        STATUS("GET", "/v1/users/me", .name = "Origin", .value = "https://app.example"), 401);
    check_header("Access-Control-Allow-Origin", "https://app.example");
    assert_int_equal(STATUS("GET", "/health/live", .name = "Origin", .value = "null"), 200);
    check_header("Access-Control-Allow-Origin", NULL);
    check_header("Vary", "Origin");
}

static void test_docs(void **state)
{
    assert_int_equal(STATUS("GET", "/"), 303);
    check_header("Location", "/docs");
    assert_int_equal(STATUS("GET", "/docs"), 200);
    assert_int_equal(STATUS("GET", "/docs", .name = "Accept-Encoding", .value = "identity"), 406);
    assert_int_equal(STATUS("GET", "/docs/documents.json"), 200);
    assert_int_equal(STATUS("GET", "/openapi.json"), 200);
    const char *etag = arena_copy(&f.arena, reply_get_header(&reply, "ETag"));
    assert_int_equal(STATUS("GET", "/openapi.json", .name = "If-None-Match", .value = etag), 304);
    assert_int_equal(reply.body.len, 0);
}

static void test_without_docs(void **state)
{
    assert_int_equal(STATUS("GET", "/"), 404);
    assert_int_equal(STATUS("GET", "/docs"), 404);
    assert_int_equal(STATUS("GET", "/metrics"), 404);
    assert_int_equal(STATUS("GET", "/openapi/native.json"), 200);
    assert_false(body_has("/metrics"));
}

static void test_metrics_only(void **state)
{
    assert_int_equal(STATUS("GET", "/v1/users/me", &user), 404);
    assert_int_equal(STATUS("GET", "/docs"), 404);
}

/* --- the gate --------------------------------------------------------------------------------- */

/* CHECKLIST T21, T22. */
static void test_challenges(void **state)
{
    assert_int_equal(STATUS("GET", "/v1/users/me"), 401);
    check_header("WWW-Authenticate", "Bearer");
    assert_int_equal(STATUS("GET", "/v1/users/me", .name = "Authorization", .value = "Basic Og=="),
                     401);
    check_header("WWW-Authenticate", "Bearer");
    assert_int_equal(STATUS("GET", "/v1/users/me", .name = "Authorization", .value = "Bearer x"),
                     401);
    check_header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    assert_int_equal(STATUS("GET", "/v1/users/me?access_token=x"), 401);
    assert_int_equal(STATUS("GET", "/v1/users/me?access_token=x", &user), 200);
    assert_int_equal(STATUS("GET", "/v1/users", &user), 403);
    check_header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"users:read\"");
    assert_true(body_has("users:read"));
    assert_int_equal(STATUS("POST", "/v1/auth/login", NULL,
                            "{\"username\":\"alice\",\"password\":\"wrong one\"}"),
                     401);
    check_header("WWW-Authenticate", "Bearer");
    check_header("Retry-After", NULL);
}

/* CHECKLIST A02: what is not one's own looks like what is not there. */
static void test_self_by_every_key(void **state)
{
    char id[ID_TEXT_SIZE];
    id_format(&user.user.id, id);
    const char *own = arena_format(&f.arena, "/v1/users/%s%c", id, 0).at;
    static const char *const others[] = {"/v1/users/2", "/v1/users/root", "/v1/users/nobody",
                                         "/v1/users/999",
                                         "/v1/users/01a1fc2d-8048-7c46-ba5b-5cbd67683ce8"};
    assert_int_equal(STATUS("GET", own, &user), 200);
    assert_int_equal(STATUS("GET", "/v1/users/1", &user), 200);
    assert_int_equal(STATUS("GET", "/v1/users/ALICE", &user), 200);
    assert_int_equal(STATUS("PATCH", "/v1/users/alice", &user, "{\"age\":7}"), 200);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_int_equal(STATUS("GET", others[i], &user), 403);
        assert_int_equal(STATUS("PATCH", others[i], &user, "{\"age\":7}"), 403);
        assert_int_equal(STATUS("DELETE", others[i], &user), 403);
    }
    assert_int_equal(STATUS("DELETE", "/v1/users/1", &user), 403);
    /* No permission comes before what is wrong with the body. */
    assert_int_equal(STATUS("PATCH", "/v1/users/root", &user, "{"), 403);
    assert_int_equal(STATUS("GET", "/v1/users/nobody", &admin), 404);
    /* The handler's own refusal is no lack of scope. */
    assert_int_equal(STATUS("PATCH", "/v1/users/alice", &user, "{\"status\":\"disabled\"}"), 403);
    check_header("WWW-Authenticate", NULL);
}

/* The rule for owners, by every key of the thing; others get one refusal for all keys. */
static void test_owner_by_every_key(void **state)
{
    static const char *const others[] = {"/v1/products/1", "/v1/products/999", "/v1/products/x",
                                         "/v1/products/01a1fc2d-8048-7c46-ba5b-5cbd67683ce8"};
    assert_int_equal(STATUS("POST", "/v1/products", &user, "{\"name\":\"a\",\"price\":\"1\"}"),
                     201);
    assert_int_equal(STATUS("PATCH", "/v1/products/1", &user, "{\"price\":\"2\"}"), 200);
    check_header("ETag", "\"2\"");
    assert_int_equal(STATUS("PATCH", "/v1/products/1", &user, "{\"price\":2}"), 422);
    struct auth_grant other = service_fixture_signup(&f, "bob");
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_int_equal(STATUS("PATCH", others[i], &other, "{"), 403);
        check_header("WWW-Authenticate",
                     "Bearer error=\"insufficient_scope\", scope=\"products:update\"");
        assert_int_equal(STATUS("DELETE", others[i], &other), 403);
    }
    assert_int_equal(
        STATUS("PATCH", "/v1/products/1", &user, "{}", .name = "If-Match", .value = "\"1\""), 412);
    assert_int_equal(STATUS("DELETE", "/v1/products/999", &admin), 404);
    assert_int_equal(STATUS("DELETE", "/v1/products/1", &user), 204);
}

/* Links keep filters and order, and nothing that would end them early. */
static void test_links_keep_the_query(void **state)
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            STATUS("POST", "/v1/products", &user, "{\"name\":\"a>b\",\"price\":\"1\"}"), 201);
    }
    assert_int_equal(
        STATUS("GET", "/v1/products?q=a>&access_token=t&limit=1&sort=-price&offset=1", &user), 200);
    check_header("Link", "</v1/products?limit=1&q=a%3E&sort=-price&offset=0>; rel=\"first\", "
                         "</v1/products?limit=1&q=a%3E&sort=-price&offset=2>; rel=\"next\", "
                         "</v1/products?limit=1&q=a%3E&sort=-price&offset=0>; rel=\"prev\", "
                         "</v1/products?limit=1&q=a%3E&sort=-price&offset=2>; rel=\"last\"");
    assert_int_equal(STATUS("GET", "/v1/products?count=false&limit=3", &user), 200);
    check_header("X-Total-Count", NULL);
    check_header("Link", "</v1/products?limit=3&count=false>; rel=\"first\"");
    assert_true(body_has("\"total\":null"));
}

/* --- calls that wait for a lane --------------------------------------------------------------- */

/* Rights are those of the moment a call runs, not of the moment it came. */
static void test_the_gate_looks_again(void **state)
{
    static const char backdoor[] = "{\"username\":\"backdoor\",\"password\":\"tidy-Otter-41\"}";
    struct auth_grant other = service_fixture_admin(&f, "other");
    struct auth_grant gone = service_fixture_admin(&f, "gone");
    struct request *by_demoted = QUEUE("POST", "/v1/users", &other, backdoor);
    struct request *own = QUEUE("PATCH", "/v1/users/other", &other, "{\"age\":7}");
    struct request *by_deleted = QUEUE("POST", "/v1/users", &gone, backdoor);
    struct request *by_logged_out = QUEUE("PATCH", "/v1/users/alice", &user, "{\"age\":7}");
    struct request *log_out = QUEUE("POST", "/v1/auth/logout", &user);

    demote("other");
    assert_int_equal(run(QUEUE("DELETE", "/v1/users/gone", &admin)), 204);
    assert_int_equal(run(QUEUE("POST", "/v1/auth/logout", &user)), 204);

    assert_int_equal(run(by_demoted), 403);
    check_header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"users:create\"");
    assert_int_equal(run(own), 200);
    assert_int_equal(run(by_deleted), 401);
    check_header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    assert_int_equal(run(by_logged_out), 401);
    assert_int_equal(run(log_out), 204);
    assert_int_equal(run(QUEUE("GET", "/v1/users/backdoor", &admin)), 404);
}

/* A role that grants the deletion of users, and for good or not, held by "bob" alone. */
static struct role make_keeper(void)
{
    static const struct view permissions[] = {VIEW_INIT("users:delete"), VIEW_INIT("users:purge"),
                                              VIEW_INIT("products:*")};
    const struct role_draft draft = {.id = id_new(FIXTURE_START_MS),
                                     .name = VIEW("keeper"),
                                     .permissions = permissions,
                                     .permission_count = 3,
                                     .now_ms = FIXTURE_START_MS};
    struct role role;
    assert_int_equal(store_role_create(f.handle, &draft, &f.arena, &role), RESULT_OK);
    (void)service_fixture_signup(&f, "bob");
    assert_int_equal(run(QUEUE("PUT", "/v1/users/bob/roles", &admin, "{\"roles\":[\"keeper\"]}")),
                     200);
    return role;
}

/* The role grants the first of its permissions only, which acts with the next reading of the feed.
 */
static void weaken(const struct role *role)
{
    const struct role_patch patch = {
        .permissions = (const struct view[]){VIEW("users:delete"), VIEW("products:*")},
        .permission_count = 2,
        .if_version = role->version,
        .now_ms = FIXTURE_START_MS};
    struct role after;
    assert_int_equal(store_role_update(f.handle, &role->id, &patch, &f.arena, &after), RESULT_OK);
    assert_int_equal(run(QUEUE("PATCH", "/v1/users/root", &admin, "{\"age\":40}")), 200);
}

/* Refused before it takes a place in a queue. */
static void check_refused(const char *target, const struct auth_grant *who, const char *missing)
{
    assert_null(QUEUE("DELETE", target, who));
    assert_int_equal(reply.status, 403);
    check_header(
        "WWW-Authenticate",
        arena_format(&f.arena, "Bearer error=\"insufficient_scope\", scope=\"%s\"", missing).at);
}

/* What a flag of the query asks for needs its own permission, also when the call runs. */
static void test_the_gate_of_a_flag(void **state)
{
    static const char nobody[] = "/v1/users/nobody?permanent=true";
    struct role role = make_keeper();
    struct auth_grant bob;
    assert_int_equal(service_fixture_login(&f, "bob", FIXTURE_PASSWORD, &bob), RESULT_OK);
    check_refused(nobody, &user, "users:delete");
    assert_int_equal(run(QUEUE("DELETE", nobody, &bob)), 404);
    struct request *waiting = QUEUE("DELETE", "/v1/users/alice?permanent=true", &bob);
    weaken(&role);
    assert_int_equal(run(waiting), 403);
    check_header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"users:purge\"");
    assert_true(body_has("The permission users:purge is needed."));
    check_refused(nobody, &bob, "users:purge");
    assert_int_equal(run(QUEUE("DELETE", "/v1/users/nobody?permanent=false", &bob)), 404);
    assert_int_equal(run(QUEUE("DELETE", "/v1/users/alice?permanent=true", &admin)), 204);
}

/* One's own name is resolved once: whoever has it afterwards is not the one meant. */
static void test_self_is_settled_by_the_gate(void **state)
{
    struct request *request = QUEUE("GET", "/v1/users/alice", &user);
    char id[ID_TEXT_SIZE];
    id_format(&user.user.id, id);
    assert_int_equal(run(request), 200);
    assert_true(view_is(request->params[0], id));
}

/* One address has at most half of the hash lane, and pays no rate for what was not tried. */
static void test_share_of_the_hash_lane(void **state)
{
    static const char login[] = "{\"username\":\"alice\",\"password\":\"tidy-Otter-41\"}";
    struct request *waiting[CAPACITY / 2];
    for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
        waiting[i] = QUEUE("POST", "/v1/auth/login", NULL, login);
        assert_non_null(waiting[i]);
    }
    for (int i = 0; i < 300; i++) {
        assert_null(QUEUE("POST", "/v1/auth/login", NULL, login));
        assert_int_equal(reply.status, 503);
        check_header("Retry-After", "1");
    }
    /* Other lanes are not counted. */
    assert_int_equal(run(QUEUE("GET", "/v1/users/me", &user)), 200);
    assert_int_equal(run(waiting[0]), 200);
    assert_int_equal(turn_away(waiting[1]), 503);
    assert_non_null(QUEUE("POST", "/v1/auth/login", NULL, login));
    assert_non_null(QUEUE("POST", "/v1/auth/login", NULL, login));
    assert_null(QUEUE("POST", "/v1/auth/login", NULL, login));
    assert_int_equal(reply.status, 503);
}

static void test_busy_costs_no_rate(void **state)
{
    static const char change[] =
        "{\"current_password\":\"tidy-Otter-41\",\"new_password\":\"tidy-Otter-42\"}";
    for (int i = 0; i < 40; i++) {
        struct request *request = QUEUE("POST", "/v1/auth/password", &user, change);
        assert_non_null(request);
        assert_int_equal(turn_away(request), 503);
    }
}

/* Changing one's own password over and over is no way to keep the hash workers busy. */
static void test_rate_of_password_changes(void **state)
{
    static const char change[] =
        "{\"current_password\":\"tidy-Otter-41\",\"new_password\":\"tidy-Otter-41\"}";
    for (int i = 0; i < 10; i++) {
        assert_int_equal(run(QUEUE("POST", "/v1/auth/password", &user, change)), 204);
    }
    assert_null(QUEUE("POST", "/v1/auth/password", &user, change));
    assert_int_equal(reply.status, 429);
    assert_true(body_has("rate_limited"));
    check_header("Retry-After", "5");
}

/* Every row: a caller without a token is refused exactly where the row says so, before anything is
 * decoded. */
static void test_nobody_passes_no_guard(void **state)
{
    for (size_t i = 0; i < routes_native.group_count; i++) {
        const struct row_group *group = routes_native.groups[i];
        for (size_t j = 0; j < group->count && group != &routes_metrics; j++) {
            const struct row *row = &group->rows[j];
            int status = STATUS(http_method_name(row->method), row->path, NULL, "{");
            bool anybody = row->auth == ROW_PUBLIC || row->auth == ROW_CLIENT_OPTIONAL;
            assert_int_equal(status == 401, !anybody);
        }
    }
}

/* --- bodies ----------------------------------------------------------------------------------- */

/* CHECKLIST J11. */
static void test_media_types(void **state)
{
    static const char body[] = "{\"username\":\"alice\",\"password\":\"tidy-Otter-41\"}";
    static const struct {
        const char *type;
        int status;
    } cases[] = {
        {"application/json", 200},
        {"Application/JSON; charset=UTF-8", 200},
        {"application/json; charset=utf-16", 415},
        {"text/plain", 415},
        {"application/x-www-form-urlencoded; charset=latin1", 415},
        {"multipart/form-data; boundary=x", 415},
        {no_type, 415},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(STATUS("POST", "/v1/auth/login", NULL, body, cases[i].type),
                         cases[i].status);
    }
    assert_int_equal(
        STATUS("POST", "/v1/auth/login", NULL, body, .name = "Content-Encoding", .value = "gzip"),
        415);
    assert_int_equal(STATUS("POST", "/v1/auth/login"), 400);
    /* A form goes only where the row takes forms. */
    assert_int_equal(STATUS("POST", "/v1/auth/signup", NULL, "username=bob&password=tidy-Otter-41",
                            "application/x-www-form-urlencoded"),
                     415);
}

static void test_oauth2_password_form(void **state)
{
    static const char type[] = "application/x-www-form-urlencoded";
    assert_int_equal(STATUS("POST", "/v1/auth/login", NULL,
                            "grant_type=password&username=alice%40example.com&password="
                            "tidy-Otter-41&scope=&client_id=&client_secret=",
                            type, "Authorization", "Basic Og=="),
                     200);
    assert_true(body_has("\"token_type\":\"bearer\""));
    assert_int_equal(STATUS("POST", "/v1/auth/login", NULL,
                            "grant_type=implicit&username=alice&password=x", type),
                     422);
}

/* A form comes from any site's page: with a cookie, a visitor would be logged in as somebody else.
 */
static void test_no_cookie_for_a_form(void **state)
{
    static const char type[] = "application/x-www-form-urlencoded";
    static const char form[] = "username=alice&password=tidy-Otter-41";
    assert_int_equal(STATUS("POST", "/v1/auth/login?cookie=true", NULL, form, type), 422);
    check_header("Set-Cookie", NULL);
    assert_true(body_has("[\"query\",\"cookie\"]"));
    assert_int_equal(STATUS("POST", "/v1/auth/login?cookie=true", NULL, "username=alice", type),
                     422);
    assert_true(body_has("[\"query\",\"cookie\"]"));
    assert_true(body_has("[\"body\",\"password\"]"));
    assert_int_equal(STATUS("POST", "/v1/auth/login?cookie=false", NULL, form, type), 200);
    check_header("Set-Cookie", NULL);
}

static void test_faults_of_query_and_body_together(void **state)
{
    assert_int_equal(STATUS("POST", "/v1/auth/login?x=1", NULL, "{\"password\":1}"), 422);
    assert_true(body_has("[\"query\",\"x\"]"));
    assert_true(body_has("[\"body\",\"password\"]"));
    assert_true(body_has("[\"body\",\"username\"]"));
}

/* CHECKLIST A03: what is not one's own to say is refused. */
static void test_mass_assignment(void **state)
{
    static const char *const names[] = {"roles",      "role",   "is_admin",       "permissions",
                                        "id",         "status", "email_verified", "password_hash",
                                        "created_at", "number"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *body =
            arena_format(&f.arena, "{\"username\":\"bob\",\"%s\":null}%c", names[i], 0).at;
        assert_int_equal(STATUS("PATCH", "/v1/users/me", &user, body), 422);
        assert_true(body_has("unknown_field"));
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

static void test_list_headers(void **state)
{
    assert_int_equal(STATUS("GET", "/v1/users?limit=1&offset=0", &admin), 200);
    check_header("X-Total-Count", "2");
    check_header("Link", "</v1/users?limit=1&offset=0>; rel=\"first\", "
                         "</v1/users?limit=1&offset=1>; rel=\"next\", "
                         "</v1/users?limit=1&offset=1>; rel=\"last\"");
    assert_int_equal(STATUS("GET", "/v1/users?limit=1&offset=1", &admin), 200);
    check_header("Link", "</v1/users?limit=1&offset=0>; rel=\"first\", "
                         "</v1/users?limit=1&offset=0>; rel=\"prev\", "
                         "</v1/users?limit=1&offset=1>; rel=\"last\"");
    assert_true(body_has("\"total\":2,\"next_cursor\":null"));
    assert_int_equal(STATUS("GET", "/v1/users?offset=9223372036854775807", &admin), 200);
    assert_true(body_has("\"items\":[]"));
}

static void test_refresh_cookie(void **state)
{
    static const char login[] = "{\"username\":\"alice\",\"password\":\"tidy-Otter-41\"}";
    assert_int_equal(STATUS("POST", "/v1/auth/login", NULL, login), 200);
    check_header("Set-Cookie", NULL);
    assert_int_equal(STATUS("POST", "/v1/auth/login?cookie=true", NULL, login), 200);
    struct view set = reply_get_header(&reply, "Set-Cookie");
    assert_true(view_ends_with(set, VIEW("Path=/; HttpOnly; SameSite=Strict")));
    const char *cookie = arena_copy(&f.arena, view_sub(set, 0, view_find(set, ';', 0)));
    assert_int_equal(STATUS("POST", "/v1/auth/refresh", .name = "Cookie", .value = cookie), 200);
    assert_int_equal(STATUS("POST", "/v1/auth/refresh"), 422);
    assert_int_equal(STATUS("POST", "/v1/auth/refresh", NULL, "{\"refresh_token\":\"x\"}",
                            .name = "Cookie", .value = cookie),
                     401);
    assert_true(body_has("invalid_grant"));
    assert_int_equal(STATUS("POST", "/v1/auth/logout", &user, .name = "Cookie", .value = cookie),
                     204);
    assert_true(view_starts_with(reply_get_header(&reply, "Set-Cookie"),
                                 VIEW("refresh_token=; Max-Age=0")));
    /* A client can always finish. */
    assert_int_equal(STATUS("POST", "/v1/auth/logout", &user), 204);
    assert_int_equal(STATUS("GET", "/v1/users/me", &user), 401);
}

static void test_outage_is_503(void **state)
{
    service_fixture_outage(true);
    assert_int_equal(STATUS("POST", "/v1/auth/login", NULL,
                            "{\"username\":\"alice\",\"password\":\"tidy-Otter-41\"}"),
                     503);
    assert_non_null(reply_get_header(&reply, "Retry-After").at);
    service_fixture_outage(false);
}

/* --- groups ----------------------------------------------------------------------------------- */

static struct request *queue_refresh(struct view token)
{
    const char *body = arena_format(&f.arena, "{\"refresh_token\":\"%.*s\"}", VIEW_ARG(token)).at;
    struct request *request = QUEUE("POST", "/v1/auth/refresh", NULL, body);
    assert_non_null(request);
    return request;
}

/* The refresh token of the last answer, to be used again. */
static struct view answered_token(void)
{
    static const char name[] = "\"refresh_token\":\"";
    const char *at = memmem(reply.body.at, reply.body.len, name, sizeof name - 1);
    assert_non_null(at);
    at += sizeof name - 1;
    return arena_copy_view(&f.arena, view_make(at, strcspn(at, "\"")));
}

static void test_refreshes_share_a_commit(void **state)
{
    struct request *const requests[] = {
        queue_refresh(user.refresh_token), queue_refresh(VIEW("lkr_junk")),
        QUEUE("POST", "/v1/auth/refresh"), queue_refresh(admin.refresh_token),
        queue_refresh(user.refresh_token),
    };
    write_group(requests, ARRAY_LEN(requests));
    assert_int_equal(run(requests[0]), 200);
    struct view successor = answered_token();
    assert_int_equal(run(requests[1]), 401);
    assert_true(body_has("invalid_grant"));
    assert_int_equal(run(requests[2]), 422);
    assert_int_equal(run(requests[3]), 200);
    assert_int_equal(run(requests[4]), 200); /* within the grace: the same */
    assert_true(view_equal(answered_token(), successor));
    struct request *const next[] = {queue_refresh(successor)};
    write_group(next, 1);
    assert_int_equal(run(next[0]), 200);
}

/* The same where the store decides none of them together with others. */
static void test_refreshes_that_are_put_off(void **state)
{
    service_fixture_put_off(true);
    test_refreshes_share_a_commit(state);
}

/* Put off, and then the database is lost: as any refresh whose outcome nobody knows. */
static void test_put_off_and_lost(void **state)
{
    struct request *const requests[] = {queue_refresh(user.refresh_token),
                                        queue_refresh(admin.refresh_token)};
    service_fixture_put_off(true);
    write_group(requests, ARRAY_LEN(requests));
    service_fixture_put_off(false);
    service_fixture_outage(true);
    assert_int_equal(run(requests[0]), 503);
    service_fixture_outage(false);
    assert_int_equal(run(requests[1]), 200);
    service_fixture_forward(&f, 60);
    struct request *const again[] = {queue_refresh(user.refresh_token)};
    write_group(again, 1);
    assert_int_equal(run(again[0]), 200);
}

#define FORM "application/x-www-form-urlencoded"

static struct request *queue_oauth(struct view token, const char *more)
{
    const char *body = arena_format(&f.arena, "grant_type=refresh_token&refresh_token=%.*s%s",
                                    VIEW_ARG(token), more)
                           .at;
    struct request *request = QUEUE("POST", "/oauth/token", NULL, body, FORM);
    assert_non_null(request);
    const struct api_exchange *exchange = request->user;
    assert_int_equal(exchange->lane, ROW_GROUP);
    return request;
}

/* Refreshes of other paths are in the same group. What is wrong besides the token is said before
   the token is exchanged. */
static void test_oauth_refreshes_in_a_group(void **state)
{
    struct request *const requests[] = {
        queue_oauth(user.refresh_token, "&scope=all"),
        queue_refresh(admin.refresh_token),
        queue_oauth(VIEW("lkr_junk"), ""),
        QUEUE("POST", "/oauth/token", NULL, "grant_type=refresh_token", FORM),
    };
    write_group(requests, ARRAY_LEN(requests));
    assert_int_equal(run(requests[0]), 400);
    assert_true(body_has("invalid_scope"));
    assert_int_equal(run(requests[1]), 200);
    assert_int_equal(run(requests[2]), 400);
    assert_true(body_has("invalid_grant"));
    assert_int_equal(run(requests[3]), 400);
    assert_true(body_has("invalid_request"));
    service_fixture_forward(&f, 60);
    struct request *const next[] = {queue_oauth(user.refresh_token, "")};
    write_group(next, 1);
    assert_int_equal(run(next[0]), 200); /* the first one had not exchanged it */
    assert_true(body_has("refresh_token"));
}

/* Nobody is told of what was not committed, and nobody loses a session by it: the same token is
   good later, even when its grace is over. */
static void test_a_group_that_is_not_committed(void **state)
{
    struct request *const requests[] = {queue_refresh(user.refresh_token),
                                        queue_refresh(admin.refresh_token),
                                        queue_refresh(VIEW("lkr_junk"))};
    service_fixture_fail_groups(true);
    write_group(requests, ARRAY_LEN(requests));
    service_fixture_fail_groups(false);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(run(requests[i]), 503);
        assert_true(body_has("store_unavailable"));
    }
    assert_int_equal(run(requests[2]), 401);
    assert_true(body_has("invalid_grant"));
    service_fixture_forward(&f, 60);
    struct request *const again[] = {queue_refresh(user.refresh_token),
                                     queue_refresh(admin.refresh_token)};
    write_group(again, ARRAY_LEN(again));
    assert_int_equal(run(again[0]), 200);
    assert_int_equal(run(again[1]), 200);
    /* It is known now that the first tries did nothing: who comes with the token again has stolen
       it (R01). */
    service_fixture_forward(&f, 31);
    struct request *const reused[] = {queue_refresh(user.refresh_token)};
    write_group(reused, 1);
    assert_int_equal(run(reused[0]), 401);
    assert_int_equal(service_fixture_authenticate(&f, user.access_token), RESULT_INVALID_TOKEN);
}

/* The answer to the first try was lost although its group had been committed. */
static void test_a_group_that_was_committed_after_all(void **state)
{
    struct request *const requests[] = {queue_refresh(user.refresh_token)};
    write_group(requests, 1);
    struct api_exchange *exchange = requests[0]->user;
    exchange->call.refresh->rotating.result = RESULT_STORE_UNAVAILABLE; /* as nobody could know */
    assert_int_equal(run(requests[0]), 503);
    service_fixture_forward(&f, 60); /* longer than the grace */
    struct request *const again[] = {queue_refresh(user.refresh_token)};
    write_group(again, 1);
    assert_int_equal(run(again[0]), 200);
}

/* An old token in a group ends its session, and no other. */
static void test_reuse_in_a_group(void **state)
{
    struct request *const first[] = {queue_refresh(user.refresh_token)};
    write_group(first, 1);
    assert_int_equal(run(first[0]), 200);
    struct view second = answered_token();
    service_fixture_forward(&f, 31);
    struct request *const requests[] = {queue_refresh(user.refresh_token),
                                        queue_refresh(admin.refresh_token), queue_refresh(second)};
    write_group(requests, ARRAY_LEN(requests));
    assert_int_equal(run(requests[0]), 401);
    assert_int_equal(run(requests[1]), 200);
    assert_int_equal(run(requests[2]), 401);
    assert_int_equal(service_fixture_authenticate(&f, user.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, admin.access_token), RESULT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unrouted),
        TEST(test_cors),
        TEST(test_docs),
        cmocka_unit_test_setup_teardown(test_without_docs, setup_bare, teardown),
        cmocka_unit_test_setup_teardown(test_metrics_only, setup_metrics_only, teardown),
        TEST(test_challenges),
        TEST(test_self_by_every_key),
        TEST(test_owner_by_every_key),
        TEST(test_links_keep_the_query),
        QUEUED(test_the_gate_looks_again),
        QUEUED(test_the_gate_of_a_flag),
        QUEUED(test_self_is_settled_by_the_gate),
        QUEUED(test_share_of_the_hash_lane),
        QUEUED(test_busy_costs_no_rate),
        QUEUED(test_rate_of_password_changes),
        TEST(test_no_cookie_for_a_form),
        TEST(test_nobody_passes_no_guard),
        TEST(test_media_types),
        TEST(test_oauth2_password_form),
        TEST(test_faults_of_query_and_body_together),
        TEST(test_mass_assignment),
        TEST(test_list_headers),
        TEST(test_refresh_cookie),
        TEST(test_outage_is_503),
        GROUPED(test_refreshes_share_a_commit),
        GROUPED(test_refreshes_that_are_put_off),
        GROUPED(test_put_off_and_lost),
        GROUPED(test_oauth_refreshes_in_a_group),
        GROUPED(test_a_group_that_is_not_committed),
        GROUPED(test_a_group_that_was_committed_after_all),
        GROUPED(test_reuse_in_a_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
