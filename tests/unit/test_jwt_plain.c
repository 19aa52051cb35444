/* Tokens in the form that this server writes are read without a JSON library: whatever is changed
   in one, the answer is the same as to the same JSON in another form, which goes through the
   library. A space in front makes it another form. */
#include "unit.h"

#include "base/builder.h"
#include "crypto/secret.h"
#include "forge.h"
#include "jwt/jwt_claims.h"

/* What may mean something in JSON, ends of classes, and bytes that are no text. */
static const char octets[] = "\"\\{}[]:,.+-/ !~09189eEaunt\t\n\x01\x1F\x7F\x80\xC3\xE2\xFF";
#define OCTETS sizeof(octets) /* with the NUL */

struct outcome {
    enum jwt_fault fault;
    struct jwt_claims claims;
};

static struct outcome read_claims(struct arena *arena, struct view payload)
{
    const struct jwt_expectation expectation = forge_expectation();
    struct outcome outcome = {.claims = {.issued_s = -1}};
    struct view kept = arena_copy_view(arena, payload);

    outcome.fault = jwt_claims_read(&expectation, kept, arena, &outcome.claims);
    return outcome;
}

static bool same_claims(const struct jwt_claims *a, const struct jwt_claims *b)
{
    bool same = view_equal(a->issuer, b->issuer) && view_equal(a->subject, b->subject) &&
                view_equal(a->audience, b->audience) && view_equal(a->client_id, b->client_id) &&
                view_equal(a->token_id, b->token_id) && view_equal(a->session_id, b->session_id) &&
                a->issued_s == b->issued_s && a->expires_s == b->expires_s &&
                a->user_number == b->user_number && a->role_count == b->role_count;

    for (size_t i = 0; same && i < a->role_count; i++)
        same = view_equal(a->roles[i], b->roles[i]);
    return same;
}

/* Returns the verdict. */
static enum jwt_fault assert_same(struct view payload)
{
    struct arena arena;
    struct outcome plain, other;

    arena_init(&arena, 0);
    plain = read_claims(&arena, payload);
    other = read_claims(&arena, arena_format(&arena, " %.*s", VIEW_ARG(payload)));
    if (view_find(payload, '\0', 0) == payload.len &&
        (plain.fault != other.fault || !same_claims(&plain.claims, &other.claims)))
        fail_msg("%.*s: %s, else %s", VIEW_ARG(payload), jwt_fault_name(plain.fault),
                 jwt_fault_name(other.fault));
    arena_clear(&arena);
    return plain.fault;
}

static struct view usual_payload(struct arena *arena, int64_t user_number)
{
    struct jwt_claims claims = forge_claims();
    struct builder builder;
    struct view payload;

    claims.user_number = user_number;
    builder_init(&builder, arena, 4096);
    assert_true(jwt_claims_write(&claims, &builder));
    assert_true(builder_end(&builder, &payload));
    return payload;
}

/* One octet replaced, left out, or put in, at each place. */
static struct view changed(struct arena *arena, struct view text, size_t place, int kind, char c)
{
    size_t rest = kind == 2 ? place : place + 1;
    struct builder builder;
    struct view out;

    builder_init(&builder, arena, 4096);
    builder_add(&builder, view_sub(text, 0, place));
    if (kind != 1)
        builder_char(&builder, c);
    builder_add(&builder, view_sub(text, rest, text.len));
    assert_true(builder_end(&builder, &out));
    return out;
}

static void test_changed_claims(void **state)
{
    static const int64_t numbers[] = {0, 7};
    size_t good = 0;

    for (size_t n = 0; n < ARRAY_LEN(numbers); n++) {
        struct arena arena;
        struct view payload;

        arena_init(&arena, 0);
        payload = usual_payload(&arena, numbers[n]);
        assert_int_equal(assert_same(payload), JWT_OK);
        for (size_t place = 0; place < payload.len; place++) {
            struct arena scratch;

            arena_init(&scratch, 0);
            for (int kind = 0; kind < 3; kind++)
                for (size_t i = 0; i < (kind == 1 ? 1 : OCTETS); i++)
                    good +=
                        assert_same(changed(&scratch, payload, place, kind, octets[i])) == JWT_OK;
            arena_clear(&scratch);
        }
        arena_clear(&arena);
    }
    /* Other names, ids and roles are as good; so the comparison meets both verdicts. */
    assert_true(good > 1000);
}

/* Nothing is copied of what is in the usual form: that it was recognised shows in that. */
static void test_usual_claims_stay_in_place(void **state)
{
    const struct jwt_expectation expectation = forge_expectation();
    struct jwt_claims claims;
    struct arena arena;
    struct view payload;

    arena_init(&arena, 0);
    payload = usual_payload(&arena, 7);
    assert_int_equal(jwt_claims_read(&expectation, payload, &arena, &claims), JWT_OK);
    assert_true(claims.subject.at > payload.at && claims.subject.at < payload.at + payload.len);
    assert_true(claims.roles[1].at > payload.at && claims.roles[1].at < payload.at + payload.len);
    arena_clear(&arena);
}

