#include "dialects/window.h"

#include "model/limits.h"

/* What builder_json makes of a byte in the worst case. */
#define ROOM_CONTROL 6 /* \u0007 */
#define ROOM_ESCAPED 2 /* \" */
#define ROOM_FOREIGN 3 /* of a character that is written as \u…: 12 for 4 bytes, 6 for 3 or 2 */

#define DELETE 0x7f /* itself written as \u007f */

struct walk {
    struct api_call *call;
    const struct window_source *source;
    struct arena pages[2]; /* the page that is read, and the one before */
    size_t turn;
    int64_t skip;
    int64_t limit;
    int64_t total;
    char *items;
    size_t count;
    struct window_keeper keeper;
};

static size_t room_of(struct view text)
{
    size_t room = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c < ' ' || c == DELETE) {
            room += ROOM_CONTROL;
        } else if (c == '"' || c == '\\') {
            room += ROOM_ESCAPED;
        } else {
            room += c < DELETE ? 1 : ROOM_FOREIGN;
        }
    }
    return room;
}

struct view window_keep(struct window_keeper *keeper, struct view text)
{
    if (text.at == NULL) {
        return text;
    }
    struct view copy = arena_copy_view(keeper->arena, text);
    keeper->bytes += room_of(text);
    keeper->failed = keeper->failed || copy.at == NULL;
    return copy;
}

int64_t window_at_most(int64_t number, int64_t most)
{
    return number < most ? number : most;
}

static enum result read_page(struct walk *walk, struct window_page *page)
{
    struct arena *arena = &walk->pages[walk->turn++ % ARRAY_LEN(walk->pages)];
    struct service_call call = walk->call->service;
    const struct window_slice slice = {
        .offset = walk->skip + (int64_t)walk->count,
        .limit = window_at_most(walk->limit > 0 ? walk->limit - (int64_t)walk->count : 1,
                                LIST_LIMIT_MAX),
        .counted = walk->items == NULL,
    };
    arena_reset(arena);
    call.arena = arena;
    *page = (struct window_page){.count = 0};
    return walk->source->read(&call, walk->source->state, &slice, page);
}

/* The first page tells how many there are. */
static bool make_room(struct walk *walk, const struct window_page *first)
{
    walk->total = first->total;
    walk->limit =
        window_at_most(walk->limit, first->total > walk->skip ? first->total - walk->skip : 0);
    walk->items =
        arena_take_array(walk->keeper.arena, (size_t)walk->limit + 1, walk->source->item_size);
    return walk->items != NULL;
}

static bool has_room(const struct walk *walk)
{
    return (int64_t)walk->count < walk->limit && walk->keeper.bytes < WINDOW_MAX_BYTES;
}

static void take_items(struct walk *walk, const struct window_page *page)
{
    for (size_t i = 0; i < page->count && has_room(walk); i++) {
        walk->source->take(page, i, &walk->keeper,
                           walk->items + walk->count * walk->source->item_size);
        walk->count++;
    }
}

static enum result walk_pages(struct walk *walk)
{
    struct window_page page = {.more = true};
    while (page.more && (walk->items == NULL || has_room(walk))) {
        enum result result = read_page(walk, &page);
        if (result != RESULT_OK) {
            return result;
        }
        if (walk->items == NULL && !make_room(walk, &page)) {
            return RESULT_INTERNAL;
        }
        take_items(walk, &page);
        page.more = page.more && page.count > 0;
    }
    return walk->keeper.failed ? RESULT_INTERNAL : RESULT_OK;
}

enum result window_read(struct api_call *call, const struct window_source *source, int64_t skip,
                        int64_t limit, struct window_list *out)
{
    struct walk walk = {.call = call,
                        .source = source,
                        .skip = skip,
                        .limit = limit,
                        .keeper = {.arena = call->service.arena}};
    for (size_t i = 0; i < ARRAY_LEN(walk.pages); i++) {
        arena_init(&walk.pages[i], 0);
    }
    enum result result = walk_pages(&walk);
    for (size_t i = 0; i < ARRAY_LEN(walk.pages); i++) {
        arena_reset(&walk.pages[i]); /* wipes */
        arena_clear(&walk.pages[i]);
    }
    *out = (struct window_list){.items = walk.items, .count = walk.count, .total = walk.total};
    return result;
}

void window_say_total(struct api_call *call, const struct window_list *list)
{
    reply_header_int(call->reply, call->service.arena, "X-Total-Count", list->total);
}
