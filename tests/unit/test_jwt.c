/* The envelope of a token: parts, header, key, signature. The claims are in test_jwt_claims.c. */
#include "unit.h"

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "forge.h"

static const enum signing_algorithm all[] = {SIGNING_ES256, SIGNING_EDDSA, SIGNING_RS256,
                                             SIGNING_HS256};

/* A ring with one key, a good payload of ours, an arena: what nearly every test needs. */
struct bench {
    struct arena arena;
    struct keyring *ring;
    const struct signing_key *key;
    struct view token;   /* issued by the ring */
    struct view payload; /* its second part, decoded */
};

static void bench_clear(struct bench *bench)
{
    keyring_free(bench->ring);
    arena_clear(&bench->arena);
}

static void bench_init(struct bench *bench, enum signing_algorithm algorithm)
{
    struct jwt_claims claims = forge_claims();

    arena_init(&bench->arena, 0);
    bench->ring = forge_ring(algorithm);
    bench->key = keyring_signer(bench->ring);
    bench->token = jwt_encode(bench->ring, &claims, &bench->arena);
    assert_non_null(bench->token.at);
    assert_int_equal(jwt_verify_signature(bench->key, JWT_TYPE_ACCESS, bench->token, &bench->arena,
                                          &bench->payload),
                     JWT_OK);
}

static enum jwt_fault verdict_on_header(struct bench *bench, struct view header)
{
    return forge_verdict(bench->ring,
                         forge_token(&bench->arena, bench->key, header, bench->payload));
}

static void assert_claims(const struct jwt_claims *claims)
{
    assert_true(view_equal(claims->issuer, FORGE_ISSUER));
    assert_true(view_equal(claims->audience, FORGE_AUDIENCE));
    assert_view(claims->subject, "01890a5d-ac96-774b-bcce-b302099a8057");
    assert_view(claims->token_id, "01890a5d-ac96-774b-bcce-b302099a8058");
    assert_view(claims->session_id, "01890a5d-ac96-774b-bcce-b302099a8059");
    assert_view(claims->client_id, "latchkey");
    assert_int_equal(claims->role_count, 2);
    assert_view(claims->roles[0], "admin");
    assert_view(claims->roles[1], "user");
    assert_int_equal(claims->issued_s, FORGE_NOW_S);
    assert_int_equal(claims->expires_s, FORGE_NOW_S + 1800);
    assert_int_equal(claims->user_number, 7);
}

static void test_round_trip(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct jwt_expectation expectation = forge_expectation();
        struct jwt_claims claims = forge_claims();
        struct jwt_claims read;
        struct bench bench;
        struct view token;

        bench_init(&bench, all[i]);
        claims.user_number = 7;
        token = jwt_encode(bench.ring, &claims, &bench.arena);
        assert_int_equal(jwt_verify(bench.ring, &expectation, token, &bench.arena, &read), JWT_OK);
        assert_claims(&read);
        bench_clear(&bench);
    }
}

/* T25: what an issued token says, to the byte. */
static void test_t25_issued_token(void **state)
{
    struct jwt_claims claims = forge_claims();
    struct bench bench;
    struct view header;
    struct view token;

    bench_init(&bench, SIGNING_HS256);
    assert_view(bench.payload,
                "{\"iss\":\"https://id.example\",\"sub\":\"01890a5d-ac96-774b-bcce-b302099a8057\","
                "\"client_id\":\"latchkey\",\"jti\":\"01890a5d-ac96-774b-bcce-b302099a8058\","
                "\"sid\":\"01890a5d-ac96-774b-bcce-b302099a8059\",\"aud\":\"latchkey\","
                "\"iat\":1700000000,\"exp\":1700001800,\"roles\":[\"admin\",\"user\"]}");
    header = forge_encode(&bench.arena, forge_header(&bench.arena, bench.key));
    assert_true(view_starts_with(bench.token, header));
    claims.audience = VIEW("");
    claims.role_count = 0;
    claims.user_number = 42;
    token = jwt_encode(bench.ring, &claims, &bench.arena);
    assert_int_equal(jwt_verify_signature(bench.key, NULL, token, &bench.arena, &bench.payload),
                     JWT_OK);
    assert_true(view_ends_with(bench.payload, VIEW(",\"roles\":[],\"user_id\":42}")));
    bench_clear(&bench);
}

