#include "service/transfer_state.h"

#include <stdio.h>

enum result transfer_refuse(const struct transfer *transfer, enum result result, const char *text)
{
    (void)snprintf(transfer->message, transfer->message_size, "%s", text);
    return result;
}

/* A store's failure, unless something better was said already. */
enum result transfer_fail(const struct transfer *transfer, enum result result, const char *what)
{
    if (result != RESULT_OK && transfer->message[0] == '\0') {
        (void)snprintf(transfer->message, transfer->message_size, "%s: %s", what,
                       result_title(result));
    }
    return result;
}

void transfer_show(struct transfer *transfer, size_t records)
{
    const struct transfer_options *options = transfer->options;

    transfer->progress.done += (int64_t)records;
    if (options->show != NULL) {
        options->show(options->context, &transfer->progress);
    }
}

void transfer_open_reader(const struct transfer *transfer, struct store_handle *handle,
                          struct transfer_reader *reader)
{
    const struct transfer_options *options = transfer->options;
    const struct record_query query = {
        .kind = transfer->progress.kind,
        .limit = options->page != 0 ? options->page : TRANSFER_PAGE,
        .changes_since_ms = options->changes_since_ms,
    };

    transfer_reader_open(reader, handle, &query);
}

static void add_piece(void *context, const void *bytes, size_t len)
{
    digest_stream_add(context, bytes, len);
}

void transfer_add_page(struct digest_stream *sum, const struct record_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        record_write(&page->items[i], add_piece, sum);
    }
}

enum result transfer_end_sum(const struct transfer *transfer, uint8_t out[DIGEST_BYTES])
{
    return digest_stream_end(transfer->sum, out)
               ? RESULT_OK
               : transfer_refuse(transfer, RESULT_INTERNAL, "no digest can be computed");
}
