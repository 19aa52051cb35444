#include "service/transfer_reader.h"

void transfer_reader_open(struct transfer_reader *reader, struct store_handle *handle,
                          const struct record_query *query)
{
    *reader = (struct transfer_reader){.handle = handle, .query = *query};
    arena_init(&reader->arenas[0], 0);
    arena_init(&reader->arenas[1], 0);
}

/* A damaged store, where an id is none, may give the same page again and again. */
static bool goes_on(const struct transfer_reader *reader)
{
    const struct record_page *page = &reader->page;
    struct record_position last;

    if (page->count == 0) {
        return true;
    }
    last = record_position_of(&page->items[page->count - 1]);
    return record_position_compare(&last, &reader->query.after) > 0;
}

enum result transfer_reader_page(struct transfer_reader *reader)
{
    const struct record_page *page = &reader->page;
    enum result result;

    if (page->count > 0) {
        reader->query.after = record_position_of(&page->items[page->count - 1]);
    }
    reader->turn = 1 - reader->turn;
    reader->next = 0;
    arena_reset(&reader->arenas[reader->turn]);
    result =
        store_dump(reader->handle, &reader->query, &reader->arenas[reader->turn], &reader->page);
    if (result == RESULT_OK && !goes_on(reader)) {
        result = RESULT_INVALID;
    }
    if (result != RESULT_OK) {
        reader->page.count = 0;
    }
    return result;
}

enum result transfer_reader_next(struct transfer_reader *reader, const struct record **out)
{
    *out = NULL;
    if (reader->next == reader->page.count) {
        enum result result = transfer_reader_page(reader);
        if (result != RESULT_OK || reader->page.count == 0) {
            return result;
        }
    }
    *out = &reader->page.items[reader->next++];
    return RESULT_OK;
}

void transfer_reader_close(struct transfer_reader *reader)
{
    for (unsigned i = 0; i < 2; i++) {
        arena_reset(&reader->arenas[i]);
        arena_clear(&reader->arenas[i]);
    }
}
