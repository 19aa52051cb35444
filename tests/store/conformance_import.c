/* Many people at once, and all of them again. */
#include "conformance.h"

#include "fixture.h"

static struct user_import import_row(const char *username, const char *email,
                                     enum user_import_identity identity)
{
    struct user_import row = {.draft = fixture_draft(username, "user"), .identity = identity};
    if (email != NULL) {
        row.draft.email = view_of(email);
    }
    return row;
}

static void assert_import(struct fixture *f, struct user_import *rows, size_t count,
                          const enum user_import_outcome *expected)
{
    assert_result(store_users_import(f->handle, rows, count), OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].outcome, expected[i]);
    }
}

static void test_creates_all_fields(void **state)
{
    struct fixture *f = *state;
    static const struct view roles[] = {VIEW_INIT("admin"), VIEW_INIT("user")};
    struct user_import row = import_row("Alice", "Alice@Example.org", USER_IMPORT_BY_ID);
    row.draft.name = VIEW("Alice A");
    row.draft.age = 40;
    row.draft.metadata = VIEW("{\"a\":1}");
    row.draft.email_verified = true;
    row.draft.status = USER_DISABLED;
    row.draft.password_hash = VIEW(HASH);
    row.draft.roles = roles;
    row.draft.role_count = ARRAY_LEN(roles);
    row.created_ms = NOW - 5 * DAY;
    assert_import(f, &row, 1, (enum user_import_outcome[]){USER_IMPORT_CREATED});
    struct user user = fixture_read(f, &row.draft.id);
    assert_view(user.username, "Alice");
    assert_view(user.email, "Alice@Example.org");
    assert_view(user.name, "Alice A");
    assert_int_equal(user.age, 40);
    assert_view(user.metadata, "{\"a\":1}");
    assert_true(user.email_verified);
    assert_int_equal(user.status, USER_DISABLED);
    assert_int_equal(user.role_count, 2);
    assert_int_equal(user.created_ms, NOW - 5 * DAY);
    assert_int_equal(user.updated_ms, row.draft.now_ms);
}

static void test_outcomes(void **state)
{
    struct fixture *f = *state;
    struct user_import rows[] = {
        import_row("alice", "a@example.org", USER_IMPORT_BY_NAMES),
        import_row("ALICE", "A@example.org", USER_IMPORT_BY_NAMES), /* the same person */
        import_row("alice", NULL, USER_IMPORT_BY_NAMES),            /* another one */
        import_row("alice", "b@example.org", USER_IMPORT_BY_NAMES),
        import_row("alan", "a@example.org", USER_IMPORT_BY_NAMES),
        import_row("alan", "a@example.org", USER_IMPORT_BY_EMAIL), /* the name was made up */
        import_row("alice", "c@example.org", USER_IMPORT_BY_EMAIL),
        import_row("alice", "a@example.org", USER_IMPORT_BY_ID), /* same names, other id */
        import_row("bob", NULL, USER_IMPORT_BY_NAMES),
        import_row("Bob", NULL, USER_IMPORT_BY_NAMES),
    };
    assert_import(f, rows, ARRAY_LEN(rows),
                  (enum user_import_outcome[]){
                      USER_IMPORT_CREATED, USER_IMPORT_PRESENT, USER_IMPORT_USERNAME_TAKEN,
                      USER_IMPORT_USERNAME_TAKEN, USER_IMPORT_EMAIL_TAKEN, USER_IMPORT_PRESENT,
                      USER_IMPORT_USERNAME_TAKEN, USER_IMPORT_USERNAME_TAKEN, USER_IMPORT_CREATED,
                      USER_IMPORT_PRESENT});
}

static void test_no_such_role(void **state)
{
    struct fixture *f = *state;
    static const struct view none[] = {VIEW_INIT("user"), VIEW_INIT("nobody")};
    struct user_import rows[] = {
        import_row("alice", NULL, USER_IMPORT_BY_NAMES),
        import_row("bob", NULL, USER_IMPORT_BY_NAMES),
    };
    rows[0].draft.roles = none;
    rows[0].draft.role_count = ARRAY_LEN(none);
    assert_import(f, rows, 2,
                  (enum user_import_outcome[]){USER_IMPORT_NO_SUCH_ROLE, USER_IMPORT_CREATED});
    struct user user;
    const struct user_key key = {.kind = USER_BY_USERNAME, .text = VIEW("alice")};
    assert_result(store_user_get(f->handle, &key, &f->arena, &user), NOT_FOUND);
}

