#include "unit.h"

#include "service/refresh_token.h"

static const struct secret master = {{1, 2, 3}};
static const struct secret other_master = {{1, 2, 4}};
static const struct id session = {{0x01, 0x93, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}};

static bool reads(const struct secret *with, struct view text)
{
    struct id id;
    int64_t counter;

    return refresh_token_read(with, text, &id, &counter);
}

static void test_round_trip(void **state)
{
    static const int64_t counters[] = {1, 2, 255, 256, INT64_C(1) << 40, INT64_MAX};
    char text[REFRESH_TOKEN_LENGTH + 1];
    struct id id;
    int64_t counter;

    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        refresh_token_write(&master, &session, counters[i], text);
        assert_int_equal(strlen(text), REFRESH_TOKEN_LENGTH);
        assert_true(refresh_token_read(&master, view_of(text), &id, &counter));
        assert_true(id_equal(&id, &session));
        assert_int_equal(counter, counters[i]);
    }
}

/* The same session and counter are the same token on every node: the grace window needs it. */
static void test_is_deterministic(void **state)
{
    char a[REFRESH_TOKEN_LENGTH + 1];
    char b[REFRESH_TOKEN_LENGTH + 1];

    refresh_token_write(&master, &session, 7, a);
    refresh_token_write(&master, &session, 7, b);
    assert_string_equal(a, b);
    refresh_token_write(&master, &session, 8, b);
    assert_string_not_equal(a, b);
}

static void test_every_changed_character_is_refused(void **state)
{
    char text[REFRESH_TOKEN_LENGTH + 1];

    refresh_token_write(&master, &session, 1, text);
    for (size_t i = 0; i < REFRESH_TOKEN_LENGTH; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ (1 << bit));
            assert_false(reads(&master, view_make(text, REFRESH_TOKEN_LENGTH)));
            text[i] = (char)(text[i] ^ (1 << bit));
        }
    }
    assert_true(reads(&master, view_of(text)));
}

static void test_other_lengths_and_keys_are_refused(void **state)
{
    char text[REFRESH_TOKEN_LENGTH + 2] = {0};

    refresh_token_write(&master, &session, 1, text);
    assert_false(reads(&other_master, view_of(text)));
    for (size_t len = 0; len < REFRESH_TOKEN_LENGTH; len++)
        assert_false(reads(&master, view_make(text, len)));
    text[REFRESH_TOKEN_LENGTH] = 'A';
    assert_false(reads(&master, view_make(text, REFRESH_TOKEN_LENGTH + 1)));
    assert_false(reads(&master, (struct view){NULL, 0}));
}

static void test_counters_below_one_are_refused(void **state)
{
    char text[REFRESH_TOKEN_LENGTH + 1];

    refresh_token_write(&master, &session, 0, text);
    assert_false(reads(&master, view_of(text)));
    refresh_token_write(&master, &session, -1, text);
    assert_false(reads(&master, view_of(text)));
}

/* CHECKLIST T15: no dots, so never three parts. */
static void test_is_no_jwt(void **state)
{
    char text[REFRESH_TOKEN_LENGTH + 1];

    refresh_token_write(&master, &session, 1, text);
    assert_null(strchr(text, '.'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_is_deterministic),
        cmocka_unit_test(test_every_changed_character_is_refused),
        cmocka_unit_test(test_other_lengths_and_keys_are_refused),
        cmocka_unit_test(test_counters_below_one_are_refused),
        cmocka_unit_test(test_is_no_jwt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
