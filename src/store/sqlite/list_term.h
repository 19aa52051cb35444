/* Who has what is frequent: for each block of numbers, list_tend.c has written down a set for every
   part of a text, every beginning of one and every role that many people in the block have. What is
   not frequent in a block has no set there and is quickly found otherwise. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_TERM_H
#define LATCHKEY_STORE_SQLITE_LIST_TERM_H

#include "store/sqlite/list_set.h"
#include "store/sqlite/number_set.h"
#include "store/sqlite/sql.h"

/* list_changed.what, beside 1 << enum user_sort_field */
#define LIST_CHANGED_TEXTS 512U
#define LIST_CHANGED_ROLES 1024U

/* list_terms.kind */
enum list_term_kind {
    LIST_TERM_PART = 1,  /* value: three characters or more, folded, of one text */
    LIST_TERM_BEGINNING, /* value: one or two characters, folded, with which a text begins */
    LIST_TERM_ROLE       /* value: the role's number */
};

/* Adds, by other means, those from `from` and below `until` who have the term. */
typedef enum result list_gap_filler(void *context, int64_t from, int64_t until,
                                    struct number_set *set);

/* Adds to the set all who have the term, fill being asked where it is not known. */
MUST_CHECK enum result list_term_add(struct sqlite_handle *handle, enum list_term_kind kind,
                                     struct sql_value value, list_gap_filler *fill, void *context,
                                     struct number_set *set);
/* Sees the set of one block as list_set.h keeps it; first is the block's first number. */
typedef void list_term_visitor(void *context, int64_t first, struct view kept);

/* Shows the sets of the blocks that begin at `from` or later and below `until` and in which the
   term is frequent. */
MUST_CHECK enum result list_term_walk(struct sqlite_handle *handle, enum list_term_kind kind,
                                      struct sql_value value, int64_t from, int64_t until,
                                      list_term_visitor *visit, void *context);
/* The set of those in one block who have the term, in bits of LIST_BLOCK_WORDS words. NOT_FOUND
   when it is not frequent there, or the block is not there yet. */
MUST_CHECK enum result list_term_read(struct sqlite_handle *handle, int64_t block,
                                      enum list_term_kind kind, struct sql_value value,
                                      uint64_t *bits);

#endif
