#include "crypto/keyring.h"

#include <stdlib.h>

struct keyring {
    struct signing_key *keys[KEYRING_MAX_KEYS];
    size_t count;
    const struct signing_key *signer;
};

struct keyring *keyring_new(void)
{
    return calloc(1, sizeof(struct keyring));
}

bool keyring_take(struct keyring *ring, struct signing_key *key, bool signs)
{
    if (ring->count == KEYRING_MAX_KEYS || keyring_find(ring, signing_key_id(key)) != NULL) {
        signing_key_free(key);
        return false;
    }
    ring->keys[ring->count++] = key;
    if (signs) {
        ring->signer = key;
    }
    return true;
}

const struct signing_key *keyring_signer(const struct keyring *ring)
{
    return ring->signer;
}

const struct signing_key *keyring_find(const struct keyring *ring, struct view key_id)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (view_equal(signing_key_id(ring->keys[i]), key_id)) {
            return ring->keys[i];
        }
    }
    return NULL;
}

size_t keyring_count(const struct keyring *ring)
{
    return ring->count;
}

const struct signing_key *keyring_at(const struct keyring *ring, size_t index)
{
    return index < ring->count ? ring->keys[index] : NULL;
}

void keyring_free(struct keyring *ring)
{
    if (ring == NULL) {
        return;
    }
    for (size_t i = 0; i < ring->count; i++) {
        signing_key_free(ring->keys[i]);
    }
    free(ring);
}