static void test_encode_refuses(void **state)
{
    struct jwt_claims claims = forge_claims();
    struct keyring *empty = keyring_new();
    struct view many[300];
    struct bench bench;

    bench_init(&bench, SIGNING_HS256);
    assert_null(jwt_encode(empty, &claims, &bench.arena).at);
    claims.session_id = VIEW("");
    assert_null(jwt_encode(bench.ring, &claims, &bench.arena).at);
    claims = forge_claims();
    claims.expires_s = -1;
    assert_null(jwt_encode(bench.ring, &claims, &bench.arena).at);
    claims = forge_claims();
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = VIEW("a role with a name so long that the token is too");
    claims.roles = many;
    claims.role_count = 200;
    assert_null(jwt_encode(bench.ring, &claims, &bench.arena).at);
    claims.role_count = 300;
    assert_null(jwt_encode(bench.ring, &claims, &bench.arena).at);
    keyring_free(empty);
    bench_clear(&bench);
}

/* Fails at every place where memory is taken, and never otherwise. */
static void test_little_memory(void **state)
{
    struct jwt_expectation expectation = forge_expectation();
    struct jwt_claims claims = forge_claims();
    struct jwt_claims read;
    struct bench bench;
    bool encoded = false;
    bool verified = false;

    bench_init(&bench, SIGNING_HS256);
    for (size_t limit = 1; limit < 16384; limit += 61) {
        struct arena arena;

        arena_init(&arena, limit);
        encoded = jwt_encode(bench.ring, &claims, &arena).at != NULL;
        arena_clear(&arena);
        arena_init(&arena, limit);
        verified = jwt_verify(bench.ring, &expectation, bench.token, &arena, &read) == JWT_OK;
        arena_clear(&arena);
    }
    assert_true(encoded);
    assert_true(verified);
    bench_clear(&bench);
}

static void test_fault_names(void **state)
{
    for (int fault = JWT_OK; fault <= JWT_WRONG_AUDIENCE; fault++)
        assert_non_null(jwt_fault_name((enum jwt_fault)fault));
    assert_string_equal(jwt_fault_name(JWT_EXPIRED), "expired");
}

static void test_t01_no_algorithm(void **state)
{
    static const char *const names[] = {"none", "None", "nOnE", "NONE", "", "es256", "ES256 "};

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct bench bench;
        struct view id;

        bench_init(&bench, all[i]);
        id = signing_key_id(bench.key);
        for (size_t j = 0; j < ARRAY_LEN(names); j++) {
            struct view header =
                arena_format(&bench.arena, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
                             names[j], VIEW_ARG(id));
            struct view input = forge_input(&bench.arena, header, bench.payload);

            assert_int_equal(verdict_on_header(&bench, header), JWT_BAD_HEADER);
            assert_int_equal(forge_verdict(bench.ring, forge_join(&bench.arena, input, VIEW(""))),
                             JWT_BAD_HEADER);
        }
        bench_clear(&bench);
    }
}

static void test_t01_signature_removed(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct bench bench;
        size_t dot;

        bench_init(&bench, all[i]);
        dot = view_find(bench.token, '.', view_find(bench.token, '.', 0) + 1);
        assert_int_equal(forge_verdict(bench.ring, view_sub(bench.token, 0, dot)), JWT_MALFORMED);
        assert_int_equal(forge_verdict(bench.ring, view_sub(bench.token, 0, dot + 1)),
                         JWT_BAD_SIGNATURE);
        bench_clear(&bench);
    }
}

