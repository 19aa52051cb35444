#include "jwt/jwt.h"

#include "base/base64url.h"
#include "base/builder.h"
#include "jwt/jwt_claims.h"
#include "jwt/jwt_json.h"
#include "jwt/jwt_plain.h"

#define HEADER_MAX_BYTES 512
#define TYPE_PREFIX VIEW("application/") /* RFC 7515 section 4.1.9: may be left out */

/* A token cut at its dots. */
struct parts {
    struct view header;
    struct view payload;
    struct view signature;
    struct view signed_text; /* header and payload with the dot between */
};

static const char *const fault_names[] = {
    [JWT_OK] = "ok",
    [JWT_MALFORMED] = "malformed",
    [JWT_BAD_HEADER] = "bad_header",
    [JWT_BAD_SIGNATURE] = "bad_signature",
    [JWT_BAD_CLAIMS] = "bad_claims",
    [JWT_EXPIRED] = "expired",
    [JWT_NOT_YET] = "not_yet_valid",
    [JWT_WRONG_ISSUER] = "wrong_issuer",
    [JWT_WRONG_AUDIENCE] = "wrong_audience",
};

/* Header members that change what is signed, name extensions we must understand, or bring keys
   along: none is taken (RFC 7515 section 4.1, RFC 7797, RFC 8725 section 3.10), nor those of
   encrypted tokens. */
static const char *const refused_members[] = {
    "crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "enc", "zip",
};

const char *jwt_fault_name(enum jwt_fault fault)
{
    return (size_t)fault < ARRAY_LEN(fault_names) ? fault_names[fault] : "unknown";
}

static bool write_header(const struct signing_key *key, struct builder *out)
{
    builder_text(out, "{\"alg\":\"");
    builder_text(out, signing_algorithm_name(signing_key_algorithm(key)));
    builder_text(out, "\",\"typ\":\"" JWT_TYPE_ACCESS "\",\"kid\":");
    builder_json(out, signing_key_id(key));
    builder_char(out, '}');
    return !out->failed;
}

/* Encodes both parts, signs them and adds the signature. */
static struct view sign_parts(const struct signing_key *key, struct view header,
                              struct view payload, struct arena *arena)
{
    const struct view none = {NULL, 0};
    uint8_t signature[SIGNING_MAX_BYTES];
    size_t signature_len;
    char *token = arena_take(arena, BASE64URL_LENGTH(header.len) + BASE64URL_LENGTH(payload.len) +
                                        BASE64URL_LENGTH(sizeof(signature)) + 2);
    size_t len;

    if (token == NULL) {
        return none;
    }
    len = base64url_encode(header.at, header.len, token);
    token[len++] = '.';
    len += base64url_encode(payload.at, payload.len, token + len);
    if (!signing_key_sign(key, view_make(token, len), signature, &signature_len)) {
        return none;
    }
    token[len++] = '.';
    len += base64url_encode(signature, signature_len, token + len);
    return len <= JWT_MAX_BYTES ? view_make(token, len) : none;
}

struct view jwt_encode(const struct keyring *ring, const struct jwt_claims *claims,
                       struct arena *arena)
{
    const struct signing_key *key = keyring_signer(ring);
    char header_text[HEADER_MAX_BYTES];
    struct builder header_builder;
    struct builder payload_builder;
    struct view header;
    struct view payload;

    builder_init_fixed(&header_builder, header_text, sizeof(header_text));
    builder_init(&payload_builder, arena, JWT_MAX_BYTES);
    if (key == NULL || !write_header(key, &header_builder) ||
        !jwt_claims_write(claims, &payload_builder) || !builder_end(&header_builder, &header) ||
        !builder_end(&payload_builder, &payload)) {
        return (struct view){NULL, 0};
    }
    return sign_parts(key, header, payload, arena);
}

/* Exactly three parts; looks no further than the third dot. */
static bool split(struct view token, struct parts *out)
{
    size_t first;
    size_t second;

    if (token.len > JWT_MAX_BYTES) {
        return false;
    }
    first = view_find(token, '.', 0);
    second = view_find(token, '.', first + 1);
    if (second >= token.len || view_find(token, '.', second + 1) < token.len) {
        return false;
    }
    out->header = view_sub(token, 0, first);
    out->payload = view_sub(token, first + 1, second - first - 1);
    out->signature = view_sub(token, second + 1, token.len);
    out->signed_text = view_sub(token, 0, second);
    return true;
}

/* .at NULL when it is no base64url. */
static struct view decode(struct view part, struct arena *arena)
{
    size_t len;
    void *bytes = arena_take(arena, part.len + 1);

    if (bytes == NULL || !base64url_decode(part, bytes, &len)) {
        return (struct view){NULL, 0};
    }
    return view_make(bytes, len);
}

/* What a header says; borrowed from its text or its tree. */
struct header {
    struct view algorithm;
    struct view type;
    struct view key_id;
    bool is_refused; /* has one of refused_members */
};

