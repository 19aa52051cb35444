/* Inside service/ only: the cursors of the pages around a page, the same for every list. */
#ifndef LATCHKEY_SERVICE_LIST_CURSORS_H
#define LATCHKEY_SERVICE_LIST_CURSORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "service/cursor.h"
#include "service/service.h"

struct list_cursors {
    struct view next; /* at NULL: it is the last page */
    struct view prev; /* at NULL: it is the first page, as far as is known */
    struct view last; /* of the last page */
};

/* Adds the values that say where that item of the list stands. */
typedef void list_position_writer(const void *request, const void *item, struct cursor *out);

/* A page, and how it was come to. */
struct list_walk {
    const void *request; /* for write */
    list_position_writer *write;
    const void *position; /* NULL: none was given */
    int64_t offset;
    bool backward;
    bool more;         /* beyond the page, in the direction it was read */
    const void *first; /* its items; NULL when it is empty */
    const void *last;
};

/* OK; INTERNAL when out of memory. */
MUST_CHECK enum result list_cursors_make(const struct service_call *call, struct view question,
                                         const struct list_walk *walk, struct list_cursors *out);

#endif
