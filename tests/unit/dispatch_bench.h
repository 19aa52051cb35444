/* The API on a real service, without a socket: asking it, and what it answered. For one test
   program each. */
#ifndef LATCHKEY_TESTS_DISPATCH_BENCH_H
#define LATCHKEY_TESTS_DISPATCH_BENCH_H

#include "service_fixture.h"

#include <stdio.h>

#include "api/api.h"
#include "api/context.h"
#include "api/routes.h"

static struct service_fixture f;
static struct api *api;
static struct lane *lane;              /* NULL: everything runs at once */
static struct lane *groups;            /* NULL: no groups */
static const struct api_mount *mounts; /* beside the native API; NULL: none */
static size_t mount_count;
static struct auth_grant user;  /* "alice", number 1 */
static struct auth_grant admin; /* "root", number 2 */
static struct reply reply;      /* the last one */

static inline void switch_limits_on(struct service_options *options)
{
    options->rate_limit = true;
}

static inline int setup_with(bool docs, bool metrics_only)
{
    static const struct view origins[] = {{"https://app.example", 19}};
    service_fixture_open(&f, lane != NULL ? switch_limits_on : NULL);
    const struct api_options options = {
        .mounts = mounts,
        .mount_count = mount_count,
        .service = f.service,
        .store = f.store,
        .store_lane = lane,
        .hash_lane = lane,
        .group_lane = groups,
        .cors = {.origins = origins, .count = 1},
        .docs = docs,
        .metrics_only = metrics_only,
    };
    char message[200] = "";
    api = api_new(&options, message, sizeof message);
    assert_string_equal(message, "");
    assert_non_null(api);
    user = service_fixture_signup(&f, "alice");
    admin = service_fixture_admin(&f, "root");
    return 0;
}

static inline int setup(void **state)
{
    return setup_with(true, false);
}

#define CAPACITY 16

/* Calls wait until the test lets them run: none is ever put on the lane. With RATE_LIMIT. */
static inline int setup_lanes(void **state)
{
    const struct lane_options options = {.name = "test", .workers = 1, .capacity = CAPACITY};
    lane = lane_new(&options);
    return lane != NULL ? setup_with(true, false) : -1;
}

/* The same, with a lane for groups. */
static inline int setup_groups(void **state)
{
    const struct lane_options options = {
        .name = "groups", .workers = 1, .capacity = CAPACITY, .batch = HTTP_GROUP_MAX};
    groups = lane_new(&options);
    return groups != NULL ? setup_lanes(state) : -1;
}

static inline int teardown(void **state)
{
    api_free(api);
    lane_free(groups);
    lane_free(lane);
    groups = lane = NULL;
    service_fixture_close(&f);
    return 0;
}

/* --- asking ----------------------------------------------------------------------------------- */

struct ask {
    const char *method;
    const char *target;
    const struct auth_grant *who; /* NULL: nobody */
    const char *body;             /* NULL: none; JSON unless type says otherwise */
    const char *type;
    const char *name; /* of one more header, NULL: none */
    const char *value;
    bool end; /* lets STATUS leave the rest out */
};

static const char *const no_type = "";

static inline size_t add_headers(const struct ask *ask, struct http_header headers[4])
{
    size_t count = 0;
    if (ask->who != NULL) {
        headers[count++] = (struct http_header){
            VIEW("Authorization"),
            arena_format(&f.arena, "Bearer %.*s", VIEW_ARG(ask->who->access_token))};
    }
    if (ask->body != NULL && ask->type != no_type) {
        const char *type = ask->type != NULL ? ask->type : "application/json";
        headers[count++] = (struct http_header){VIEW("Content-Type"), view_of(type)};
    }
    if (ask->name != NULL) {
        headers[count++] = (struct http_header){view_of(ask->name), view_of(ask->value)};
    }
    return count;
}

