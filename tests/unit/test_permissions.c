/* The catalogue of permissions is what the rows ask for. */
#include "unit.h"

#include <stdbool.h>

#include "api/permissions.h"
#include "api/routes.h"

static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_clear(&arena);
    return 0;
}

static const struct permission *find(const struct permission *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (view_is(list[i].name, name)) {
            return &list[i];
        }
    }
    return NULL;
}

static void test_sorted_and_each_once(void **state)
{
    size_t count = 0;
    const struct permission *list = permissions_list(&arena, &count);
    assert_non_null(list);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_null(role_grant_fault(list[i].name));
        assert_true(list[i].operation_count > 0);
        assert_ptr_equal(find(list, count, arena_format(&arena, "%.*s", VIEW_ARG(list[i].name)).at),
                         &list[i]);
    }
}

static void test_every_row_is_in_it(void **state)
{
    size_t count = 0;
    size_t gated = 0;
    size_t listed = 0;
    const struct permission *list = permissions_list(&arena, &count);
    for (size_t i = 0; i < routes_native.group_count; i++) {
        for (size_t j = 0; j < routes_native.groups[i]->count; j++) {
            const struct row *row = &routes_native.groups[i]->rows[j];
            const char *needed[] = {row->permission, row->guarded.permission};
            for (size_t k = 0; k < ARRAY_LEN(needed); k++) {
                gated += needed[k] != NULL ? 1 : 0;
                assert_true(needed[k] == NULL || find(list, count, needed[k]) != NULL);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        listed += list[i].operation_count;
    }
    assert_int_equal(listed, gated);
    const struct permission *roles = find(list, count, "users:roles");
    assert_non_null(roles);
    assert_view((roles != NULL ? roles : list)->operations[0], "PUT /v1/users/{id}/roles");
    const struct permission *purge = find(list, count, "users:purge");
    assert_non_null(purge);
    assert_view((purge != NULL ? purge : list)->operations[0],
                "DELETE /v1/users/{id}?permanent=true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sorted_and_each_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_row_is_in_it, setup, teardown),
    };
    return cmocka_run_group_tests_name("permissions", tests, NULL, NULL);
}
