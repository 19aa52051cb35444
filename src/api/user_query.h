/* The query of a list of people. */
#ifndef LATCHKEY_API_USER_QUERY_H
#define LATCHKEY_API_USER_QUERY_H

#include "api/paging.h"
#include "api/row.h"
#include "model/user_list.h"

struct user_query_in {
    struct in_text q;
    struct in_text username;
    struct in_text email;
    struct in_text role;
    struct in_text status;
    struct in_integer min_age;
    struct in_integer max_age;
    struct in_text created_after;
    struct in_text created_before;
    struct in_text deleted;
    struct in_text sort;
    struct paging_in paging;
};

/* Decodes into struct user_query_in. */
extern const struct table user_query;

/* What the store is asked. OK; INVALID with faults: an unknown sort, a malformed instant, offset
   beside a cursor. */
MUST_CHECK enum result user_query_request(struct api_call *call, const struct user_query_in *in,
                                          struct user_list_request *out);

#endif
