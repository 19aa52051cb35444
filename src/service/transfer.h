/* Everything from one store into another: settings, keys, roles, people with their password hashes,
   log-ins, products, audit events, and what the feed of changes must tell. Page by page in bounded
   memory; then both sides are read again and compared (docs/adr/0015). */
#ifndef LATCHKEY_SERVICE_TRANSFER_H
#define LATCHKEY_SERVICE_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "store/store.h"

#define TRANSFER_PAGE 8000

enum transfer_phase { TRANSFER_COPYING = 1, TRANSFER_VERIFYING };

struct transfer_progress {
    enum transfer_phase phase;
    enum record_kind kind;
    int64_t done;  /* records in this phase */
    int64_t total; /* about so many there will be */
};

struct transfer_options {
    struct store_handle *from;
    struct store_handle *to; /* of another store */
    int64_t changes_since_ms;
    size_t page; /* records that are read and written at once; 0: TRANSFER_PAGE */
    bool resume; /* go on where a transfer into this store was interrupted */
    void (*show)(void *context, const struct transfer_progress *progress); /* NULL: nobody */
    void *context;
};

struct transfer_report {
    int64_t counts[RECORD_KIND_END];
    uint8_t digests[RECORD_KIND_END][DIGEST_BYTES]; /* of the canonical forms, in order */
    int64_t present; /* records that an earlier run had brought over already */
};

/* OK: all is there, verified, and the target may be used. Else message is one line for the operator
   and the target stays marked as being loaded, so that no server starts on it (unless the refusal
   came first): CONFLICT: the target is not empty, or not what the source is; INVALID: the source is
   empty or itself half a copy; STALE: the source changed meanwhile; the store's failures. */
MUST_CHECK enum result transfer_run(const struct transfer_options *options,
                                    struct transfer_report *report, char *message,
                                    size_t message_size);

#endif
