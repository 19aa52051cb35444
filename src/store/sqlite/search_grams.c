#include "store/sqlite/search_grams.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

#define INDEXED_CHARS 3   /* shorter parts count only where a line begins */
#define BEGINNING_CHARS 2 /* so long */
#define NODES_MAX 65536
#define NONE UINT32_MAX
#define BREAK 0 /* in place of a letter: no part goes over it */
#define CHAR_BITS 21
#define TABLE_MIN 4096 /* a power of two */

/* A part is the way from a root of this tree to one of its nodes, a character each. */
enum { ROOT_ANYWHERE, ROOT_BEGINNING, ROOT_COUNT };

struct node {
    uint32_t parent;
    uint32_t character;
    uint32_t depth; /* characters of the part */
    uint32_t gram;  /* its index; NONE: too short to be one */
    bool is_beginning;
};

/* Node and character → number, by open addressing; grows. */
struct table {
    struct arena *arena;
    uint64_t *keys; /* 0: free */
    uint32_t *values;
    size_t mask;
    size_t used;
};

struct search_grams {
    struct arena *arena;
    struct node *nodes;
    size_t node_count;
    struct table children;
    uint32_t grams[SEARCH_GRAMS_MAX]; /* nodes */
    uint32_t seen[SEARCH_GRAMS_MAX];  /* the number of the text in which it was seen last */
    size_t gram_count;
    uint32_t texts;    /* looked at so far */
    uint32_t *letters; /* room for those of a text */
    size_t letter_room;
    uint32_t found[SEARCH_GRAMS_MAX];
    size_t found_count;
};

/* --- table ------------------------------------------------------------------------------------ */

static bool table_init(struct table *table, size_t size, struct arena *arena)
{
    *table = (struct table){.arena = arena, .mask = size - 1};
    table->keys = arena_take_array(arena, size, sizeof *table->keys);
    table->values = arena_take_array(arena, size, sizeof *table->values);
    return table->keys != NULL && table->values != NULL;
}

static void table_empty(struct table *table)
{
    memset(table->keys, 0, (table->mask + 1) * sizeof *table->keys);
    table->used = 0;
}

static uint64_t key_of(uint32_t node, uint32_t character)
{
    return ((uint64_t)node << CHAR_BITS | character) + 1;
}

/* Where the key is, or would be. */
static size_t table_slot(const struct table *table, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);
    size_t slot = (size_t)(mixed >> 32) & table->mask;
    while (table->keys[slot] != 0 && table->keys[slot] != key) {
        slot = (slot + 1) & table->mask;
    }
    return slot;
}

static uint32_t table_get(const struct table *table, uint64_t key)
{
    size_t slot = table_slot(table, key);
    return table->keys[slot] != 0 ? table->values[slot] : NONE;
}

static bool table_grow(struct table *table)
{
    struct table larger;
    if (!table_init(&larger, 2 * (table->mask + 1), table->arena)) {
        return false;
    }
    for (size_t i = 0; i <= table->mask; i++) {
        if (table->keys[i] != 0) {
            size_t slot = table_slot(&larger, table->keys[i]);
            larger.keys[slot] = table->keys[i];
            larger.values[slot] = table->values[i];
        }
    }
    larger.used = table->used;
    *table = larger;
    return true;
}

/* A key that is not there yet. False when out of memory. */
static bool table_put(struct table *table, uint64_t key, uint32_t value)
{
    if (2 * table->used > table->mask && !table_grow(table)) {
        return false;
    }
    size_t slot = table_slot(table, key);
    table->keys[slot] = key;
    table->values[slot] = value;
    table->used++;
    return true;
}

/* --- letters ---------------------------------------------------------------------------------- */

/* Writes the code points of the text to out (at least text.len + 1), a BREAK for each end of a line
   and for what is no UTF-8, and one at the end; returns how many. */
static size_t read_letters(struct view text, uint32_t *out)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t character = BREAK;
        size_t size = utf8_decode(view_sub(text, at, SIZE_MAX), &character);
        out[count++] = size == 0 || character == '\n' ? BREAK : character;
        at += size > 0 ? size : 1;
    }
    out[count++] = BREAK;
    return count;
}

/* --- mining ----------------------------------------------------------------------------------- */

/* Where a part that may grow ends; all have the same number of characters. */
struct place {
    uint32_t next; /* index of the letter behind it */
    uint32_t text;
    uint32_t node;
    uint32_t candidate;
};

