/* The query of a list of people, and the links to its other pages. */
#ifndef LATCHKEY_API_USER_QUERY_H
#define LATCHKEY_API_USER_QUERY_H

#include "api/row.h"
#include "service/users.h"

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
    struct in_integer limit;
    struct in_integer offset;
    struct in_text cursor;
    struct in_boolean count;
};

/* Decodes into struct user_query_in. */
extern const struct table user_query;

/* What the store is asked. OK; INVALID with faults: an unknown sort, a malformed instant, offset
   beside a cursor. */
MUST_CHECK enum result user_query_request(struct api_call *call, const struct user_query_in *in,
                                          struct user_list_request *out);
/* Adds X-Total-Count, when counted, and Link (RFC 8288): first, next and prev where there are such
   pages, last when counted. By offset where the client pages so, else by cursor. */
void user_query_headers(struct api_call *call, const struct user_query_in *in,
                        const struct user_list_request *request, const struct users_list *list);

#endif
