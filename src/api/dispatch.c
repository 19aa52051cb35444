#include "api/dispatch.h"

#include "api/context.h"
#include "api/decode_request.h"
#include "api/encode.h"
#include "api/gate.h"
#include "base/builder.h"
#include "service/auth.h"

#define JSON_TYPE "application/json"
/* A full page of users with the largest metadata fits. */
#define REPLY_MAX_BYTES ((size_t)16 * 1024 * 1024)
/* Where nobody knows better when to come back. */
#define RETRY_AFTER_DEFAULT_S 1

/* --- answers ---------------------------------------------------------------------------------- */

/* Of a row with a style of its own at that path, whatever the method; NULL: there is none. */
static const struct style *style_of_row_at(const struct api *api, struct view path)
{
    struct view bare = request_without_final_slash(path);
    for (size_t i = 0; i < api->binding_count; i++) {
        const struct api_binding *binding = &api->bindings[i];
        if (binding->row->style != NULL && view_is(bare, binding->path)) {
            return binding->row->style;
        }
    }
    return NULL;
}

/* Where no row is found, the set whose place it would be says so. */
static const struct style *style_of_path(const struct api *api, struct view path)
{
    const struct style *own = style_of_row_at(api, path);
    if (own != NULL) {
        return own;
    }
    const struct api_mount *best = NULL;
    size_t count = api_owns_path(path) ? 0 : api->context.options.mount_count;
    for (size_t i = 0; i < count; i++) {
        const struct api_mount *mount = &api->context.options.mounts[i];
        struct view rest = view_sub(path, mount->prefix.len, SIZE_MAX);
        bool inside = view_starts_with(path, mount->prefix) &&
                      (rest.len == 0 || view_starts_with(rest, VIEW("/")));
        if (inside && (best == NULL || mount->prefix.len > best->prefix.len)) {
            best = mount;
        }
    }
    return best != NULL ? best->set->style : &style_problem;
}

static void refuse(const struct api *api, struct request *request, struct reply *reply,
                   enum result result)
{
    const struct style_refusal refusal = {.result = result};
    style_of_path(api, request->path)->refuse(reply, request->arena, &refusal);
    cors_apply(&api->context.options.cors, request, (struct view){NULL, 0}, reply, request->arena);
}

static bool may_come_back(enum result result)
{
    int status = result_status(result);
    return status == result_status(RESULT_RATE_LIMITED) || status == result_status(RESULT_BUSY);
}

static void answer_problem(struct api_exchange *exchange, enum result result)
{
    struct api_call *call = &exchange->call;
    struct service_call *service = &call->service;
    gate_challenge(exchange, result);
    if (may_come_back(result)) {
        reply_header_int(call->reply, service->arena, "Retry-After",
                         service->retry_after_s > 0 ? service->retry_after_s
                                                    : RETRY_AFTER_DEFAULT_S);
    }
    const struct style_refusal refusal = {
        .result = result, .detail = service->detail, .faults = &service->faults};
    row_style(call->row, call->set)->refuse(call->reply, service->arena, &refusal);
}

static bool encode_reply(struct api_call *call)
{
    if (call->row->reply == NULL) {
        return true;
    }
    struct builder body;
    builder_init(&body, call->service.arena, REPLY_MAX_BYTES);
    if (call->row->reply_list) {
        encode_list(&body, call->row->reply, call->out);
    } else {
        encode_table(&body, call->row->reply, call->out);
    }
    call->reply->content_type = JSON_TYPE;
    return builder_end(&body, &call->reply->body);
}

static void answer(const struct api *api, struct request *request, enum result result)
{
    struct api_exchange *exchange = request->user;
    struct api_call *call = &exchange->call;
    if (result_is_good(result) && !encode_reply(call)) {
        result = RESULT_INTERNAL;
    }
    if (!result_is_good(result)) {
        answer_problem(exchange, result);
    } else {
        call->reply->result = result;
        if (call->reply->status == 0) {
            call->reply->status = result_status(result);
        }
    }
    cors_apply(&api->context.options.cors, request, (struct view){NULL, 0}, call->reply,
               request->arena);
}

/* --- the way through -------------------------------------------------------------------------- */

