/* Roles of one's own: what is atomic about them, and whom a deleted one leaves behind. */
#include "conformance.h"

#include "fixture.h"

#define RACERS 4
#define ROUNDS 40

static const struct view two[] = {VIEW_INIT("users:read"), VIEW_INIT("products:*")};
static const struct view one[] = {VIEW_INIT("users:read")};

static struct role_draft draft_of(const char *name)
{
    return (struct role_draft){
        .id = id_new(NOW),
        .name = view_of(name),
        .description = VIEW("What it is for."),
        .permissions = two,
        .permission_count = 2,
        .now_ms = NOW,
    };
}

static struct role create(struct fixture *f, const char *name)
{
    const struct role_draft draft = draft_of(name);
    struct role role;
    assert_result(store_role_create(f->handle, &draft, &f->arena, &role), OK);
    return role;
}

/* A person who holds the role "editor". */
static struct user create_editor(struct fixture *f, const char *username)
{
    static const struct view editor[] = {VIEW_INIT("editor")};
    struct user_draft draft = fixture_draft(username, NULL);
    struct user user;
    draft.roles = editor;
    draft.role_count = 1;
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    return user;
}

static enum result set_roles(struct fixture *f, const struct user *user, const struct view *roles,
                             const struct id *ids, size_t count, struct user *out)
{
    const struct user_patch patch = {.mask = USER_FIELD_ROLES,
                                     .roles = roles,
                                     .role_ids = ids,
                                     .role_count = count,
                                     .now_ms = NOW + 1};
    return store_user_update(f->handle, &user->id, &patch, &f->arena, out);
}

static enum result delete_role(struct fixture *f, const struct role *role, int64_t *holders)
{
    return store_role_delete(f->handle, &role->id, role->version, NOW + 2, holders);
}

static void test_create_and_get(void **state)
{
    struct fixture *f = *state;
    struct role made = create(f, "Editor");
    struct role read;
    assert_result(store_role_get(f->handle, VIEW("Editor"), &f->arena, &read), OK);
    assert_true(id_equal(&made.id, &read.id));
    assert_view(read.name, "Editor");
    assert_view(read.description, "What it is for.");
    assert_int_equal(read.permission_count, 2);
    assert_view(read.permissions[0], "products:*");
    assert_view(read.permissions[1], "users:read");
    assert_false(read.built_in);
    assert_int_equal(read.version, 1);
    assert_int_equal(read.created_ms, NOW);
    assert_int_equal(read.updated_ms, NOW);
    assert_result(store_role_get(f->handle, VIEW("editor"), &f->arena, &read), NOT_FOUND);
    assert_result(store_role_get(f->handle, VIEW(""), &f->arena, &read), NOT_FOUND);
    assert_int_equal(fixture_count_changes(fixture_changes(f, NULL), CHANGE_ROLE, &made.id), 1);
}

static void test_names_are_unique_without_case(void **state)
{
    struct fixture *f = *state;
    static const char *const taken[] = {"Editor", "editor", "EDITOR", "admin", "ADMIN", "User"};
    struct role role;
    (void)create(f, "Editor");
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        const struct role_draft draft = draft_of(taken[i]);
        assert_result(store_role_create(f->handle, &draft, &f->arena, &role), ROLE_TAKEN);
        assert_int_equal(fixture_count_changes(fixture_changes(f, NULL), CHANGE_ROLE, &draft.id),
                         0);
    }
}

static void test_update(void **state)
{
    struct fixture *f = *state;
    struct role made = create(f, "editor");
    struct role_patch patch = {
        .permissions = one, .permission_count = 1, .if_version = 1, .now_ms = NOW + 5};
    struct role after;
    assert_result(store_role_update(f->handle, &made.id, &patch, &f->arena, &after), OK);
    assert_null(after.description.at);
    assert_int_equal(after.permission_count, 1);
    assert_view(after.permissions[0], "users:read");
    assert_int_equal(after.version, 2);
    assert_int_equal(after.created_ms, NOW);
    assert_int_equal(after.updated_ms, NOW + 5);
    assert_true(fixture_has_change(fixture_changes(f, NULL), CHANGE_ROLE, &made.id, NOW + 5));
    assert_result(store_role_update(f->handle, &made.id, &patch, &f->arena, &after), CONFLICT);
    patch.if_version = 2;
    patch.permission_count = 0;
    patch.now_ms = NOW + 6;
    assert_result(store_role_update(f->handle, &made.id, &patch, &f->arena, &after), OK);
    assert_int_equal(after.permission_count, 0);
    assert_true(fixture_has_change(fixture_changes(f, NULL), CHANGE_ROLE, &made.id, NOW + 6));
    const struct id nobody = id_new(NOW);
    assert_result(store_role_update(f->handle, &nobody, &patch, &f->arena, &after), NOT_FOUND);
}

