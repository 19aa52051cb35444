/* A page of a list. */
#ifndef LATCHKEY_MODEL_PAGE_H
#define LATCHKEY_MODEL_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "model/session.h"
#include "model/user.h"
#include "model/user_list.h"

struct session_page {
    const struct session *items;
    size_t count;
};

#endif
