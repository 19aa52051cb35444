#include "list_model.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "base/utf8_fold.h"
#include "model/limits.h"

/* Few values, so that there are many ties. */
static const char *const given[] = {
    "Ana",          "\xC3\x85sa", "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD",
    "BOB",          "bob",        "M%_\\",
    "\xE7\xBE\x8E", "\xC3\xA5sa", "Zo\xC3\xAB"};
static const char *const family[] = {"Smith", "O'Neil",
                                     "\xC3\x98"
                                     "rsted",
                                     "de la Cruz", "x\"y"};
static const char *const searches[] = {
    "a",       "Bo",           "bob",        "%_\\",       "%",    "SMI",
    "o'n",     "@example",     "\xC3\x85SA", "\xC3\xB8RS", "x\"y", "person12",
    "nobody",  "\xE7\xBE\x8E", ".com",       "p\n@",       "son",  "\xD0\x98\xD0\xB2\xD0\x90",
    " de la c"};

uint64_t model_draw(struct model *m, uint64_t below)
{
    m->state = m->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (m->state >> 33) % below;
}

static struct user_seed make_person(struct fixture *f, struct model *m, int i)
{
    static const struct view roles[] = {VIEW_INIT("user"), VIEW_INIT("admin")};
    struct user_seed seed = {.draft = fixture_draft("x", NULL)};
    struct user_draft *draft = &seed.draft;
    draft->username = arena_format(&f->arena, model_draw(m, 2) != 0 ? "Person%d" : "person%d-x", i);
    draft->email = model_draw(m, 5) != 0 ? arena_format(&f->arena, "P%d@Example.%s", i,
                                                        model_draw(m, 2) ? "com" : "org")
                                         : view_make(NULL, 0);
    draft->name = model_draw(m, 6) != 0 ? arena_format(&f->arena, "%s %s", given[model_draw(m, 9)],
                                                       family[model_draw(m, 5)])
                                        : view_make(NULL, 0);
    draft->age = model_draw(m, 5) != 0 ? (int)model_draw(m, 12) * 10 : USER_AGE_UNKNOWN;
    draft->status = model_draw(m, 8) != 0 ? USER_ACTIVE : USER_DISABLED;
    draft->now_ms = NOW + (int64_t)model_draw(m, 20) * DAY / 2;
    draft->roles = roles;
    draft->role_count = model_draw(m, 40) == 0 ? 2 : model_draw(m, 4) != 0;
    seed.updated_ms = draft->now_ms + (int64_t)model_draw(m, 50) * SECOND;
    seed.last_login_ms =
        model_draw(m, 2) != 0 ? draft->now_ms + (int64_t)model_draw(m, 9) * SECOND : 0;
    seed.deleted_ms = model_draw(m, 7) == 0 ? seed.updated_ms + 1 : 0;
    return seed;
}

void model_populate(struct fixture *f, struct model *m)
{
    struct user_seed *seeds = arena_take_array(&f->arena, MODEL_PEOPLE, sizeof *seeds);
    m->state = 42;
    m->count = MODEL_PEOPLE;
    for (int i = 0; i < MODEL_PEOPLE; i++) {
        seeds[i] = make_person(f, m, i);
    }
    assert_result(store_user_seed(f->handle, seeds, MODEL_PEOPLE), OK);
    for (int i = 0; i < MODEL_PEOPLE; i++) {
        const struct user_draft *d = &seeds[i].draft;
        m->people[i] = (struct user){.id = d->id,
                                     .number = i + 1,
                                     .username = d->username,
                                     .email = d->email,
                                     .name = d->name,
                                     .age = d->age,
                                     .status = d->status,
                                     .roles = d->roles,
                                     .role_count = d->role_count,
                                     .created_ms = d->now_ms,
                                     .updated_ms = seeds[i].updated_ms,
                                     .last_login_ms = seeds[i].last_login_ms,
                                     .deleted_ms = seeds[i].deleted_ms};
    }
}

/* --- the model -------------------------------------------------------------------------------- */

static struct view folded(struct view text, char out[2048])
{
    return text.at != NULL ? utf8_fold(text, out) : text;
}

