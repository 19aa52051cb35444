#include "service/keys.h"

#include "jwt/jwks.h"
#include "service/audit.h"
#include "service/service_state.h"

/* A new key signs this much later: by then every node has read of it (FEED_PERIOD_MS and a read).
 */
#define KEY_HEAD_START_MS (2 * MS_PER_SECOND)

static struct keys_entry entry_of(const struct service *service, const struct stored_key *key,
                                  bool signs, int64_t now_ms)
{
    struct keys_entry entry = {
        .key_id = key->key_id,
        .algorithm = key->algorithm,
        .state = "verifying",
        .created_ms = key->created_ms,
        .retired_ms = key->retired_ms,
    };

    if (!key_rings_is_open(key, now_ms)) {
        entry.state = "retired";
    } else if (signs && !service_uses_secret(&service->options)) {
        entry.state = "signing";
    } else if (key->signs_from_ms > now_ms) {
        entry.state = "next";
    }
    return entry;
}

/* The configured secret's key, which is in the ring but not in the store. */
static bool configured_entry(const struct service *service, struct arena *arena,
                             struct keys_entry *out)
{
    const struct signing_key *key = keyring_signer(key_rings_current(service->rings));

    if (key == NULL) {
        return false;
    }
    *out = (struct keys_entry){
        .key_id = arena_copy_view(arena, signing_key_id(key)),
        .algorithm = view_of(signing_algorithm_name(signing_key_algorithm(key))),
        .state = "configured",
    };
    return true;
}

enum result keys_list(struct service_call *call, const struct keys_entry **out, size_t *count)
{
    const struct service *service = call->service;
    const struct stored_key *keys;
    struct keys_entry *entries;
    size_t key_count;
    size_t n = 0;
    long signer;
    enum result result = store_key_list(call->store, call->arena, &keys, &key_count);

    if (result != RESULT_OK) {
        return result;
    }
    entries = arena_take_array(call->arena, key_count + 1, sizeof(*entries));
    if (entries == NULL) {
        return RESULT_INTERNAL;
    }
    if (service_uses_secret(&service->options) &&
        configured_entry(service, call->arena, &entries[n])) {
        n++;
    }
    signer = key_rings_signer(keys, key_count, service->options.algorithm, call->now_ms);
    for (size_t i = 0; i < key_count; i++) {
        entries[n++] = entry_of(service, &keys[i], (long)i == signer, call->now_ms);
    }
    *out = entries;
    *count = n;
    return RESULT_OK;
}

static enum result store_new_key(struct service_call *call, const struct signing_key *key,
                                 struct view *key_id)
{
    const struct service *service = call->service;
    int64_t signs_from_ms = call->now_ms + KEY_HEAD_START_MS;
    struct stored_key stored = {
        .key_id = arena_copy_view(call->arena, signing_key_id(key)),
        .algorithm = view_of(signing_algorithm_name(signing_key_algorithm(key))),
        .material = signing_key_export(key, call->arena),
        .created_ms = call->now_ms,
        .signs_from_ms = signs_from_ms,
    };

    if (stored.key_id.at == NULL || stored.material.at == NULL) {
        return RESULT_INTERNAL;
    }
    *key_id = stored.key_id;
    return store_key_rotate(call->store, &stored, signs_from_ms + service_token_reach_ms(service),
                            call->now_ms);
}

enum result keys_rotate(struct service_call *call, struct view *key_id)
{
    struct signing_key *key;
    enum result result;

    if (service_uses_secret(&call->service->options)) {
        call->detail = VIEW("A configured JWT secret signs; there is no key to rotate.");
        return RESULT_CONFLICT;
    }
    key = signing_key_generate(call->service->options.algorithm);
    if (key == NULL) {
        return RESULT_INTERNAL;
    }
    result = store_new_key(call, key, key_id);
    signing_key_free(key);
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_text(call, LOG_INFO, "key_rotated", NULL, "key_id", *key_id);
    return RESULT_OK;
}

enum result keys_retire(struct service_call *call, struct view key_id)
{
    const struct service_options *options = &call->service->options;
    struct view in_force = {NULL, 0};
    enum result result;

    if (!service_uses_secret(options)) {
        in_force = view_of(signing_algorithm_name(options->algorithm));
    }
    result = store_key_retire(call->store, key_id, in_force, call->now_ms);
    if (result == RESULT_CONFLICT) {
        call->detail = VIEW("It is the only key of the algorithm in force; rotate first.");
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_text(call, LOG_INFO, "key_retired", NULL, "key_id", key_id);
    return RESULT_OK;
}

struct view keys_jwks(struct service *service, struct arena *arena)
{
    return jwks_write(key_rings_current(service->rings), arena);
}
