/* Compact signed tokens (RFC 7515, 7519) under the rules of RFC 8725 and RFC 9068. Signature and
   claims are verified by one call; there is no way to read claims that were not verified.
   Thread-safe. */
#ifndef LATCHKEY_JWT_JWT_H
#define LATCHKEY_JWT_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "crypto/keyring.h"

#define JWT_MAX_BYTES 8192       /* a longer token is refused unread */
#define JWT_LEEWAY_S 30          /* clock leeway on exp, nbf and iat */
#define JWT_TYPE_ACCESS "at+jwt" /* RFC 9068 section 2.1 */

/* The claims of an access token. Views are borrowed by encode, and point into the arena after
   verify. */
struct jwt_claims {
    struct view issuer;
    struct view subject;
    struct view audience; /* empty: left out (a configured secret, DIALECTS) */
    struct view client_id;
    struct view token_id;   /* jti */
    struct view session_id; /* sid */
    const struct view *roles;
    size_t role_count;
    int64_t issued_s;    /* seconds since 1970 */
    int64_t expires_s;   /* seconds since 1970 */
    int64_t user_number; /* claim user_id; 0: left out */
};

enum jwt_fault {
    JWT_OK,
    JWT_MALFORMED,  /* not three parts of strict base64url, or no JSON object, or duplicate members,
                       too long, too deep */
    JWT_BAD_HEADER, /* alg other than the key's, typ, crit, b64, embedded keys, missing or unknown
                       kid */
    JWT_BAD_SIGNATURE,
    JWT_BAD_CLAIMS, /* missing, wrong type, fractional, out of range */
    JWT_EXPIRED,
    JWT_NOT_YET, /* nbf or iat in the future beyond the leeway */
    JWT_WRONG_ISSUER,
    JWT_WRONG_AUDIENCE
};

/* What a token must say to be ours. */
struct jwt_expectation {
    struct view issuer;
    struct view audience; /* empty (a configured secret): aud must be absent */
    int64_t now_s;        /* seconds since 1970 */
};

/* A short stable word for the log. */
const char *jwt_fault_name(enum jwt_fault fault);
/* Header {"alg","typ":"at+jwt","kid"} and the claims, signed by the ring's signer. .at NULL when no
   key signs, a claim that every token needs is empty, the token would be too long, or memory ends.
 */
MUST_CHECK struct view jwt_encode(const struct keyring *ring, const struct jwt_claims *claims,
                                  struct arena *arena);
/* Verifies everything, then fills claims (in the arena). On a fault claims are untouched. Out of
   memory counts as a fault of the token. */
MUST_CHECK enum jwt_fault jwt_verify(const struct keyring *ring,
                                     const struct jwt_expectation *expectation, struct view token,
                                     struct arena *arena, struct jwt_claims *claims);
/* Only the signature layer: splits, checks the header against the key, verifies; *payload is the
   decoded second part. For test vectors and for tokens that are no access tokens. typ NULL: not
   looked at. */
MUST_CHECK enum jwt_fault jwt_verify_signature(const struct signing_key *key, const char *typ,
                                               struct view token, struct arena *arena,
                                               struct view *payload);

#endif
