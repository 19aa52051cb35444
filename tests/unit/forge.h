/* Tokens of any shape, signed by a real key: what jwt_encode would never write. */
#ifndef LATCHKEY_TESTS_UNIT_FORGE_H
#define LATCHKEY_TESTS_UNIT_FORGE_H

#include "base/arena.h"
#include "base/base64url.h"
#include "crypto/keyring.h"
#include "jwt/jwt.h"

#define FORGE_NOW_S INT64_C(1700000000)
#define FORGE_ISSUER VIEW("https://id.example")
#define FORGE_AUDIENCE VIEW("latchkey")

static inline struct view forge_encode(struct arena *arena, struct view bytes)
{
    char *text = arena_take(arena, BASE64URL_LENGTH(bytes.len) + 1);

    assert_non_null(text);
    return view_make(text, base64url_encode(bytes.at, bytes.len, text));
}

/* header.payload, both as text. */
static inline struct view forge_input(struct arena *arena, struct view header, struct view payload)
{
    struct view first = forge_encode(arena, header);
    struct view second = forge_encode(arena, payload);

    return arena_format(arena, "%.*s.%.*s", VIEW_ARG(first), VIEW_ARG(second));
}

static inline struct view forge_join(struct arena *arena, struct view input, struct view signature)
{
    struct view third = forge_encode(arena, signature);

    return arena_format(arena, "%.*s.%.*s", VIEW_ARG(input), VIEW_ARG(third));
}

static inline struct view forge_token(struct arena *arena, const struct signing_key *key,
                                      struct view header, struct view payload)
{
    struct view input = forge_input(arena, header, payload);
    uint8_t signature[SIGNING_MAX_BYTES];
    size_t len;

    assert_true(signing_key_sign(key, input, signature, &len));
    return forge_join(arena, input, view_make(signature, len));
}

/* The header that jwt_encode writes. */
static inline struct view forge_header(struct arena *arena, const struct signing_key *key)
{
    struct view id = signing_key_id(key);

    return arena_format(arena, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
                        signing_algorithm_name(signing_key_algorithm(key)), VIEW_ARG(id));
}

static inline struct keyring *forge_ring(enum signing_algorithm algorithm)
{
    struct keyring *ring = keyring_new();

    assert_non_null(ring);
    assert_true(keyring_take(ring, signing_key_generate(algorithm), true));
    return ring;
}

static inline struct jwt_expectation forge_expectation(void)
{
    return (struct jwt_expectation){
        .issuer = FORGE_ISSUER, .audience = FORGE_AUDIENCE, .now_s = FORGE_NOW_S};
}

static inline struct jwt_claims forge_claims(void)
{
    static const struct view roles[] = {{"admin", 5}, {"user", 4}};

    return (struct jwt_claims){
        .issuer = FORGE_ISSUER,
        .subject = VIEW("01890a5d-ac96-774b-bcce-b302099a8057"),
        .audience = FORGE_AUDIENCE,
        .client_id = VIEW("latchkey"),
        .token_id = VIEW("01890a5d-ac96-774b-bcce-b302099a8058"),
        .session_id = VIEW("01890a5d-ac96-774b-bcce-b302099a8059"),
        .roles = roles,
        .role_count = ARRAY_LEN(roles),
        .issued_s = FORGE_NOW_S,
        .expires_s = FORGE_NOW_S + 1800,
    };
}

/* What the ring says to the token. */
static inline enum jwt_fault forge_verdict(const struct keyring *ring, struct view token)
{
    struct jwt_expectation expectation = forge_expectation();
    struct jwt_claims claims;
    struct arena arena;
    enum jwt_fault fault;

    arena_init(&arena, 0);
    fault = jwt_verify(ring, &expectation, token, &arena, &claims);
    arena_clear(&arena);
    return fault;
}

#endif
