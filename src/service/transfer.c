#include "service/transfer.h"

#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "service/transfer_reader.h"
#include "service/transfer_state.h"

#define POSITION_SIZE 160

/* --- may it begin? ---------------------------------------------------------------------------- */

static enum result check_source(const struct transfer *transfer)
{
    enum store_standing standing;
    enum result result = store_standing(transfer->options->from, &standing);

    if (result != RESULT_OK) {
        return transfer_fail(transfer, result, TRANSFER_SOURCE_FAILED);
    }
    switch (standing) {
    case STORE_EMPTY:
        return transfer_refuse(transfer, RESULT_INVALID, "there is nothing in the source");
    case STORE_LOADING:
        return transfer_refuse(transfer, RESULT_INVALID,
                               "the source is itself a copy that is not finished");
    case STORE_IN_USE:
        break;
    }
    return RESULT_OK;
}

static enum result check_target(const struct transfer *transfer)
{
    enum store_standing standing;
    enum result result = store_standing(transfer->options->to, &standing);

    if (result != RESULT_OK) {
        return transfer_fail(transfer, result, TRANSFER_TARGET_UNREAD);
    }
    switch (standing) {
    case STORE_IN_USE:
        return transfer_refuse(transfer, RESULT_CONFLICT,
                               transfer->options->resume
                                   ? "the target is in use, not a copy that was interrupted"
                                   : "the target is not empty");
    case STORE_LOADING:
        if (!transfer->options->resume) {
            return transfer_refuse(
                transfer, RESULT_CONFLICT,
                "the target is a copy that was interrupted: go on with --resume");
        }
        break;
    case STORE_EMPTY:
        break;
    }
    return transfer_fail(transfer, store_load_begin(transfer->options->to), TRANSFER_TARGET_FAILED);
}

/* --- copy ------------------------------------------------------------------------------------- */

static void describe_position(const struct record *record, char out[POSITION_SIZE])
{
    struct record_position position = record_position_of(record);

    if (position.name.at != NULL) {
        (void)snprintf(out, POSITION_SIZE, "%.*s", VIEW_ARG(view_sub(position.name, 0, 100)));
    } else if (!id_is_nil(&position.id)) {
        id_format(&position.id, out);
    } else {
        (void)snprintf(out, POSITION_SIZE, "number %lld", (long long)position.number);
    }
}

static const char *why(enum result result, const struct record *record)
{
    if (result == RESULT_CONFLICT) {
        return "the target has another one: the source changed since the copy began, or the target "
               "was used; begin again with an empty target";
    }
    return record_is_within_limits(record)
               ? "what it refers to is not there, or the target cannot hold it: the source must "
                 "not change while it is copied"
               : "a text or a list of it is longer than any of latchkey's: another program has "
                 "written it; make it shorter in the source";
}

static enum result blame(const struct transfer *transfer, enum result result,
                         const struct record *record)
{
    char position[POSITION_SIZE];

    if (result != RESULT_CONFLICT && result != RESULT_INVALID) {
        return transfer_fail(transfer, result, TRANSFER_TARGET_FAILED);
    }
    describe_position(record, position);
    (void)snprintf(transfer->message, transfer->message_size, "%s, %s: %s",
                   record_kind_plural(record->kind), position, why(result, record));
    return result;
}

static bool sum_page(const struct record_page *page, uint8_t out[DIGEST_BYTES])
{
    struct digest_stream *sum = digest_stream_new();
    bool ok;

    if (sum == NULL) {
        return false;
    }
    transfer_add_page(sum, page);
    ok = digest_stream_end(sum, out);
    digest_stream_free(sum);
    return ok;
}

/* Is this page in the target already, as an earlier run left it? *ahead: it may have more. A page
   that is not the same is loaded, which decides record by record. */
static enum result is_present(const struct transfer *transfer, const struct transfer_reader *source,
                              struct arena *arena, bool *present, bool *ahead)
{
    struct record_query query = source->query;
    struct record_page page;
    uint8_t is[DIGEST_BYTES];
    uint8_t wanted[DIGEST_BYTES];
    enum result result;

    *present = false;
    query.limit = source->page.count;
    arena_reset(arena);
    result = store_dump(transfer->options->to, &query, arena, &page);
    if (result != RESULT_OK) {
        return transfer_fail(transfer, result, TRANSFER_TARGET_UNREAD);
    }
    *ahead = page.count > 0;
    *present = page.count == source->page.count && sum_page(&source->page, wanted) &&
               sum_page(&page, is) && memcmp(is, wanted, DIGEST_BYTES) == 0;
    return RESULT_OK;
}

