/* The list of people. The caller has passed the gate. */
#ifndef LATCHKEY_SERVICE_USERS_LIST_H
#define LATCHKEY_SERVICE_USERS_LIST_H

#include "service/list_cursors.h"
#include "service/service.h"

/* One page with the cursors of those around it. */
struct users_list {
    struct user_page users;
    struct list_cursors cursors;
};

/* Those who match; a cursor (at NULL: none) goes on from where another page ended, and takes the
   place of position and backward. INVALID_CURSOR for one that is altered, of another list, filter
   or order. */
MUST_CHECK enum result users_list(struct service_call *call,
                                  const struct user_list_request *request, struct view cursor,
                                  struct users_list *out);
/* The same by position, without cursors: for commands. */
MUST_CHECK enum result users_page(struct service_call *call,
                                  const struct user_list_request *request, struct user_page *out);

#endif
