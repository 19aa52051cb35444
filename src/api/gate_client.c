#include "api/gate_client.h"

#include "service/clients.h"

static enum result authenticate(struct api_exchange *exchange, const struct clients_claim *claim)
{
    enum result result = clients_authenticate(&exchange->call.service, claim);
    exchange->client = result == RESULT_OK;
    return result;
}

/* Not all clients encode as they should: where it cannot be decoded, what came is meant. */
static struct view decode(const struct request *request, struct view text)
{
    struct view decoded;
    bool plain = view_find(text, '%', 0) == text.len && view_find(text, '+', 0) == text.len;
    return !plain && request_unescape(request->arena, text, true, &decoded)
               ? decoded
               : (struct view){NULL, 0};
}

enum result gate_client_header(struct api_exchange *exchange)
{
    const struct api_call *call = &exchange->call;
    struct clients_claim claim = {.client_id = {NULL, 0}};
    switch (request_basic(call->request, &claim.client_id, &claim.secret)) {
    case REQUEST_BASIC_NONE:
        return RESULT_OK;
    case REQUEST_BASIC_MALFORMED:
        return RESULT_INVALID_CLIENT;
    case REQUEST_BASIC_GIVEN:
        break;
    }
    bool optional = call->row->auth == ROW_CLIENT_OPTIONAL;
    if (claim.secret.len == 0 && (optional || claim.client_id.len == 0)) {
        return RESULT_OK;
    }
    claim.decoded_secret = decode(call->request, claim.secret);
    return authenticate(exchange, &claim);
}

enum result gate_client_form(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    const struct row *row = call->row;
    if (row->auth != ROW_CLIENT_OPTIONAL) {
        return RESULT_OK;
    }
    const struct clients_claim claim = {
        .client_id = row_text(row->body, "client_id", call->body),
        .secret = row_text(row->body, "client_secret", call->body),
    };
    if (claim.secret.len == 0) {
        return RESULT_OK;
    }
    if (exchange->client) {
        faults_add(&call->service.faults, "client_secret", "not_allowed",
                   VIEW("The client has shown its secret in the header already."));
        return RESULT_INVALID;
    }
    return authenticate(exchange, &claim);
}
