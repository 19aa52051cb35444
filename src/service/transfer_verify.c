#include <stdio.h>
#include <string.h>

#include "service/transfer_state.h"

struct tally {
    int64_t count;
    uint8_t digest[DIGEST_BYTES];
};

static enum result tally_pages(struct transfer *transfer, struct transfer_reader *reader,
                               struct tally *out)
{
    enum result result = transfer_reader_page(reader);

    while (result == RESULT_OK && reader->page.count > 0) {
        transfer_add_page(transfer->sum, &reader->page);
        out->count += (int64_t)reader->page.count;
        transfer_show(transfer, reader->page.count);
        result = transfer_reader_page(reader);
    }
    return result;
}

static enum result tally_side(struct transfer *transfer, struct store_handle *handle,
                              struct tally *out)
{
    struct transfer_reader reader;
    enum result result;

    *out = (struct tally){.count = 0};
    transfer_open_reader(transfer, handle, &reader);
    result = tally_pages(transfer, &reader, out);
    transfer_reader_close(&reader);
    if (result != RESULT_OK) {
        return transfer_fail(transfer, result,
                             handle == transfer->options->from ? TRANSFER_SOURCE_FAILED
                                                               : TRANSFER_TARGET_UNREAD);
    }
    return transfer_end_sum(transfer, out->digest);
}

static bool is_same(const struct transfer *transfer, const struct tally *tally)
{
    enum record_kind kind = transfer->progress.kind;

    return tally->count == transfer->report->counts[kind] &&
           memcmp(tally->digest, transfer->report->digests[kind], DIGEST_BYTES) == 0;
}

static enum result differ(const struct transfer *transfer, enum result result, const char *why,
                          const struct tally *tally)
{
    enum record_kind kind = transfer->progress.kind;

    (void)snprintf(transfer->message, transfer->message_size,
                   "verification failed: %s: %s (%lld copied, %lld found)",
                   record_kind_plural(kind), why, (long long)transfer->report->counts[kind],
                   (long long)tally->count);
    return result;
}

/* A store that stamps changes may tell of more than it was given; it must tell of all that it was
   given. Both come in the same order. */
static enum result find_all(const struct transfer *transfer, struct transfer_reader *source,
                            struct transfer_reader *target)
{
    const struct record *wanted = NULL;
    const struct record *found = NULL;
    enum result result = transfer_reader_next(source, &wanted);

    if (result == RESULT_OK) {
        result = transfer_reader_next(target, &found);
    }
    while (result == RESULT_OK && wanted != NULL) {
        struct record_position want = record_position_of(wanted);
        struct record_position at = {.number = 0};
        int order = -1;
        if (found != NULL) {
            at = record_position_of(found);
            order = record_position_compare(&want, &at);
        }
        if (order < 0) {
            return transfer_refuse(transfer, RESULT_CONFLICT,
                                   "verification failed: changes: the target does not tell of all");
        }
        if (order == 0) {
            result = transfer_reader_next(source, &wanted);
        }
        if (result == RESULT_OK) {
            result = transfer_reader_next(target, &found);
        }
    }
    return transfer_fail(transfer, result, "a store cannot be read");
}

static enum result verify_changes(const struct transfer *transfer)
{
    struct transfer_reader source;
    struct transfer_reader target;
    enum result result;

    transfer_open_reader(transfer, transfer->options->from, &source);
    transfer_open_reader(transfer, transfer->options->to, &target);
    result = find_all(transfer, &source, &target);
    transfer_reader_close(&source);
    transfer_reader_close(&target);
    return result;
}

enum result transfer_verify_kind(struct transfer *transfer)
{
    struct tally tally;
    enum result result = tally_side(transfer, transfer->options->from, &tally);

    if (result == RESULT_OK && !is_same(transfer, &tally)) {
        return differ(transfer, RESULT_STALE,
                      "the source changed while it was copied: stop what uses it and begin again "
                      "with an empty target",
                      &tally);
    }
    if (result == RESULT_OK && transfer->progress.kind == RECORD_CHANGE) {
        return verify_changes(transfer);
    }
    if (result == RESULT_OK) {
        result = tally_side(transfer, transfer->options->to, &tally);
    }
    if (result == RESULT_OK && !is_same(transfer, &tally)) {
        return differ(transfer, RESULT_CONFLICT, "the target is not what the source is", &tally);
    }
    return result;
}
