/* The key ring and the roles. */
#include "conformance.h"

#include "fixture.h"

static struct stored_key make_key(const char *key_id, const char *algorithm, int64_t created_ms)
{
    return (struct stored_key){
        .key_id = view_of(key_id),
        .algorithm = view_of(algorithm),
        .material = {"\x00secret\xff", 8},
        .created_ms = created_ms,
        .signs_from_ms = created_ms + 2 * SECOND,
    };
}

static size_t list(struct fixture *f, const struct stored_key **keys)
{
    size_t count = 99;
    assert_result(store_key_list(f->handle, &f->arena, keys, &count), OK);
    return count;
}

static void test_first_key(void **state)
{
    struct fixture *f = *state;
    const struct stored_key *keys;
    const struct stored_key first = make_key("a", "ES256", NOW);
    const struct stored_key second = make_key("b", "ES256", NOW + 1);
    const struct stored_key other = make_key("c", "EdDSA", NOW + 2);
    assert_int_equal(list(f, &keys), 0);
    assert_result(store_key_create_first(f->handle, &first, NOW), OK);
    assert_result(store_key_create_first(f->handle, &second, NOW), CONFLICT);
    assert_result(store_key_create_first(f->handle, &other, NOW), OK);
    assert_int_equal(list(f, &keys), 2);
    assert_view(keys[0].key_id, "a");
    assert_view(keys[0].algorithm, "ES256");
    assert_true(view_equal(keys[0].material, first.material));
    assert_int_equal(keys[0].created_ms, NOW);
    assert_int_equal(keys[0].signs_from_ms, NOW + 2 * SECOND);
    assert_int_equal(keys[0].retired_ms, 0);
    assert_view(keys[1].key_id, "c");
    assert_int_equal(fixture_changes(f, NULL)->count, 2);
    assert_int_equal(fixture_changes(f, NULL)->items[0].kind, CHANGE_KEY);
}

static void test_first_key_after_all_are_retired(void **state)
{
    struct fixture *f = *state;
    struct stored_key retired = make_key("a", "ES256", NOW);
    const struct stored_key next = make_key("b", "ES256", NOW + 1);
    retired.retired_ms = NOW + MINUTE;
    assert_result(store_key_create_first(f->handle, &retired, NOW), OK);
    assert_result(store_key_create_first(f->handle, &next, NOW + MINUTE - 1), CONFLICT);
    assert_result(store_key_create_first(f->handle, &next, NOW + MINUTE), OK);
}

static void test_rotation(void **state)
{
    struct fixture *f = *state;
    const struct stored_key *keys;
    const struct stored_key first = make_key("a", "ES256", NOW);
    const struct stored_key second = make_key("b", "ES256", NOW + 1);
    const struct stored_key third = make_key("c", "ES256", NOW + 2);
    const struct stored_key other = make_key("z", "EdDSA", NOW + 3);
    assert_result(store_key_create_first(f->handle, &first, NOW), OK);
    assert_result(store_key_create_first(f->handle, &other, NOW), OK);
    assert_result(store_key_rotate(f->handle, &second, NOW + DAY, NOW + 1), OK);
    assert_result(store_key_rotate(f->handle, &third, NOW + 2 * DAY, NOW + 2), OK);
    assert_int_equal(list(f, &keys), 4);
    assert_int_equal(keys[0].retired_ms, NOW + DAY); /* not put off by the second rotation */
    assert_int_equal(keys[1].retired_ms, NOW + 2 * DAY);
    assert_int_equal(keys[2].retired_ms, 0);
    assert_int_equal(keys[3].retired_ms, 0);
    assert_result(store_key_rotate(f->handle, &second, NOW + DAY, NOW + 3), CONFLICT);
    assert_int_equal(list(f, &keys), 4);
    assert_int_equal(keys[2].retired_ms, 0); /* nothing of a refused rotation stays */
}

static void test_retire(void **state)
{
    struct fixture *f = *state;
    const struct stored_key *keys;
    const struct stored_key first = make_key("a", "ES256", NOW);
    const struct stored_key second = make_key("b", "ES256", NOW + 1);
    const struct stored_key other = make_key("z", "EdDSA", NOW + 3);
    assert_result(store_key_retire(f->handle, VIEW("a"), VIEW("ES256"), NOW), NOT_FOUND);
    assert_result(store_key_create_first(f->handle, &first, NOW), OK);
    assert_result(store_key_create_first(f->handle, &other, NOW), OK);
    assert_result(store_key_retire(f->handle, VIEW("a"), VIEW("ES256"), NOW), CONFLICT);
    assert_result(store_key_rotate(f->handle, &second, NOW + DAY, NOW), OK);
    static const struct id nobody;
    assert_false(fixture_has_change(fixture_changes(f, NULL), CHANGE_KEY, &nobody, NOW + 5));
    assert_result(store_key_retire(f->handle, VIEW("a"), VIEW("ES256"), NOW + 5), OK);
    assert_true(fixture_has_change(fixture_changes(f, NULL), CHANGE_KEY, &nobody, NOW + 5));
    assert_int_equal(list(f, &keys), 3);
    assert_int_equal(keys[0].retired_ms, NOW + 5);
    assert_result(store_key_retire(f->handle, VIEW("b"), VIEW("ES256"), NOW + 6), CONFLICT);
}

/* Found in review: after a change of algorithm the last key of the old one could not go, though it
   still verified. */
static void test_retire_last_of_an_old_algorithm(void **state)
{
    struct fixture *f = *state;
    const struct view none = {NULL, 0};
    const struct stored_key *keys;
    const struct stored_key old = make_key("a", "ES256", NOW);
    const struct stored_key in_force = make_key("z", "EdDSA", NOW + 1);
    assert_result(store_key_create_first(f->handle, &old, NOW), OK);
    assert_result(store_key_create_first(f->handle, &in_force, NOW), OK);
    assert_result(store_key_retire(f->handle, VIEW("z"), VIEW("EdDSA"), NOW + 2), CONFLICT);
    assert_result(store_key_retire(f->handle, VIEW("a"), VIEW("EdDSA"), NOW + 3), OK);
    assert_int_equal(list(f, &keys), 2);
    assert_int_equal(keys[0].retired_ms, NOW + 3);
    assert_int_equal(keys[1].retired_ms, 0);
    /* With a configured secret none is needed. */
    assert_result(store_key_retire(f->handle, VIEW("z"), none, NOW + 4), OK);
}

static void test_built_in_roles(void **state)
{
    struct fixture *f = *state;
    const struct role *roles;
    size_t count = 0;
    assert_result(store_role_list(f->handle, &f->arena, &roles, &count), OK);
    assert_int_equal(count, 2);
    assert_view(roles[0].name, "admin");
    assert_int_equal(roles[0].permission_count, 1);
    assert_view(roles[0].permissions[0], "*");
    assert_view(roles[1].name, "user");
    assert_int_equal(roles[1].permission_count, 2);
    assert_view(roles[1].permissions[0], "products:create");
    assert_view(roles[1].permissions[1], "products:read");
    for (size_t i = 0; i < count; i++)
        assert_true(roles[i].built_in && !id_is_nil(&roles[i].id) && roles[i].created_ms > 0);
}

int conformance_keys(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_first_key),
        FIXTURE_TEST(test_first_key_after_all_are_retired),
        FIXTURE_TEST(test_rotation),
        FIXTURE_TEST(test_retire),
        FIXTURE_TEST(test_retire_last_of_an_old_algorithm),
        FIXTURE_TEST(test_built_in_roles),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
