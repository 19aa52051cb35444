/* Which tokens are remembered, and that no other one is taken for them. */
#include "unit.h"

#include "crypto/secret.h"
#include "service/token_cache.h"

#define TOKEN "head.claims.signature"

static const struct view roles[] = {VIEW_INIT("admin"), VIEW_INIT("user")};

struct fixture {
    struct token_cache *cache;
    struct arena arena;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture.cache = token_cache_new();
    arena_init(&fixture.arena, 0);
    *state = &fixture;
    return fixture.cache != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    token_cache_free(fixture->cache);
    arena_clear(&fixture->arena);
    return 0;
}

static struct token_facts facts_of(int64_t expires_s)
{
    struct token_facts facts = {.ring = (const struct keyring *)(const void *)&roles};
    struct principal *principal = &facts.token.principal;

    facts.token.client_id = VIEW("latchkey");
    facts.token.token_id = VIEW("t");
    facts.token.issued_s = 1;
    principal->expires_s = expires_s;
    principal->generation = 7;
    principal->user_id.bytes[0] = 1;
    principal->session_id.bytes[0] = 2;
    principal->role_count = ARRAY_LEN(roles);
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        principal->roles[i] = roles[i];
    return facts;
}

static void put(struct fixture *fixture, struct view token, const struct token_facts *facts)
{
    struct token_key key = token_key_of(token);

    token_cache_put(fixture->cache, &key, facts);
}

static bool get(struct fixture *fixture, struct view token, struct token_facts *out)
{
    struct token_key key = token_key_of(token);

    return token_cache_get(fixture->cache, &key, &fixture->arena, out);
}

static bool knows(struct fixture *fixture, struct view token)
{
    struct token_facts facts;

    return get(fixture, token, &facts);
}

static void test_comes_back_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct token_facts facts = facts_of(100);
    struct token_facts found = {.ring = NULL};

    assert_false(knows(fixture, VIEW(TOKEN)));
    put(fixture, VIEW(TOKEN), &facts);
    assert_true(get(fixture, VIEW(TOKEN), &found));
    assert_true(found.ring == facts.ring);
    assert_view(found.token.client_id, "latchkey");
    assert_view(found.token.token_id, "t");
    assert_int_equal(found.token.issued_s, 1);
    assert_int_equal(found.token.principal.expires_s, 100);
    assert_int_equal(found.token.principal.generation, 7);
    assert_true(id_equal(&found.token.principal.user_id, &facts.token.principal.user_id));
    assert_true(id_equal(&found.token.principal.session_id, &facts.token.principal.session_id));
    assert_int_equal(found.token.principal.role_count, 2);
    assert_view(found.token.principal.roles[0], "admin");
    assert_view(found.token.principal.roles[1], "user");
}

/* One octet more, less or other, at every place: another token. */
static void test_only_that_very_token(void **state)
{
    struct fixture *fixture = *state;
    struct token_facts facts = facts_of(100);
    struct view token = VIEW(TOKEN);

    put(fixture, token, &facts);
    for (size_t i = 0; i < token.len; i++) {
        char other[sizeof(TOKEN)] = TOKEN;

        other[i] = other[i] == 'x' ? 'y' : 'x';
        assert_false(knows(fixture, view_make(other, token.len)));
        assert_false(knows(fixture, view_sub(token, 0, i)));
        assert_false(knows(fixture, view_sub(token, i + 1, token.len)));
    }
    assert_false(knows(fixture, VIEW(TOKEN "x")));
    assert_false(knows(fixture, VIEW(TOKEN ".")));
    assert_false(knows(fixture, VIEW("." TOKEN)));
    assert_false(knows(fixture, VIEW("")));
    assert_true(knows(fixture, token));
}

static void test_another_one_in_the_same_place(void **state)
{
    struct fixture *fixture = *state;
    struct token_facts facts = facts_of(100);
    struct token_facts found;
    struct token_key first = {.digest = {1, 2, 3}, .signed_text = VIEW("a.b")};
    struct token_key second = {.digest = {1, 2, 4}, .signed_text = VIEW("a.b")};

    token_cache_put(fixture->cache, &first, &facts);
    assert_true(token_cache_get(fixture->cache, &first, &fixture->arena, &found));
    assert_false(token_cache_get(fixture->cache, &second, &fixture->arena, &found));
    token_cache_put(fixture->cache, &second, &facts);
    assert_true(token_cache_get(fixture->cache, &second, &fixture->arena, &found));
    assert_false(token_cache_get(fixture->cache, &first, &fixture->arena, &found));
}

static void test_the_last_word_counts(void **state)
{
    struct fixture *fixture = *state;
    struct token_facts first = facts_of(100);
    struct token_facts second = facts_of(200);
    struct token_facts found;

    put(fixture, VIEW(TOKEN), &first);
    put(fixture, VIEW(TOKEN), &second);
    assert_true(get(fixture, VIEW(TOKEN), &found));
    assert_int_equal(found.token.principal.expires_s, 200);
}

/* What is too large takes the place of what is known no longer to be so. */
static void test_too_large(void **state)
{
    struct fixture *fixture = *state;
    struct token_facts facts = facts_of(100);
    char text[1026];

    put(fixture, VIEW(TOKEN), &facts);
    memset(text, 'c', sizeof(text));
    for (size_t i = 0; i < USER_ROLES_MAX; i++)
        facts.token.principal.roles[i] = view_make(text, ROLE_NAME_MAX_BYTES);
    facts.token.principal.role_count = 4;
    put(fixture, VIEW(TOKEN), &facts);
    assert_true(knows(fixture, VIEW(TOKEN)));
    facts.token.principal.role_count = USER_ROLES_MAX;
    put(fixture, VIEW(TOKEN), &facts);
    assert_false(knows(fixture, VIEW(TOKEN)));
    facts = facts_of(100);
    for (size_t len = 1024; len <= 1025; len++) {
        text[len] = '.';
        put(fixture, view_make(text, len + 1), &facts);
        assert_int_equal(knows(fixture, view_make(text, len + 1)), len == 1024);
        text[len] = 'c';
    }
}

/* However many there are, so many are kept. */
static void test_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct token_facts facts = facts_of(100);
    size_t known = 0;

    for (int i = 0; i < 10000; i++)
        put(fixture, arena_format(&fixture->arena, "a.b.%d", i), &facts);
    for (int i = 0; i < 10000; i++)
        known += knows(fixture, arena_format(&fixture->arena, "a.b.%d", i));
    assert_in_range(known, 3000, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_comes_back_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_that_very_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_one_in_the_same_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_last_word_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests_name("token_cache", tests, NULL, NULL);
}
