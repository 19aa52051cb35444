/* What a list of people is asked for: filters, order, a page. */
#ifndef LATCHKEY_MODEL_USER_LIST_H
#define LATCHKEY_MODEL_USER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "model/user.h"

enum user_filter_bit {
    USER_FILTER_SEARCH = 1 << 0,
    USER_FILTER_USERNAME = 1 << 1,
    USER_FILTER_EMAIL = 1 << 2,
    USER_FILTER_ROLE = 1 << 3,
    USER_FILTER_STATUS = 1 << 4,
    USER_FILTER_AGE = 1 << 5,     /* one without an age never matches */
    USER_FILTER_CREATED = 1 << 6, /* both bounds are left out themselves */
    USER_FILTER_USERNAME_PART = 1 << 7
};

struct user_filter {
    unsigned mask;        /* of enum user_filter_bit: those that count; all must match */
    struct view search;   /* literal part of username, e-mail or name, without regard to case; of
                             one or two characters: their beginning */
    struct view username; /* whole, any case */
    struct view username_part; /* literal part of the username, any case, however short. Slow where
                                  no other filter narrows: give it as `search` too where it has
                                  three characters or more */
    struct view email;         /* whole, any case */
    struct view role;          /* one of no role matches nobody */
    enum user_status status;
    int64_t min_age;
    int64_t max_age;
    int64_t created_after_ms; /* later than this */
    int64_t created_before_ms;
    enum user_presence presence; /* 0: USER_PRESENT */
};

enum user_sort_field {
    USER_SORT_NUMBER,
    USER_SORT_USERNAME, /* texts as folded, by code point */
    USER_SORT_EMAIL,
    USER_SORT_NAME,
    USER_SORT_AGE,
    USER_SORT_CREATED,
    USER_SORT_UPDATED,
    USER_SORT_LAST_LOGIN,
    USER_SORT_STATUS, /* active first */
    USER_SORT_COUNT
};

/* What is missing (e-mail, name, age, last log-in) comes last, with descending first. */
struct user_sort {
    enum user_sort_field field;
    bool descending;
};

struct user_list_request {
    struct user_filter filter;
    struct user_sort sort[USER_SORT_COUNT]; /* each field once; then by id in the direction of the
                                               last one */
    size_t sort_count;                      /* 0: by number */
    int64_t limit;                          /* 1 to LIST_LIMIT_MAX */
    int64_t offset;                         /* 0 and up */
    const struct user *position; /* NULL: from the beginning; else those after this one, by its id
                                    and the fields sorted by; it need not be there any more */
    bool backward;               /* those before position, or the last of all; in order still */
    bool counted;                /* total is wanted */
};

#define USER_TOTAL_UNKNOWN (-1)

struct user_page {
    const struct user *items;
    size_t count;
    int64_t total; /* of all that match; USER_TOTAL_UNKNOWN when not wanted */
    bool more;     /* beyond this page, in the direction asked for */
};

/* USER_SORT_CREATED for "created_at", as clients say it. Pure. */
MUST_CHECK bool user_sort_of(struct view name, enum user_sort_field *out);

#endif
