/* Lists of people against a simple model in memory: random filters, sorts and pages, while people
   come and go, and whatever the store keeps to find them by. */
#include "conformance.h"

#include "list_model.h"
#include "model/limits.h"

#define ROUNDS 200
#define CHANGE_ROUNDS 400

/* All the upkeep there is to do, or a step of it. */
static void tend(struct fixture *f, int64_t changes_min, bool whole)
{
    for (bool more = true; more;) {
        assert_result(store_user_list_tend(f->handle, changes_min, &more), OK);
        more = more && whole;
    }
}

static void check_some_lists(struct fixture *f, struct model *m, int rounds)
{
    static const struct user *expected[MODEL_ROOM];
    for (int round = 0; round < rounds; round++) {
        struct user_list_request request;
        model_draw_request(m, &request);
        size_t count = model_list(m, &request, expected);
        model_check_walk(f, request, expected, count);
        request.backward = true;
        model_check_walk(f, request, expected, count);
        request.backward = false;
        model_check_offset(f, m, request, expected, count);
    }
}

static void test_list_is_as_the_model(void **state)
{
    struct fixture *f = *state;
    struct model *m = arena_take(&f->arena, sizeof *m);
    model_populate(f, m);
    check_some_lists(f, m, fixture_rounds(ROUNDS));
}

static void test_list_is_as_the_model_after_upkeep(void **state)
{
    struct fixture *f = *state;
    struct model *m = arena_take(&f->arena, sizeof *m);
    model_populate(f, m);
    tend(f, 0, true);
    check_some_lists(f, m, fixture_rounds(ROUNDS));
}

/* --- after changes ---------------------------------------------------------------------------- */

static void refresh(struct fixture *f, struct user *user)
{
    const struct user_key key = {
        .kind = USER_BY_ID, .id = user->id, .presence = USER_PRESENT_OR_GONE};
    enum result result = store_user_get(f->handle, &key, &f->arena, user);
    if (result == RESULT_NOT_FOUND) {
        user->number = 0;
        return;
    }
    assert_result(result, OK);
}

static void rename_one(struct fixture *f, struct model *m, const struct user *user)
{
    static const char *const names[] = {"Zo\xC3\xAB Smith", "bob O'Neil", NULL, "Nobody Else"};
    static int64_t made;
    struct user_patch patch = {.mask = 1U << model_draw(m, 3), .now_ms = NOW + SECOND};
    made++;
    patch.username = arena_format(&f->arena, "fresh%lld", (long long)made);
    patch.email = model_draw(m, 3) != 0
                      ? arena_format(&f->arena, "F%lld@Example.net", (long long)made)
                      : view_make(NULL, 0);
    patch.name = view_of(names[model_draw(m, 4)]);
    patch.name.at = patch.name.len > 0 ? patch.name.at : NULL;
    assert_result(store_user_update(f->handle, &user->id, &patch, &f->arena, NULL), OK);
}

static void change_values(struct fixture *f, struct model *m, const struct user *user)
{
    static const struct view roles[] = {VIEW_INIT("user"), VIEW_INIT("admin")};
    static const unsigned masks[] = {USER_FIELD_AGE, USER_FIELD_STATUS, USER_FIELD_ROLES};
    const struct user_patch patch = {
        .mask = masks[model_draw(m, 3)],
        .age = (int)model_draw(m, 120) - 1,
        .status = model_draw(m, 2) != 0 ? USER_ACTIVE : USER_DISABLED,
        .roles = roles,
        .role_count = model_draw(m, 3),
        .now_ms = NOW + (int64_t)model_draw(m, 30) * DAY,
    };
    assert_result(store_user_update(f->handle, &user->id, &patch, &f->arena, NULL), OK);
}

static void delete_or_restore(struct fixture *f, struct model *m, const struct user *user)
{
    struct user_purge purge = {.user_id = user->id};
    const struct user_restore restore = {
        .mask = USER_FIELD_EMAIL, .email = view_make(NULL, 0), .now_ms = NOW};
    struct user back;
    if (model_draw(m, 4) == 0) {
        assert_result(store_users_purge(f->handle, &purge, 1, NOW), OK);
        assert_result(purge.outcome, OK);
    } else if (user->deleted_ms == 0) {
        assert_result(store_user_delete(f->handle, &user->id, 0, NOW), OK);
    } else {
        assert_result(store_user_restore(f->handle, &user->id, &restore, &f->arena, &back), OK);
    }
}

static void add_one(struct fixture *f, struct model *m)
{
    char name[32];
    assert_true(m->count < MODEL_ROOM);
    (void)snprintf(name, sizeof name, "late%zu", m->count);
    m->people[m->count++] = fixture_user(f, name, model_draw(m, 2) != 0 ? "user" : NULL);
}

static void change_one(struct fixture *f, struct model *m)
{
    struct user *user = &m->people[model_draw(m, m->count)];
    uint64_t what = model_draw(m, 6);
    if (what == 0) {
        add_one(f, m);
    } else if (user->number == 0) {
        return;
    } else if (what == 1 || (user->deleted_ms != 0 && what < 4)) {
        delete_or_restore(f, m, user);
    } else if (user->deleted_ms == 0 && what == 2) {
        rename_one(f, m, user);
    } else if (user->deleted_ms == 0 && what == 3 && user->status == USER_ACTIVE) {
        refresh(f, user); /* the model knows no epochs */
        (void)fixture_session(f, user, NOW + (int64_t)model_draw(m, 9) * DAY);
    } else if (user->deleted_ms == 0) {
        change_values(f, m, user);
    }
    refresh(f, user);
}

