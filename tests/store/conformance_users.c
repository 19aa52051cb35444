/* Creating, reading and listing people. */
#include "conformance.h"

#include "fixture.h"

static struct user_draft full_draft(void)
{
    static const struct view roles[] = {VIEW_INIT("user"), VIEW_INIT("admin"), VIEW_INIT("user")};
    struct user_draft draft = fixture_draft("Alice.B", NULL);
    draft.email = VIEW("Alice@Example.org");
    draft.name = VIEW("Alice \xC3\x85");
    draft.age = 33;
    draft.metadata = VIEW("{\"a\":[1,2]}");
    draft.email_verified = true;
    draft.roles = roles;
    draft.role_count = ARRAY_LEN(roles);
    return draft;
}

static void assert_is_full(const struct user *user)
{
    assert_view(user->username, "Alice.B");
    assert_view(user->email, "Alice@Example.org");
    assert_view(user->name, "Alice \xC3\x85");
    assert_int_equal(user->age, 33);
    assert_view(user->metadata, "{\"a\":[1,2]}");
    assert_int_equal(user->status, USER_ACTIVE);
    assert_true(user->email_verified);
    assert_int_equal(user->role_count, 2);
    assert_view(user->roles[0], "admin");
    assert_view(user->roles[1], "user");
    assert_int_equal(user->created_ms, NOW);
    assert_int_equal(user->updated_ms, NOW);
    assert_int_equal(user->last_login_ms, 0);
    assert_int_equal(user->deleted_ms, 0);
    assert_true(user->number > 0 && user->epoch > 0 && user->version > 0);
}

static void test_create_gives_all_fields(void **state)
{
    struct fixture *f = *state;
    const struct user_draft draft = full_draft();
    struct user user;
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    assert_true(id_equal(&user.id, &draft.id));
    assert_is_full(&user);
    struct user again = fixture_read(f, &draft.id);
    assert_is_full(&again);
    assert_int_equal(again.number, user.number);
}

static void test_create_with_the_least(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "bob", NULL);
    assert_null(user.email.at);
    assert_null(user.name.at);
    assert_int_equal(user.age, USER_AGE_UNKNOWN);
    assert_view(user.metadata, "{}");
    assert_int_equal(user.role_count, 0);
    assert_false(user.email_verified);
}

static void test_get_by_every_key(void **state)
{
    struct fixture *f = *state;
    const struct user_draft draft = full_draft();
    struct user user;
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    const struct user_key keys[] = {
        {.kind = USER_BY_ID, .id = draft.id},
        {.kind = USER_BY_NUMBER, .number = user.number},
        {.kind = USER_BY_USERNAME, .text = VIEW("aLICE.b")},
        {.kind = USER_BY_EMAIL, .text = VIEW("ALICE@EXAMPLE.ORG")},
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct user found;
        struct user_credentials credentials;
        assert_result(store_user_get(f->handle, &keys[i], &f->arena, &found), OK);
        assert_is_full(&found);
        assert_result(store_user_get_credentials(f->handle, &keys[i], &f->arena, &credentials), OK);
        assert_is_full(&credentials.user);
        assert_view(credentials.password_hash, HASH);
    }
}

static void test_get_what_is_not_there(void **state)
{
    struct fixture *f = *state;
    char long_text[5000];
    memset(long_text, 'a', sizeof long_text);
    (void)fixture_user(f, "alice", NULL);
    const struct user_key keys[] = {
        {.kind = USER_BY_ID, .id = id_new(NOW)},
        {.kind = USER_BY_NUMBER, .number = INT64_MAX},
        {.kind = USER_BY_NUMBER, .number = -1},
        {.kind = USER_BY_USERNAME, .text = VIEW("alic")},
        {.kind = USER_BY_USERNAME, .text = VIEW("")},
        {.kind = USER_BY_USERNAME, .text = VIEW("alice\0")},
        {.kind = USER_BY_USERNAME, .text = VIEW("' OR 1=1 --")},
        {.kind = USER_BY_USERNAME, .text = {long_text, sizeof long_text}},
        {.kind = USER_BY_EMAIL, .text = VIEW("alice@example.org")},
        {.kind = USER_BY_EMAIL, .text = {NULL, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct user user;
        struct user_credentials credentials;
        assert_result(store_user_get(f->handle, &keys[i], &f->arena, &user), NOT_FOUND);
        assert_result(store_user_get_credentials(f->handle, &keys[i], &f->arena, &credentials),
                      NOT_FOUND);
    }
}

static void test_no_password_is_no_hash(void **state)
{
    struct fixture *f = *state;
    struct user_draft draft = fixture_draft("alice", NULL);
    struct user user;
    struct user_credentials credentials;
    draft.password_hash = (struct view){NULL, 0};
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    const struct user_key key = {.kind = USER_BY_ID, .id = draft.id};
    assert_result(store_user_get_credentials(f->handle, &key, &f->arena, &credentials), OK);
    assert_null(credentials.password_hash.at);
}

static void test_names_are_unique_in_any_case(void **state)
{
    struct fixture *f = *state;
    struct user user;
    struct user_draft first = fixture_draft("alice", NULL);
    first.email = VIEW("a@example.org");
    assert_result(store_user_create(f->handle, &first, &f->arena, &user), OK);
    struct user_draft same_name = fixture_draft("ALICE", NULL);
    assert_result(store_user_create(f->handle, &same_name, &f->arena, &user), USERNAME_TAKEN);
    struct user_draft same_email = fixture_draft("bob", NULL);
    same_email.email = VIEW("A@EXAMPLE.ORG");
    assert_result(store_user_create(f->handle, &same_email, &f->arena, &user), EMAIL_TAKEN);
    /* Nothing of a refused one is kept; none without e-mail is in the way of another. */
    (void)fixture_user(f, "bob", NULL);
    (void)fixture_user(f, "carol", NULL);
}

static void test_create_with_unknown_role(void **state)
{
    struct fixture *f = *state;
    static const struct view roles[] = {VIEW_INIT("user"), VIEW_INIT("nothing")};
    struct user_draft draft = fixture_draft("alice", NULL);
    struct user user;
    draft.roles = roles;
    draft.role_count = ARRAY_LEN(roles);
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), INVALID);
    (void)fixture_user(f, "alice", NULL);
}

