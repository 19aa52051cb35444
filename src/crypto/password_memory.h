/* Inside crypto/ and for who owns it: the memory that argon2 works in, kept from one hash to the
   next. Mapping it anew, 19 MiB a hash, would cost as much as a third of the hash. What is kept is
   all zeros, stays out of core dumps, and goes back to the system when it is not used. Thread-safe.
 */
#ifndef LATCHKEY_CRYPTO_PASSWORD_MEMORY_H
#define LATCHKEY_CRYPTO_PASSWORD_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct password_memory; /* opaque */

/* Maps nothing yet. block_bytes: of the hashes that most people have; most: blocks kept, as many as
   hashes are computed at the same time. NULL when there is no memory for it. */
MUST_CHECK struct password_memory *password_memory_new(size_t block_bytes, unsigned most);
/* Everything taken has been given back. NULL is a no-op. */
void password_memory_free(struct password_memory *memory);
/* At least so many bytes, all zeros: the block that was given back last, else mapped anew; NULL
   when there is not so much. memory may be NULL: nothing is kept then. */
MUST_CHECK void *password_memory_take(struct password_memory *memory, size_t bytes);
/* Gives back what was taken with the same bytes, all zeros again. Kept, unless it was larger than a
   block or there are enough. block may be NULL. */
void password_memory_give(struct password_memory *memory, void *block, size_t bytes);
/* Returns to the system what was last given back before then (clock_monotonic_us). */
void password_memory_trim(struct password_memory *memory, int64_t before_us);
/* Blocks kept now. */
unsigned password_memory_count(struct password_memory *memory);

#endif
