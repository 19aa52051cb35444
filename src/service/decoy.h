/* Inside service/ only: hashes to work on where there is none, so that an unknown name costs what a
   known one does (CHECKLIST E01, E02). */
#ifndef LATCHKEY_SERVICE_DECOY_H
#define LATCHKEY_SERVICE_DECOY_H

#include "base/arena.h"
#include "base/attributes.h"
#include "base/result.h"
#include "crypto/password_hash.h"
#include "crypto/secret.h"
#include "store/store.h"

struct decoy; /* opaque */

/* Starts with today's parameters only. The secret is copied. NULL when out of memory. */
MUST_CHECK struct decoy *decoy_new(const struct password_params *today,
                                   const struct secret *secret);
/* NULL is a no-op. */
void decoy_free(struct decoy *decoy);
/* One hash of each kind that is in use now; computes none. Thread-safe. */
MUST_CHECK enum result decoy_load(struct decoy *decoy, struct store_handle *handle);
/* The hash for that name: always of the same kind for the same name, of each kind as often as it is
 * in use. Thread-safe. */
void decoy_pick(struct decoy *decoy, struct view name, char out[PASSWORD_HASH_SIZE]);

#endif
