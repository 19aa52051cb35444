#include "store/sqlite/list_planes.h"

#include <endian.h>
#include <string.h>

#include "store/sqlite/list_set.h"

/* In list_order_parts the planes of an order are as parts of another one: the first says of what
   they are, then for each plane a set for each block of numbers, all bits. */
#define PLANES_ID 1024
#define PLANES_OF_MANY 4 /* only of an order of at least one in so many numbers */

enum { HEAD_ROUND, HEAD_STEP, HEAD_BLOCKS, HEAD_LEN };

static int64_t row_id(const struct list_order *order, int64_t row)
{
    return list_order_part_id(PLANES_ID + order->id, row);
}

static int64_t blocks_below(int64_t limit)
{
    return (limit + LIST_BLOCK - 1) / LIST_BLOCK;
}

int64_t list_planes_worth(int64_t limit)
{
    return (LIST_PLANES + 3) * blocks_below(limit) * LIST_ORDER_PART;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* NOT_FOUND too when they are of another round: a server of an older version makes none. */
static enum result read_head(struct sqlite_handle *handle, const struct list_order *order,
                             int64_t head[HEAD_LEN])
{
    uint64_t words[HEAD_LEN];
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_LIST_ORDER_UP,
                 SQL_BIND(sql_number(row_id(order, 0)), sql_number(row_id(order, 0))));
    enum result result = sql_row(&query);
    if (result != RESULT_OK) {
        return result;
    }
    struct view bytes = sql_get_view(&query, 0);
    if (bytes.len != sizeof words) {
        return RESULT_NOT_FOUND;
    }
    memcpy(words, bytes.at, sizeof words);
    for (size_t i = 0; i < HEAD_LEN; i++) {
        head[i] = (int64_t)le64toh(words[i]);
    }
    return head[HEAD_ROUND] == order->round && head[HEAD_STEP] > 0 ? RESULT_OK : RESULT_NOT_FOUND;
}

static enum result read_planes(struct sqlite_handle *handle, const struct list_order *order,
                               int64_t blocks, struct list_planes *out)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(
        handle, STATEMENT_LIST_ORDER_UP,
        SQL_BIND(sql_number(row_id(order, 1)), sql_number(row_id(order, LIST_PLANES * blocks))));
    enum result result = sql_row(&query);
    int64_t row = 0;
    for (; result == RESULT_OK && row < LIST_PLANES * blocks; row++) {
        uint64_t words[LIST_BLOCK_WORDS] = {0};
        list_set_read(sql_get_view(&query, 0), words);
        number_set_add_words(&out->planes[row / blocks], row % blocks * LIST_BLOCK, words,
                             LIST_BLOCK_WORDS);
        result = sql_row(&query);
    }
    return result == RESULT_NOT_FOUND && row == LIST_PLANES * blocks ? RESULT_OK : result;
}

enum result list_planes_read(struct sqlite_handle *handle, const struct list_order *order,
                             int64_t limit, struct arena *arena, struct list_planes *out)
{
    int64_t head[HEAD_LEN];
    enum result result = read_head(handle, order, head);
    if (result != RESULT_OK) {
        return result;
    }
    *out = (struct list_planes){.step = head[HEAD_STEP], .count = order->count};
    for (size_t i = 0; i < LIST_PLANES; i++) {
        if (!number_set_init(&out->planes[i], limit, arena)) {
            return RESULT_INTERNAL;
        }
    }
    return read_planes(handle, order, head[HEAD_BLOCKS], out);
}

static bool is_one_of_many(const struct list_order *order, int64_t limit)
{
    return order->count > 0 && order->count * PLANES_OF_MANY >= limit;
}

enum result list_planes_are_due(struct sqlite_handle *handle, const struct list_order *order,
                                int64_t last, bool *due)
{
    int64_t head[HEAD_LEN];
    *due = false;
    if (!is_one_of_many(order, last + 1)) {
        return RESULT_OK;
    }
    enum result result = read_head(handle, order, head);
    *due = result == RESULT_NOT_FOUND;
    return *due ? RESULT_OK : result;
}

/* --- chunks as sets --------------------------------------------------------------------------- */

/* Of 64 people those whose chunk's number is at most that. */
static uint64_t word_up_to(const struct list_planes *planes, size_t word, int64_t most)
{
    uint64_t less = 0;
    uint64_t equal = UINT64_MAX;
    for (size_t i = LIST_PLANES; i-- > 0;) {
        uint64_t bits = planes->planes[i].words[word];
        if ((most >> i & 1) != 0) {
            less |= equal & ~bits;
            equal &= bits;
        } else {
            equal &= ~bits;
        }
    }
    return less | equal;
}

void list_planes_add(const struct list_planes *planes, int64_t from, int64_t until,
                     struct number_set *set)
{
    size_t count = number_set_word_count(set);
    for (size_t word = 0; word < count; word++) {
        set->words[word] |= word_up_to(planes, word, until) & ~word_up_to(planes, word, from);
    }
}

