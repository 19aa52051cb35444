#include "api/gate.h"

#include "http/router.h"
#include "service/access.h"
#include "service/throttle.h"

static const enum throttle_class throttle_classes[] = {
    [ROW_RATE_LOGIN] = THROTTLE_LOGIN,
    [ROW_RATE_SIGNUP] = THROTTLE_SIGNUP,
    [ROW_RATE_REFRESH] = THROTTLE_REFRESH,
};

static enum result check_rate(struct api_call *call)
{
    if (call->row->rate == ROW_FREE) {
        return RESULT_OK;
    }
    struct service_call *service = &call->service;
    int64_t wait_s =
        throttle_take(service_throttle(service->service), throttle_classes[call->row->rate],
                      service->address, service->now_ms);
    service->retry_after_s = wait_s;
    return wait_s == 0 ? RESULT_OK : RESULT_RATE_LIMITED;
}

/* The token of `Authorization: Bearer TOKEN`; at NULL for no header or another scheme. */
static struct view bearer_token(const struct request *request)
{
    static const struct view scheme = {"Bearer ", 7};
    struct view header = request_header(request, "Authorization");
    if (header.len < scheme.len || !view_equal_nocase(view_sub(header, 0, scheme.len), scheme)) {
        return (struct view){NULL, 0};
    }
    return view_trim(view_sub(header, scheme.len, SIZE_MAX));
}

static enum result authenticate(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    if (call->row->auth == ROW_PUBLIC) {
        return RESULT_OK;
    }
    struct view token = bearer_token(call->request);
    if (token.at == NULL) {
        return RESULT_MISSING_TOKEN;
    }
    enum result result =
        access_authenticate(call->service.service, token, call->row->auth == ROW_BEARER_ENDED,
                            call->service.arena, &exchange->principal);
    if (result == RESULT_OK) {
        exchange->known = true;
        call->service.actor = &exchange->principal;
    }
    return result;
}

static enum result forbid(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    exchange->lacks_permission = true;
    call->service.detail =
        arena_format(call->service.arena, "The permission %s is needed.", call->row->permission);
    return RESULT_FORBIDDEN;
}

/* The value of the path parameter that may name the caller. */
static struct view self_key(const struct api_call *call)
{
    const struct table *params = call->row->params;
    for (size_t i = 0; i < params->field_count && i < HTTP_PARAMS_MAX; i++) {
        if (view_is(view_of(params->fields[i].name), call->row->self_param)) {
            return call->request->params[i];
        }
    }
    return (struct view){NULL, 0};
}

static enum result check_permission(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    const struct row *row = call->row;
    if (row->permission == NULL ||
        access_permits(call->service.service, &exchange->principal, row->permission)) {
        return RESULT_OK;
    }
    if (row->self_param == NULL) {
        return forbid(exchange);
    }
    struct id id;
    if (!id_parse(self_key(call), &id)) {
        exchange->self_open = true;
        return RESULT_OK;
    }
    return id_equal(&id, &exchange->principal.user_id) ? RESULT_OK : forbid(exchange);
}

enum result gate_admit(struct api_exchange *exchange)
{
    enum result result = check_rate(&exchange->call);
    if (result == RESULT_OK) {
        result = authenticate(exchange);
    }
    if (result == RESULT_OK) {
        result = check_permission(exchange);
    }
    return result;
}

enum result gate_self(struct api_exchange *exchange)
{
    if (!exchange->self_open) {
        return RESULT_OK;
    }
    struct api_call *call = &exchange->call;
    bool self = false;
    enum result result = access_is_self(&call->service, self_key(call), &self);
    if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
        return result;
    }
    return result == RESULT_OK && self ? RESULT_OK : forbid(exchange);
}

void gate_challenge(const struct api_exchange *exchange, enum result result)
{
    const struct api_call *call = &exchange->call;
    struct reply *reply = call->reply;
    if (result == RESULT_INVALID_TOKEN) {
        reply_header(reply, "WWW-Authenticate", VIEW("Bearer error=\"invalid_token\""));
    } else if (result_status(result) == result_status(RESULT_MISSING_TOKEN)) {
        reply_header(reply, "WWW-Authenticate", VIEW("Bearer"));
    } else if (exchange->lacks_permission) {
        reply_header(reply, "WWW-Authenticate",
                     arena_format(call->service.arena,
                                  "Bearer error=\"insufficient_scope\", scope=\"%s\"",
                                  call->row->permission));
    }
}
