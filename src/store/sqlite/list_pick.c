#include "store/sqlite/list_pick.h"

#include "store/sqlite/list_planes.h"

/* So many ranks are walked along for nobody before it is looked for where the next ones stand, and
   so often at most: that costs as much again. */
#define STRETCH ((int64_t)32 * LIST_ORDER_PART)
#define JUMPS_MAX 3

/* A set that is being filled: how many are left out at its beginning, how many are wanted. */
struct picking {
    struct finding *f;
    struct number_set *set;
    int64_t skip;
    int64_t want;
    int64_t last; /* who was added last */
};

/* False when enough are there. */
static bool pick(struct picking *picking, int64_t number)
{
    if (picking->skip > 0) {
        picking->skip--;
        return true;
    }
    number_set_add(picking->set, number);
    picking->last = number;
    picking->want--;
    return picking->want > 0;
}

/* False when enough are there. */
static bool pick_part(struct picking *picking, struct list_filter filter,
                      const struct list_order_part *part, bool down)
{
    int64_t count = picking->skip > 0 ? list_filter_count(filter, part, part->count) : 0;
    if (picking->skip > 0 && count <= picking->skip) {
        picking->skip -= count;
        return true;
    }
    for (size_t i = 0; i < part->count; i++) {
        int64_t number = list_order_number(part, down ? part->count - 1 - i : i);
        if (list_filter_has(filter, number) && !pick(picking, number)) {
            return false;
        }
    }
    return true;
}

/* What of a part is among as many ranks as are left. */
static void cut_part(struct list_order_part *part, int64_t left, bool down)
{
    if ((int64_t)part->count > left) {
        part->numbers += down ? (part->count - (size_t)left) * LIST_ORDER_NUMBER_BYTES : 0;
        part->count = (size_t)left;
    }
}

/* Downward from the last of these ranks, or upward from the first. */
static enum result pick_stretch(struct picking *picking, const struct half *half,
                                struct list_ranks ranks, bool down)
{
    CLEANUP(list_order_walk_close)
    struct list_order_walk walk = list_order_walk_open(picking->f->handle, &half->order,
                                                       down ? ranks.until - 1 : ranks.from, down);
    struct list_filter filter = list_half_filter(picking->f, half);
    bool more = true;
    for (int64_t left = ranks.until - ranks.from; more && left > 0;) {
        struct list_order_part part;
        enum result result = list_order_walk_next(&walk, &part);
        if (result != RESULT_OK) {
            return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
        }
        cut_part(&part, left, down);
        more = pick_part(picking, filter, &part, down);
        left -= (int64_t)part.count;
    }
    return RESULT_OK;
}

/* Takes the next ones off the ranks. */
static struct list_ranks take_stretch(struct list_ranks *ranks, bool down)
{
    struct list_ranks stretch = *ranks;
    if (ranks->until - ranks->from > STRETCH) {
        stretch.from = down ? ranks->until - STRETCH : ranks->from;
        stretch.until = stretch.from + STRETCH;
    }
    ranks->from = down ? ranks->from : stretch.until;
    ranks->until = down ? stretch.from : ranks->until;
    return stretch;
}

/* Who of the half is in the chunks of these ranks. */
static enum result find_left(struct finding *f, const struct half *half,
                             const struct list_planes *planes, struct list_ranks ranks,
                             struct number_set *left)
{
    if (!number_set_init(left, f->limit, f->arena)) {
        return RESULT_INTERNAL;
    }
    list_planes_add(planes, ranks.from / planes->step,
                    (ranks.until + planes->step - 1) / planes->step, left);
    if (half->narrowed) {
        number_set_keep(left, &half->found);
    } else {
        number_set_remove(left, &f->changed);
    }
    return RESULT_OK;
}