static enum result load_page(struct transfer *transfer, const struct transfer_reader *source,
                             struct arena *arena, bool *ahead)
{
    const struct record_page *page = &source->page;
    bool present = false;
    size_t refused = 0;
    enum result result = RESULT_OK;

    if (*ahead) {
        result = is_present(transfer, source, arena, &present, ahead);
    }
    if (result == RESULT_OK && present) {
        transfer->report->present += (int64_t)page->count;
        return RESULT_OK;
    }
    if (result == RESULT_OK) {
        result = store_load(transfer->options->to, page->items, page->count, &refused);
        result = result == RESULT_OK ? RESULT_OK : blame(transfer, result, &page->items[refused]);
    }
    return result;
}

static enum result copy_pages(struct transfer *transfer, struct transfer_reader *source,
                              struct arena *arena)
{
    bool ahead = transfer->options->resume;
    enum result result =
        transfer_fail(transfer, transfer_reader_page(source), TRANSFER_SOURCE_FAILED);

    while (result == RESULT_OK && source->page.count > 0) {
        transfer_add_page(transfer->sum, &source->page);
        transfer->report->counts[transfer->progress.kind] += (int64_t)source->page.count;
        result = load_page(transfer, source, arena, &ahead);
        if (result == RESULT_OK) {
            transfer_show(transfer, source->page.count);
            result = transfer_fail(transfer, transfer_reader_page(source), TRANSFER_SOURCE_FAILED);
        }
    }
    return result;
}

static enum result copy_kind(struct transfer *transfer)
{
    struct transfer_reader source;
    struct arena arena;
    enum result result;

    arena_init(&arena, 0);
    transfer_open_reader(transfer, transfer->options->from, &source);
    result = copy_pages(transfer, &source, &arena);
    transfer_reader_close(&source);
    arena_reset(&arena);
    arena_clear(&arena);
    return result == RESULT_OK
               ? transfer_end_sum(transfer, transfer->report->digests[transfer->progress.kind])
               : result;
}

/* --- all -------------------------------------------------------------------------------------- */

static enum result each_kind(struct transfer *transfer, enum transfer_phase phase, int64_t total,
                             enum result (*run)(struct transfer *transfer))
{
    enum result result = RESULT_OK;

    transfer->progress = (struct transfer_progress){.phase = phase, .total = total};
    for (enum record_kind kind = RECORD_NONE + 1; kind < RECORD_KIND_END && result == RESULT_OK;
         kind++) {
        transfer->progress.kind = kind;
        transfer_show(transfer, 0);
        result = run(transfer);
    }
    return result;
}

static enum result run(struct transfer *transfer)
{
    const struct transfer_options *options = transfer->options;
    int64_t counts[RECORD_KIND_END];
    int64_t total = 0;
    enum result result =
        transfer_fail(transfer, store_dump_counts(options->from, options->changes_since_ms, counts),
                      TRANSFER_SOURCE_FAILED);

    for (int kind = RECORD_NONE + 1; result == RESULT_OK && kind < RECORD_KIND_END; kind++) {
        total += counts[kind];
    }
    if (result == RESULT_OK) {
        result = each_kind(transfer, TRANSFER_COPYING, total, copy_kind);
    }
    if (result == RESULT_OK) {
        result = each_kind(transfer, TRANSFER_VERIFYING, 2 * total, transfer_verify_kind);
    }
    return result == RESULT_OK
               ? transfer_fail(transfer, store_load_end(options->to), TRANSFER_TARGET_FAILED)
               : result;
}

enum result transfer_run(const struct transfer_options *options, struct transfer_report *report,
                         char *message, size_t message_size)
{
    struct transfer transfer = {
        .options = options, .report = report, .message = message, .message_size = message_size};
    enum result result;

    *report = (struct transfer_report){.present = 0};
    message[0] = '\0';
    transfer.sum = secret_setup() ? digest_stream_new() : NULL;
    if (transfer.sum == NULL) {
        return transfer_refuse(&transfer, RESULT_INTERNAL, "out of memory");
    }
    result = check_source(&transfer);
    if (result == RESULT_OK) {
        result = check_target(&transfer);
    }
    if (result == RESULT_OK) {
        result = run(&transfer);
    }
    digest_stream_free(transfer.sum);
    return result;
}
