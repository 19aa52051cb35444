#include "store/sqlite/list_search.h"

#include <string.h>

#include "base/builder.h"
#include "base/utf8.h"
#include "store/sqlite/list_term.h"
#include "store/sqlite/search_text.h"

#define TRIGRAM_CHARS 3
/* Of longer parts only the beginning is looked for; then the texts are looked at anyway. */
#define TRIGRAMS_MAX 32

/* So many of a block: frequent in the other ones too, most likely. */
#define SURE_MIN (LIST_BLOCK / 125)
#define FEW 200             /* texts are looked at without more ado */
#define CANDIDATES_MAX 4000 /* texts are not looked at; the index is asked for the whole part */

/* Characters of the part that are frequent together, and with none more. */
struct run {
    struct view text;
    size_t holders; /* in the block that was looked at */
};

struct searching {
    struct sqlite_handle *handle;
    struct arena *arena;
    struct view part;
    size_t ends[TRIGRAMS_MAX + TRIGRAM_CHARS]; /* of its characters, the first being 1 */
    size_t chars;
    bool is_frequent[TRIGRAMS_MAX]; /* the trigram from that character on */
    size_t trigram_count;
    struct run runs[TRIGRAMS_MAX];
    size_t run_count;
    struct number_set candidates;
    bool *is_narrowed; /* for each block: the candidates there have a frequent run */
};

static size_t char_size(struct view text)
{
    uint32_t unused;
    size_t size = utf8_decode(text, &unused);
    return size > 0 ? size : 1;
}

static void split(struct searching *s)
{
    for (size_t at = 0; at < s->part.len && s->chars + 1 < ARRAY_LEN(s->ends); s->chars++) {
        at += char_size(view_sub(s->part, at, SIZE_MAX));
        s->ends[s->chars + 1] = at;
    }
    s->trigram_count = s->chars >= TRIGRAM_CHARS ? s->chars + 1 - TRIGRAM_CHARS : 0;
}

/* Characters from one on and before another. */
static struct view chars_between(const struct searching *s, size_t from, size_t until)
{
    return view_sub(s->part, s->ends[from], s->ends[until] - s->ends[from]);
}