/* The text of a header that is letter by letter as write_header writes it. */
static bool read_usual_header(struct view text, struct header *out)
{
    *out = (struct header){.type = VIEW(JWT_TYPE_ACCESS)};
    return jwt_plain_take(&text, VIEW("{\"alg\":\"")) && jwt_plain_text(&text, &out->algorithm) &&
           jwt_plain_take(&text, VIEW(",\"typ\":\"" JWT_TYPE_ACCESS "\",\"kid\":\"")) &&
           jwt_plain_text(&text, &out->key_id) && view_is(text, "}");
}

/* Any other one; *tree holds its texts. */
static bool read_any_header(struct view text, json_t **tree, struct header *out)
{
    *tree = jwt_json_object(text);
    *out = (struct header){
        .algorithm = jwt_json_text(*tree, "alg"),
        .type = jwt_json_text(*tree, "typ"),
        .key_id = jwt_json_text(*tree, "kid"),
    };
    for (size_t i = 0; i < ARRAY_LEN(refused_members); i++) {
        out->is_refused |= json_object_get(*tree, refused_members[i]) != NULL;
    }
    return *tree != NULL;
}

static bool has_type(const struct header *header, struct view wanted)
{
    struct view type = header->type;

    if (view_equal_nocase(view_sub(type, 0, TYPE_PREFIX.len), TYPE_PREFIX)) {
        type = view_sub(type, TYPE_PREFIX.len, type.len);
    }
    return view_equal_nocase(type, wanted);
}

/* RFC 8725 section 3.1: the key says which algorithm it is for; the token may only agree. */
static bool fits_key(const struct header *header, const struct signing_key *key, const char *type)
{
    return !header->is_refused &&
           view_is(header->algorithm, signing_algorithm_name(signing_key_algorithm(key))) &&
           (type == NULL || has_type(header, view_of(type)));
}

static enum jwt_fault check_signature(const struct signing_key *key, const struct parts *parts)
{
    uint8_t signature[SIGNING_MAX_BYTES];
    size_t len;

    if (parts->signature.len > BASE64URL_LENGTH(sizeof(signature)) ||
        !base64url_decode(parts->signature, signature, &len)) {
        return JWT_MALFORMED;
    }
    return signing_key_verify(key, parts->signed_text, view_make(signature, len))
               ? JWT_OK
               : JWT_BAD_SIGNATURE;
}

/* What vouches for a token: that key, or (NULL) the one of the ring that the token names. */
struct vouching {
    const struct keyring *ring;
    const struct signing_key *key;
    const char *type; /* NULL: not looked at */
};

/* The key of the token; *fault says why there is none. */
static const struct signing_key *find_key(const struct vouching *by, struct view encoded,
                                          enum jwt_fault *fault)
{
    json_auto_t *tree = NULL;
    const struct signing_key *key = by->key;
    char text[HEADER_MAX_BYTES];
    struct header header;
    size_t len;

    if (encoded.len > BASE64URL_LENGTH(sizeof(text)) || !base64url_decode(encoded, text, &len) ||
        (!read_usual_header(view_make(text, len), &header) &&
         !read_any_header(view_make(text, len), &tree, &header))) {
        *fault = JWT_MALFORMED;
        return NULL;
    }
    if (key == NULL) {
        key = keyring_find(by->ring, header.key_id);
    }
    *fault = JWT_BAD_HEADER;
    return key != NULL && fits_key(&header, key, by->type) ? key : NULL;
}

/* The signature layer; the payload is decoded only when it is good. */
static enum jwt_fault verify_layer(const struct vouching *by, struct view token,
                                   struct arena *arena, struct view *payload)
{
    const struct signing_key *key;
    enum jwt_fault fault;
    struct parts parts;
    struct view decoded;

    if (!split(token, &parts)) {
        return JWT_MALFORMED;
    }
    key = find_key(by, parts.header, &fault);
    if (key == NULL) {
        return fault;
    }
    fault = check_signature(key, &parts);
    if (fault != JWT_OK) {
        return fault;
    }
    decoded = decode(parts.payload, arena);
    if (decoded.at == NULL) {
        return JWT_MALFORMED;
    }
    *payload = decoded;
    return JWT_OK;
}

enum jwt_fault jwt_verify(const struct keyring *ring, const struct jwt_expectation *expectation,
                          struct view token, struct arena *arena, struct jwt_claims *claims)
{
    const struct vouching by = {.ring = ring, .type = JWT_TYPE_ACCESS};
    struct view payload;
    enum jwt_fault fault = verify_layer(&by, token, arena, &payload);

    return fault == JWT_OK ? jwt_claims_read(expectation, payload, arena, claims) : fault;
}

enum jwt_fault jwt_verify_signature(const struct signing_key *key, const char *typ,
                                    struct view token, struct arena *arena, struct view *payload)
{
    const struct vouching by = {.key = key, .type = typ};

    return verify_layer(&by, token, arena, payload);
}