static inline struct request *request_of(const struct ask *ask)
{
    struct request *request = arena_take(&f.arena, sizeof *request);
    struct http_header *headers = arena_take_array(&f.arena, 4, sizeof *headers);
    struct view target = view_of(ask->target);
    size_t path_len = view_find(target, '?', 0);
    assert_non_null(request);
    assert_non_null(headers);
    *request = (struct request){
        .method = http_method_of(view_of(ask->method)),
        .target = target,
        .path = view_sub(target, 0, path_len),
        .query = view_sub(target, path_len + 1, SIZE_MAX),
        .headers = headers,
        .header_count = add_headers(ask, headers),
        .body = view_of(ask->body),
        .address = FIXTURE_ADDRESS,
        .arena = &f.arena,
    };
    return request;
}

static inline int finish(struct request *request)
{
    struct http_app app = api_app(api);
    app.finished(app.context, request, &reply, 1);
    return reply.status;
}

static inline int answer_to(const struct ask *ask)
{
    struct request *request = request_of(ask);
    struct http_app app = api_app(api);
    struct lane *taken = NULL;
    reply = (struct reply){.status = 0};
    /* Without lanes everything runs at once, with this thread's handle. */
    assert_int_equal(app.admit(app.context, request, &reply, f.handle, &taken), HTTP_DONE);
    return finish(request);
}

/* A call that has been let in and waits for its lane. */
static inline struct request *queue(const struct ask *ask)
{
    struct request *request = request_of(ask);
    struct http_app app = api_app(api);
    struct lane *taken = NULL;
    struct reply *waiting = arena_take(&f.arena, sizeof *waiting);
    assert_non_null(waiting);
    enum http_step step = app.admit(app.context, request, waiting, NULL, &taken);
    if (step != HTTP_DONE) {
        assert_ptr_equal(taken, step == HTTP_GROUP ? groups : lane);
        return request;
    }
    reply = *waiting;
    reply = *waiting;
    (void)finish(request);
    return NULL;
}

/* Its turn has come. */
static inline int run(struct request *request)
{
    struct http_app app = api_app(api);
    reply = (struct reply){.status = 0};
    assert_non_null(request);
    app.run(app.context, request, &reply, f.handle);
    return finish(request);
}

/* The turn of several has come that share one commit: each is to be run after it. */
static inline void write_group(struct request *const *requests, size_t count)
{
    struct http_app app = api_app(api);
    assert_ptr_equal(app.write(app.context, requests, count, f.handle), lane);
}

/* Its lane was full. */
static inline int turn_away(struct request *request)
{
    struct http_app app = api_app(api);
    struct api_exchange *exchange = request->user;
    reply = (struct reply){.status = 0};
    exchange->call.reply = &reply;
    app.busy(app.context, request, &reply);
    return finish(request);
}

static inline void check_header(const char *name, const char *value)
{
    struct view found = reply_get_header(&reply, name);
    if (value == NULL ? found.at != NULL : !view_is(found, value)) {
        fail_msg("%s: %.*s", name, VIEW_ARG(found));
    }
}

static inline bool body_has(const char *text)
{
    return memmem(reply.body.at, reply.body.len, text, strlen(text)) != NULL;
}

#define QUEUE(...) queue(&(struct ask){__VA_ARGS__, .end = true})
#define STATUS(...) answer_to(&(struct ask){__VA_ARGS__, .end = true})

/* Only the role `user` is left to them. */
static inline void demote(const char *username)
{
    static const struct view roles[] = {{"user", 4}};
    struct users_input input = {.mask = USER_FIELD_ROLES, .roles = roles, .role_count = 1};
    struct principal chief = service_fixture_who(&f, admin.access_token);
    struct service_call call = service_fixture_call(&f, &chief);
    struct user changed;
    assert_int_equal(users_update(&call, view_of(username), &input, &changed), RESULT_OK);
}

#define QUEUED(test) cmocka_unit_test_setup_teardown(test, setup_lanes, teardown)
#define GROUPED(test) cmocka_unit_test_setup_teardown(test, setup_groups, teardown)
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
