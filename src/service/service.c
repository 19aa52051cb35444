#include "service/service.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "jwt/jwt.h"
#include "service/hashing.h"
#include "service/service_state.h"

#define DEFAULT_AUDIENCE VIEW("latchkey")
#define SETTING_ISSUER VIEW("issuer")
#define SETTING_MASTER VIEW("refresh_master")
#define FIRST_KEY_TRIES 3

/* Where the line for the operator goes. */
struct complaint {
    char *at;
    size_t size;
};

PRINTF_LIKE(2, 3) static bool complain(const struct complaint *complaint, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(complaint->at, complaint->size, format, arguments);
    va_end(arguments);
    return false;
}

int64_t service_token_reach_ms(const struct service *service)
{
    return (service->options.access_token_lifetime_s + INT64_C(2) * JWT_LEEWAY_S) * MS_PER_SECOND;
}

bool service_uses_secret(const struct service_options *options)
{
    return !view_is_empty(options->jwt_secret) &&
           (options->algorithm == SIGNING_NONE || options->algorithm == SIGNING_HS256);
}

static enum signing_algorithm algorithm_of(const struct service_options *options)
{
    if (options->algorithm != SIGNING_NONE) {
        return options->algorithm;
    }
    return service_uses_secret(options) ? SIGNING_HS256 : SIGNING_ES256;
}

static struct view audience_of(const struct service_options *options)
{
    if (!view_is_empty(options->audience)) {
        return options->audience;
    }
    return service_uses_secret(options) ? (struct view){NULL, 0} : DEFAULT_AUDIENCE;
}

static bool keep_text(struct arena *arena, struct view *text)
{
    if (view_is_empty(*text)) {
        return true;
    }
    *text = arena_copy_view(arena, *text);
    return text->at != NULL;
}

static bool copy_options(struct service *service, const struct service_options *options)
{
    struct service_options *copy = &service->options;

    *copy = *options;
    copy->algorithm = algorithm_of(options);
    return keep_text(&service->arena, &copy->issuer) &&
           keep_text(&service->arena, &copy->default_issuer) &&
           keep_text(&service->arena, &copy->audience) &&
           keep_text(&service->arena, &copy->client_id) &&
           keep_text(&service->arena, &copy->client_secret) &&
           keep_text(&service->arena, &copy->jwt_secret);
}

/* The parts that need no store. */
static bool make_parts(struct service *service)
{
    const struct service_options *options = &service->options;
    struct key_rings_options rings = {
        .algorithm = options->algorithm,
        .secret = service_uses_secret(options) ? options->jwt_secret : (struct view){NULL, 0},
        .log = options->log,
        .count = service->metrics.keys,
    };

    service->audience = audience_of(options);
    service->hash_memory = hashing_memory_new(options);
    service->options.password_params.memory = service->hash_memory;
    service->rings = key_rings_new(&rings);
    service->feed = feed_new(service);
    service->tokens = token_cache_new();
    service->unsure = unsure_new();
    service->audit_limit = throttle_new();
    if (options->rate_limit) {
        service->throttle = throttle_new();
    }
    return service->hash_memory != NULL && service->rings != NULL && service->feed != NULL &&
           service->tokens != NULL && service->unsure != NULL && service->audit_limit != NULL &&
           (!options->rate_limit || service->throttle != NULL);
}

/* One random secret for all nodes: the first to start decides. */
static bool keep_master(struct service *service, struct store_handle *handle)
{
    struct secret fresh CLEANUP(secret_wipe);
    struct arena arena CLEANUP(arena_clear);
    char text[BASE64URL_LENGTH(SECRET_BYTES)];
    struct view kept;
    size_t len = 0;
    bool ok;

    arena_init(&arena, 0);
    secret_random(&fresh);
    (void)base64url_encode(fresh.bytes, SECRET_BYTES, text);
    ok = store_setting_keep(handle, SETTING_MASTER, view_make(text, sizeof(text)), &arena, &kept) ==
             RESULT_OK &&
         kept.len == sizeof(text) && base64url_decode(kept, service->master.bytes, &len) &&
         len == SECRET_BYTES;
    secret_wipe_bytes(text, sizeof(text));
    arena_reset(&arena);
    return ok;
}

static bool keep_issuer(struct service *service, struct store_handle *handle)
{
    const struct service_options *options = &service->options;

    service->issuer = view_is_empty(options->issuer) ? options->default_issuer : options->issuer;
    if (!view_is_empty(options->issuer) || !options->serves) {
        return true;
    }
    return store_setting_keep(handle, SETTING_ISSUER, options->default_issuer, &service->arena,
                              &service->issuer) == RESULT_OK;
}

static enum result make_first_key(struct service *service, struct store_handle *handle,
                                  int64_t now_ms)
{
    struct signing_key *key = signing_key_generate(service->options.algorithm);
    struct arena arena CLEANUP(arena_clear);
    struct stored_key stored = {.created_ms = now_ms, .signs_from_ms = now_ms};
    enum result result = RESULT_INTERNAL;

    arena_init(&arena, 0);
    if (key != NULL) {
        stored.key_id = signing_key_id(key);
        stored.algorithm = view_of(signing_algorithm_name(service->options.algorithm));
        stored.material = signing_key_export(key, &arena);
        if (stored.material.at != NULL) {
            result = store_key_create_first(handle, &stored, now_ms);
        }
    }
    signing_key_free(key);
    arena_reset(&arena);
    return result;
}

