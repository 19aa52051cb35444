/* A page of a list. */
#ifndef LATCHKEY_MODEL_PAGE_H
#define LATCHKEY_MODEL_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "model/session.h"
#include "model/user.h"

struct page_request {
    int64_t limit;  /* 1 to LIST_LIMIT_MAX */
    int64_t offset; /* 0 and up */
};

struct user_page {
    const struct user *items;
    size_t count;
    int64_t total; /* of all that match */
};

struct session_page {
    const struct session *items;
    size_t count;
};

#endif
