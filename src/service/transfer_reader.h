/* Reads all records of a kind in their order, page by page. */
#ifndef LATCHKEY_SERVICE_TRANSFER_READER_H
#define LATCHKEY_SERVICE_TRANSFER_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "store/store.h"

struct transfer_reader {
    struct store_handle *handle;
    struct record_query query;
    struct record_page page;
    size_t next; /* of the page, for transfer_reader_next */
    /* The page is in one of them; the one before it in the other, so that what the position borrows
       stays while the next page is read. */
    struct arena arenas[2];
    unsigned turn;
};

/* query: without a position. */
void transfer_reader_open(struct transfer_reader *reader, struct store_handle *handle,
                          const struct record_query *query);
/* The next page, in reader->page until the one after the next is read; empty at the end. INVALID
   when the store gives no later records than before, as a damaged one may. */
MUST_CHECK enum result transfer_reader_page(struct transfer_reader *reader);
/* The next record; *out NULL at the end. Valid as long as its page. */
MUST_CHECK enum result transfer_reader_next(struct transfer_reader *reader,
                                            const struct record **out);
/* Wipes what was read. */
void transfer_reader_close(struct transfer_reader *reader);

#endif
