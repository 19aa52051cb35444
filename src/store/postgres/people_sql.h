/* The statements of a list of people, put together from tables of fragments: nothing in a text
   comes from a request, every value is a parameter. Pure. */
#ifndef LATCHKEY_STORE_POSTGRES_PEOPLE_SQL_H
#define LATCHKEY_STORE_POSTGRES_PEOPLE_SQL_H

#include <stdbool.h>

#include "model/user_list.h"
#include "store/decide.h"
#include "store/postgres/text.h"

/* All that decides what the statements are. */
struct people_sql {
    const struct user_list_request *request; /* its sort (at least one) and presence are set */
    struct view username;                    /* folded, as are these */
    struct view username_part;
    struct view email;
    struct decide_search search;
    struct view search_like;
    int64_t role_number;
    struct view keys[USER_SORT_COUNT]; /* of the position, of the sorts by texts: folded */
};

/* People of the page, in the order asked for (turned round when backward), at most `most`. */
void people_sql_page(struct postgres_text *text, const struct people_sql *sql, int64_t most);
/* How many match; the second one of those created between, both left out themselves. */
void people_sql_count(struct postgres_text *text, const struct people_sql *sql);
void people_sql_count_created(struct postgres_text *text, const struct people_sql *sql,
                              int64_t after_ms, int64_t before_ms);

#endif
