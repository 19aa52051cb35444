#include "api/gate.h"

#include "api/decode_request.h"
#include "api/gate_client.h"
#include "http/router.h"
#include "service/access.h"
#include "service/clients.h"
#include "service/throttle.h"

static const enum throttle_class throttle_classes[] = {
    [ROW_RATE_LOGIN] = THROTTLE_LOGIN,
    [ROW_RATE_SIGNUP] = THROTTLE_SIGNUP,
    [ROW_RATE_REFRESH] = THROTTLE_REFRESH,
    [ROW_RATE_PASSWORD] = THROTTLE_PASSWORD,
};

static enum result check_rate(struct api_exchange *exchange)
{
    if (exchange->rate == ROW_FREE) {
        return RESULT_OK;
    }
    struct service_call *service = &exchange->call.service;
    int64_t wait_s =
        throttle_take(service_throttle(service->service), throttle_classes[exchange->rate],
                      service->address, service->now_ms);
    service->retry_after_s = wait_s;
    return wait_s == 0 ? RESULT_OK : RESULT_RATE_LIMITED;
}

void gate_return_rate(struct api_exchange *exchange)
{
    const struct service_call *service = &exchange->call.service;
    if (exchange->rate != ROW_FREE) {
        throttle_return(service_throttle(service->service), throttle_classes[exchange->rate],
                        service->address, service->now_ms);
    }
}

static enum throttle_share share_of(const struct api_exchange *exchange)
{
    return exchange->lane == ROW_HASH ? THROTTLE_SHARE_HASHES : THROTTLE_SHARE_LISTS;
}

enum result gate_enter_lane(struct api_exchange *exchange, unsigned hash_share)
{
    const struct api_call *call = &exchange->call;
    bool hashes = exchange->lane == ROW_HASH;
    if (!hashes && !call->row->reply_list) {
        return RESULT_OK;
    }
    exchange->counted =
        throttle_enter(service_throttle(call->service.service), share_of(exchange),
                       call->service.address, hashes ? hash_share : GATE_LISTS_AT_ONCE);
    return exchange->counted ? RESULT_OK : RESULT_BUSY;
}

void gate_leave_lane(struct api_exchange *exchange)
{
    const struct service_call *service = &exchange->call.service;
    if (exchange->counted) {
        throttle_leave(service_throttle(service->service), share_of(exchange), service->address);
        exchange->counted = false;
    }
}

static enum result authenticate(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    if (call->row->auth == ROW_PUBLIC) {
        return RESULT_OK;
    }
    if (row_takes_client(call->row)) {
        enum result client = gate_client_header(exchange);
        if (client != RESULT_OK || exchange->client || call->row->auth == ROW_CLIENT_OPTIONAL) {
            return client;
        }
    }
    struct view token = request_bearer(call->request);
    if (token.at == NULL && row_takes_client(call->row)) {
        call->service.detail = VIEW("A client and its secret, or an access token, are needed.");
    }
    if (token.at == NULL) {
        return RESULT_MISSING_TOKEN;
    }
    enum result result = access_authenticate(
        &call->service, token, call->row->auth == ROW_BEARER_ENDED, &exchange->principal);
    if (result == RESULT_OK) {
        exchange->known = true;
        call->service.actor = &exchange->principal;
    }
    return result;
}

static enum result forbid(struct api_exchange *exchange, const char *permission)
{
    struct api_call *call = &exchange->call;
    exchange->lacks_permission = permission;
    call->service.detail =
        arena_format(call->service.arena, "The permission %s is needed.", permission);
    return RESULT_FORBIDDEN;
}

/* The path parameter of that name; NULL when the path has none. */
static struct view *param_of(const struct api_exchange *exchange, const char *name)
{
    const struct row *row = exchange->call.row;
    const struct table *params = row->params;
    for (size_t i = 0; i < params->field_count && i < HTTP_PARAMS_MAX; i++) {
        if (view_is(view_of(params->fields[i].name), name)) {
            return &exchange->request->params[i];
        }
    }
    return NULL;
}

static enum result check_permission(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    const struct row *row = call->row;
    exchange->self_open = false;
    if (row->permission == NULL || exchange->client ||
        access_permits(call->service.service, &exchange->principal, row->permission)) {
        return RESULT_OK;
    }
    if (row->owner.find != NULL) {
        exchange->self_open = true;
        return RESULT_OK;
    }
    const struct view *key = row->self_param != NULL ? param_of(exchange, row->self_param) : NULL;
    if (key == NULL) {
        return forbid(exchange, exchange->call.row->permission);
    }
    struct id id;
    if (!id_parse(*key, &id)) {
        exchange->self_open = true;
        return RESULT_OK;
    }
    return id_equal(&id, &exchange->principal.user_id)
               ? RESULT_OK
               : forbid(exchange, exchange->call.row->permission);
}

enum result gate_admit(struct api_exchange *exchange)
{
    enum result result = check_rate(exchange);
    if (result == RESULT_OK) {
        result = authenticate(exchange);
    }
    if (result == RESULT_OK) {
        result = decode_params(&exchange->call);
    }
    if (result == RESULT_OK) {
        result = check_permission(exchange);
    }
    return result;
}

enum result gate_renew(struct api_exchange *exchange)
{
    if (!exchange->known) {
        return RESULT_OK;
    }
    const struct api_call *call = &exchange->call;
    enum result result = access_renew(call->service.service, call->row->auth == ROW_BEARER_ENDED,
                                      call->service.arena, &exchange->principal);
    return result == RESULT_OK ? check_permission(exchange) : result;
}