static void test_numbers_are_never_given_twice(void **state)
{
    struct fixture *f = *state;
    struct user first = fixture_user(f, "alice", NULL);
    struct user second = fixture_user(f, "bob", NULL);
    assert_true(second.number > first.number);
    assert_result(store_user_delete(f->handle, &second.id, 0, NOW), OK);
    struct user third = fixture_user(f, "carol", NULL);
    assert_true(third.number > second.number);
}

static struct user_page list(struct fixture *f, int64_t limit, int64_t offset)
{
    struct user_page page;
    const struct user_list_request request = {.limit = limit, .offset = offset, .counted = true};
    assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
    return page;
}

static void test_list_pages(void **state)
{
    struct fixture *f = *state;
    char name[16];
    assert_int_equal(list(f, 10, 0).total, 0);
    for (int i = 0; i < 7; i++) {
        (void)snprintf(name, sizeof name, "user%d", i);
        (void)fixture_user(f, name, "user");
    }
    const struct user_key key = user_key_of(VIEW("user2"));
    struct user gone;
    assert_result(store_user_get(f->handle, &key, &f->arena, &gone), OK);
    assert_result(store_user_delete(f->handle, &gone.id, 0, NOW), OK);
    struct user_page page = list(f, 3, 1);
    assert_int_equal(page.total, 6);
    assert_int_equal(page.count, 3);
    assert_view(page.items[0].username, "user1");
    assert_view(page.items[1].username, "user3");
    assert_view(page.items[2].username, "user4");
    assert_view(page.items[2].roles[0], "user");
    assert_int_equal(list(f, 3, 5).count, 1);
    page = list(f, 1000, 6);
    assert_int_equal(page.count, 0);
    assert_int_equal(page.total, 6);
    assert_int_equal(list(f, 1, INT64_MAX).count, 0);
}

static void test_any(void **state)
{
    struct fixture *f = *state;
    bool any = true;
    assert_result(store_user_any(f->handle, &any), OK);
    assert_false(any);
    struct user user = fixture_user(f, "alice", NULL);
    assert_result(store_user_any(f->handle, &any), OK);
    assert_true(any);
    assert_result(store_user_delete(f->handle, &user.id, 0, NOW), OK);
    assert_result(store_user_any(f->handle, &any), OK);
    assert_false(any);
}

static int64_t count_of_kind(const struct store_hash_kind *kinds, size_t count, const char *prefix)
{
    for (size_t i = 0; i < count; i++) {
        if (view_starts_with(kinds[i].sample, view_of(prefix)))
            return kinds[i].count;
    }
    return 0;
}

static void test_hash_kinds(void **state)
{
    struct fixture *f = *state;
    static const char *const hashes[] = {
        "$2b$10$olderolder",
        "$2b$12$one",
        "$2b$12$two",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aA",
        NULL,
        "$argon2id$v=19$m=19456,t=2,p=1$eHh4$bB",
    };
    struct store_hash_kind kinds[STORE_HASH_KINDS_MAX];
    size_t count = 9;
    assert_result(store_hash_kinds(f->handle, 5, &f->arena, kinds, &count), OK);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        char name[16];
        struct user user;
        (void)snprintf(name, sizeof name, "user%zu", i);
        struct user_draft draft = fixture_draft(name, NULL);
        draft.password_hash = view_of(hashes[i]);
        assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    }
    assert_result(store_hash_kinds(f->handle, 5, &f->arena, kinds, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(count_of_kind(kinds, count, "$2b$12$"), 2);
    assert_int_equal(count_of_kind(kinds, count, "$argon2id$v=19$m=19456,t=2,p=1$"), 2);
}

static void test_ping_and_name(void **state)
{
    struct fixture *f = *state;
    assert_result(store_ping(f->handle), OK);
    assert_true(strncmp(f->url, store_name(f->store), strlen(store_name(f->store))) == 0);
}

int conformance_users(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_create_gives_all_fields),
        FIXTURE_TEST(test_create_with_the_least),
        FIXTURE_TEST(test_get_by_every_key),
        FIXTURE_TEST(test_get_what_is_not_there),
        FIXTURE_TEST(test_no_password_is_no_hash),
        FIXTURE_TEST(test_names_are_unique_in_any_case),
        FIXTURE_TEST(test_create_with_unknown_role),
        FIXTURE_TEST(test_numbers_are_never_given_twice),
        FIXTURE_TEST(test_list_pages),
        FIXTURE_TEST(test_any),
        FIXTURE_TEST(test_hash_kinds),
        FIXTURE_TEST(test_ping_and_name),
    };
    return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