/* A MAC under that secret, presented for a key pair. */
static enum jwt_fault verdict_on_mac(struct bench *bench, struct view secret)
{
    struct view id = signing_key_id(bench->key);
    struct view header = arena_format(
        &bench->arena, "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}", VIEW_ARG(id));
    struct view input = forge_input(&bench->arena, header, bench->payload);
    uint8_t mac[DIGEST_BYTES];

    digest_hmac_sha256(secret, input, mac);
    return forge_verdict(bench->ring,
                         forge_join(&bench->arena, input, view_make(mac, sizeof(mac))));
}

static void test_t02_public_key_as_secret(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct signing_key_member members[4];
        struct bench bench;
        size_t count;

        bench_init(&bench, all[i]);
        count = signing_key_members(bench.key, members);
        for (size_t j = 0; j < count; j++)
            assert_int_equal(verdict_on_mac(&bench, members[j].value), JWT_BAD_HEADER);
        bench_clear(&bench);
    }
}

static void test_t03_empty_secret(void **state)
{
    struct bench bench;

    bench_init(&bench, SIGNING_HS256);
    assert_int_equal(verdict_on_mac(&bench, VIEW("")), JWT_BAD_SIGNATURE);
    bench_clear(&bench);
    bench_init(&bench, SIGNING_RS256);
    assert_int_equal(verdict_on_mac(&bench, VIEW("")), JWT_BAD_HEADER);
    bench_clear(&bench);
}

/* T04: every kind of key x every algorithm a token may name; only the key's own is taken. */
static void test_t04_matrix(void **state)
{
    static const char *const names[] = {"ES256",  "EdDSA", "RS256",   "HS256", "ES384", "ES512",
                                        "ES256K", "RS384", "RS512",   "PS256", "PS384", "PS512",
                                        "HS384",  "HS512", "Ed25519", "none"};

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        const char *own = signing_algorithm_name(all[i]);
        struct bench bench;
        struct view id;

        bench_init(&bench, all[i]);
        id = signing_key_id(bench.key);
        for (size_t j = 0; j < ARRAY_LEN(names); j++) {
            struct view header =
                arena_format(&bench.arena, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
                             names[j], VIEW_ARG(id));

            assert_int_equal(verdict_on_header(&bench, header),
                             strcmp(names[j], own) == 0 ? JWT_OK : JWT_BAD_HEADER);
        }
        bench_clear(&bench);
    }
}

/* A ring of one key of each kind; a token of each, shown with the key id of each other. */
static void test_t04_keys_of_one_ring(void **state)
{
    struct keyring *ring = keyring_new();
    struct bench bench;

    bench_init(&bench, SIGNING_ES256);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_true(keyring_take(ring, signing_key_generate(all[i]), false));
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (size_t j = 0; j < ARRAY_LEN(all); j++) {
            struct view header = forge_header(&bench.arena, keyring_at(ring, j));
            struct view token =
                forge_token(&bench.arena, keyring_at(ring, i), header, bench.payload);

            assert_int_equal(forge_verdict(ring, token), i == j ? JWT_OK : JWT_BAD_SIGNATURE);
        }
    keyring_free(ring);
    bench_clear(&bench);
}

static void test_t05_key_id(void **state)
{
    static const char *const ids[] = {"\"unknown\"",
                                      "\"../../dev/null\"",
                                      "\"' OR 1=1--\"",
                                      "{\"$ne\":null}",
                                      "7",
                                      "[]",
                                      "\"\"",
                                      "null",
                                      "true",
                                      "\"a\\u0000b\""};
    struct bench bench;

    bench_init(&bench, SIGNING_ES256);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct view header =
            arena_format(&bench.arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":%s}", ids[i]);
        enum jwt_fault fault = verdict_on_header(&bench, header);

        assert_true(fault == JWT_BAD_HEADER || fault == JWT_MALFORMED);
    }
    assert_int_equal(verdict_on_header(&bench, VIEW("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}")),
                     JWT_BAD_HEADER);
    bench_clear(&bench);
}

