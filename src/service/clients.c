#include "service/clients.h"

#include "crypto/digest.h"
#include "service/audit.h"
#include "service/service_state.h"

#define LOGGED_ID_MAX_BYTES ((size_t)64)

bool clients_exist(const struct service *service)
{
    return !view_is_empty(service->options.client_id);
}

/* By digests, so that neither length nor place of a difference shows in the time. */
static bool is_same(struct view a, struct view b)
{
    uint8_t digests[2][DIGEST_BYTES];
    bool same;

    digest_sha256(a, digests[0]);
    digest_sha256(b, digests[1]);
    same = secret_equal(digests[0], digests[1], DIGEST_BYTES);
    secret_wipe_bytes(digests, sizeof(digests));
    return same;
}

static bool is_right(const struct service_options *options, const struct clients_claim *claim)
{
    struct view decoded = claim->decoded_secret.at != NULL ? claim->decoded_secret : claim->secret;
    bool same_id = is_same(claim->client_id, options->client_id);
    bool same_secret = is_same(claim->secret, options->client_secret);
    bool same_decoded = is_same(decoded, options->client_secret);

    return same_id && (same_secret || same_decoded) && !view_is_empty(options->client_id);
}

static void note_refusal(struct service_call *call, struct view client_id)
{
    const struct log_field field =
        LOG_FIELD_TEXT("client_id", view_sub(client_id, 0, LOGGED_ID_MAX_BYTES));

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
    note_refusal(call, claim->client_id);
    return RESULT_INVALID_CLIENT;
}