/* Who was imported, then renamed or deleted here, does not come back. */
static void test_id_is_the_identity(void **state)
{
    struct fixture *f = *state;
    struct user_import rows[] = {
        import_row("alice", "a@example.org", USER_IMPORT_BY_ID),
        import_row("bob", "b@example.org", USER_IMPORT_BY_ID),
    };
    const struct user_patch rename = {
        .mask = USER_FIELD_USERNAME, .username = VIEW("alicia"), .now_ms = NOW};
    assert_import(f, rows, 2,
                  (enum user_import_outcome[]){USER_IMPORT_CREATED, USER_IMPORT_CREATED});
    assert_result(store_user_update(f->handle, &rows[0].draft.id, &rename, &f->arena, NULL), OK);
    assert_result(store_user_delete(f->handle, &rows[1].draft.id, 0, NOW), OK);
    assert_import(f, rows, 2,
                  (enum user_import_outcome[]){USER_IMPORT_PRESENT, USER_IMPORT_PRESENT});
    struct user user = fixture_read(f, &rows[0].draft.id);
    assert_view(user.username, "alicia");
}

/* --- races ------------------------------------------------------------------------------------ */

#define RACERS 4
#define RACE_ROWS 200

static void name_of(unsigned i, char out[16])
{
    (void)snprintf(out, 16, "user%u", i);
}

/* Half of them import everybody, the others create them one by one. */
static void race_once(struct racer *racer)
{
    static struct user_import rows[RACERS][RACE_ROWS];
    static char names[RACERS][RACE_ROWS][16];
    racer->result = RESULT_OK;
    for (unsigned i = 0; i < RACE_ROWS; i++) {
        name_of(i, names[racer->index][i]);
        rows[racer->index][i] = import_row(names[racer->index][i], NULL, USER_IMPORT_BY_NAMES);
    }
    for (unsigned i = 0; i < RACE_ROWS && racer->index % 2 != 0; i++) {
        struct user user;
        enum result result =
            store_user_create(racer->handle, &rows[racer->index][i].draft, &racer->arena, &user);
        racer->found += result == RESULT_OK;
        racer->result =
            result == RESULT_OK || result == RESULT_USERNAME_TAKEN ? racer->result : result;
    }
    if (racer->index % 2 == 0) {
        racer->result = store_users_import(racer->handle, rows[racer->index], RACE_ROWS);
        for (unsigned i = 0; i < RACE_ROWS; i++) {
            racer->found += rows[racer->index][i].outcome == USER_IMPORT_CREATED;
        }
    }
}

static void test_race_with_create(void **state)
{
    struct fixture *f = *state;
    struct racer racers[RACERS];
    int64_t created = 0;
    struct user_page page;
    const struct user_list_request request = {.limit = 1, .counted = true};
    memset(racers, 0, sizeof racers);
    fixture_race(f->store, racers, RACERS, race_once, NULL);
    for (unsigned i = 0; i < RACERS; i++) {
        assert_result(racers[i].result, OK);
        created += racers[i].found;
    }
    assert_int_equal(created, RACE_ROWS);
    assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
    assert_int_equal(page.total, RACE_ROWS);
}

/* --- export ----------------------------------------------------------------------------------- */

static void test_export_pages(void **state)
{
    struct fixture *f = *state;
    struct user_credentials page[3];
    size_t count;
    int64_t after = 0;
    struct user users[7];
    for (unsigned i = 0; i < ARRAY_LEN(users); i++) {
        char name[16];
        name_of(i, name);
        users[i] = fixture_user(f, name, "user");
    }
    assert_result(store_user_delete(f->handle, &users[2].id, 0, NOW), OK);
    const size_t expected[] = {0, 1, 3, 4, 5, 6};
    for (size_t seen = 0; seen < ARRAY_LEN(expected); seen += count) {
        assert_result(store_users_export(f->handle, after, 3, &f->arena, page, &count), OK);
        assert_int_equal(count, 3);
        for (size_t i = 0; i < count; i++) {
            assert_true(id_equal(&page[i].user.id, &users[expected[seen + i]].id));
            assert_int_equal(page[i].user.role_count, 1);
        }
        after = page[count - 1].user.number;
    }
    assert_result(store_users_export(f->handle, after, 3, &f->arena, page, &count), OK);
    assert_int_equal(count, 0);
}

static void test_export_has_hashes(void **state)
{
    struct fixture *f = *state;
    struct user_credentials page[2];
    size_t count;
    struct user_import rows[] = {
        import_row("alice", NULL, USER_IMPORT_BY_NAMES),
        import_row("bob", NULL, USER_IMPORT_BY_NAMES),
    };
    rows[0].draft.password_hash = VIEW(HASH);
    rows[1].draft.password_hash = (struct view){NULL, 0};
    assert_import(f, rows, 2,
                  (enum user_import_outcome[]){USER_IMPORT_CREATED, USER_IMPORT_CREATED});
    assert_result(store_users_export(f->handle, 0, 2, &f->arena, page, &count), OK);
    assert_int_equal(count, 2);
    assert_view(page[0].password_hash, HASH);
    assert_null(page[1].password_hash.at);
}

int conformance_import(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_creates_all_fields), FIXTURE_TEST(test_outcomes),
        FIXTURE_TEST(test_no_such_role),       FIXTURE_TEST(test_id_is_the_identity),
        FIXTURE_TEST(test_race_with_create),   FIXTURE_TEST(test_export_pages),
        FIXTURE_TEST(test_export_has_hashes),
    };
    return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