static void test_t05_long_key_id(void **state)
{
    struct bench bench;
    char *long_id;

    bench_init(&bench, SIGNING_ES256);
    long_id = arena_take(&bench.arena, 65537);
    memset(long_id, 'A', 65536);
    for (size_t len = 44; len <= 65536; len *= 2) {
        struct view header =
            arena_format(&bench.arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
                         (int)len, long_id);
        enum jwt_fault fault = verdict_on_header(&bench, header);

        assert_true(fault == JWT_BAD_HEADER || fault == JWT_MALFORMED);
    }
    bench_clear(&bench);
}

/* T06, T07: members that bring keys, or change the rules, whatever they hold. */
static void test_t06_t07_refused_members(void **state)
{
    static const char *const members[] = {
        "\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}",
        "\"jku\":\"https://evil.example/jwks.json\"",
        "\"x5u\":\"https://evil.example/c.pem\"",
        "\"x5c\":[\"AA\"]",
        "\"x5t\":\"AA\"",
        "\"x5t#S256\":\"AA\"",
        "\"crit\":[\"x\"]",
        "\"crit\":[]",
        "\"crit\":[\"alg\"]",
        "\"crit\":null",
        "\"b64\":false",
        "\"b64\":true",
        "\"enc\":\"A128GCM\"",
        "\"zip\":\"DEF\"",
    };
    struct bench bench;
    struct view id;

    bench_init(&bench, SIGNING_EDDSA);
    id = signing_key_id(bench.key);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct view header =
            arena_format(&bench.arena, "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",%s}",
                         VIEW_ARG(id), members[i]);

        assert_int_equal(verdict_on_header(&bench, header), JWT_BAD_HEADER);
    }
    bench_clear(&bench);
}

static void test_t08_every_flipped_bit(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct bench bench;
        char *copy;

        bench_init(&bench, all[i]);
        copy = arena_copy(&bench.arena, bench.token);
        for (size_t bit = 0; bit < 8 * bench.token.len; bit++) {
            copy[bit / 8] ^= (char)(1U << bit % 8);
            assert_int_not_equal(forge_verdict(bench.ring, view_make(copy, bench.token.len)),
                                 JWT_OK);
            copy[bit / 8] ^= (char)(1U << bit % 8);
        }
        assert_int_equal(forge_verdict(bench.ring, view_make(copy, bench.token.len)), JWT_OK);
        bench_clear(&bench);
    }
}

/* A foreign character put in, or instead of another, at the start, in the middle and at the end of
   each part. */
static void check_foreign(struct bench *bench, size_t at, char foreign)
{
    struct view before = view_sub(bench->token, 0, at);
    struct view after = view_sub(bench->token, at, bench->token.len);
    struct view rest = view_sub(bench->token, at + 1, bench->token.len);

    if (view_starts_with(after, view_make(&foreign, 1)))
        return;
    assert_int_not_equal(
        forge_verdict(bench->ring, arena_format(&bench->arena, "%.*s%c%.*s", VIEW_ARG(before),
                                                foreign, VIEW_ARG(after))),
        JWT_OK);
    assert_int_not_equal(
        forge_verdict(bench->ring, arena_format(&bench->arena, "%.*s%c%.*s", VIEW_ARG(before),
                                                foreign, VIEW_ARG(rest))),
        JWT_OK);
}

static void test_t09_foreign_characters(void **state)
{
    static const char foreign[] = {'+', '/', '=', '?', ' ', '\n', '\t', '%', '.', '\0'};
    struct bench bench;

    bench_init(&bench, SIGNING_HS256);
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        for (size_t at = 0; at <= bench.token.len; at++)
            check_foreign(&bench, at, foreign[i]);
    bench_clear(&bench);
}

/* The last character of a signature has unused bits: its variants decode to the same bytes and must
   not pass. */
static void test_t09_last_character(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct bench bench;
        char *copy;

        bench_init(&bench, all[i]);
        copy = arena_copy(&bench.arena, bench.token);
        for (size_t j = 0; j < 64; j++) {
            copy[bench.token.len - 1] = alphabet[j];
            assert_int_equal(forge_verdict(bench.ring, view_make(copy, bench.token.len)) == JWT_OK,
                             alphabet[j] == bench.token.at[bench.token.len - 1]);
        }
        bench_clear(&bench);
    }
}

