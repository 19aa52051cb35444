#include "crypto/signing_key.h"

#include <stdlib.h>

#include "base/base64url.h"
#include "base/builder.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "crypto/signing_kind.h"

#define MEMBERS_MAX 4
#define ID_LENGTH BASE64URL_LENGTH(DIGEST_BYTES)
#define SECRET_ID_LENGTH 22 /* 132 bits tell keys apart and are no whole MAC */
#define NUMBER_LENGTH BASE64URL_LENGTH(SIGNING_MAX_BYTES)

struct signing_key {
    const struct signing_kind *kind;
    void *state; /* the kind's */
    size_t id_len;
    char id[ID_LENGTH];
    size_t member_count;
    struct signing_key_member members[MEMBERS_MAX];
    char numbers[2][NUMBER_LENGTH]; /* the members' base64url texts */
};

static const struct {
    const char *name;
    const struct signing_kind *kind;
} algorithms[] = {
    [SIGNING_NONE] = {NULL, NULL},
    [SIGNING_ES256] = {"ES256", &signing_ec},
    [SIGNING_EDDSA] = {"EdDSA", &signing_ed25519},
    [SIGNING_RS256] = {"RS256", &signing_rsa},
    [SIGNING_HS256] = {"HS256", &signing_hmac},
};

const char *signing_algorithm_name(enum signing_algorithm algorithm)
{
    return (size_t)algorithm < ARRAY_LEN(algorithms) ? algorithms[algorithm].name : NULL;
}

static const struct signing_kind *kind_of(enum signing_algorithm algorithm)
{
    return (size_t)algorithm < ARRAY_LEN(algorithms) ? algorithms[algorithm].kind : NULL;
}

enum signing_algorithm signing_algorithm_of(struct view name)
{
    for (size_t i = SIGNING_NONE + 1; i < ARRAY_LEN(algorithms); i++) {
        if (view_is(name, algorithms[i].name)) {
            return (enum signing_algorithm)i;
        }
    }
    return SIGNING_NONE;
}

/* Writes the members' texts into the key. */
static bool write_members(struct signing_key *key)
{
    struct signing_part parts[MEMBERS_MAX];
    size_t numbers = 0;

    if (!key->kind->parts(key->state, parts, &key->member_count)) {
        return false;
    }
    for (size_t i = 0; i < key->member_count; i++) {
        struct signing_key_member *member = &key->members[i];

        member->name = parts[i].name;
        member->value = view_of(parts[i].text);
        if (parts[i].text != NULL) {
            continue;
        }
        if (numbers == ARRAY_LEN(key->numbers)) {
            return false;
        }
        member->value.at = key->numbers[numbers];
        member->value.len =
            base64url_encode(parts[i].number, parts[i].number_len, key->numbers[numbers++]);
    }
    return true;
}

/* RFC 7638 section 3: the required members in the order of their names, no white space. */
static bool thumbprint(const struct signing_key *key, uint8_t out[DIGEST_BYTES])
{
    char text[2 * NUMBER_LENGTH + 64];
    struct builder b;
    struct view json;

    builder_init_fixed(&b, text, sizeof(text));
    for (size_t i = 0; i < key->member_count; i++) {
        builder_char(&b, i == 0 ? '{' : ',');
        builder_json(&b, view_of(key->members[i].name));
        builder_char(&b, ':');
        builder_json(&b, key->members[i].value);
    }
    builder_char(&b, '}');
    if (!builder_end(&b, &json)) {
        return false;
    }
    digest_sha256(json, out);
    return true;
}

static bool write_id(struct signing_key *key)
{
    uint8_t digest[DIGEST_BYTES];

    if (key->kind->parts == NULL) {
        key->kind->fingerprint(key->state, digest);
        base64url_encode(digest, sizeof(digest), key->id);
        key->id_len = SECRET_ID_LENGTH;
        return true;
    }
    if (!write_members(key) || !thumbprint(key, digest)) {
        return false;
    }
    key->id_len = base64url_encode(digest, sizeof(digest), key->id);
    return true;
}

/* Takes the state, also on failure (NULL is one). */
static struct signing_key *take(const struct signing_kind *kind, void *state)
{
    struct signing_key *key = state != NULL ? calloc(1, sizeof(*key)) : NULL;

    if (key == NULL) {
        kind->free(state);
        return NULL;
    }
    key->kind = kind;
    key->state = state;
    if (write_id(key)) {
        return key;
    }
    signing_key_free(key);
    return NULL;
}

struct signing_key *signing_key_generate(enum signing_algorithm algorithm)
{
    const struct signing_kind *kind = kind_of(algorithm);

    return kind != NULL ? take(kind, kind->generate()) : NULL;
}

struct signing_key *signing_key_import(enum signing_algorithm algorithm, struct view der)
{
    const struct signing_kind *kind = kind_of(algorithm);

    return kind != NULL ? take(kind, kind->import(der)) : NULL;
}

struct signing_key *signing_key_of_secret(struct view secret)
{
    return take(&signing_hmac, signing_hmac_of_secret(secret));
}

struct signing_key *signing_key_of_ec_point(struct view x, struct view y)
{
    return take(&signing_ec, signing_ec_of_point(x, y));
}

struct signing_key *signing_key_of_ed25519(struct view x)
{
    return take(&signing_ed25519, signing_ed25519_of_public(x));
}

struct signing_key *signing_key_of_rsa(struct view n, struct view e)
{
    return take(&signing_rsa, signing_rsa_of_numbers(n, e));
}

/* What export gives away; lives in the arena and is wiped with it. */
struct exported {
    uint8_t bytes[SIGNING_DER_MAX_BYTES];
};

static void wipe_exported(void *exported)
{
    secret_wipe_bytes(exported, sizeof(struct exported));
}

struct view signing_key_export(const struct signing_key *key, struct arena *arena)
{
    struct exported *out = arena_take(arena, sizeof(*out));
    size_t len;

    if (out == NULL || !arena_on_clear(arena, wipe_exported, out) ||
        !key->kind->export(key->state, out->bytes, &len)) {
        return (struct view){NULL, 0};
    }
    return view_make(out->bytes, len);
}

void signing_key_free(struct signing_key *key)
{
    if (key == NULL) {
        return;
    }
    key->kind->free(key->state);
    free(key);
}

enum signing_algorithm signing_key_algorithm(const struct signing_key *key)
{
    return key->kind->algorithm;
}

struct view signing_key_id(const struct signing_key *key)
{
    return view_make(key->id, key->id_len);
}

size_t signing_key_members(const struct signing_key *key, struct signing_key_member out[4])
{
    for (size_t i = 0; i < key->member_count; i++) {
        out[i] = key->members[i];
    }
    return key->member_count;
}

bool signing_key_sign(const struct signing_key *key, struct view data,
                      uint8_t out[SIGNING_MAX_BYTES], size_t *len)
{
    return key->kind->sign(key->state, data, out, len);
}

bool signing_key_verify(const struct signing_key *key, struct view data, struct view signature)
{
    return key->kind->verify(key->state, data, signature);
}