/* On to the chunk with the next one that is wanted. */
static enum result jump(struct picking *picking, const struct half *half, struct list_ranks *ranks,
                        bool down)
{
    struct finding *f = picking->f;
    struct list_planes planes;
    struct number_set left;
    enum result result = list_planes_read(f->handle, &half->order, f->limit, f->arena, &planes);
    if (result == RESULT_OK) {
        result = find_left(f, half, &planes, *ranks, &left);
    }
    if (result != RESULT_OK) {
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    int64_t chunk = list_planes_find(&planes, down, &picking->skip, &left);
    if (chunk < 0) {
        ranks->until = ranks->from;
    } else if (down && (chunk + 1) * planes.step < ranks->until) {
        ranks->until = (chunk + 1) * planes.step;
    } else if (!down && chunk * planes.step > ranks->from) {
        ranks->from = chunk * planes.step;
    }
    return RESULT_OK;
}

static enum result pick_along(struct picking *picking, const struct half *half,
                              struct list_ranks ranks, bool down)
{
    int64_t worth = list_planes_worth(picking->f->limit);
    enum result result = RESULT_OK;
    if (picking->skip > worth) {
        result = jump(picking, half, &ranks, down);
    }
    int jumps = 0;
    while (result == RESULT_OK && picking->want > 0 && ranks.from < ranks.until) {
        int64_t want = picking->want;
        result = pick_stretch(picking, half, take_stretch(&ranks, down), down);
        if (result == RESULT_OK && picking->want == want && picking->skip == 0 &&
            ranks.until - ranks.from > worth && jumps++ < JUMPS_MAX) {
            result = jump(picking, half, &ranks, down);
        }
    }
    return result;
}

static int64_t next_number(const struct half *half, int64_t number, bool down)
{
    return down ? number_set_previous(&half->found, number - 1)
                : number_set_next(&half->found, number + 1);
}

/* Whom to begin beside. */
static int64_t number_before(const struct picking *picking, const struct half *half,
                             const struct list_anchor *anchor, bool down)
{
    if (anchor != NULL) {
        return anchor->is_position ? picking->f->request->position->number : anchor->number;
    }
    if (picking->skip == 0) {
        return down ? picking->f->limit : -1;
    }
    int64_t count = number_set_count(&half->found);
    if (picking->skip > count) {
        return down ? -1 : picking->f->limit;
    }
    return number_set_at(&half->found, down ? count - picking->skip : picking->skip - 1);
}

static void pick_numbers(struct picking *picking, const struct half *half,
                         const struct list_anchor *anchor, bool down)
{
    int64_t number = number_before(picking, half, anchor, down);
    picking->skip = 0;
    do {
        number = next_number(half, number, down);
    } while (number >= 0 && pick(picking, number));
}

/* By the last field, which leaves no ties. */
static enum result pick_by_one(struct picking *picking, const struct half *half, size_t level,
                               const struct list_anchor *anchor)
{
    bool down = list_half_goes_down(picking->f, level);
    struct list_ranks ranks = {half->from, half->until};
    if (list_half_is_by_number(picking->f, level)) {
        pick_numbers(picking, half, anchor, down);
        return RESULT_OK;
    }
    enum result result =
        anchor != NULL ? list_half_find_behind(picking->f, half, level, anchor, &ranks) : RESULT_OK;
    return result == RESULT_OK ? pick_along(picking, half, ranks, down) : result;
}

static enum result pick_level(struct picking *picking, const struct half *half, size_t level,
                              const struct list_anchor *anchor);

/* All who tie may be picked, whatever their order: nobody is to be left out, or the page's own
   statement leaves out who stands before the position. */
static bool takes_all(const struct list_anchor *anchor, size_t level, const struct half *tied)
{
    if (anchor != NULL && !anchor->is_position) {
        return anchor->few_level == level;
    }
    return number_set_count(&tied->found) <= LIST_TIES_FEW;
}

static enum result pick_ties(struct picking *picking, const struct half *half, size_t level,
                             struct list_ranks ties, const struct list_anchor *anchor)
{
    struct half tied;
    enum result result = list_half_take(picking->f, half, ties, level + 1, &tied);
    if (result != RESULT_OK || !takes_all(anchor, level + 1, &tied)) {
        return result == RESULT_OK ? pick_level(picking, &tied, level + 1, anchor) : result;
    }
    number_set_unite(picking->set, &tied.found);
    return RESULT_OK;
}

/* Those with the anchor's value first; *left: the ranks of those behind them. */
static enum result pick_beside(struct picking *picking, const struct half *half, size_t level,
                               const struct list_anchor *anchor, struct list_ranks *left)
{
    struct list_ranks ties;
    enum result result = list_half_find_ties(picking->f, half, level, anchor, &ties);
    *left = list_half_goes_down(picking->f, level) ? (struct list_ranks){half->from, ties.from}
                                                   : (struct list_ranks){ties.until, half->until};
    return result == RESULT_OK ? pick_ties(picking, half, level, ties, anchor) : result;
}

/* Whoever ties with the last one may stand before them in the list. */
static enum result pick_among_last(struct picking *picking, const struct half *half, size_t level,
                                   int64_t want)
{
    const struct list_anchor last = {.number = picking->last};
    struct list_ranks ties;
    enum result result = list_half_find_ties(picking->f, half, level, &last, &ties);
    picking->want = want;
    return result == RESULT_OK ? pick_ties(picking, half, level, ties, NULL) : result;
}

static enum result pick_level(struct picking *picking, const struct half *half, size_t level,
                              const struct list_anchor *anchor)
{
    struct list_ranks left = {half->from, half->until};
    enum result result = RESULT_OK;
    if (list_half_is_last(picking->f, level)) {
        return pick_by_one(picking, half, level, anchor);
    }
    if (anchor != NULL) {
        result = pick_beside(picking, half, level, anchor, &left);
    }
    if (result != RESULT_OK || picking->want <= 0) {
        return result;
    }
    int64_t want = picking->want;
    result = pick_along(picking, half, left, list_half_goes_down(picking->f, level));
    return result == RESULT_OK && picking->want <= 0 ? pick_among_last(picking, half, level, want)
                                                     : result;
}

enum result list_pick(struct finding *f, const struct list_anchor *anchor, int64_t skip,
                      int64_t want, struct number_set *out)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; i < ARRAY_LEN(f->halves) && result == RESULT_OK; i++) {
        struct picking picking = {.f = f, .set = out, .skip = skip, .want = want};
        result = f->halves[i].wanted ? pick_level(&picking, &f->halves[i], 0, anchor) : RESULT_OK;
    }
    return result;
}
