#include "base/arena.h"
#include "model/limits.h"
#include "store/sqlite/list_build.h"
#include "store/sqlite/list_term.h"
#include "store/sqlite/search_grams.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* What so many of a thousand have is frequent; among the sample a little less will do. What is
   rarer is found quickly enough by the indexes. */
#define FREQUENT_PART 4
#define SAMPLED_PART 3
#define FREQUENT_MIN 120
#define SAMPLE_STEP 8 /* one of so many people */
#define SAMPLE_MAX (LIST_BLOCK / SAMPLE_STEP)
#define ID_BITS 32

/* A set that is being made. */
struct term {
    enum list_term_kind kind;
    struct sql_value value;
    struct list_set set;
};

struct block {
    struct sqlite_handle *handle;
    struct arena *arena;
    int64_t number;
    int64_t first;      /* number of a person */
    struct view *texts; /* of whom there is, by number */
    uint16_t *numbers;  /* theirs in the block */
    size_t people;
    struct search_grams *grams;
    struct term *terms;
    size_t term_count;
    size_t term_room;
};

static bool is_frequent(const struct block *block, size_t count)
{
    return count >= FREQUENT_MIN && count * 1000 >= block->people * FREQUENT_PART;
}

/* NULL when out of memory. */
static struct term *add_term(struct block *block, enum list_term_kind kind, struct sql_value value,
                             size_t count)
{
    struct term *term = &block->terms[block->term_count];
    *term = (struct term){.kind = kind, .value = value};
    if (block->term_count == block->term_room || !list_set_init(&term->set, count, block->arena)) {
        return NULL;
    }
    block->term_count++;
    return term;
}

/* --- texts ------------------------------------------------------------------------------------ */

