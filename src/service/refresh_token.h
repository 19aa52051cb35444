/* Inside service/ only: the text of refresh tokens: "lkr_" and base64url of version (1 byte),
   session id (16), counter (8, big-endian) and the first 16 bytes of an HMAC-SHA-256 over these
   under a key of the session's own. There is nothing about a token in the store but the session's
   counter (CHECKLIST R14), and it has no dots: no JWT (T15). Pure. */
#ifndef LATCHKEY_SERVICE_REFRESH_TOKEN_H
#define LATCHKEY_SERVICE_REFRESH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/base64url.h"
#include "base/id.h"
#include "base/view.h"
#include "crypto/secret.h"

#define REFRESH_TOKEN_PREFIX "lkr_"
#define REFRESH_TOKEN_BYTES 41
#define REFRESH_TOKEN_LENGTH                                                                       \
    (sizeof(REFRESH_TOKEN_PREFIX) - 1 + BASE64URL_LENGTH(REFRESH_TOKEN_BYTES))

/* Writes REFRESH_TOKEN_LENGTH characters and a NUL. */
void refresh_token_write(const struct secret *master, const struct id *session_id, int64_t counter,
                         char out[REFRESH_TOKEN_LENGTH + 1]);
/* True for a token made with this master; the MAC is compared in constant time. */
MUST_CHECK bool refresh_token_read(const struct secret *master, struct view text,
                                   struct id *session_id, int64_t *counter);

#endif
