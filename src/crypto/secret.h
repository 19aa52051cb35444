/* Secrets of a fixed size, and the few things one may do with them. Pure but for secret_random.
   Thread-safe. */
#ifndef LATCHKEY_CRYPTO_SECRET_H
#define LATCHKEY_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"

#define SECRET_BYTES 32

/* 256 bits that are wiped when they go out of scope: declare as `struct secret s
   CLEANUP(secret_wipe);`. */
struct secret {
    uint8_t bytes[SECRET_BYTES];
};

/* Must run once before anything else of crypto/ (sodium_init). False when the platform gives no
   randomness. */
MUST_CHECK bool secret_setup(void);
/* From the kernel's random source; aborts when there is none. */
void secret_random(struct secret *secret);
void secret_random_bytes(void *out, size_t len);
void secret_wipe(struct secret *secret);
/* Wipes len bytes; the compiler cannot leave it out. */
void secret_wipe_bytes(void *at, size_t len);
/* In constant time for equal lengths; false at once for different ones. */
bool secret_equal(const void *a, const void *b, size_t len);
/* Arena disposers: wipes a struct secret. */
void secret_dispose(void *secret);

#endif