static enum result read_texts(struct block *block)
{
    block->texts = arena_take_array(block->arena, LIST_BLOCK, sizeof *block->texts);
    block->numbers = arena_take_array(block->arena, LIST_BLOCK, sizeof *block->numbers);
    if (block->texts == NULL || block->numbers == NULL) {
        return RESULT_INTERNAL;
    }
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(block->handle, STATEMENT_LIST_TEXTS,
                 SQL_BIND(sql_number(block->first), sql_number(block->first + LIST_BLOCK)));
    enum result result = sql_row(&query);
    for (; result == RESULT_OK;
         result = query.failure == RESULT_OK ? sql_row(&query) : query.failure) {
        block->numbers[block->people] = (uint16_t)(sql_get_number(&query, 0) - block->first);
        block->texts[block->people++] = sql_copy_view(&query, 1, block->arena);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* One of every SAMPLE_STEP, and not always the same: names often end in a number that counts up. */
static size_t sampled(size_t i)
{
    uint64_t mixed = (uint64_t)i * UINT64_C(0x9E3779B97F4A7C15);
    return i * SAMPLE_STEP + (size_t)(mixed >> 32) % SAMPLE_STEP;
}

static enum result mine_grams(struct block *block)
{
    struct view *sample = arena_take_array(block->arena, SAMPLE_MAX, sizeof *sample);
    size_t count = 0;
    if (sample == NULL) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; i < SAMPLE_MAX && sampled(i) < block->people; i++) {
        sample[count++] = block->texts[sampled(i)];
    }
    size_t least = FREQUENT_MIN / SAMPLE_STEP;
    size_t part = count * SAMPLED_PART / 1000;
    block->grams = search_grams_mine(sample, count, part > least ? part : least, block->arena);
    return block->grams != NULL ? RESULT_OK : RESULT_INTERNAL;
}

/* How many have each part: the sample can be wrong. */
static enum result count_grams(struct block *block, uint32_t *counts)
{
    const uint32_t *found = NULL;
    for (size_t i = 0; i < block->people; i++) {
        size_t count = search_grams_find(block->grams, block->texts[i], &found);
        if (count == SIZE_MAX) {
            return RESULT_INTERNAL;
        }
        for (size_t k = 0; k < count; k++) {
            counts[found[k]]++;
        }
    }
    return RESULT_OK;
}

static enum result add_grams(struct block *block, const uint32_t *counts, struct term **terms)
{
    for (size_t i = 0; i < search_grams_count(block->grams); i++) {
        if (!is_frequent(block, counts[i])) {
            continue;
        }
        struct view text = search_grams_text(block->grams, i, block->arena);
        enum list_term_kind kind =
            search_grams_is_beginning(block->grams, i) ? LIST_TERM_BEGINNING : LIST_TERM_PART;
        terms[i] = text.at != NULL ? add_term(block, kind, sql_text(text), counts[i]) : NULL;
        if (terms[i] == NULL) {
            return RESULT_INTERNAL;
        }
    }
    return RESULT_OK;
}

static enum result fill_grams(struct block *block, struct term *const *terms)
{
    const uint32_t *found = NULL;
    for (size_t i = 0; i < block->people; i++) {
        size_t count = search_grams_find(block->grams, block->texts[i], &found);
        for (size_t k = 0; k < count && count != SIZE_MAX; k++) {
            if (terms[found[k]] != NULL) {
                list_set_add(&terms[found[k]]->set, block->numbers[i]);
            }
        }
    }
    return RESULT_OK;
}

static enum result make_grams(struct block *block)
{
    size_t count = search_grams_count(block->grams) + 1;
    uint32_t *counts = arena_take_array(block->arena, count, sizeof *counts);
    struct term **terms = arena_take_array(block->arena, count, sizeof(struct term *));
    enum result result =
        counts != NULL && terms != NULL ? count_grams(block, counts) : RESULT_INTERNAL;
    if (result == RESULT_OK) {
        result = add_grams(block, counts, terms);
    }
    return result == RESULT_OK ? fill_grams(block, terms) : result;
}

/* --- roles ------------------------------------------------------------------------------------ */

static enum result add_role(struct block *block, int64_t role)
{
    uint16_t holders[LIST_BLOCK];
    size_t count = 0;
    CLEANUP(sql_close)
    struct sql_query query = sql_open(block->handle, STATEMENT_LIST_HOLDERS,
                                      SQL_BIND(sql_number(role), sql_number(block->first),
                                               sql_number(block->first + LIST_BLOCK)));
    enum result result = sql_row(&query);
    for (; result == RESULT_OK; result = sql_row(&query)) {
        holders[count++] = (uint16_t)(sql_get_number(&query, 0) - block->first);
    }
    if (result != RESULT_NOT_FOUND || !is_frequent(block, count)) {
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    struct term *term = add_term(block, LIST_TERM_ROLE, sql_number(role), count);
    for (size_t i = 0; i < count && term != NULL; i++) {
        list_set_add(&term->set, holders[i]);
    }
    return term != NULL ? RESULT_OK : RESULT_INTERNAL;
}

/* Those that enough people hold, anywhere. */
static enum result add_roles(struct block *block)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(block->handle, STATEMENT_LIST_ROLES, SQL_BIND(sql_number(FREQUENT_MIN)));
    enum result result = sql_row(&query);
    while (result == RESULT_OK) {
        result = add_role(block, sql_get_number(&query, 0));
        result = result == RESULT_OK ? sql_row(&query) : result;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result read_block(struct block *block)
{
    enum result result = read_texts(block);
    if (result == RESULT_OK) {
        result = mine_grams(block);
    }
    if (result != RESULT_OK) {
        return result;
    }
    block->term_room = search_grams_count(block->grams) + ROLES_MAX;
    block->terms = arena_take_array(block->arena, block->term_room + 1, sizeof *block->terms);
    result = block->terms != NULL ? make_grams(block) : RESULT_INTERNAL;
    return result == RESULT_OK ? add_roles(block) : result;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The first term with the same people: most parts of a word are where the word is. */
static size_t find_same(const struct block *block, size_t index)
{
    size_t i = 0;
    while (
        !view_equal(list_set_view(&block->terms[i].set), list_set_view(&block->terms[index].set))) {
        i++;
    }
    return i;
}

static enum result write_bits(struct block *block, size_t index)
{
    return sql_run(block->handle, STATEMENT_LIST_BITS_WRITE,
                   SQL_BIND(sql_number((block->number << ID_BITS) + (int64_t)index),
                            sql_blob(list_set_view(&block->terms[index].set))));
}

static enum result write_terms(struct block *block)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; i < block->term_count && result == RESULT_OK; i++) {
        const struct term *term = &block->terms[i];
        size_t same = find_same(block, i);
        result = same == i ? write_bits(block, i) : RESULT_OK;
        if (result == RESULT_OK) {
            result =
                sql_run(block->handle, STATEMENT_LIST_TERM_WRITE,
                        SQL_BIND(sql_number(block->number), sql_number(term->kind), term->value,
                                 sql_number((block->number << ID_BITS) + (int64_t)same)));
        }
    }
    return result;
}

static enum result clear_block(struct block *block)
{
    struct sql_value number = sql_number(block->number);
    enum result result = sql_run(block->handle, STATEMENT_LIST_TERMS_CLEAR, SQL_BIND(number));
    return result == RESULT_OK ? sql_run(block->handle, STATEMENT_LIST_BITS_CLEAR,
                                         SQL_BIND(sql_number(block->number << ID_BITS),
                                                  sql_number((block->number + 1) << ID_BITS)))
                               : result;
}

/* NOT_FOUND when another process has kept newer ones. */
static enum result write_block(struct block *block, int64_t round)
{
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, block->handle);
    if (result == RESULT_OK) {
        result = sql_run_changing(block->handle, STATEMENT_LIST_BLOCK_WRITE,
                                  SQL_BIND(sql_number(block->number), sql_number(round)));
    }
    if (result == RESULT_OK) {
        result = clear_block(block);
    }
    if (result == RESULT_OK) {
        result = write_terms(block);
    }
    return result == RESULT_OK ? sqlite_transaction_finish(&transaction, result) : result;
}

enum result list_build_block(struct sqlite_handle *handle, int64_t number, int64_t round)
{
    struct arena arena CLEANUP(arena_clear);
    struct block block = {
        .handle = handle, .arena = &arena, .number = number, .first = number * LIST_BLOCK};
    arena_init(&arena, 0);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    /* Texts and roles as one view of the data. */
    enum result result = sqlite_transaction_begin_read(&transaction, handle);
    if (result == RESULT_OK) {
        result = read_block(&block);
    }
    if (result == RESULT_OK) {
        result = sqlite_transaction_finish(&transaction, result);
    }
    if (result == RESULT_OK) {
        result = write_block(&block, round);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
