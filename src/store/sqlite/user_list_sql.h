/* The statements of a list of people, assembled from tables of fragments: nothing in a text comes
   from a request, every value is a parameter. Pure. */
#ifndef LATCHKEY_STORE_SQLITE_USER_LIST_SQL_H
#define LATCHKEY_STORE_SQLITE_USER_LIST_SQL_H

#include <stdbool.h>

#include "base/builder.h"
#include "model/user_list.h"

#define LIST_SQL_MAX_BYTES 8192

/* Where the people come from. */
enum list_driver {
    LIST_WALK, /* along the index of the sort, looking at each; for what many match */
    /* Those a filter finds by an index of its own, then sorted; for what few match. */
    LIST_BY_USERNAME,
    LIST_BY_EMAIL,
    LIST_BY_SEARCH,
    LIST_BY_PREFIX, /* search of one or two characters */
    LIST_BY_ROLE,
    LIST_BY_CREATED,
    LIST_BY_AGE,
    LIST_BY_STATUS,
    LIST_BY_NUMBERS, /* those in LIST_NUMBERS, whatever the filters */
    LIST_DRIVER_COUNT
};

/* The numbers of the parameters. */
enum list_parameter {
    LIST_LIMIT = 1,
    LIST_OFFSET,
    LIST_MATCH_PRESENT, /* FTS5 expressions */
    LIST_MATCH_GONE,
    LIST_PART, /* the folded text looked for */
    LIST_PART_END,
    LIST_USERNAME,
    LIST_EMAIL,
    LIST_ROLE,
    LIST_STATUS,
    LIST_MIN_AGE,
    LIST_MAX_AGE,
    LIST_AFTER,
    LIST_BEFORE,
    LIST_USERNAME_PART,
    LIST_ID,                                   /* of the position */
    LIST_KEY,                                  /* its first sort key; the others follow */
    LIST_NUMBERS = LIST_KEY + USER_SORT_COUNT, /* a JSON array */
    LIST_NUMBER,                               /* of one person */
    LIST_PEER,                                 /* of one whom others are compared with */
    LIST_PARAMETER_END
};

/* All that decides what the text is. */
struct list_shape {
    const struct user_list_request *request; /* its sort (at least one), mask, presence, position */
    enum list_driver driver;
    bool prefix; /* the search is a short one */
};

/* Numbers of the people of the page, in the order asked for (turned round when backward). */
void list_sql_page(struct builder *b, const struct list_shape *shape);
/* The numbers of one half of the people (USER_PRESENT or USER_GONE), all of them, in that order. */
void list_sql_order(struct builder *b, enum user_sort_field sort, enum user_presence presence);
/* Numbers of all who match, in no order. */
void list_sql_matches(struct builder *b, const struct list_shape *shape);
/* How many match. */
void list_sql_count(struct builder *b, const struct list_shape *shape);
/* How many the driver alone finds, counted up to LIST_LIMIT. */
void list_sql_probe(struct builder *b, const struct list_shape *shape);
/* " AND …": a person of the table u stands behind the position, as keyset.h says. */
void list_sql_behind(struct builder *b, const struct list_shape *shape);
/* How a person of the table u stands to another one. */
struct list_comparison {
    enum user_sort_field field;
    const char *relation; /* "<", ">=", … */
    bool tied;            /* of those with equal values the id decides, as in an order */
    int key;              /* the parameter that has the other's value, and LIST_ID the id; 0: the
                             other one is LIST_PEER */
};
void list_sql_compare(struct builder *b, const struct list_comparison *comparison);
/* How many of the sort's fields matter: none after the number, which nobody shares. */
size_t list_sql_key_count(const struct user_list_request *request);

#endif
