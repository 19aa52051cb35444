/* What a list of people asks for, as queries: filters, order, and the place behind a position. */
#ifndef LATCHKEY_STORE_MONGO_USER_FILTER_H
#define LATCHKEY_STORE_MONGO_USER_FILTER_H

#include <stdbool.h>

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

/* All filters as one document, always to be destroyed. *nobody: nobody can match, as a role is
   asked for that is not there. */
MUST_CHECK enum result mongo_user_filter_write(struct mongo_handle *handle,
                                               const struct user_filter *filter,
                                               struct arena *arena, bson_t *out, bool *nobody);
/* The order, turned around where the request goes backward. */
void mongo_user_filter_sort(const struct user_list_request *request, bson_t *out);
/* The same request in the order of its first field alone; false when that is its order anyway. */
bool mongo_user_filter_first(const struct user_list_request *request,
                             struct user_list_request *out);
/* Adds to `filters`, which have no condition on the first field, that it is not beyond that of the
   document `last`. */
void mongo_user_filter_bound(const struct user_list_request *request, const bson_t *last,
                             bson_t *filters);
/* Those of `filters` who are behind the request's position. INTERNAL when the arena is full. */
MUST_CHECK enum result mongo_user_filter_behind(const struct user_list_request *request,
                                                const bson_t *filters, struct arena *arena,
                                                bson_t *out);

#endif