static void test_one_in_use_stays(void **state)
{
    struct fixture *f = *state;
    struct role role = create(f, "editor");
    struct user alice = create_editor(f, "alice");
    struct user bob = create_editor(f, "bob");
    int64_t holders = 0;
    assert_result(delete_role(f, &role, &holders), ROLE_IN_USE);
    assert_int_equal(holders, 2);
    assert_result(store_user_delete(f->handle, &bob.id, 0, NOW), OK);
    assert_result(delete_role(f, &role, &holders), ROLE_IN_USE);
    assert_int_equal(holders, 1);
    assert_result(set_roles(f, &alice, NULL, NULL, 0, &alice), OK);
    assert_result(store_role_delete(f->handle, &role.id, role.version + 1, NOW, &holders),
                  CONFLICT);
    assert_result(delete_role(f, &role, &holders), OK);
    assert_true(fixture_has_change(fixture_changes(f, NULL), CHANGE_ROLE, &role.id, NOW + 2));
    assert_result(delete_role(f, &role, &holders), NOT_FOUND);
    assert_result(store_role_get(f->handle, VIEW("editor"), &f->arena, &role), NOT_FOUND);
}

/* CHECKLIST A08. */
static void test_a_new_role_of_an_old_name_has_no_holders(void **state)
{
    struct fixture *f = *state;
    const struct view name[] = {VIEW_INIT("editor")};
    struct role old = create(f, "editor");
    struct user bob = create_editor(f, "bob");
    int64_t holders = 0;
    assert_result(store_user_delete(f->handle, &bob.id, 0, NOW), OK);
    assert_result(delete_role(f, &old, &holders), OK);
    struct role fresh = create(f, "editor");
    assert_false(id_equal(&old.id, &fresh.id));
    assert_result(delete_role(f, &fresh, &holders), OK);
    fresh = create(f, "editor");
    struct user carol = fixture_user(f, "carol", NULL);
    /* Who means the old one does not give the new one. */
    assert_result(set_roles(f, &carol, name, &old.id, 1, &carol), INVALID);
    assert_int_equal(fixture_read(f, &carol.id).role_count, 0);
    assert_result(set_roles(f, &carol, name, &fresh.id, 1, &carol), OK);
    assert_int_equal(carol.role_count, 1);
    struct user_draft draft = fixture_draft("dave", NULL);
    draft.roles = name;
    draft.role_count = 1;
    draft.role_ids = &old.id;
    assert_result(store_user_create(f->handle, &draft, &f->arena, &carol), INVALID);
}

/* --- races ------------------------------------------------------------------------------------ */

static void create_same(struct racer *racer)
{
    const struct role_draft draft = draft_of(racer->index % 2 == 0 ? "editor" : "EDITOR");
    struct role role;
    racer->result = store_role_create(racer->handle, &draft, &racer->arena, &role);
}

static void test_one_of_many_creates(void **state)
{
    struct fixture *f = *state;
    struct racer racers[RACERS];
    unsigned made = 0;
    memset(racers, 0, sizeof racers);
    fixture_race(f->store, racers, RACERS, create_same, NULL);
    for (size_t i = 0; i < RACERS; i++) {
        made += racers[i].result == RESULT_OK ? 1 : 0;
        if (racers[i].result != RESULT_OK) {
            assert_result(racers[i].result, ROLE_TAKEN);
        }
    }
    assert_int_equal(made, 1);
}

static void update_same(struct racer *racer)
{
    const struct role *role = racer->context;
    const struct role_patch patch = {
        .permissions = one, .permission_count = 1, .if_version = 1, .now_ms = NOW + 1};
    struct role out;
    racer->result = store_role_update(racer->handle, &role->id, &patch, &racer->arena, &out);
}