/* *holders: 0 when it is not frequent in the block. */
static enum result count_holders(struct searching *s, int64_t block, struct view text,
                                 size_t *holders)
{
    uint64_t bits[LIST_BLOCK_WORDS] = {0};
    enum result result = list_term_read(s->handle, block, LIST_TERM_PART, sql_text(text), bits);
    *holders = result == RESULT_OK ? list_set_count(bits) : 0;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* The longest frequent run from a character on; *until: known to reach so far. Of more than a
   trigram only what is surely frequent elsewhere. */
static enum result stretch(struct searching *s, int64_t block, size_t from, size_t *until,
                           size_t *holders)
{
    enum result result = RESULT_OK;
    bool more = true;
    while (result == RESULT_OK && more && *until < s->chars) {
        bool first = *until < from + TRIGRAM_CHARS;
        size_t wanted = first ? from + TRIGRAM_CHARS : *until + 1;
        size_t count = 0;
        result = count_holders(s, block, chars_between(s, from, wanted), &count);
        more = count >= (first ? 1 : SURE_MIN);
        *holders = more ? count : *holders;
        *until = more ? wanted : *until;
    }
    return result;
}

/* All parts of what is frequent are. As it is in one block, so it will be in the next ones: what is
   wrong takes longer, no more. */
static enum result find_runs(struct searching *s, int64_t block)
{
    enum result result = RESULT_OK;
    size_t until = 0;
    s->run_count = 0;
    for (size_t i = 0; i < s->trigram_count && result == RESULT_OK; i++) {
        size_t before = until;
        size_t holders = 0;
        result = stretch(s, block, i, &until, &holders);
        s->is_frequent[i] = until >= i + TRIGRAM_CHARS;
        if (until > before) {
            s->runs[s->run_count++] = (struct run){chars_between(s, i, until), holders};
        }
    }
    return result;
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

/* A phrase for each row of trigrams that are not frequent; empty when there is none. */
static struct view match_of_rare(struct searching *s)
{
    struct builder b;
    struct view match;
    builder_init(&b, s->arena, 4 * s->part.len + 64 * TRIGRAMS_MAX);
    for (size_t i = 0; i < s->trigram_count; i++) {
        size_t first = i;
        while (i < s->trigram_count && !s->is_frequent[i]) {
            i++;
        }
        if (i > first) {
            struct view row = chars_between(s, first, i - 1 + TRIGRAM_CHARS);
            builder_text(&b, b.len > 0 ? " AND " : "");
            builder_add(&b, search_text_match(row, NULL, s->arena));
        }
    }
    return builder_end(&b, &match) ? match : view_make(NULL, 0);
}

/* --- by sets, and by looking at the texts ----------------------------------------------------- */

/* All of a block who have a term. */
static void add_in_block(void *context, int64_t first, struct view kept)
{
    struct searching *s = context;
    uint64_t bits[LIST_BLOCK_WORDS] = {0};
    list_set_read(kept, bits);
    number_set_add_words(&s->candidates, first, bits, LIST_BLOCK_WORDS);
    s->is_narrowed[first / LIST_BLOCK] = true;
}

/* Leaves of a block those who have a term. */
static void keep_in_block(void *context, int64_t first, struct view kept)
{
    struct searching *s = context;
    uint64_t words[LIST_BLOCK_WORDS];
    uint64_t bits[LIST_BLOCK_WORDS] = {0};
    number_set_get_words(&s->candidates, first, words, LIST_BLOCK_WORDS);
    list_set_read(kept, bits);
    for (size_t w = 0; w < LIST_BLOCK_WORDS; w++) {
        words[w] &= bits[w];
    }
    number_set_set_words(&s->candidates, first, words, LIST_BLOCK_WORDS);
}

/* What is not surely frequent elsewhere comes last. */
static size_t rank_of(const struct run *run)
{
    return run->holders < SURE_MIN ? run->holders + LIST_BLOCK : run->holders;
}

/* Takes the run that the fewest have. */
static struct run take_rarest(struct searching *s)
{
    size_t rarest = 0;
    for (size_t i = 1; i < s->run_count; i++) {
        rarest = rank_of(&s->runs[i]) < rank_of(&s->runs[rarest]) ? i : rarest;
    }
    struct run run = s->runs[rarest];
    s->runs[rarest] = s->runs[--s->run_count];
    return run;
}

static enum result walk_run(struct searching *s, struct run run, int64_t from, int64_t until,
                            list_term_visitor *visit)
{
    return list_term_walk(s->handle, LIST_TERM_PART, sql_text(run.text), from, until, visit, s);
}

static void note_all(struct searching *s, int64_t from, int64_t until)
{
    for (int64_t block = from / LIST_BLOCK; block * LIST_BLOCK < until; block++) {
        s->is_narrowed[block] = true;
    }
}

static enum result match_whole(struct searching *s, int64_t from, int64_t until,
                               struct number_set *set)
{
    return add_matches(s, search_text_match(s->part, NULL, s->arena), from, until, set);
}

/* Whoever may have the part: those with the rare trigrams, or with the rarest run. In a block where
   that run is not frequent, nobody so far. */
static enum result find_candidates(struct searching *s, int64_t from, int64_t until)
{
    struct view match = match_of_rare(s);
    if (match.at == NULL) {
        return RESULT_INTERNAL;
    }
    if (match.len == 0) {
        return walk_run(s, take_rarest(s), from, until, add_in_block);
    }
    note_all(s, from, until);
    return add_matches(s, match, from, until, &s->candidates);
}

/* Leaves those who have the frequent runs too, until few are left or a run leaves nearly all. */
static enum result keep_runs(struct searching *s, int64_t from, int64_t until)
{
    enum result result = RESULT_OK;
    int64_t count = number_set_count(&s->candidates);
    bool helps = true;
    while (result == RESULT_OK && helps && count > FEW && s->run_count > 0) {
        int64_t before = count;
        result = walk_run(s, take_rarest(s), from, until, keep_in_block);
        count = number_set_count(&s->candidates);
        helps = count < before - before / 4;
    }
    return result;
}

static enum result look_at_texts(struct searching *s, struct number_set *set)
{
    struct view numbers = number_set_json(&s->candidates, s->arena);
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

/* As things are in the first block. Where nothing of the part is frequent the index is quick. */
static enum result search_blocks(struct searching *s, int64_t from, int64_t until,
                                 struct number_set *set)
{
    enum result result = find_runs(s, from / LIST_BLOCK);
    if (result == RESULT_OK && s->run_count == 0) {
        note_all(s, from, until);
        return match_whole(s, from, until, set);
    }
    if (result == RESULT_OK) {
        result = find_candidates(s, from, until);
    }
    return result == RESULT_OK ? keep_runs(s, from, until) : result;
}

/* As things are in each block where they are not as in the first. */
static enum result search_others(struct searching *s, int64_t from, int64_t until,
                                 struct number_set *set)
{
    enum result result = RESULT_OK;
    for (int64_t first = from; first < until && result == RESULT_OK; first += LIST_BLOCK) {
        int64_t end = until < first + LIST_BLOCK ? until : first + LIST_BLOCK;
        if (!s->is_narrowed[first / LIST_BLOCK]) {
            result = search_blocks(s, first, end, set);
        }
    }
    return result;
}

/* --- all -------------------------------------------------------------------------------------- */

/* Numbers of blocks in which the part is not frequent. */
static enum result search_gap(void *context, int64_t from, int64_t until, struct number_set *set)
{
    struct searching *s = context;
    number_set_clear(&s->candidates);
    enum result result = search_blocks(s, from, until, set);
    if (result == RESULT_OK) {
        result = search_others(s, from, until, set);
    }
    int64_t count = number_set_count(&s->candidates);
    if (result != RESULT_OK || count == 0) {
        return result;
    }
    return count <= CANDIDATES_MAX ? look_at_texts(s, set) : match_whole(s, from, until, set);
}

enum result list_search_add(struct sqlite_handle *handle, struct view part, struct arena *arena,
                            struct number_set *set)
{
    struct searching s = {.handle = handle, .arena = arena, .part = part};
    s.is_narrowed = arena_take(arena, (size_t)(set->limit / LIST_BLOCK) + 1);
    if (s.is_narrowed == NULL || !number_set_init(&s.candidates, set->limit, arena)) {
        return RESULT_INTERNAL;
    }
    split(&s);
    return list_term_add(handle, LIST_TERM_PART, sql_text(part), search_gap, &s, set);
}