/* Loads the keys; a server without one that signs makes it. Several may start at once: one wins,
 * all load it. */
static bool load_keys(struct service *service, struct store_handle *handle)
{
    int64_t now_ms = clock_now_ms(&service->options.clock);

    for (int i = 0; i < FIRST_KEY_TRIES; i++) {
        enum result result = key_rings_load(service->rings, handle, now_ms);

        if (result != RESULT_OK) {
            return false;
        }
        if (!service->options.serves || keyring_signer(key_rings_current(service->rings)) != NULL) {
            return true;
        }
        result = make_first_key(service, handle, now_ms);
        if (result != RESULT_OK && result != RESULT_CONFLICT) {
            return false;
        }
    }
    return false;
}

static bool load(struct service *service, struct store_handle *handle,
                 const struct complaint *complaint)
{
    if (service->options.serves && !keep_master(service, handle)) {
        return complain(complaint, "the secret of refresh tokens cannot be read or kept");
    }
    if (!keep_issuer(service, handle)) {
        return complain(complaint, "the issuer cannot be read or kept");
    }
    if (!load_keys(service, handle)) {
        return complain(complaint, "no signing key can be read or made");
    }
    if (feed_load(service->feed, handle) != RESULT_OK) {
        return complain(complaint, "the change feed cannot be read");
    }
    service->decoy = decoy_new(&service->options.password_params, &service->master);
    if (service->decoy == NULL ||
        (service->options.serves && decoy_load(service->decoy, handle) != RESULT_OK)) {
        return complain(complaint, "the kinds of password hashes cannot be read");
    }
    return true;
}

/* What is half a copy must not be changed by anybody but the copy (transfer.h). */
static bool check_standing(struct store_handle *handle, const struct complaint *complaint)
{
    enum store_standing standing;

    if (store_standing(handle, &standing) != RESULT_OK) {
        return complain(complaint, "the database cannot be read");
    }
    return standing != STORE_LOADING ||
           complain(complaint, "a copy into this database was not finished: run latchkey copy "
                               "with --resume");
}

static bool start(struct service *service, const struct complaint *complaint)
{
    struct store_handle *handle = store_handle_open(service->store);
    bool ok;

    if (handle == NULL) {
        return complain(complaint, "the database cannot be reached");
    }
    ok = check_standing(handle, complaint) && load(service, handle, complaint);
    if (!ok || !service->options.serves) {
        store_handle_close(handle);
        return ok;
    }
    if (!feed_start(service->feed, handle)) {
        return complain(complaint, "no thread can be started for the change feed");
    }
    service->housekeeping = housekeeping_start(service, HOUSEKEEPING_PERIOD_MS);
    return service->housekeeping != NULL ||
           complain(complaint, "no thread can be started for housekeeping");
}

enum result service_open(const struct service_options *options, struct store *store,
                         struct service **out, char *message, size_t message_size)
{
    struct complaint complaint = {message, message_size};
    struct service *service = calloc(1, sizeof(*service));

    *out = NULL;
    if (service == NULL || !secret_setup()) {
        free(service);
        (void)complain(&complaint, "no memory or no source of randomness");
        return RESULT_INTERNAL;
    }
    arena_init(&service->arena, 0);
    service->store = store;
    (void)sem_init(&service->hash_slots, 0, options->hash_slots);
    service_metrics_init(&service->metrics, options->metrics);
    if (!copy_options(service, options) || !make_parts(service)) {
        (void)complain(&complaint, "out of memory");
        service_close(service);
        return RESULT_INTERNAL;
    }
    if (!start(service, &complaint)) {
        service_close(service);
        return RESULT_STORE_UNAVAILABLE;
    }
    *out = service;
    return RESULT_OK;
}

void service_close(struct service *service)
{
    if (service == NULL) {
        return;
    }
    housekeeping_stop(service->housekeeping);
    feed_free(service->feed);
    decoy_free(service->decoy);
    password_memory_free(service->hash_memory);
    throttle_free(service->throttle);
    throttle_free(service->audit_limit);
    token_cache_free(service->tokens);
    unsure_free(service->unsure);
    key_rings_free(service->rings);
    secret_wipe(&service->master);
    arena_reset(&service->arena);
    arena_clear(&service->arena);
    (void)sem_destroy(&service->hash_slots);
    free(service);
}

const struct service_options *service_get_options(const struct service *service)
{
    return &service->options;
}

struct view service_issuer(const struct service *service)
{
    return service->issuer;
}

bool service_is_fresh(const struct service *service)
{
    /* Every request asks. What the coarse clock may be behind counts as gone. */
    return feed_is_fresh(service->feed, clock_coarse_us() + CLOCK_COARSE_US);
}

struct throttle *service_throttle(struct service *service)
{
    return service->throttle;
}
