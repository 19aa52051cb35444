/* A token. The first byte chooses: the rest is a whole token; or a payload, or a header and a
   payload, that we sign with the right key, so that what lies behind the signature is reached too.
 */
#include "fuzz.h"

#include <string.h>

#include "base/base64url.h"
#include "base/builder.h"
#include "jwt/jwt.h"

#define NOW_S INT64_C(1800000000)
#define TOKEN_MAX_BYTES ((size_t)64 * 1024)

static struct keyring *make_ring(void)
{
    struct signing_key *key =
        signing_key_of_secret(VIEW("0123456789abcdef0123456789abcdef-not-a-secret"));
    struct keyring *ring = keyring_new();
    FUZZ_CHECK(key != NULL && ring != NULL && keyring_take(ring, key, true));
    return ring;
}

static void add_encoded(struct builder *b, struct arena *arena, struct view bytes)
{
    char *text = arena_take(arena, BASE64URL_LENGTH(bytes.len) + 1);
    FUZZ_CHECK(text != NULL);
    builder_add(b, view_make(text, base64url_encode(bytes.at, bytes.len, text)));
}

static struct view sign(const struct keyring *ring, struct arena *arena, struct view header,
                        struct view payload)
{
    struct builder b;
    struct view data;
    builder_init(&b, arena, TOKEN_MAX_BYTES);
    add_encoded(&b, arena, header);
    builder_char(&b, '.');
    add_encoded(&b, arena, payload);
    if (!builder_end(&b, &data)) {
        return VIEW("");
    }
    uint8_t signature[SIGNING_MAX_BYTES];
    size_t len = 0;
    FUZZ_CHECK(signing_key_sign(keyring_signer(ring), data, signature, &len));
    builder_char(&b, '.');
    add_encoded(&b, arena, view_make(signature, len));
    return builder_end(&b, &data) ? data : VIEW("");
}

static struct view good_header(const struct keyring *ring, struct arena *arena)
{
    struct view id = signing_key_id(keyring_signer(ring));
    return arena_format(arena, "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
                        VIEW_ARG(id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct keyring *ring;
    if (ring == NULL) {
        ring = make_ring();
    }
    if (size == 0 || size > TOKEN_MAX_BYTES / 4) {
        return 0;
    }
    struct arena arena;
    arena_init(&arena, 0);
    struct view rest = view_make(data + 1, size - 1);
    struct view token = rest;
    if (data[0] == 'p') {
        token = sign(ring, &arena, good_header(ring, &arena), rest);
    } else if (data[0] == 'h') {
        size_t cut = view_find(rest, '\n', 0);
        token = sign(ring, &arena, view_sub(rest, 0, cut), view_sub(rest, cut + 1, SIZE_MAX));
    }
    const struct jwt_expectation expectation = {
        .issuer = VIEW("http://issuer"), .audience = VIEW("latchkey"), .now_s = NOW_S};
    struct jwt_claims claims = {.issued_s = -1};
    enum jwt_fault fault = jwt_verify(ring, &expectation, token, &arena, &claims);
    if (fault == JWT_OK) {
        FUZZ_CHECK(data[0] == 'p' || data[0] == 'h');
        FUZZ_CHECK(view_is(claims.issuer, "http://issuer"));
        FUZZ_CHECK(claims.expires_s + JWT_LEEWAY_S > NOW_S - 1);
    } else {
        FUZZ_CHECK(claims.issued_s == -1);
        FUZZ_CHECK(jwt_fault_name(fault) != NULL);
    }
    arena_clear(&arena);
    return 0;
}
