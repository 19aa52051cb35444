#include "service/clients.h"

#include <string.h>

#include "service/audit.h"
#include "service/service_state.h"

bool clients_exist(const struct service *service)
{
    return !view_is_empty(service->options.client_id);
}

/* As many bytes are compared as ours has, whatever was shown: the time tells nothing of it. */
static bool is_ours(struct view ours, struct view shown)
{
    char copy[CLIENTS_TEXT_MAX_BYTES] = {0};
    size_t len = ours.len < sizeof(copy) ? ours.len : sizeof(copy);
    struct view start = view_sub(shown, 0, len);
    bool same;

    if (start.len > 0) {
        memcpy(copy, start.at, start.len);
    }
    same = secret_equal(copy, ours.at, len);
    secret_wipe_bytes(copy, len);
    return same && len > 0 && shown.len == ours.len;
}

static bool is_right(const struct service_options *options, const struct clients_claim *claim)
{
    bool same_id = is_ours(options->client_id, claim->client_id);
    bool same_secret = is_ours(options->client_secret, claim->secret);
    bool same_decoded =
        claim->decoded_secret.at != NULL && is_ours(options->client_secret, claim->decoded_secret);

    return same_id && (same_secret || same_decoded);
}

/* Not under what name: whoever mixes the two up shows the secret there. */
static void note_refusal(struct service_call *call, const struct clients_claim *claim)
{
    bool known = is_ours(call->service->options.client_id, claim->client_id);
    const struct log_field field =
        LOG_FIELD_TEXT("reason", known ? VIEW("wrong_secret") : VIEW("unknown_client"));

    audit_log(call, LOG_WARNING, "client_refused", NULL, &field, 1);
}

enum result clients_authenticate(struct service_call *call, const struct clients_claim *claim)
{
    struct throttle *throttle = call->service->throttle;
    int64_t wait_s = throttle_wait(throttle, THROTTLE_CLIENT, call->address, call->now_ms);

    if (wait_s == 0 && is_right(&call->service->options, claim)) {
        return RESULT_OK;
    }
    if (wait_s == 0) {
        wait_s = throttle_take(throttle, THROTTLE_CLIENT, call->address, call->now_ms);
    }
    call->retry_after_s = wait_s;
    if (wait_s > 0) {
        return RESULT_RATE_LIMITED;
    }
    note_refusal(call, claim);
    return RESULT_INVALID_CLIENT;
}
