/* base64url without padding (RFC 4648 section 5, RFC 7515 section 2). Pure. */
#ifndef LATCHKEY_BASE_BASE64URL_H
#define LATCHKEY_BASE_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/view.h"

/* Characters for n bytes, without NUL. */
#define BASE64URL_LENGTH(n) (((n)*4 + 2) / 3)

/* Writes BASE64URL_LENGTH(len) characters, no NUL; returns that number. */
size_t base64url_encode(const void *bytes, size_t len, char *out);
/* Strict: no padding, no white space, no foreign character, no impossible length, unused bits zero.
   out holds at least text.len * 3 / 4 bytes. */
MUST_CHECK bool base64url_decode(struct view text, void *out, size_t *len);

#endif