/* A part one character longer, and how many texts have it. */
struct candidate {
    uint32_t parent;
    uint32_t character;
    uint32_t texts;
    uint32_t last_text;
    uint32_t node; /* NONE: too few */
};

struct mining {
    struct search_grams *grams;
    struct arena *arena;
    struct candidate *candidates;
    size_t candidate_count;
    size_t candidate_room;
    struct table table; /* node and character → candidate */
    uint32_t *letters;  /* of all texts */
    size_t letter_count;
    struct place *places;
    size_t place_count;
    size_t texts_min;
};

static void add_place(struct mining *m, size_t letter, size_t text, uint32_t root)
{
    m->places[m->place_count++] =
        (struct place){.next = (uint32_t)letter, .text = (uint32_t)text, .node = root};
}

static void add_text(struct mining *m, struct view text, size_t index)
{
    size_t first = m->letter_count;
    m->letter_count += read_letters(text, m->letters + first);
    for (size_t i = first; i < m->letter_count; i++) {
        add_place(m, i, index, ROOT_ANYWHERE);
        if (i == first || m->letters[i - 1] == BREAK) {
            add_place(m, i, index, ROOT_BEGINNING);
        }
    }
}

static bool add_texts(struct mining *m, const struct view *texts, size_t count)
{
    size_t letters = 1;
    for (size_t i = 0; i < count; i++) {
        letters += texts[i].len + 1;
    }
    m->letters = arena_take_array(m->arena, letters, sizeof *m->letters);
    m->places = arena_take_array(m->arena, 2 * letters, sizeof *m->places);
    if (m->letters == NULL || m->places == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        add_text(m, texts[i], i);
    }
    return true;
}

static bool add_candidate(struct mining *m, uint32_t node, uint32_t character)
{
    if (m->candidate_count == m->candidate_room) {
        size_t room = 2 * m->candidate_room + 1024;
        struct candidate *more = arena_take_array(m->arena, room, sizeof *more);
        if (more == NULL) {
            return false;
        }
        if (m->candidate_count > 0) {
            memcpy(more, m->candidates, m->candidate_count * sizeof *more);
        }
        m->candidates = more;
        m->candidate_room = room;
    }
    uint32_t index = (uint32_t)m->candidate_count++;
    m->candidates[index] = (struct candidate){node, character, 0, NONE, NONE};
    return table_put(&m->table, key_of(node, character), index);
}

/* Grows the part at each place by a character; those at the end of a line are left behind. */
static bool grow(struct mining *m)
{
    size_t kept = 0;
    table_empty(&m->table);
    m->candidate_count = 0;
    for (size_t i = 0; i < m->place_count; i++) {
        struct place place = m->places[i];
        uint32_t character = m->letters[place.next++];
        if (character == BREAK) {
            continue;
        }
        place.candidate = table_get(&m->table, key_of(place.node, character));
        if (place.candidate == NONE) {
            place.candidate = (uint32_t)m->candidate_count;
            if (!add_candidate(m, place.node, character)) {
                return false;
            }
        }
        struct candidate *candidate = &m->candidates[place.candidate];
        candidate->texts += candidate->last_text != place.text;
        candidate->last_text = place.text;
        m->places[kept++] = place;
    }
    m->place_count = kept;
    return true;
}

static bool is_gram(const struct node *node)
{
    return node->is_beginning || node->depth >= INDEXED_CHARS;
}

/* False when out of memory; no node when there are parts enough. */
static bool add_node(struct search_grams *grams, struct candidate *candidate)
{
    const struct node *parent = &grams->nodes[candidate->parent];
    struct node node = {
        .parent = candidate->parent,
        .character = candidate->character,
        .depth = parent->depth + 1,
        .gram = NONE,
        .is_beginning = parent->is_beginning,
    };
    if (grams->node_count == NODES_MAX ||
        (is_gram(&node) && grams->gram_count == SEARCH_GRAMS_MAX)) {
        return true;
    }
    candidate->node = (uint32_t)grams->node_count++;
    if (is_gram(&node)) {
        node.gram = (uint32_t)grams->gram_count;
        grams->grams[grams->gram_count++] = candidate->node;
    }
    grams->nodes[candidate->node] = node;
    return table_put(&grams->children, key_of(node.parent, node.character), candidate->node);
}

