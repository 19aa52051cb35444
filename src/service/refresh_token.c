#include "service/refresh_token.h"

#include <string.h>

#include "crypto/digest.h"

#define VERSION 1
#define PREFIX_LENGTH (sizeof(REFRESH_TOKEN_PREFIX) - 1)
#define ID_AT 1
#define COUNTER_AT (ID_AT + sizeof(struct id))
#define MAC_AT (COUNTER_AT + sizeof(uint64_t))
#define MAC_BYTES (REFRESH_TOKEN_BYTES - MAC_AT)

/* Over all before it. */
static void make_mac(const struct secret *master, const uint8_t *bytes, uint8_t out[DIGEST_BYTES])
{
    struct secret key CLEANUP(secret_wipe);

    digest_derive(master, "refresh-token", view_make(bytes + ID_AT, sizeof(struct id)), &key);
    digest_hmac_sha256(view_make(key.bytes, sizeof(key.bytes)), view_make(bytes, MAC_AT), out);
}

void refresh_token_write(const struct secret *master, const struct id *session_id, int64_t counter,
                         char out[REFRESH_TOKEN_LENGTH + 1])
{
    uint8_t bytes[REFRESH_TOKEN_BYTES] = {VERSION};
    uint8_t mac[DIGEST_BYTES];

    memcpy(bytes + ID_AT, session_id->bytes, sizeof(session_id->bytes));
    for (size_t i = 0; i < sizeof(uint64_t); i++) {
        bytes[COUNTER_AT + i] = (uint8_t)((uint64_t)counter >> (56 - 8 * i));
    }
    make_mac(master, bytes, mac);
    memcpy(bytes + MAC_AT, mac, MAC_BYTES);
    memcpy(out, REFRESH_TOKEN_PREFIX, PREFIX_LENGTH);
    (void)base64url_encode(bytes, sizeof(bytes), out + PREFIX_LENGTH);
    out[REFRESH_TOKEN_LENGTH] = '\0';
    secret_wipe_bytes(bytes, sizeof(bytes));
    secret_wipe_bytes(mac, sizeof(mac));
}

bool refresh_token_read(const struct secret *master, struct view text, struct id *session_id,
                        int64_t *counter)
{
    uint8_t bytes[REFRESH_TOKEN_BYTES];
    uint8_t mac[DIGEST_BYTES];
    uint64_t number = 0;
    size_t len;

    if (text.len != REFRESH_TOKEN_LENGTH || !view_starts_with(text, VIEW(REFRESH_TOKEN_PREFIX)) ||
        !base64url_decode(view_sub(text, PREFIX_LENGTH, text.len), bytes, &len) ||
        len != sizeof(bytes) || bytes[0] != VERSION) {
        return false;
    }
    make_mac(master, bytes, mac);
    if (!secret_equal(mac, bytes + MAC_AT, MAC_BYTES)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(number); i++) {
        number = number << 8 | bytes[COUNTER_AT + i];
    }
    memcpy(session_id->bytes, bytes + ID_AT, sizeof(session_id->bytes));
    *counter = (int64_t)number;
    return number > 0 && number <= INT64_MAX;
}