static bool contains(struct view text, struct view part, bool at_start)
{
    for (size_t i = 0; i + part.len <= text.len && (i == 0 || !at_start); i++) {
        if (memcmp(text.at + i, part.at, part.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool model_finds(const struct user *u, struct view search)
{
    char part_at[2048];
    char text_at[2048];
    struct view part = folded(search, part_at);
    bool at_start = utf8_length(part) < 3;
    const struct view texts[] = {u->username, u->email, u->name};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (texts[i].at != NULL && contains(folded(texts[i], text_at), part, at_start)) {
            return true;
        }
    }
    return false;
}

static bool model_has_part(struct view text, struct view part)
{
    char part_at[2048];
    char text_at[2048];
    return contains(folded(text, text_at), folded(part, part_at), false);
}

static bool model_matches(const struct user *u, const struct user_filter *filter)
{
    unsigned mask = filter->mask;
    unsigned half = u->deleted_ms == 0 ? USER_PRESENT : USER_GONE;
    char role[ROLE_NAME_MAX_BYTES + 1] = "";
    memcpy(role, filter->role.len > 0 ? filter->role.at : "", filter->role.len);
    return ((unsigned)filter->presence & half) != 0 &&
           ((mask & USER_FILTER_SEARCH) == 0 || model_finds(u, filter->search)) &&
           ((mask & USER_FILTER_USERNAME) == 0 ||
            view_equal_nocase(u->username, filter->username)) &&
           ((mask & USER_FILTER_USERNAME_PART) == 0 ||
            model_has_part(u->username, filter->username_part)) &&
           ((mask & USER_FILTER_EMAIL) == 0 ||
            (u->email.at != NULL && view_equal_nocase(u->email, filter->email))) &&
           ((mask & USER_FILTER_ROLE) == 0 || fixture_has_role(u, role)) &&
           ((mask & USER_FILTER_STATUS) == 0 || u->status == filter->status) &&
           ((mask & USER_FILTER_AGE) == 0 ||
            (u->age >= 0 && u->age >= filter->min_age && u->age <= filter->max_age)) &&
           ((mask & USER_FILTER_CREATED) == 0 || (u->created_ms > filter->created_after_ms &&
                                                  u->created_ms < filter->created_before_ms));
}

static int order_bytes(struct view a, struct view b)
{
    if (a.at == NULL || b.at == NULL) {
        return (a.at == NULL) - (b.at == NULL);
    }
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int order_texts(struct view a, struct view b)
{
    char a_at[2048];
    char b_at[2048];
    return order_bytes(folded(a, a_at), folded(b, b_at));
}

/* Missing ones (below missing_below) come last. */
static int order_numbers(int64_t a, int64_t b, int64_t missing_below)
{
    if (a < missing_below || b < missing_below) {
        return (a < missing_below) - (b < missing_below);
    }
    return (a > b) - (a < b);
}

static int order_by(const struct user *a, const struct user *b, enum user_sort_field field)
{
    switch (field) {
    case USER_SORT_USERNAME:
        return order_texts(a->username, b->username);
    case USER_SORT_EMAIL:
        return order_texts(a->email, b->email);
    case USER_SORT_NAME:
        return order_texts(a->name, b->name);
    case USER_SORT_AGE:
        return order_numbers(a->age, b->age, 0);
    case USER_SORT_CREATED:
        return order_numbers(a->created_ms, b->created_ms, INT64_MIN);
    case USER_SORT_UPDATED:
        return order_numbers(a->updated_ms, b->updated_ms, INT64_MIN);
    case USER_SORT_LAST_LOGIN:
        return order_numbers(a->last_login_ms, b->last_login_ms, 1);
    case USER_SORT_STATUS:
        return order_numbers((int64_t)a->status, (int64_t)b->status, INT64_MIN);
    case USER_SORT_NUMBER:
    case USER_SORT_COUNT:
        break;
    }
    return order_numbers(a->number, b->number, INT64_MIN);
}

static int order(const void *a_at, const void *b_at, void *request_at)
{
    const struct user *a = *(const struct user *const *)a_at;
    const struct user *b = *(const struct user *const *)b_at;
    const struct user_list_request *request = request_at;
    bool down = false;
    for (size_t i = 0; i < request->sort_count; i++) {
        int found = order_by(a, b, request->sort[i].field);
        down = request->sort[i].descending;
        if (found != 0) {
            return down ? -found : found;
        }
    }
    int found = memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
    return down ? -found : found;
}

size_t model_list(const struct model *m, struct user_list_request *request,
                  const struct user *out[MODEL_ROOM])
{
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (m->people[i].number != 0 && model_matches(&m->people[i], &request->filter)) {
            out[count++] = &m->people[i];
        }
    }
    qsort_r(out, count, sizeof *out, order, request);
    return count;
}

/* --- requests --------------------------------------------------------------------------------- */

static void draw_filter(struct model *m, struct user_filter *filter)
{
    static const struct view roles[] = {VIEW_INIT("user"), VIEW_INIT("admin"), VIEW_INIT("nobody")};
    const struct user *someone = &m->people[model_draw(m, m->count)];
    *filter = (struct user_filter){
        .search = view_of(searches[model_draw(m, ARRAY_LEN(searches))]),
        .username = someone->username,
        .username_part = view_sub(someone->username, model_draw(m, 6), 1 + model_draw(m, 4)),
        .email = someone->email.at != NULL ? someone->email : VIEW("nobody@example.org"),
        .role = roles[model_draw(m, 3)],
        .status = model_draw(m, 2) != 0 ? USER_ACTIVE : USER_DISABLED,
        .min_age = (int64_t)model_draw(m, 80),
        .created_after_ms = NOW + (int64_t)model_draw(m, 21) * DAY / 2 - (int64_t)model_draw(m, 2),
        .presence = (enum user_presence)(1 + model_draw(m, 3)),
    };
    filter->max_age = filter->min_age + (int64_t)model_draw(m, 60);
    filter->created_before_ms = filter->created_after_ms + (int64_t)model_draw(m, 8) * DAY;
    filter->mask = 1U << model_draw(m, 10); /* one filter, or none */
    filter->mask |= model_draw(m, 3) == 0 ? 1U << model_draw(m, 8) : 0;
    filter->mask &= (1U << 8) - 1;
}

void model_draw_request(struct model *m, struct user_list_request *request)
{
    *request = (struct user_list_request){.counted = true};
    draw_filter(m, &request->filter);
    size_t wanted = 1 + (model_draw(m, 3) == 0 ? model_draw(m, 3) : 0);
    while (request->sort_count < wanted) {
        enum user_sort_field field = (enum user_sort_field)model_draw(m, USER_SORT_COUNT);
        bool known = false;
        for (size_t i = 0; i < request->sort_count; i++) {
            known = known || request->sort[i].field == field;
        }
        if (!known) {
            request->sort[request->sort_count++] = (struct user_sort){field, model_draw(m, 2) != 0};
        }
    }
    request->limit = 1 + (int64_t)model_draw(m, 300);
}

static void assert_same(const struct user *actual, const struct user *expected)
{
    assert_int_equal(actual->number, expected->number);
    assert_true(id_equal(&actual->id, &expected->id));
    assert_int_equal(actual->deleted_ms, expected->deleted_ms);
}

/* From page to page by position; all there is, once, in order. */
void model_check_walk(struct fixture *f, struct user_list_request request,
                      const struct user *const *expected, size_t count)
{
    struct user position;
    size_t seen = 0;
    struct user_page page = {.more = true};
    while (page.more) {
        assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
        assert_int_equal(page.total, count);
        assert_true(seen + page.count <= count);
        assert_true(page.more == (seen + page.count < count));
        for (size_t i = 0; i < page.count; i++) {
            size_t at = request.backward ? count - seen - page.count + i : seen + i;
            assert_same(&page.items[i], expected[at]);
        }
        seen += page.count;
        if (page.count > 0) {
            position = page.items[request.backward ? 0 : page.count - 1];
            request.position = &position;
        }
    }
    assert_int_equal(seen, count);
}

void model_check_offset(struct fixture *f, struct model *m, struct user_list_request request,
                        const struct user *const *expected, size_t count)
{
    struct user_page page;
    request.offset = (int64_t)model_draw(m, count + 3);
    request.counted = false;
    assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
    assert_int_equal(page.total, USER_TOTAL_UNKNOWN);
    for (size_t i = 0; i < page.count; i++) {
        assert_same(&page.items[i], expected[(size_t)request.offset + i]);
    }
    size_t left = (size_t)request.offset < count ? count - (size_t)request.offset : 0;
    assert_int_equal(page.count, left < (size_t)request.limit ? left : (size_t)request.limit);
}