/* Whatever was kept up when, and what has changed since. */
static void test_list_follows_changes(void **state)
{
    struct fixture *f = *state;
    struct model *m = arena_take(&f->arena, sizeof *m);
    int rounds = fixture_rounds(CHANGE_ROUNDS);
    model_populate(f, m);
    tend(f, 0, true);
    for (int round = 0; round < rounds; round++) {
        for (uint64_t i = model_draw(m, 4); i > 0; i--) {
            change_one(f, m);
        }
        if (model_draw(m, 8) == 0) {
            tend(f, (int64_t)model_draw(m, 30), model_draw(m, 2) != 0);
        }
        check_some_lists(f, m, 1);
    }
}

/* --- while people come and go ----------------------------------------------------------------- */

static void disturb(struct fixture *f, struct model *m, bool touched[MODEL_PEOPLE], int step)
{
    size_t i = model_draw(m, MODEL_PEOPLE);
    struct user_patch patch = {
        .mask = USER_FIELD_AGE, .age = (int)model_draw(m, 120), .now_ms = NOW};
    char name[32];
    (void)snprintf(name, sizeof name, "new%d", step);
    (void)fixture_user(f, name, "user");
    if (m->people[i].deleted_ms != 0 || touched[i]) {
        return;
    }
    touched[i] = true;
    if (step % 2 == 0) {
        assert_result(store_user_delete(f->handle, &m->people[i].id, 0, NOW), OK);
    } else {
        assert_result(store_user_update(f->handle, &m->people[i].id, &patch, &f->arena, NULL), OK);
    }
}

static void walk_disturbed(struct fixture *f, struct model *m, enum user_sort_field field,
                           bool touched[MODEL_PEOPLE], int *step)
{
    static int seen[MODEL_PEOPLE];
    struct user position;
    struct user_list_request request = {
        .sort = {{field, model_draw(m, 2) != 0}}, .sort_count = 1, .limit = 97};
    struct user_page page = {.more = true};
    memset(seen, 0, sizeof seen);
    while (page.more) {
        assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
        for (size_t i = 0; i < page.count; i++) {
            if (page.items[i].number <= MODEL_PEOPLE) {
                seen[page.items[i].number - 1]++;
            }
        }
        position = page.items[page.count - 1];
        request.position = &position;
        disturb(f, m, touched, (*step)++);
    }
    for (size_t i = 0; i < MODEL_PEOPLE; i++) {
        if (!touched[i]) {
            assert_int_equal(seen[i], m->people[i].deleted_ms == 0);
        }
        assert_true(seen[i] <= 1 || field == USER_SORT_AGE || field == USER_SORT_UPDATED);
    }
}

static void test_walks_while_people_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct model *m = arena_take(&f->arena, sizeof *m);
    static bool touched[MODEL_PEOPLE];
    int step = 0;
    model_populate(f, m);
    memset(touched, 0, sizeof touched);
    for (int field = 0; field < USER_SORT_COUNT; field++) {
        walk_disturbed(f, m, (enum user_sort_field)field, touched, &step);
    }
}

/* --- totals after changes --------------------------------------------------------------------- */

static int64_t total(struct fixture *f, struct user_filter filter)
{
    struct user_page page;
    const struct user_list_request request = {.filter = filter, .limit = 1, .counted = true};
    assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
    return page.total;
}

static void test_totals_follow_changes(void **state)
{
    struct fixture *f = *state;
    static const struct view roles[] = {VIEW_INIT("user")};
    const struct user_filter all = {.presence = USER_PRESENT};
    const struct user_filter active = {.mask = USER_FILTER_STATUS, .status = USER_ACTIVE};
    const struct user_filter users = {.mask = USER_FILTER_ROLE, .role = VIEW("user")};
    const struct user_filter gone = {.presence = USER_GONE};
    const struct user_filter named = {.mask = USER_FILTER_SEARCH, .search = VIEW("\xC3\x85SA")};
    const struct user_filter aged = {.mask = USER_FILTER_AGE, .min_age = 30, .max_age = 40};
    struct user alice = fixture_user(f, "alice", NULL);
    struct user bob = fixture_user(f, "bob", "user");
    struct user_patch patch = {.mask = USER_FIELD_ROLES | USER_FIELD_NAME | USER_FIELD_AGE |
                                       USER_FIELD_STATUS,
                               .roles = roles,
                               .role_count = 1,
                               .name = VIEW("\xC3\xA5sa"),
                               .age = 33,
                               .status = USER_DISABLED,
                               .now_ms = NOW};
    assert_int_equal(total(f, all), 2);
    assert_int_equal(total(f, users), 1);
    assert_result(store_user_update(f->handle, &alice.id, &patch, &f->arena, NULL), OK);
    assert_int_equal(total(f, users), 2);
    assert_int_equal(total(f, active), 1);
    assert_int_equal(total(f, named), 1);
    assert_int_equal(total(f, aged), 1);
    patch.name = VIEW("other");
    patch.role_count = 0;
    patch.age = USER_AGE_UNKNOWN;
    assert_result(store_user_update(f->handle, &alice.id, &patch, &f->arena, NULL), OK);
    assert_int_equal(total(f, users), 1);
    assert_int_equal(total(f, named), 0);
    assert_int_equal(total(f, aged), 0);
    assert_result(store_user_delete(f->handle, &bob.id, 0, NOW), OK);
    assert_int_equal(total(f, all), 1);
    assert_int_equal(total(f, users), 0);
    assert_int_equal(total(f, gone), 1);
}

int conformance_list(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_list_is_as_the_model),
        FIXTURE_TEST(test_list_is_as_the_model_after_upkeep),
        FIXTURE_TEST(test_list_follows_changes),
        FIXTURE_TEST(test_walks_while_people_come_and_go),
        FIXTURE_TEST(test_totals_follow_changes),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