/* Keeps those with that bit, or without it. */
static void keep(struct number_set *set, const struct number_set *plane, bool with)
{
    if (with) {
        number_set_keep(set, plane);
    } else {
        number_set_remove(set, plane);
    }
}

int64_t list_planes_find(const struct list_planes *planes, bool down, int64_t *skip,
                         struct number_set *set)
{
    int64_t count = number_set_count(set);
    int64_t number = 0;
    if (*skip >= count) {
        return -1;
    }
    for (size_t i = LIST_PLANES; i-- > 0;) {
        const struct number_set *plane = &planes->planes[i];
        int64_t with = number_set_count_common(set, plane);
        int64_t first = down ? with : count - with;
        bool beyond = *skip >= first;
        bool is_with = beyond != down;
        *skip -= beyond ? first : 0;
        count = is_with ? with : count - with;
        number |= (int64_t)is_with << i;
        keep(set, plane, is_with);
    }
    return number - 1;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int64_t number_at(const unsigned char *numbers, int64_t rank)
{
    const struct list_order_part all = {.numbers = numbers, .count = (size_t)rank + 1};
    return list_order_number(&all, (size_t)rank);
}

static int64_t find_limit(const struct list_order *order, const unsigned char *numbers)
{
    int64_t last = 0;
    for (int64_t rank = 0; rank < order->count; rank++) {
        int64_t number = number_at(numbers, rank);
        last = number > last ? number : last;
    }
    return last + 1;
}

static enum result write_row(struct sqlite_handle *handle, const struct list_order *order,
                             int64_t row, const uint64_t *words, size_t count)
{
    uint64_t bytes[LIST_BLOCK_WORDS];
    for (size_t i = 0; i < count; i++) {
        bytes[i] = htole64(words[i]);
    }
    return sql_run(handle, STATEMENT_LIST_PART_WRITE,
                   SQL_BIND(sql_number(row_id(order, row)),
                            sql_blob(view_make((const char *)bytes, count * sizeof *bytes))));
}

static enum result write_plane(struct sqlite_handle *handle, const struct list_order *order,
                               const struct number_set *plane, int64_t row, int64_t blocks)
{
    enum result result = RESULT_OK;
    for (int64_t block = 0; block < blocks && result == RESULT_OK; block++) {
        uint64_t words[LIST_BLOCK_WORDS];
        number_set_get_words(plane, block * LIST_BLOCK, words, LIST_BLOCK_WORDS);
        result = write_row(handle, order, row + block, words, LIST_BLOCK_WORDS);
    }
    return result;
}

static enum result write_planes(struct sqlite_handle *handle, const struct list_order *order,
                                const struct list_planes *planes, int64_t blocks)
{
    const uint64_t head[HEAD_LEN] = {
        [HEAD_ROUND] = (uint64_t)order->round,
        [HEAD_STEP] = (uint64_t)planes->step,
        [HEAD_BLOCKS] = (uint64_t)blocks,
    };
    enum result result = write_row(handle, order, 0, head, HEAD_LEN);
    for (size_t i = 0; i < LIST_PLANES && result == RESULT_OK; i++) {
        result = write_plane(handle, order, &planes->planes[i], 1 + (int64_t)i * blocks, blocks);
    }
    return result;
}

static enum result fill(struct list_planes *planes, const unsigned char *numbers, int64_t limit,
                        struct arena *arena)
{
    for (size_t i = 0; i < LIST_PLANES; i++) {
        if (!number_set_init(&planes->planes[i], limit, arena)) {
            return RESULT_INTERNAL;
        }
    }
    for (int64_t rank = 0; rank < planes->count; rank++) {
        int64_t chunk = rank / planes->step + 1;
        for (size_t i = 0; i < LIST_PLANES; i++) {
            if ((chunk >> i & 1) != 0) {
                number_set_add(&planes->planes[i], number_at(numbers, rank));
            }
        }
    }
    return RESULT_OK;
}

static enum result make(struct sqlite_handle *handle, const struct list_order *order,
                        const unsigned char *numbers, int64_t limit)
{
    struct arena arena CLEANUP(arena_clear);
    struct list_planes planes = {
        .step = (order->count + LIST_CHUNKS_MAX - 1) / LIST_CHUNKS_MAX,
        .count = order->count,
    };
    arena_init(&arena, 0);
    enum result result = fill(&planes, numbers, limit, &arena);
    return result == RESULT_OK ? write_planes(handle, order, &planes, blocks_below(limit)) : result;
}

enum result list_planes_write(struct sqlite_handle *handle, const struct list_order *order,
                              const unsigned char *numbers)
{
    int64_t limit = find_limit(order, numbers);
    enum result result =
        sql_run(handle, STATEMENT_LIST_PARTS_CUT,
                SQL_BIND(sql_number(row_id(order, 0)),
                         sql_number(list_order_part_id(PLANES_ID + order->id + 1, 0))));
    return result == RESULT_OK && is_one_of_many(order, limit) ? make(handle, order, numbers, limit)
                                                               : result;
}
