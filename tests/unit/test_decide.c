#include "store/decide.h"

#include <string.h>

#include "unit.h"

#define NOW 1000000

static void test_rotation(void **state)
{
    static const struct {
        int64_t presented;
        int64_t counter;
        int64_t rotated_ms;
        int64_t grace_ms;
        enum session_rotation_outcome outcome;
    } rows[] = {
        {5, 5, NOW, 1000, SESSION_DEAD},          /* good now, so something else is wrong */
        {6, 5, NOW, 1000, SESSION_DEAD},          /* never given out */
        {4, 5, NOW - 1000, 1000, SESSION_GRACE},  /* the last instant of the window */
        {4, 5, NOW - 1001, 1000, SESSION_REUSED}, /* too late */
        {4, 5, NOW, 0, SESSION_REUSED},           /* no window at all */
        {3, 5, NOW, 1000, SESSION_REUSED},        /* two steps behind */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct session_rotation asked = {
            .counter = rows[i].presented, .now_ms = NOW, .grace_ms = rows[i].grace_ms};
        assert_int_equal(decide_rotation(&asked, rows[i].counter, rows[i].rotated_ms),
                         rows[i].outcome);
    }
}

static void test_patches_that_end_sessions(void **state)
{
    const struct id kept = {{1}};
    struct user_patch patch = {.mask = USER_FIELD_NAME, .keep_session = kept};
    (void)state;
    assert_false(decide_ends_sessions(&patch));
    patch.mask = USER_FIELD_PASSWORD;
    assert_true(decide_ends_sessions(&patch));
    assert_ptr_equal(decide_kept_session(&patch), &patch.keep_session);
    patch.mask = USER_FIELD_STATUS;
    patch.status = USER_ACTIVE;
    assert_false(decide_ends_sessions(&patch));
    patch.status = USER_DISABLED;
    assert_true(decide_ends_sessions(&patch));
    assert_null(decide_kept_session(&patch));
    patch = (struct user_patch){.mask = USER_FIELD_PASSWORD};
    assert_null(decide_kept_session(&patch));
}

static void test_who_is_present(void **state)
{
    struct user_import row = {.identity = USER_IMPORT_BY_EMAIL};
    (void)state;
    assert_true(decide_is_present(&row, false, true));
    assert_false(decide_is_present(&row, true, false));
    row.identity = USER_IMPORT_BY_NAMES;
    assert_true(decide_is_present(&row, true, true));
    assert_false(decide_is_present(&row, true, false));
    row.identity = USER_IMPORT_BY_ID;
    assert_false(decide_is_present(&row, true, true));
}

static void test_end_of_audit_events(void **state)
{
    const struct id nil = {{0}};
    const struct id early = {{1}};
    const struct id late = {{2}};
    (void)state;
    struct id end = decide_audit_end(&early, &late);
    assert_true(id_equal(&end, &early));
    end = decide_audit_end(&late, &early);
    assert_true(id_equal(&end, &early));
    end = decide_audit_end(&nil, &late);
    assert_true(id_equal(&end, &late));
    end = decide_audit_end(&nil, &nil);
    assert_int_equal(end.bytes[0], UINT8_MAX);
}

static void test_kinds_of_hashes(void **state)
{
    static const char *const hashes[] = {
        "$2b$12$abc",
        "$argon2id$v=19$m=19456,t=2,p=1$salt$hash",
        "$2b$12$xyz",
        "$argon2id$v=19$m=65536,t=2,p=1$salt$hash",
        "$pbkdf2-sha256$1000$salt$hash",
        "$pbkdf2-sha256$2000$salt$hash",
        "none",
        "$a$1$",
        "$a$2$",
        "$a$3$", /* more kinds than there is room for */
    };
    struct store_hash_kind kinds[STORE_HASH_KINDS_MAX];
    struct arena arena;
    size_t count = 0;
    (void)state;
    arena_init(&arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        assert_true(decide_tally_kind(view_of(hashes[i]), &arena, kinds, &count));
    }
    assert_int_equal(count, STORE_HASH_KINDS_MAX);
    assert_int_equal(kinds[0].count, 2);
    assert_true(view_is(kinds[0].sample, hashes[0]));
    assert_int_equal(kinds[1].count, 1);
    arena_clear(&arena);
}

static void test_search(void **state)
{
    struct decide_search search;
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    assert_true(decide_search(VIEW("\xC3\x84"
                                   "b"),
                              &arena, &search));
    assert_true(view_is(search.part, "\xC3\xA4"
                                     "b"));
    assert_true(view_is(search.part_end, "\xC3\xA4"
                                         "b\xF4\x8F\xBF\xBF"));
    assert_true(search.prefix);
    assert_true(decide_search(VIEW("A\nB"), &arena, &search));
    assert_true(view_is(search.part, "a\x01"
                                     "b"));
    assert_false(search.prefix);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotation),        cmocka_unit_test(test_patches_that_end_sessions),
        cmocka_unit_test(test_who_is_present),  cmocka_unit_test(test_end_of_audit_events),
        cmocka_unit_test(test_kinds_of_hashes), cmocka_unit_test(test_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