static void test_t10_number_of_parts(void **state)
{
    static const char *const tokens[] = {
        "",  ".",   "..",      "...",       "....",
        "a", "a.b", "a.b.c.d", "a.b.c.d.e", "{\"payload\":\"Zm9v\",\"signatures\":[]}"};
    struct bench bench;

    bench_init(&bench, SIGNING_ES256);
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
        assert_int_equal(forge_verdict(bench.ring, view_of(tokens[i])), JWT_MALFORMED);
    assert_int_equal(forge_verdict(bench.ring, (struct view){NULL, 0}), JWT_MALFORMED);
    assert_int_equal(
        forge_verdict(bench.ring, arena_format(&bench.arena, "%.*s.", VIEW_ARG(bench.token))),
        JWT_MALFORMED);
    assert_int_equal(
        forge_verdict(bench.ring, arena_format(&bench.arena, ".%.*s", VIEW_ARG(bench.token))),
        JWT_MALFORMED);
    bench_clear(&bench);
}

/* T10: refused by length alone. */
static void test_t10_size(void **state)
{
    static const char fillers[] = {'.', 'A', '['};
    const size_t len = 1024 * 1024;
    struct bench bench;
    char *large;

    bench_init(&bench, SIGNING_ES256);
    large = arena_take(&bench.arena, len);
    assert_non_null(large);
    for (size_t i = 0; i < ARRAY_LEN(fillers); i++) {
        memset(large, fillers[i], len);
        assert_int_equal(forge_verdict(bench.ring, view_make(large, len)), JWT_MALFORMED);
        assert_int_equal(forge_verdict(bench.ring, view_make(large, JWT_MAX_BYTES)), JWT_MALFORMED);
    }
    bench_clear(&bench);
}

/* T10: well signed, but one byte over the limit; the same rule stops jwt_encode. */
static void test_t10_limit(void **state)
{
    struct bench bench;
    struct view header;
    char *filler;

    bench_init(&bench, SIGNING_HS256);
    filler = arena_take(&bench.arena, JWT_MAX_BYTES);
    assert_non_null(filler);
    memset(filler, ' ', JWT_MAX_BYTES);
    header = forge_header(&bench.arena, bench.key);
    for (size_t len = 5800; len < 6100; len++) {
        struct view payload = arena_format(&bench.arena, "%.*s%.*s", VIEW_ARG(bench.payload),
                                           (int)(len - bench.payload.len), filler);
        struct view token = forge_token(&bench.arena, bench.key, header, payload);

        assert_int_equal(forge_verdict(bench.ring, token),
                         token.len <= JWT_MAX_BYTES ? JWT_OK : JWT_MALFORMED);
    }
    bench_clear(&bench);
}

/* T11: ES256 takes 64 bytes and nothing else; DER is what other libraries write. */
static void test_t11_der_signature(void **state)
{
    struct bench bench;
    struct view raw;
    size_t dot;
    uint8_t signature[128] = {0x30, 0x44, 0x02, 0x20};
    size_t len;

    bench_init(&bench, SIGNING_ES256);
    dot = view_find(bench.token, '.', view_find(bench.token, '.', 0) + 1);
    raw = view_sub(bench.token, dot + 1, bench.token.len);
    assert_true(base64url_decode(raw, signature + 4, &len));
    memmove(signature + 38, signature + 36, 32);
    signature[36] = 0x02;
    signature[37] = 0x20;
    assert_int_equal(
        forge_verdict(bench.ring, forge_join(&bench.arena, view_sub(bench.token, 0, dot),
                                             view_make(signature, 70))),
        JWT_BAD_SIGNATURE);
    bench_clear(&bench);
}

