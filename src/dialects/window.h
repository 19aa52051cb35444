/* Lists without paging in the template's document: all that there is, in one bare array, within
   bounds; X-Total-Count says how many there are in all. */
#ifndef LATCHKEY_DIALECTS_WINDOW_H
#define LATCHKEY_DIALECTS_WINDOW_H

#include "api/row.h"
#include "base/attributes.h"

/* So many texts at most, as JSON writes them in the worst case: more would be an answer that cannot
   be sent. A list that ends there goes on with the next `skip`. */
#define WINDOW_MAX_BYTES ((size_t)12 * 1024 * 1024)

struct window_slice {
    int64_t offset;
    int64_t limit; /* 1 to LIST_LIMIT_MAX */
    bool counted;  /* the total is wanted: of the first page only */
};

struct window_page {
    const void *items; /* of the source's own kind */
    size_t count;
    int64_t total; /* when it was wanted */
    bool more;     /* behind this page */
};

/* Where the texts of an item go that stay. */
struct window_keeper {
    struct arena *arena;
    size_t bytes;
    bool failed;
};

/* A copy of the text (at NULL stays so), its room in JSON counted. */
struct view window_keep(struct window_keeper *keeper, struct view text);

struct window_source {
    /* Reads one page into the call's arena, which lives until the page after the next one. */
    enum result (*read)(struct service_call *call, void *state, const struct window_slice *slice,
                        struct window_page *out);
    /* Fills *out with item `index` of the page, its texts kept. */
    void (*take)(const struct window_page *page, size_t index, struct window_keeper *keeper,
                 void *out);
    size_t item_size; /* of *out */
    void *state;      /* of read; may be NULL */
};

struct window_list {
    void *items; /* in the request's arena */
    size_t count;
    int64_t total; /* of all, whatever skip and limit are */
};

/* At most `limit` items (0: only the total is wanted), the first `skip` left out. What read returns
   when that is not OK; INTERNAL when out of memory. */
MUST_CHECK enum result window_read(struct api_call *call, const struct window_source *source,
                                   int64_t skip, int64_t limit, struct window_list *out);
/* Adds X-Total-Count. */
void window_say_total(struct api_call *call, const struct window_list *list);
/* The smaller one. Pure. */
int64_t window_at_most(int64_t number, int64_t most);

#endif
