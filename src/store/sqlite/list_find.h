/* Finds people by the orders and terms of list_tend.c, whatever filters and sort are asked for: by
   sets of numbers, in a time that does not depend on how the two stand to each other. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_FIND_H
#define LATCHKEY_STORE_SQLITE_LIST_FIND_H

#include "model/user_list.h"
#include "store/sqlite/sql.h"

/* More changes than this are not looked at one by one. */
#define LIST_FIND_CHANGED_MAX 2000

/* Numbers as JSON arrays, for LIST_NUMBERS. */
struct list_found {
    struct view candidates; /* the page is among these: in order, those that match, but for `offset`
                               at the beginning; changed people who match are among them */
    int64_t offset;
    int64_t total;         /* how many match, without those in `uncounted` */
    struct view uncounted; /* of these those that match are to be added; nobody, unless filters say
                              more than sets can */
};

/* request: its sort has at least one field; values: its parameters (enum list_parameter), to which
   LIST_NUMBER is added. In a transaction: one view of the data. NOT_FOUND when it cannot be done
   so: orders that are not there yet, too many changes, a filter that sets do not know and many
   people to apply it to. */
MUST_CHECK enum result list_find(struct sqlite_handle *handle, struct arena *arena,
                                 const struct user_list_request *request, struct sql_value *values,
                                 struct list_found *out);

#endif
