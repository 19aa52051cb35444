/* Log-ins: opened, rotated, listed, ended. */
#include "conformance.h"

#include "fixture.h"
#include "model/limits.h"

static struct session_page list(struct fixture *f, const struct user *user, int64_t now_ms)
{
    struct session_page page;
    assert_result(store_session_list(f->handle, &user->id, now_ms, IDLE, &f->arena, &page), OK);
    return page;
}

static void test_create_opens_a_session(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id id = fixture_session(f, &user, NOW + 5);
    struct session_page page = list(f, &user, NOW + 5);
    assert_int_equal(page.count, 1);
    const struct session *session = &page.items[0];
    assert_true(id_equal(&session->id, &id) && id_equal(&session->user_id, &user.id));
    assert_view(session->client_id, "latchkey");
    assert_view(session->user_agent, "curl/8");
    assert_view(session->address, "192.0.2.1");
    assert_int_equal(session->created_ms, NOW + 5);
    assert_int_equal(session->last_used_ms, NOW + 5);
    assert_int_equal(session->expires_ms, NOW + 5 + LIFETIME);
    assert_int_equal(session->counter, 1);
    assert_int_equal(session->revoked_ms, 0);
    struct user after = fixture_read(f, &user.id);
    assert_int_equal(after.last_login_ms, NOW + 5);
    assert_int_equal(after.version, user.version); /* no change of the record */
}

static void test_create_refusals(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct session_draft draft = fixture_session_draft(&user, NOW);
    draft.expected_epoch = user.epoch + 1;
    assert_result(store_session_create(f->handle, &draft), CONFLICT);
    draft.expected_epoch = user.epoch;
    draft.session.user_id = id_new(NOW);
    assert_result(store_session_create(f->handle, &draft), NOT_FOUND);
    draft.session.user_id = user.id;
    const struct user_patch disable = {
        .mask = USER_FIELD_STATUS, .status = USER_DISABLED, .now_ms = NOW};
    assert_result(store_user_update(f->handle, &user.id, &disable, &f->arena, &user), OK);
    draft.expected_epoch = user.epoch;
    assert_result(store_session_create(f->handle, &draft), NOT_FOUND);
    assert_result(store_user_delete(f->handle, &user.id, 0, NOW), OK);
    assert_result(store_session_create(f->handle, &draft), NOT_FOUND);
    assert_int_equal(list(f, &user, NOW).count, 0);
}

static void assert_hash(struct fixture *f, const struct id *user_id, const char *hash)
{
    struct user_credentials credentials;
    const struct user_key key = {.kind = USER_BY_ID, .id = *user_id};
    assert_result(store_user_get_credentials(f->handle, &key, &f->arena, &credentials), OK);
    assert_true(view_is(credentials.password_hash, hash));
}

static void test_create_replaces_the_hash(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct session_draft draft = fixture_session_draft(&user, NOW);
    draft.new_hash = VIEW("$fresh");
    draft.old_hash = VIEW("$another"); /* changed meanwhile: stays */
    assert_result(store_session_create(f->handle, &draft), OK);
    assert_hash(f, &user.id, HASH);
    draft.session.id = id_new(NOW);
    draft.old_hash = VIEW(HASH);
    assert_result(store_session_create(f->handle, &draft), OK);
    assert_hash(f, &user.id, "$fresh");
    assert_int_equal(fixture_read(f, &user.id).epoch, user.epoch);
}

static void test_oldest_session_gives_way(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id first = fixture_session(f, &user, NOW);
    struct id second = fixture_session(f, &user, NOW + 1);
    assert_int_equal(fixture_rotate(f, &first, 1, NOW + DAY, NULL), SESSION_ROTATED);
    for (int i = 2; i < SESSIONS_PER_USER_MAX; i++)
        (void)fixture_session(f, &user, NOW + 1 + i);
    assert_int_equal(list(f, &user, NOW + DAY).count, SESSIONS_PER_USER_MAX);
    (void)fixture_session(f, &user, NOW + DAY);
    struct session_page page = list(f, &user, NOW + DAY);
    assert_int_equal(page.count, SESSIONS_PER_USER_MAX);
    for (size_t i = 0; i < page.count; i++)
        assert_false(id_equal(&page.items[i].id, &second));
    const struct fixture_changes *changes = fixture_changes(f, NULL);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &second), 1);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &first), 0);
}

/* --- rotation --------------------------------------------------------------------------------- */

