#include "service/list_cursors.h"

#include "service/service_state.h"

/* item NULL: from the end. */
static struct view write_one(const struct service_call *call, struct view question,
                             const struct list_walk *walk, const void *item, bool backward)
{
    struct cursor cursor = {.backward = backward};

    if (item != NULL) {
        walk->write(walk->request, item, &cursor);
    }
    return cursor_write(&call->service->master, question, &cursor, call->arena);
}

/* There are more behind the page where the reading went on; and something is before a page that a
   position or an offset has led to. */
enum result list_cursors_make(const struct service_call *call, struct view question,
                              const struct list_walk *walk, struct list_cursors *out)
{
    bool led = walk->position != NULL || walk->offset > 0;
    bool has_next = walk->backward ? walk->position != NULL : walk->more;
    bool has_prev = walk->backward ? walk->more : led;
    const void *first = walk->first != NULL ? walk->first : walk->position;
    const void *last = walk->last != NULL ? walk->last : walk->position;

    *out = (struct list_cursors){.next = {NULL, 0}};
    if (has_next && last != NULL) {
        out->next = write_one(call, question, walk, last, false);
    }
    if (has_prev && first != NULL) {
        out->prev = write_one(call, question, walk, first, true);
    }
    out->last = write_one(call, question, walk, NULL, true);
    return out->last.at != NULL ? RESULT_OK : RESULT_INTERNAL;
}
