/* A transfer that is running: what its parts have in common. Inside the service only. */
#ifndef LATCHKEY_SERVICE_TRANSFER_STATE_H
#define LATCHKEY_SERVICE_TRANSFER_STATE_H

#include <stddef.h>

#include "crypto/digest.h"
#include "service/transfer.h"
#include "service/transfer_reader.h"

#define TRANSFER_SOURCE_FAILED "the source cannot be read"
#define TRANSFER_TARGET_UNREAD "the target cannot be read"
#define TRANSFER_TARGET_FAILED "the target cannot be written"

struct transfer {
    const struct transfer_options *options;
    struct transfer_report *report;
    struct transfer_progress progress;
    struct digest_stream *sum;
    char *message;
    size_t message_size;
};

/* Writes the message; returns the result. */
enum result transfer_refuse(const struct transfer *transfer, enum result result, const char *text);
/* A store's failure in that respect, unless something better was said already; OK passes. */
enum result transfer_fail(const struct transfer *transfer, enum result result, const char *what);
/* So many records more. */
void transfer_show(struct transfer *transfer, size_t records);
/* For the kind that is in progress. */
void transfer_open_reader(const struct transfer *transfer, struct store_handle *handle,
                          struct transfer_reader *reader);
void transfer_add_page(struct digest_stream *sum, const struct record_page *page);
/* Of all pages since the last call. INTERNAL with a message. */
MUST_CHECK enum result transfer_end_sum(const struct transfer *transfer, uint8_t out[DIGEST_BYTES]);
/* The kind in progress: has the source stayed what was copied, and is the target the same? */
MUST_CHECK enum result transfer_verify_kind(struct transfer *transfer);

#endif