static void test_rotation_counts_up(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id id = fixture_session(f, &user, NOW);
    struct session session;
    assert_int_equal(fixture_rotate(f, &id, 1, NOW + DAY, &session), SESSION_ROTATED);
    assert_int_equal(session.counter, 2);
    assert_int_equal(session.last_used_ms, NOW + DAY);
    assert_view(session.address, "192.0.2.2");
    assert_view(session.user_agent, "curl/9");
    assert_int_equal(session.created_ms, NOW);
    assert_int_equal(fixture_rotate(f, &id, 2, NOW + DAY, &session), SESSION_ROTATED);
    assert_int_equal(session.counter, 3);
}

static void test_rotation_gives_the_user(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id id = fixture_session(f, &user, NOW);
    for (int i = 0; i < 2; i++) { /* rotated, then within the grace window */
        enum session_rotation_outcome outcome;
        struct session session;
        struct user found = {.number = 0};
        const struct session_rotation rotation = {
            .session_id = id, .counter = 1, .now_ms = NOW, .grace_ms = GRACE, .idle_ms = IDLE};
        assert_result(
            store_session_rotate(f->handle, &rotation, &f->arena, &outcome, &session, &found), OK);
        assert_int_equal(outcome, i == 0 ? SESSION_ROTATED : SESSION_GRACE);
        assert_true(id_equal(&found.id, &user.id));
        assert_view(found.roles[0], "user");
        assert_null(session.user_agent.at);
    }
}

static void test_grace_repeats_the_successor(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id id = fixture_session(f, &user, NOW);
    struct session session;
    assert_int_equal(fixture_rotate(f, &id, 1, NOW, NULL), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, &id, 1, NOW + GRACE, &session), SESSION_GRACE);
    assert_int_equal(session.counter, 2);
    assert_int_equal(fixture_rotate(f, &id, 2, NOW + GRACE, &session), SESSION_ROTATED);
    assert_int_equal(session.counter, 3);
    /* The window is that of the last rotation. */
    assert_int_equal(fixture_rotate(f, &id, 2, NOW + 2 * GRACE, &session), SESSION_GRACE);
}

static void assert_reuse(struct fixture *f, const struct id *id, int64_t counter, int64_t now_ms)
{
    struct session session;
    assert_int_equal(fixture_rotate(f, id, counter, now_ms, &session), SESSION_REUSED);
    assert_int_equal(session.revoked_ms, now_ms);
    assert_true(id_equal(&session.id, id));
    const struct fixture_changes *changes = fixture_changes(f, NULL);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, id), 1);
    /* All its tokens are dead, the newest too; and it is not ended twice. */
    for (int64_t i = 1; i <= session.counter; i++)
        assert_int_equal(fixture_rotate(f, id, i, now_ms, NULL), SESSION_DEAD);
    changes = fixture_changes(f, NULL);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, id), 1);
}

static void test_reuse_ends_the_session(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id late = fixture_session(f, &user, NOW);
    struct id older = fixture_session(f, &user, NOW);
    struct id other = fixture_session(f, &user, NOW);
    assert_int_equal(fixture_rotate(f, &late, 1, NOW, NULL), SESSION_ROTATED);
    assert_reuse(f, &late, 1, NOW + GRACE + 1);
    assert_int_equal(fixture_rotate(f, &older, 1, NOW, NULL), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, &older, 2, NOW, NULL), SESSION_ROTATED);
    assert_reuse(f, &older, 1, NOW);
    assert_int_equal(fixture_rotate(f, &other, 1, NOW, NULL), SESSION_ROTATED);
}

static void test_dead_sessions_stay_as_they_are(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id id = fixture_session(f, &user, NOW);
    struct id unknown = id_new(NOW);
    assert_int_equal(fixture_rotate(f, &unknown, 1, NOW, NULL), SESSION_DEAD);
    assert_int_equal(fixture_rotate(f, &id, 2, NOW, NULL), SESSION_DEAD); /* never given out */
    assert_int_equal(fixture_rotate(f, &id, 1, NOW + IDLE, NULL), SESSION_DEAD);
    assert_int_equal(fixture_rotate(f, &id, 1, NOW + IDLE - 1, NULL), SESSION_ROTATED);
    assert_int_equal(fixture_changes(f, NULL)->count, 0);
}

static void test_absolute_end(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct session_draft draft = fixture_session_draft(&user, NOW);
    draft.session.expires_ms = NOW + DAY;
    assert_result(store_session_create(f->handle, &draft), OK);
    const struct id *id = &draft.session.id;
    assert_int_equal(fixture_rotate(f, id, 1, NOW + DAY - 1, NULL), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, id, 2, NOW + DAY, NULL), SESSION_DEAD);
    assert_int_equal(fixture_rotate(f, id, 1, NOW + DAY, NULL), SESSION_DEAD);
}

