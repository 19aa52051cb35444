#include "store/sqlite/list_term.h"

enum result list_term_read(struct sqlite_handle *handle, int64_t block, enum list_term_kind kind,
                           struct sql_value value, uint64_t *bits)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_LIST_TERM_OF_BLOCK,
                                      SQL_BIND(sql_number(block), sql_number(kind), value));
    enum result result = sql_row(&query);
    if (result == RESULT_OK) {
        list_set_read(sql_get_view(&query, 0), bits);
    }
    return result;
}

/* The columns of STATEMENT_LIST_TERM and STATEMENT_LIST_TERM_BETWEEN. */
enum { COLUMN_BLOCK, COLUMN_BITS };

/* A statement of its own: list_term_add may be in the middle of the other one. */
enum result list_term_walk(struct sqlite_handle *handle, enum list_term_kind kind,
                           struct sql_value value, int64_t from, int64_t until,
                           list_term_visitor *visit, void *context)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_LIST_TERM_BETWEEN,
                                      SQL_BIND(sql_number(kind), value, sql_number(from),
                                               sql_number(until), sql_number(LIST_BLOCK)));
    enum result result = sql_row(&query);
    for (; result == RESULT_OK; result = sql_row(&query)) {
        visit(context, sql_get_number(&query, COLUMN_BLOCK) * LIST_BLOCK,
              sql_get_view(&query, COLUMN_BITS));
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result list_term_add(struct sqlite_handle *handle, enum list_term_kind kind,
                          struct sql_value value, list_gap_filler *fill, void *context,
                          struct number_set *set)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_LIST_TERM, SQL_BIND(sql_number(kind), value));
    int64_t known_until = 0;
    enum result filled = RESULT_OK;
    enum result result = sql_row(&query);
    for (; result == RESULT_OK && filled == RESULT_OK; result = sql_row(&query)) {
        int64_t first = sql_get_number(&query, COLUMN_BLOCK) * LIST_BLOCK;
        struct view bits = sql_get_view(&query, COLUMN_BITS);
        uint64_t words[LIST_BLOCK_WORDS] = {0};
        list_set_read(bits, words);
        if (first > known_until) {
            filled = fill(context, known_until, first, set);
        }
        number_set_add_words(set, first, words, LIST_BLOCK_WORDS);
        known_until = first + LIST_BLOCK;
    }
    if (result != RESULT_NOT_FOUND && result != RESULT_OK) {
        return result;
    }
    return filled == RESULT_OK && known_until < set->limit
               ? fill(context, known_until, set->limit, set)
               : filled;
}