static void test_t15_type(void **state)
{
    static const struct {
        const char *type;
        bool taken;
    } types[] = {
        {"\"at+jwt\"", true},
        {"\"AT+JWT\"", true},
        {"\"application/at+jwt\"", true},
        {"\"Application/At+Jwt\"", true},
        {"\"JWT\"", false},
        {"\"\"", false},
        {"\"rt+jwt\"", false},
        {"\"at+jwt \"", false},
        {"\"application/\"", false},
        {"\"application/application/at+jwt\"", false},
        {"7", false},
        {"null", false},
        {"[\"at+jwt\"]", false},
    };
    struct bench bench;
    struct view id;

    bench_init(&bench, SIGNING_EDDSA);
    id = signing_key_id(bench.key);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct view header =
            arena_format(&bench.arena, "{\"alg\":\"EdDSA\",\"kid\":\"%.*s\",\"typ\":%s}",
                         VIEW_ARG(id), types[i].type);

        assert_int_equal(verdict_on_header(&bench, header),
                         types[i].taken ? JWT_OK : JWT_BAD_HEADER);
    }
    assert_int_equal(
        verdict_on_header(&bench, arena_format(&bench.arena, "{\"alg\":\"EdDSA\",\"kid\":\"%.*s\"}",
                                               VIEW_ARG(id))),
        JWT_BAD_HEADER);
    bench_clear(&bench);
}

/* T16, T17: headers that are no clean JSON object. */
static void test_t16_t17_headers(void **state)
{
    static const struct view headers[] = {
        {"", 0},
        {"{", 1},
        {"[]", 2},
        {"null", 4},
        {"\"alg\"", 5},
        {"{}x", 3},
        {"{}\0", 3},
        {"{\"alg\":\"ES256\",\"alg\":\"ES256\"}", 29},
        {"{\"a\":\"\xff\"}", 9},
        {"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", 39},
        {"\xef\xbb\xbf{}", 5},
    };
    struct bench bench;

    bench_init(&bench, SIGNING_ES256);
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        assert_int_equal(verdict_on_header(&bench, headers[i]), JWT_MALFORMED);
    assert_int_equal(verdict_on_header(&bench, VIEW("{}")), JWT_BAD_HEADER);
    bench_clear(&bench);
}

static void test_signature_layer(void **state)
{
    struct view payload = VIEW("untouched");
    struct bench bench;
    struct view token;

    bench_init(&bench, SIGNING_RS256);
    token = forge_token(&bench.arena, bench.key, VIEW("{\"alg\":\"RS256\"}"), VIEW("any bytes"));
    assert_int_equal(jwt_verify_signature(bench.key, "at+jwt", token, &bench.arena, &payload),
                     JWT_BAD_HEADER);
    assert_view(payload, "untouched");
    assert_int_equal(jwt_verify_signature(bench.key, NULL, token, &bench.arena, &payload), JWT_OK);
    assert_view(payload, "any bytes");
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_t25_issued_token),
        cmocka_unit_test(test_encode_refuses),
        cmocka_unit_test(test_little_memory),
        cmocka_unit_test(test_fault_names),
        cmocka_unit_test(test_t01_no_algorithm),
        cmocka_unit_test(test_t01_signature_removed),
        cmocka_unit_test(test_t02_public_key_as_secret),
        cmocka_unit_test(test_t03_empty_secret),
        cmocka_unit_test(test_t04_matrix),
        cmocka_unit_test(test_t04_keys_of_one_ring),
        cmocka_unit_test(test_t05_key_id),
        cmocka_unit_test(test_t05_long_key_id),
        cmocka_unit_test(test_t06_t07_refused_members),
        cmocka_unit_test(test_t08_every_flipped_bit),
        cmocka_unit_test(test_t09_foreign_characters),
        cmocka_unit_test(test_t09_last_character),
        cmocka_unit_test(test_t10_number_of_parts),
        cmocka_unit_test(test_t10_size),
        cmocka_unit_test(test_t10_limit),
        cmocka_unit_test(test_t11_der_signature),
        cmocka_unit_test(test_t15_type),
        cmocka_unit_test(test_t16_t17_headers),
        cmocka_unit_test(test_signature_layer),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