/* --- list and end ----------------------------------------------------------------------------- */

static void test_list_shows_the_living(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct user other = fixture_user(f, "bob", "user");
    struct id idle = fixture_session(f, &user, NOW - IDLE);
    struct id first = fixture_session(f, &user, NOW - DAY);
    struct id second = fixture_session(f, &user, NOW - 2);
    struct id ended = fixture_session(f, &user, NOW - 1);
    (void)idle;
    (void)fixture_session(f, &other, NOW);
    assert_result(store_session_end(f->handle, &user.id, &ended, NOW), OK);
    struct session_page page = list(f, &user, NOW);
    assert_int_equal(page.count, 2);
    assert_true(id_equal(&page.items[0].id, &second));
    assert_int_equal(fixture_rotate(f, &first, 1, NOW, NULL), SESSION_ROTATED);
    assert_true(id_equal(&list(f, &user, NOW).items[0].id, &first));
    assert_int_equal(list(f, &user, NOW + LIFETIME).count, 0);
}

static enum result get(struct fixture *f, const struct id *id, int64_t now_ms, struct session *out)
{
    return store_session_get(f->handle, id, now_ms, IDLE, &f->arena, out);
}

static void test_get_finds_the_living(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id id = fixture_session(f, &user, NOW);
    struct id other = fixture_session(f, &user, NOW);
    struct id unknown = id_new(NOW);
    struct session session;
    assert_int_equal(fixture_rotate(f, &id, 1, NOW + 1, NULL), SESSION_ROTATED);
    assert_result(get(f, &id, NOW + 1, &session), OK);
    assert_true(id_equal(&session.id, &id) && id_equal(&session.user_id, &user.id));
    assert_view(session.client_id, "latchkey");
    assert_int_equal(session.counter, 2);
    assert_int_equal(session.last_used_ms, NOW + 1);
    assert_int_equal(session.expires_ms, NOW + LIFETIME);
    assert_result(get(f, &unknown, NOW, &session), NOT_FOUND);
    assert_result(get(f, &other, NOW + IDLE - 1, &session), OK);
    assert_result(get(f, &other, NOW + IDLE, &session), NOT_FOUND);
    assert_result(store_session_end(f->handle, &user.id, &id, NOW + 2), OK);
    assert_result(get(f, &id, NOW + 2, &session), NOT_FOUND);
    assert_result(get(f, &other, NOW + 2, &session), OK);
    assert_int_equal(fixture_rotate(f, &other, 1, NOW + 2, NULL), SESSION_ROTATED); /* only read */
}

static void test_get_looks_at_the_person(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct user other = fixture_user(f, "bob", "user");
    struct id kept = fixture_session(f, &user, NOW);
    struct id ended = fixture_session(f, &user, NOW);
    struct id deleted = fixture_session(f, &other, NOW);
    struct session session;
    int64_t count = 0;
    assert_result(store_session_end_all(f->handle, &user.id, &kept, NOW, &count), OK);
    assert_result(get(f, &kept, NOW, &session), OK);
    assert_result(get(f, &ended, NOW, &session), NOT_FOUND);
    const struct user_patch disable = {
        .mask = USER_FIELD_STATUS, .status = USER_DISABLED, .now_ms = NOW};
    assert_result(store_user_update(f->handle, &user.id, &disable, &f->arena, &user), OK);
    assert_result(get(f, &kept, NOW, &session), NOT_FOUND);
    assert_result(store_user_delete(f->handle, &other.id, 0, NOW), OK);
    assert_result(get(f, &deleted, NOW, &session), NOT_FOUND);
}

static void test_end_one(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct user other = fixture_user(f, "bob", "user");
    struct id id = fixture_session(f, &user, NOW);
    struct id unknown = id_new(NOW);
    assert_result(store_session_end(f->handle, &other.id, &id, NOW), NOT_FOUND);
    assert_result(store_session_end(f->handle, &user.id, &unknown, NOW), NOT_FOUND);
    assert_int_equal(fixture_changes(f, NULL)->count, 0);
    assert_result(store_session_end(f->handle, &user.id, &id, NOW), OK);
    assert_result(store_session_end(f->handle, &user.id, &id, NOW), NOT_FOUND);
    assert_int_equal(fixture_count_changes(fixture_changes(f, NULL), CHANGE_SESSION_ENDED, &id), 1);
    assert_int_equal(fixture_rotate(f, &id, 1, NOW, NULL), SESSION_DEAD);
}

