#include "service/cursor.h"

#include <string.h>

#include "base/base64url.h"
#include "crypto/digest.h"

#define VERSION 1
#define VERSION_BYTES 1
#define MAC_BYTES 16
#define OVERHEAD_BYTES (VERSION_BYTES + MAC_BYTES)
#define BYTES_MAX (CURSOR_POSITION_MAX_BYTES + OVERHEAD_BYTES)

_Static_assert(BASE64URL_LENGTH(BYTES_MAX) <= CURSOR_TEXT_MAX_BYTES, "the bound is too small");

/* Over version and position, under a key of its own for each question. */
static void write_mac(const struct secret *master, struct view question, struct view body,
                      uint8_t out[DIGEST_BYTES])
{
    struct secret secret CLEANUP(secret_wipe);

    digest_derive(master, "cursor", question, &secret);
    digest_hmac_sha256(view_make(secret.bytes, SECRET_BYTES), body, out);
}

struct view cursor_write(const struct secret *master, struct view question, struct view position,
                         struct arena *arena)
{
    struct view none = {NULL, 0};
    uint8_t bytes[BYTES_MAX] = {VERSION};
    uint8_t mac[DIGEST_BYTES];
    size_t body_len = VERSION_BYTES + position.len;
    char *text;

    if (position.len > CURSOR_POSITION_MAX_BYTES) {
        return none;
    }
    text = arena_take(arena, BASE64URL_LENGTH(body_len + MAC_BYTES));
    if (text == NULL) {
        return none;
    }
    if (position.len > 0) {
        memcpy(bytes + VERSION_BYTES, position.at, position.len);
    }
    write_mac(master, question, view_make(bytes, body_len), mac);
    memcpy(bytes + body_len, mac, MAC_BYTES);
    return view_make(text, base64url_encode(bytes, body_len + MAC_BYTES, text));
}

bool cursor_read(const struct secret *master, struct view question, struct view text,
                 struct arena *arena, struct view *position)
{
    uint8_t bytes[CURSOR_TEXT_MAX_BYTES];
    uint8_t mac[DIGEST_BYTES];
    size_t len = 0;
    struct view body;

    if (text.len > CURSOR_TEXT_MAX_BYTES || !base64url_decode(text, bytes, &len) ||
        len < OVERHEAD_BYTES || bytes[0] != VERSION) {
        return false;
    }
    body = view_make(bytes, len - MAC_BYTES);
    write_mac(master, question, body, mac);
    if (!secret_equal(mac, bytes + body.len, MAC_BYTES)) {
        return false;
    }
    *position = arena_copy_view(arena, view_sub(body, VERSION_BYTES, SIZE_MAX));
    return position->at != NULL;
}