static bool holds_role(const struct principal *principal, struct view names)
{
    struct view name;
    while (view_split(&names, ',', &name)) {
        for (size_t i = 0; i < principal->role_count; i++) {
            if (view_equal(principal->roles[i], name)) {
                return true;
            }
        }
    }
    return false;
}

static enum result check_asked(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    const struct row *row = call->row;
    struct view permission = row_text(row->query, row->asked.permission, call->query);
    struct view role = row_text(row->query, row->asked.role, call->query);
    const char *known = access_find_permission(call->service.service, permission);
    if (permission.at != NULL && known == NULL) {
        call->service.detail = VIEW("There is no such permission.");
        return RESULT_FORBIDDEN;
    }
    if (known != NULL && !access_permits(call->service.service, &exchange->principal, known)) {
        return forbid(exchange, known);
    }
    if (role.at != NULL && !holds_role(&exchange->principal, role)) {
        call->service.detail = VIEW("None of the roles asked for is held.");
        return RESULT_FORBIDDEN;
    }
    return RESULT_OK;
}

enum result gate_guarded(struct api_exchange *exchange)
{
    const struct api_call *call = &exchange->call;
    const struct row *row = call->row;
    if (!row_asks_guarded(row, call->query, call->body) ||
        access_permits(call->service.service, &exchange->principal, row->guarded.permission)) {
        return check_asked(exchange);
    }
    return forbid(exchange, row->guarded.permission);
}

enum result gate_choose(struct api_exchange *exchange)
{
    const struct row *row = exchange->call.row;
    enum result result = gate_client_form(exchange);
    if (result != RESULT_OK || row->cases.member == NULL) {
        return result;
    }
    const struct row_case *chosen = row_case_of(row, exchange->call.body);
    if (chosen == NULL) {
        return row->cases.otherwise;
    }
    exchange->lane = chosen->lane;
    exchange->rate = chosen->rate;
    exchange->handle = chosen->handle;
    exchange->presented = chosen->presented;
    return check_rate(exchange);
}

static enum result ask_owner(struct api_call *call, struct view key, bool *own)
{
    struct id owner;
    enum result result = call->row->owner.find(&call->service, key, &owner);
    *own = result == RESULT_OK && id_equal(&owner, &call->service.actor->user_id);
    return result;
}

/* The handler acts on whom the gate has seen, whoever gets the name next. An owner's key needs none
   of this: no id or number is ever given out twice. */
static enum result settle_self(struct api_exchange *exchange, struct view *key)
{
    char id[ID_TEXT_SIZE];
    id_format(&exchange->principal.user_id, id);
    *key = arena_copy_view(exchange->call.service.arena, view_of(id));
    return key->at != NULL ? RESULT_OK : RESULT_INTERNAL;
}

enum result gate_self(struct api_exchange *exchange)
{
    if (!exchange->self_open) {
        return RESULT_OK;
    }
    struct api_call *call = &exchange->call;
    const struct row *row = call->row;
    bool by_owner = row->owner.find != NULL;
    struct view *key = param_of(exchange, by_owner ? row->owner.param : row->self_param);
    bool self = false;
    if (key == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result =
        by_owner ? ask_owner(call, *key, &self) : access_is_self(&call->service, *key, &self);
    if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
        return result;
    }
    if (result != RESULT_OK || !self) {
        return forbid(exchange, exchange->call.row->permission);
    }
    return by_owner ? RESULT_OK : settle_self(exchange, key);
}

/* Of RFC 6750 section 3, for what is no lack of a token. */
static struct view bearer_challenge(const struct api_exchange *exchange, enum result result)
{
    if (result == RESULT_INVALID_TOKEN) {
        return VIEW("Bearer error=\"invalid_token\"");
    }
    if (result == RESULT_FORBIDDEN && exchange->lacks_permission != NULL) {
        return arena_format(exchange->call.service.arena,
                            "Bearer error=\"insufficient_scope\", scope=\"%s\"",
                            exchange->lacks_permission);
    }
    return result == RESULT_FORBIDDEN && exchange->call.row->asked.permission != NULL
               ? VIEW("Bearer error=\"insufficient_scope\"")
               : (struct view){NULL, 0};
}

void gate_challenge(const struct api_exchange *exchange, enum result result)
{
    const struct api_call *call = &exchange->call;
    const struct style *style = row_style(call->row, call->set);
    struct reply *reply = call->reply;
    bool unauthorized = style->status(result) == result_status(RESULT_MISSING_TOKEN);
    struct view challenge = bearer_challenge(exchange, result);
    if (result == RESULT_INVALID_CLIENT) {
        reply_header(reply, "WWW-Authenticate", VIEW(GATE_BASIC_CHALLENGE));
    } else if (unauthorized && (style->plain_challenge || challenge.at == NULL)) {
        reply_header(reply, "WWW-Authenticate", VIEW("Bearer"));
    } else if (!style->plain_challenge) {
        reply_header(reply, "WWW-Authenticate", challenge);
    }
    if (result == RESULT_MISSING_TOKEN && row_takes_client(call->row) &&
        clients_exist(call->service.service)) {
        reply_header(reply, "WWW-Authenticate", VIEW(GATE_BASIC_CHALLENGE));
    }
}