static void test_end_all(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct user other = fixture_user(f, "bob", "user");
    struct id kept = fixture_session(f, &user, NOW);
    struct id foreign = fixture_session(f, &other, NOW);
    struct id ended[2] = {fixture_session(f, &user, NOW), fixture_session(f, &user, NOW)};
    int64_t count = 0;
    assert_result(store_session_end_all(f->handle, &user.id, &kept, NOW, &count), OK);
    assert_int_equal(count, 2);
    const struct fixture_changes *changes = fixture_changes(f, NULL);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &ended[i]), 1);
        assert_int_equal(fixture_rotate(f, &ended[i], 1, NOW, NULL), SESSION_DEAD);
    }
    assert_int_equal(fixture_rotate(f, &kept, 1, NOW, NULL), SESSION_ROTATED);
    assert_result(store_session_end_all(f->handle, &user.id, NULL, NOW, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(fixture_rotate(f, &kept, 2, NOW, NULL), SESSION_DEAD);
    assert_result(store_session_end_all(f->handle, &user.id, NULL, NOW, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(fixture_rotate(f, &foreign, 1, NOW, NULL), SESSION_ROTATED);
    struct id unknown = id_new(NOW);
    assert_result(store_session_end_all(f->handle, &unknown, NULL, NOW, &count), NOT_FOUND);
}

static void test_end_all_stops_log_ins_under_way(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    const struct session_draft under_way = fixture_session_draft(&user, NOW);
    int64_t count = 0;
    assert_result(store_session_end_all(f->handle, &user.id, NULL, NOW, &count), OK);
    assert_result(store_session_create(f->handle, &under_way), CONFLICT);
    struct user again = fixture_read(f, &user.id);
    (void)fixture_session(f, &again, NOW);
    assert_int_equal(again.version, user.version);
}

static void test_known_address(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct user other = fixture_user(f, "bob", "user");
    struct id id = fixture_session(f, &user, NOW);
    bool known = true;
    assert_result(store_session_end(f->handle, &user.id, &id, NOW), OK);
    assert_result(store_session_knows_address(f->handle, &user.id, VIEW("192.0.2.1"), &known), OK);
    assert_true(known);
    assert_result(store_session_knows_address(f->handle, &user.id, VIEW("192.0.2.9"), &known), OK);
    assert_false(known);
    assert_result(store_session_knows_address(f->handle, &other.id, VIEW("192.0.2.1"), &known), OK);
    assert_false(known);
}

/* Found in review: CHECKLIST E10 held for IPv4 only; whoever has an IPv6 address has its /64. */
static void test_known_ipv6_network(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct session_draft draft = fixture_session_draft(&user, NOW);
    bool known = false;
    draft.session.address = VIEW("2001:db8:1:2::1");
    assert_result(store_session_create(f->handle, &draft), OK);
    assert_result(
        store_session_knows_address(f->handle, &user.id, VIEW("2001:db8:1:2:ff::9"), &known), OK);
    assert_true(known);
    assert_result(store_session_knows_address(f->handle, &user.id, VIEW("2001:db8:1:3::1"), &known),
                  OK);
    assert_false(known);
    /* A rotation moves it. */
    assert_int_equal(fixture_rotate(f, &draft.session.id, 1, NOW, NULL), SESSION_ROTATED);
    assert_result(
        store_session_knows_address(f->handle, &user.id, VIEW("::ffff:192.0.2.2"), &known), OK);
    assert_true(known);
    assert_result(store_session_knows_address(f->handle, &user.id, VIEW("2001:db8:1:2::1"), &known),
                  OK);
    assert_false(known);
}

int conformance_sessions(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_create_opens_a_session),
        FIXTURE_TEST(test_create_refusals),
        FIXTURE_TEST(test_create_replaces_the_hash),
        FIXTURE_TEST(test_oldest_session_gives_way),
        FIXTURE_TEST(test_rotation_counts_up),
        FIXTURE_TEST(test_rotation_gives_the_user),
        FIXTURE_TEST(test_grace_repeats_the_successor),
        FIXTURE_TEST(test_reuse_ends_the_session),
        FIXTURE_TEST(test_dead_sessions_stay_as_they_are),
        FIXTURE_TEST(test_absolute_end),
        FIXTURE_TEST(test_list_shows_the_living),
        FIXTURE_TEST(test_get_finds_the_living),
        FIXTURE_TEST(test_get_looks_at_the_person),
        FIXTURE_TEST(test_end_one),
        FIXTURE_TEST(test_end_all),
        FIXTURE_TEST(test_end_all_stops_log_ins_under_way),
        FIXTURE_TEST(test_known_address),
        FIXTURE_TEST(test_known_ipv6_network),
    };
    return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