static void test_claims_cut_off(void **state)
{
    struct arena arena;
    struct view payload;

    arena_init(&arena, 0);
    payload = usual_payload(&arena, 7);
    for (size_t len = 0; len < payload.len; len++)
        assert_int_equal(assert_same(view_sub(payload, 0, len)), JWT_MALFORMED);
    arena_clear(&arena);
}

#define TEXTS                                                                                      \
    "{\"iss\":\"https://"                                                                          \
    "id.example\",\"sub\":\"s\",\"client_id\":\"c\",\"jti\":\"j\",\"sid\":\"i\""
#define AUDIENCE ",\"aud\":\"latchkey\""
#define TIMES ",\"iat\":1700000000,\"exp\":1700000001"

static void test_shapes(void **state)
{
    static const struct {
        const char *payload;
        enum jwt_fault fault;
    } rows[] = {
        {TEXTS AUDIENCE TIMES ",\"roles\":[]}", JWT_OK},
        {TEXTS AUDIENCE TIMES ",\"roles\":[\"a\",\"b,c\",\"d\"]}", JWT_OK},
        {TEXTS AUDIENCE TIMES ",\"roles\":[\"a\",\"\"]}", JWT_BAD_CLAIMS},
        {TEXTS AUDIENCE TIMES ",\"roles\":[\"a\",]}", JWT_MALFORMED},
        {TEXTS AUDIENCE TIMES ",\"roles\":[\"a\"\"b\"]}", JWT_MALFORMED},
        {TEXTS AUDIENCE TIMES ",\"roles\":[],\"roles\":[]}", JWT_MALFORMED},
        {TEXTS AUDIENCE TIMES ",\"roles\":[],\"sub\":\"t\"}", JWT_MALFORMED},
        {TEXTS AUDIENCE TIMES ",\"roles\":[],\"nbf\":1700000000}", JWT_OK},
        {TEXTS AUDIENCE TIMES ",\"roles\":[],\"nbf\":1800000000}", JWT_NOT_YET},
        {TEXTS AUDIENCE TIMES ",\"roles\":[],\"user_id\":0}", JWT_BAD_CLAIMS},
        {TEXTS AUDIENCE TIMES ",\"roles\":[],\"user_id\":9223372036854775807}", JWT_OK},
        {TEXTS AUDIENCE TIMES ",\"roles\":[]}{}", JWT_MALFORMED},
        {TEXTS TIMES ",\"roles\":[]}", JWT_WRONG_AUDIENCE},
        {TEXTS ",\"aud\":\"other\"" TIMES ",\"roles\":[]}", JWT_WRONG_AUDIENCE},
        {TEXTS AUDIENCE ",\"iat\":1700000000,\"exp\":1699999970,\"roles\":[]}", JWT_EXPIRED},
        {TEXTS AUDIENCE ",\"iat\":1700000000,\"exp\":1699999971,\"roles\":[]}", JWT_OK},
        {TEXTS AUDIENCE ",\"iat\":1700000031,\"exp\":1700000099,\"roles\":[]}", JWT_NOT_YET},
        {TEXTS AUDIENCE ",\"iat\":1700000000,\"exp\":253402300800,\"roles\":[]}", JWT_BAD_CLAIMS},
        {TEXTS AUDIENCE ",\"iat\":01700000000,\"exp\":1700000001,\"roles\":[]}", JWT_MALFORMED},
        {TEXTS AUDIENCE ",\"iat\":1.7e9,\"exp\":1700000001,\"roles\":[]}", JWT_BAD_CLAIMS},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum jwt_fault fault = assert_same(view_of(rows[i].payload));

        if (fault != rows[i].fault)
            fail_msg("%s: %s, expected %s", rows[i].payload, jwt_fault_name(fault),
                     jwt_fault_name(rows[i].fault));
    }
}

/* The same of the header: what the ring says to the token. */
static void test_changed_headers(void **state)
{
    struct keyring *ring = forge_ring(SIGNING_HS256);
    const struct signing_key *key = keyring_signer(ring);
    struct arena arena;
    struct view header, payload;
    size_t refused = 0;

    arena_init(&arena, 0);
    header = forge_header(&arena, key);
    payload = usual_payload(&arena, 0);
    assert_int_equal(forge_verdict(ring, forge_token(&arena, key, header, payload)), JWT_OK);
    for (size_t place = 0; place < header.len; place++) {
        struct arena scratch;

        arena_init(&scratch, 0);
        for (size_t i = 0; i + 1 < OCTETS; i++) {
            struct view plain = changed(&scratch, header, place, 0, octets[i]);
            struct view other = arena_format(&scratch, " %.*s", VIEW_ARG(plain));
            enum jwt_fault fault = forge_verdict(ring, forge_token(&scratch, key, plain, payload));

            assert_int_equal(fault,
                             forge_verdict(ring, forge_token(&scratch, key, other, payload)));
            refused += fault != JWT_OK;
        }
        arena_clear(&scratch);
    }
    assert_true(refused > header.len);
    keyring_free(ring);
    arena_clear(&arena);
}

static int setup(void **state)
{
    return secret_setup() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_claims),  cmocka_unit_test(test_usual_claims_stay_in_place),
        cmocka_unit_test(test_claims_cut_off),  cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_changed_headers),
    };

    return cmocka_run_group_tests_name("jwt_plain", tests, setup, NULL);
}
