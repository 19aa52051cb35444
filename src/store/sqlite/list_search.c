#include "store/sqlite/list_search.h"

#include <string.h>

#include "base/builder.h"
#include "base/utf8.h"
#include "store/sqlite/list_term.h"
#include "store/sqlite/search_text.h"

#define TRIGRAM_CHARS 3
/* Of longer parts only the beginning is looked for; then the texts are looked at anyway. */
#define TRIGRAMS_MAX 32

/* What slows the index down: sets so large, of a block. */
#define HEAVY_MIN (LIST_BLOCK / 20)
#define FEW 1000 /* texts are looked at without more ado */

struct searching {
    struct sqlite_handle *handle;
    struct arena *arena;
    struct view part;
    struct view trigrams[TRIGRAMS_MAX]; /* in order, each a character further */
    bool is_heavy[TRIGRAMS_MAX];
    size_t trigram_count;
};

static size_t char_size(struct view text)
{
    uint32_t unused;
    size_t size = utf8_decode(text, &unused);
    return size > 0 ? size : 1;
}

static void split(struct searching *s)
{
    size_t ends[TRIGRAMS_MAX + TRIGRAM_CHARS] = {0};
    size_t chars = 0;
    for (size_t at = 0; at < s->part.len && chars + 1 < ARRAY_LEN(ends); chars++) {
        at += char_size(view_sub(s->part, at, SIZE_MAX));
        ends[chars + 1] = at;
    }
    for (size_t i = 0; i + TRIGRAM_CHARS <= chars; i++) {
        s->trigrams[i] = view_sub(s->part, ends[i], ends[i + TRIGRAM_CHARS] - ends[i]);
        s->trigram_count = i + 1;
    }
}

static enum result read_trigram(struct searching *s, size_t i, int64_t block, uint64_t *bits)
{
    memset(bits, 0, LIST_BLOCK_BYTES);
    return list_term_read(s->handle, block, LIST_TERM_PART, sql_text(s->trigrams[i]), bits);
}

/* As it is in one block, so it will be in the next ones: what is wrong takes longer, no more. */
static enum result find_heavy(struct searching *s, int64_t block, bool *any)
{
    *any = false;
    for (size_t i = 0; i < s->trigram_count; i++) {
        uint64_t bits[LIST_BLOCK_WORDS];
        enum result result = read_trigram(s, i, block, bits);
        if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
            return result;
        }
        s->is_heavy[i] = list_set_count(bits) >= HEAVY_MIN;
        *any = *any || s->is_heavy[i];
    }
    return RESULT_OK;
}

/* --- by the index of trigrams ----------------------------------------------------------------- */

static enum result add_matches(struct searching *s, struct view match, int64_t from, int64_t until,
                               struct number_set *set)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(s->handle, STATEMENT_LIST_MATCHES,
                 SQL_BIND(sql_text(match), sql_number(from), sql_number(until)));
    enum result result = match.at != NULL ? sql_row(&query) : RESULT_INTERNAL;
    for (; result == RESULT_OK; result = sql_row(&query)) {
        number_set_add(set, sql_get_number(&query, 0));
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* A phrase for each run of trigrams that are not heavy; empty when there is none. */
static struct view match_of_light(struct searching *s)
{
    struct builder b;
    struct view match;
    builder_init(&b, s->arena, 4 * s->part.len + 64 * TRIGRAMS_MAX);
    for (size_t i = 0; i < s->trigram_count; i++) {
        size_t first = i;
        while (i < s->trigram_count && !s->is_heavy[i]) {
            i++;
        }
        if (i > first) {
            const char *from = s->trigrams[first].at;
            const char *until = s->trigrams[i - 1].at + s->trigrams[i - 1].len;
            struct view run = view_make(from, (size_t)(until - from));
            builder_text(&b, b.len > 0 ? " AND " : "");
            builder_add(&b, search_text_match(run, NULL, s->arena));
        }
    }
    return builder_end(&b, &match) ? match : view_make(NULL, 0);
}

/* --- by sets, and by looking at the texts ----------------------------------------------------- */

/* Leaves of a block those who have a term. */
static void keep_in_block(void *context, int64_t first, struct view kept)
{
    struct number_set *candidates = context;
    uint64_t words[LIST_BLOCK_WORDS];
    uint64_t bits[LIST_BLOCK_WORDS] = {0};
    number_set_get_words(candidates, first, words, LIST_BLOCK_WORDS);
    list_set_read(kept, bits);
    for (size_t w = 0; w < LIST_BLOCK_WORDS; w++) {
        words[w] &= bits[w];
    }
    number_set_set_words(candidates, first, words, LIST_BLOCK_WORDS);
}

/* Whoever may have the part: those with the light trigrams, and, where these are not few, with the
   heavy ones. */
static enum result find_candidates(struct searching *s, int64_t from, int64_t until,
                                   struct number_set *candidates)
{
    struct view match = match_of_light(s);
    enum result result = RESULT_OK;
    if (match.at == NULL) {
        return RESULT_INTERNAL;
    }
    if (match.len > 0) {
        result = add_matches(s, match, from, until, candidates);
    } else {
        number_set_add_range(candidates, from, until);
    }
    for (size_t i = 0; i < s->trigram_count && result == RESULT_OK; i++) {
        if (s->is_heavy[i] && number_set_count(candidates) > FEW) {
            result = list_term_walk(s->handle, LIST_TERM_PART, sql_text(s->trigrams[i]), from,
                                    until, keep_in_block, candidates);
        }
    }
    return result;
}

static enum result look_at_texts(struct searching *s, const struct number_set *candidates,
                                 struct number_set *set)
{
    struct view numbers = number_set_json(candidates, s->arena);
    if (numbers.at == NULL) {
        return RESULT_INTERNAL;
    }
    CLEANUP(sql_close)
    struct sql_query query = sql_open(s->handle, STATEMENT_LIST_HAVE_PART,
                                      SQL_BIND(sql_text(numbers), sql_text(s->part)));
    enum result result = sql_row(&query);
    for (; result == RESULT_OK; result = sql_row(&query)) {
        number_set_add(set, sql_get_number(&query, 0));
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result search_texts(struct searching *s, int64_t from, int64_t until,
                                struct number_set *set)
{
    struct number_set candidates;
    if (!number_set_init(&candidates, set->limit, s->arena)) {
        return RESULT_INTERNAL;
    }
    enum result result = find_candidates(s, from, until, &candidates);
    return result == RESULT_OK ? look_at_texts(s, &candidates, set) : result;
}

/* --- all -------------------------------------------------------------------------------------- */

/* Numbers of blocks in which the part is not frequent. */
static enum result search_gap(void *context, int64_t from, int64_t until, struct number_set *set)
{
    struct searching *s = context;
    bool any = false;
    enum result result = find_heavy(s, from / LIST_BLOCK, &any);
    if (result != RESULT_OK) {
        return result;
    }
    return any ? search_texts(s, from, until, set)
               : add_matches(s, search_text_match(s->part, NULL, s->arena), from, until, set);
}

enum result list_search_add(struct sqlite_handle *handle, struct view part, struct arena *arena,
                            struct number_set *set)
{
    struct searching s = {.handle = handle, .arena = arena, .part = part};
    split(&s);
    return list_term_add(handle, LIST_TERM_PART, sql_text(part), search_gap, &s, set);
}
