/* Inside service/ only: password hashes, timed and counted. Slow on purpose; thread-safe. */
#ifndef LATCHKEY_SERVICE_HASHING_H
#define LATCHKEY_SERVICE_HASHING_H

#include "base/attributes.h"
#include "crypto/password_memory.h"
#include "service/service.h"

/* What hashes of today's parameters are computed in: kept for as many as there are slots. NULL when
   out of memory. */
MUST_CHECK struct password_memory *hashing_memory_new(const struct service_options *options);
/* Gives back to the system what no hash has needed for so long. */
void hashing_memory_trim(struct service *service, int64_t idle_us);

/* OK; INTERNAL when there is no memory for it. The password has passed password_rules_check. */
MUST_CHECK enum result hashing_make(struct service *service, struct view password,
                                    char out[PASSWORD_HASH_SIZE]);

/* What is known of whoever logs in. */
struct hashing_subject {
    struct view name;        /* folded; picks the decoy */
    struct view stored_hash; /* empty: unknown user, or one without a password */
};

/* Verifies against the stored hash, or does equal work where there is none (CHECKLIST E02). OK,
   with *is_old set when the hash has other parameters than today's; INVALID_CREDENTIALS; BUSY when
   there is no memory for it. */
MUST_CHECK enum result hashing_verify(struct service *service,
                                      const struct hashing_subject *subject, struct view password,
                                      bool *is_old);

#endif