static bool may_grow(const struct node *node)
{
    return node->depth < (node->is_beginning ? BEGINNING_CHARS : SEARCH_GRAMS_CHARS_MAX);
}

/* Those that enough texts have become nodes, and only their places are gone on from. */
static bool choose(struct mining *m)
{
    struct search_grams *grams = m->grams;
    size_t kept = 0;
    for (size_t i = 0; i < m->candidate_count; i++) {
        if (m->candidates[i].texts >= m->texts_min && !add_node(grams, &m->candidates[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < m->place_count; i++) {
        struct place place = m->places[i];
        place.node = m->candidates[place.candidate].node;
        if (place.node != NONE && may_grow(&grams->nodes[place.node])) {
            m->places[kept++] = place;
        }
    }
    m->place_count = kept;
    return true;
}

static bool mine(struct mining *m)
{
    while (m->place_count > 0) {
        if (!grow(m) || !choose(m)) {
            return false;
        }
    }
    return true;
}

static bool make_roots(struct search_grams *grams, struct arena *arena)
{
    grams->arena = arena;
    grams->nodes = arena_take_array(arena, NODES_MAX, sizeof *grams->nodes);
    if (grams->nodes == NULL || !table_init(&grams->children, TABLE_MIN, arena)) {
        return false;
    }
    grams->node_count = ROOT_COUNT;
    grams->nodes[ROOT_ANYWHERE] = (struct node){.gram = NONE};
    grams->nodes[ROOT_BEGINNING] = (struct node){.gram = NONE, .is_beginning = true};
    return true;
}

struct search_grams *search_grams_mine(const struct view *texts, size_t count, size_t texts_min,
                                       struct arena *arena)
{
    struct search_grams *grams = arena_take(arena, sizeof *grams);
    struct mining m = {.grams = grams, .arena = arena, .texts_min = texts_min > 0 ? texts_min : 1};
    if (grams == NULL || !make_roots(grams, arena) || !add_texts(&m, texts, count) ||
        !table_init(&m.table, TABLE_MIN, arena)) {
        return NULL;
    }
    return mine(&m) ? grams : NULL;
}

/* --- use -------------------------------------------------------------------------------------- */

size_t search_grams_count(const struct search_grams *grams)
{
    return grams->gram_count;
}

bool search_grams_is_beginning(const struct search_grams *grams, size_t index)
{
    return grams->nodes[grams->grams[index]].is_beginning;
}

struct view search_grams_text(const struct search_grams *grams, size_t index, struct arena *arena)
{
    char text[4 * SEARCH_GRAMS_CHARS_MAX];
    size_t at = sizeof text;
    for (uint32_t i = grams->grams[index]; i >= ROOT_COUNT; i = grams->nodes[i].parent) {
        char encoded[4];
        size_t len = utf8_encode(grams->nodes[i].character, encoded);
        assert(len <= at);
        at -= len;
        memcpy(text + at, encoded, len);
    }
    return arena_copy_view(arena, view_make(text + at, sizeof text - at));
}

static void find_from(struct search_grams *grams, const uint32_t *letters, uint32_t root)
{
    uint32_t node = root;
    for (; node != NONE && *letters != BREAK; letters++) {
        node = table_get(&grams->children, key_of(node, *letters));
        uint32_t gram = node != NONE ? grams->nodes[node].gram : NONE;
        if (gram != NONE && grams->seen[gram] != grams->texts) {
            grams->seen[gram] = grams->texts;
            grams->found[grams->found_count++] = gram;
        }
    }
}

size_t search_grams_find(struct search_grams *grams, struct view text, const uint32_t **found)
{
    if (text.len >= grams->letter_room) {
        grams->letter_room = 2 * text.len + 1;
        grams->letters = arena_take_array(grams->arena, grams->letter_room, sizeof *grams->letters);
    }
    if (grams->letters == NULL) {
        grams->letter_room = 0;
        return SIZE_MAX;
    }
    size_t count = read_letters(text, grams->letters);
    grams->found_count = 0;
    grams->texts++;
    for (size_t i = 0; i < count; i++) {
        find_from(grams, grams->letters + i, ROOT_ANYWHERE);
        if (i == 0 || grams->letters[i - 1] == BREAK) {
            find_from(grams, grams->letters + i, ROOT_BEGINNING);
        }
    }
    *found = grams->found;
    return grams->found_count;
}