static void test_no_update_is_lost(void **state)
{
    struct fixture *f = *state;
    struct racer racers[RACERS];
    struct role role = create(f, "editor");
    unsigned done = 0;
    memset(racers, 0, sizeof racers);
    fixture_race(f->store, racers, RACERS, update_same, &role);
    for (size_t i = 0; i < RACERS; i++) {
        done += racers[i].result == RESULT_OK ? 1 : 0;
    }
    assert_int_equal(done, 1);
    assert_result(store_role_get(f->handle, VIEW("editor"), &f->arena, &role), OK);
    assert_int_equal(role.version, 2);
}

struct duel {
    struct role role;
    struct user user;
};

/* Half of them give the role, half of them delete it. */
static void give_or_delete(struct racer *racer)
{
    static const struct view name[] = {VIEW_INIT("editor")};
    const struct duel *duel = racer->context;
    const struct user_patch patch = {
        .mask = USER_FIELD_ROLES, .roles = name, .role_count = 1, .now_ms = NOW + 1};
    if (racer->index % 2 == 0) {
        racer->result =
            store_user_update(racer->handle, &duel->user.id, &patch, &racer->arena, NULL);
    } else {
        racer->result = store_role_delete(racer->handle, &duel->role.id, 1, NOW + 2, &racer->found);
    }
}

static void test_given_or_deleted_never_both(void **state)
{
    struct fixture *f = *state;
    struct duel duel = {.user = fixture_user(f, "alice", NULL)};
    int rounds = fixture_rounds(ROUNDS);
    for (int round = 0; round < rounds; round++) {
        struct racer racers[2];
        struct role role;
        int64_t holders = 0;
        memset(racers, 0, sizeof racers);
        duel.role = create(f, "editor");
        fixture_race(f->store, racers, 2, give_or_delete, &duel);
        bool given = racers[0].result == RESULT_OK;
        assert_true(given != (racers[1].result == RESULT_OK));
        assert_int_equal(fixture_read(f, &duel.user.id).role_count, given ? 1 : 0);
        assert_result(set_roles(f, &duel.user, NULL, NULL, 0, &duel.user), OK);
        if (given) {
            assert_result(racers[1].result, ROLE_IN_USE);
            assert_result(store_role_get(f->handle, VIEW("editor"), &f->arena, &role), OK);
            assert_result(delete_role(f, &role, &holders), OK);
        } else {
            assert_result(racers[0].result, INVALID);
        }
    }
}

/* CHECKLIST A09. */
static void give_same(struct racer *racer)
{
    static const struct view names[] = {VIEW_INIT("editor"), VIEW_INIT("editor")};
    const struct user *user = racer->context;
    const struct user_patch patch = {
        .mask = USER_FIELD_ROLES, .roles = names, .role_count = 2, .now_ms = NOW + 1};
    racer->result = store_user_update(racer->handle, &user->id, &patch, &racer->arena, NULL);
}

static void test_given_many_times_is_held_once(void **state)
{
    struct fixture *f = *state;
    struct racer racers[RACERS];
    struct role role = create(f, "editor");
    struct user user = fixture_user(f, "alice", NULL);
    int64_t holders = 0;
    memset(racers, 0, sizeof racers);
    fixture_race(f->store, racers, RACERS, give_same, &user);
    for (size_t i = 0; i < RACERS; i++) {
        assert_result(racers[i].result, OK);
    }
    assert_int_equal(fixture_read(f, &user.id).role_count, 1);
    assert_result(delete_role(f, &role, &holders), ROLE_IN_USE);
    assert_int_equal(holders, 1);
}

int conformance_roles(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_create_and_get),
        FIXTURE_TEST(test_names_are_unique_without_case),
        FIXTURE_TEST(test_update),
        FIXTURE_TEST(test_one_in_use_stays),
        FIXTURE_TEST(test_a_new_role_of_an_old_name_has_no_holders),
        FIXTURE_TEST(test_one_of_many_creates),
        FIXTURE_TEST(test_no_update_is_lost),
        FIXTURE_TEST(test_given_or_deleted_never_both),
        FIXTURE_TEST(test_given_many_times_is_held_once),
    };
    return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