static struct api_exchange *open_exchange(const struct api *api, struct request *request,
                                          struct reply *reply, struct api_binding *binding)
{
    struct api_exchange *exchange = arena_take(request->arena, sizeof *exchange);
    if (exchange == NULL) {
        return NULL;
    }
    struct service *service = api->context.options.service;
    exchange->binding = binding;
    exchange->call.row = binding->row;
    exchange->lane = binding->row->lane;
    exchange->rate = binding->row->cases.member == NULL ? binding->row->rate : ROW_FREE;
    exchange->handle = binding->row->handle;
    exchange->presented = binding->row->presented;
    exchange->call.set = binding->set;
    exchange->call.asset = binding->asset;
    exchange->call.document = binding->document;
    exchange->request = request;
    exchange->call.request = request;
    exchange->call.reply = reply;
    exchange->call.api = &api->context;
    exchange->call.service.service = service;
    exchange->call.service.arena = request->arena;
    exchange->call.service.user_id_claim = binding->set->user_id_claim;
    exchange->call.service.address = request->address;
    exchange->call.service.user_agent = request_header(request, "User-Agent");
    exchange->call.service.request_id = view_of(request->request_id);
    /* A listener for metrics only has no service. */
    if (service != NULL) {
        exchange->call.service.now_ms = clock_now_ms(&service_get_options(service)->clock);
    }
    request->user = exchange;
    return exchange;
}

/* An answer that the OpenAPI document does not know of is a mistake in the row. */
static void check_declared(const struct api *api, const struct row *row, enum result result)
{
    if (!result_is_good(result) && result != RESULT_INTERNAL && !row_declares(row, result)) {
        log_message(api->context.options.log, LOG_ERROR, "undeclared_answer", "%s: %s", row->id,
                    result_code(result));
    }
}

_Static_assert(HTTP_GROUP_MAX <= AUTH_REFRESH_MAX, "a group is written at once");

/* NULL: it presents no token. */
static struct auth_refresh *read_token(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    struct view token = exchange->presented(call);
    if (token.at != NULL) {
        call->refresh = arena_take(call->service.arena, sizeof *call->refresh);
    }
    if (call->refresh != NULL) {
        auth_refresh_read(&call->service, token, call->refresh);
    }
    exchange->exchanged = true;
    return call->refresh;
}

static void exchange_tokens(struct request *const *requests, size_t count,
                            struct store_handle *store)
{
    struct auth_refresh *refreshes[AUTH_REFRESH_MAX];
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        refreshes[found] = read_token(requests[i]->user);
        found += refreshes[found] != NULL;
    }
    auth_refresh_rotate(store, refreshes, found);
}

/* From where the store may be asked (or need not be): the rest of the gate, the decoder, the
 * handler. */
static void proceed(const struct api *api, struct request *request, struct store_handle *store)
{
    struct api_exchange *exchange = request->user;
    struct api_call *call = &exchange->call;
    call->service.store = store;
    enum result result = gate_self(exchange);
    if (result == RESULT_OK && !exchange->decoded) {
        result = decode_request(call);
    }
    if (result == RESULT_OK) {
        result = gate_guarded(exchange);
    }
    if (result == RESULT_OK) {
        if (exchange->presented != NULL && !exchange->exchanged) { /* where there are no groups */
            exchange_tokens(&request, 1, store);
        }
        result = exchange->handle(call);
        check_declared(api, call->row, result);
    }
    answer(api, request, result);
}

/* The lane that must take it; NULL: it runs here and now. */
static struct lane *lane_for(const struct api *api, enum row_lane lane, const void *thread_state)
{
    switch (lane) {
    case ROW_INLINE:
        return NULL;
    case ROW_READ:
        return thread_state != NULL ? NULL : api->context.options.store_lane;
    case ROW_STORE:
        return api->context.options.store_lane;
    case ROW_GROUP:
        return api->context.options.group_lane != NULL ? api->context.options.group_lane
                                                       : api->context.options.store_lane;
    case ROW_HASH:
        return api->context.options.hash_lane;
    }
    return NULL;
}

static enum http_step enter_lane(const struct api *api, struct request *request,
                                 const struct lane *lane)
{
    struct api_exchange *exchange = request->user;
    if (gate_enter_lane(exchange, api->hash_share) == RESULT_OK) {
        return lane == api->context.options.group_lane ? HTTP_GROUP : HTTP_LANE;
    }
    gate_return_rate(exchange);
    answer(api, request, RESULT_BUSY);
    return HTTP_DONE;
}

/* Gate and decoder on the I/O thread, so that what is refused takes no place in a queue. What waits
 * for gate_self is decoded after it. */
