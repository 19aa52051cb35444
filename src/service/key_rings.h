/* Inside service/ only: makes the key ring in force from what the store keeps, and publishes it. A
   ring once published is kept until the end (rotations are rare), so readers need no lock and no
   count. */
#ifndef LATCHKEY_SERVICE_KEY_RINGS_H
#define LATCHKEY_SERVICE_KEY_RINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/log.h"
#include "base/result.h"
#include "crypto/keyring.h"
#include "model/stored_key.h"
#include "store/store.h"

struct key_rings; /* opaque */

struct key_rings_options {
    enum signing_algorithm algorithm; /* that signs */
    struct view secret; /* a configured one signs instead of stored keys; empty: none; borrowed */
    const struct log *log;
    struct metrics_counter *count; /* gauge, may be NULL */
};

/* NULL when out of memory. options is copied. */
MUST_CHECK struct key_rings *key_rings_new(const struct key_rings_options *options);
/* NULL is a no-op. */
void key_rings_free(struct key_rings *rings);
/* Reads the keys and publishes a ring when it differs from the present one. STORE_UNAVAILABLE,
 * INTERNAL. Thread-safe. */
MUST_CHECK enum result key_rings_load(struct key_rings *rings, struct store_handle *handle,
                                      int64_t now_ms);
/* True when a stored instant has passed since the last load: another key signs, or one has retired.
 * Thread-safe. */
bool key_rings_is_due(struct key_rings *rings, int64_t now_ms);
/* The ring in force, valid until key_rings_free; NULL before the first load. Thread-safe. */
const struct keyring *key_rings_current(const struct key_rings *rings);
/* Of stored keys the one that signs at that instant: the open one of the algorithm that began last;
   if none has begun, the one that begins first. -1: none. */
long key_rings_signer(const struct stored_key *keys, size_t count, enum signing_algorithm algorithm,
                      int64_t now_ms);
/* True when the key verifies at that instant. */
bool key_rings_is_open(const struct stored_key *key, int64_t now_ms);

#endif