static enum http_step enter(const struct api *api, struct request *request, void *thread_state,
                            struct lane **lane)
{
    struct api_exchange *exchange = request->user;
    enum result result = gate_admit(exchange);
    if (result == RESULT_OK && !exchange->self_open) {
        exchange->decoded = true;
        result = decode_request(&exchange->call);
        result = result == RESULT_OK ? gate_guarded(exchange) : result;
        result = result == RESULT_OK ? gate_choose(exchange) : result;
    }
    if (result != RESULT_OK) {
        answer(api, request, result);
        return HTTP_DONE;
    }
    *lane = lane_for(api, exchange->lane, thread_state);
    if (*lane != NULL) {
        return enter_lane(api, request, *lane);
    }
    proceed(api, request, thread_state);
    return HTTP_DONE;
}

static void answer_options(const struct api *api, struct request *request, struct reply *reply)
{
    struct view allow = router_allow(api->router, request);
    reply_header(reply, "Allow", allow);
    reply->result = RESULT_NO_CONTENT;
    reply->status = result_status(RESULT_NO_CONTENT);
    cors_apply(&api->context.options.cors, request, allow, reply, request->arena);
}

static void answer_unrouted(const struct api *api, struct request *request, struct reply *reply,
                            enum router_outcome outcome)
{
    switch (outcome) {
    case ROUTER_OPTIONS:
        answer_options(api, request, reply);
        return;
    case ROUTER_NO_METHOD:
        reply_header(reply, "Allow", router_allow(api->router, request));
        refuse(api, request, reply, RESULT_METHOD_NOT_ALLOWED);
        return;
    case ROUTER_BAD_PATH:
        refuse(api, request, reply, RESULT_BAD_REQUEST);
        return;
    case ROUTER_NO_PATH:
    case ROUTER_FOUND:
        refuse(api, request, reply, RESULT_NOT_FOUND);
        return;
    }
}

enum http_step dispatch_admit(void *context, struct request *request, struct reply *reply,
                              void *thread_state, struct lane **lane)
{
    const struct api *api = context;
    const void *operation = NULL;
    request->user = NULL;
    enum router_outcome outcome = router_find(api->router, request, &operation);
    if (outcome != ROUTER_FOUND) {
        answer_unrouted(api, request, reply, outcome);
        return HTTP_DONE;
    }
    /* The router hands it back as const; it is one of ours. */
    struct api_binding *binding =
        &api->bindings[(const struct api_binding *)operation - api->bindings];
    if (open_exchange(api, request, reply, binding) == NULL) {
        refuse(api, request, reply, RESULT_INTERNAL);
        return HTTP_DONE;
    }
    return enter(api, request, thread_state, lane);
}

struct lane *dispatch_write(void *context, struct request *const *requests, size_t count,
                            void *worker_state)
{
    const struct api *api = context;
    exchange_tokens(requests, count, worker_state);
    return api->context.options.store_lane;
}

void dispatch_run(void *context, struct request *request, struct reply *reply, void *worker_state)
{
    const struct api *api = context;
    struct api_exchange *exchange = request->user;
    exchange->call.reply = reply;
    enum result result = gate_renew(exchange);
    if (result == RESULT_OK) {
        proceed(api, request, worker_state);
    } else {
        answer(api, request, result);
    }
    gate_leave_lane(exchange);
}

void dispatch_busy(void *context, struct request *request, struct reply *reply)
{
    (void)reply;
    gate_leave_lane(request->user);
    gate_return_rate(request->user);
    answer(context, request, RESULT_BUSY);
}

void dispatch_refuse(void *context, const struct request *request, struct reply *reply,
                     enum result result, struct view detail)
{
    struct view target = request->target;
    struct view path =
        request->path.len > 0 ? request->path : view_sub(target, 0, view_find(target, '?', 0));
    const struct style_refusal refusal = {.result = result, .detail = detail};
    style_of_path(context, path)->refuse(reply, request->arena, &refusal);
}

void dispatch_finished(void *context, const struct request *request, const struct reply *reply,
                       int64_t duration_us)
{
    struct api *api = context;
    const struct api_exchange *exchange = request->user;
    bool known = exchange != NULL && exchange->known;
    observe_request(&api->observe, exchange != NULL ? &exchange->binding->series : &api->unrouted,
                    request, reply, known ? &exchange->principal.user_id : NULL, duration_us);
}
