#include "service_fixture.h"

#include <stdio.h>

#include "store/store.h"

#define WRONG VIEW("wrong-Otter-41")
#define LOCK_AFTER 10

static struct service_fixture f;

static int setup(void **state)
{
    service_fixture_open(&f, NULL);
    return 0;
}

static int teardown(void **state)
{
    service_fixture_close(&f);
    return 0;
}

static enum result login(const char *name, struct view password)
{
    struct auth_grant grant;

    return service_fixture_login(&f, name, password, &grant);
}

static enum result login_from(const char *name, struct view password, struct view address,
                              int64_t *retry_after_s)
{
    struct service_call call = service_fixture_call(&f, NULL);
    struct auth_login input = {view_of(name), password};
    struct auth_grant grant;
    enum result result;

    call.address = address;
    result = auth_login(&call, &input, &grant);
    *retry_after_s = call.retry_after_s;
    return result;
}

static enum result signup(struct auth_signup input, struct service_call *call)
{
    struct auth_grant grant;

    *call = service_fixture_call(&f, NULL);
    return auth_signup(call, &input, &grant);
}

static void test_signup(void **state)
{
    struct service_call call;
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct auth_signup input = {
        VIEW("ALICE"), VIEW("other@example.com"), FIXTURE_PASSWORD, {NULL, 0}, -1, {NULL, 0}};

    assert_view(grant.token_type, "bearer");
    assert_int_equal(grant.expires_in_s, 1800);
    assert_int_equal(grant.refresh_expires_in_s, 90 * S_PER_DAY);
    assert_int_equal(grant.user.role_count, 1);
    assert_view(grant.user.roles[0], "user");
    assert_int_equal(signup(input, &call), RESULT_USERNAME_TAKEN);
    input.username = VIEW("alice2");
    input.email = VIEW("ALICE@example.com");
    assert_int_equal(signup(input, &call), RESULT_EMAIL_TAKEN);
    input.email = (struct view){NULL, 0};
    assert_int_equal(signup(input, &call), RESULT_CREATED);
}

static void test_signup_faults(void **state)
{
    struct service_call call;
    struct auth_signup input = {VIEW("a b"),     VIEW("no-at"), VIEW("password"),
                                VIEW("a\nname"), 151,           {NULL, 0}};

    assert_int_equal(signup(input, &call), RESULT_INVALID);
    assert_int_equal(call.faults.count, 5);
    assert_true(service_fixture_has_fault(&call, "common_password"));
    assert_true(service_fixture_has_fault(&call, "too_large"));
    assert_true(service_fixture_has_fault(&call, "malformed"));
}

static void close_signup(struct service_options *options)
{
    options->signup_open = false;
}

static void test_signup_closed(void **state)
{
    struct service_call call;
    struct auth_signup input = {VIEW("alice"), {NULL, 0}, FIXTURE_PASSWORD,
                                {NULL, 0},     -1,        {NULL, 0}};

    service_fixture_close(&f);
    service_fixture_open(&f, close_signup);
    assert_int_equal(signup(input, &call), RESULT_SIGNUP_CLOSED);
}

static void test_login_by_any_spelling(void **state)
{
    static const char *const names[] = {"alice", "ALICE", " alice ", "alice@example.com",
                                        "Alice@EXAMPLE.com"};

    (void)service_fixture_signup(&f, "alice");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(login(names[i], FIXTURE_PASSWORD), RESULT_OK);
    /* An id or a number is no log-in name. */
    assert_int_equal(login("1", FIXTURE_PASSWORD), RESULT_INVALID_CREDENTIALS);
}

/* CHECKLIST P06, E01. */
static void test_every_failure_is_the_same(void **state)
{
    (void)service_fixture_signup(&f, "alice");
    assert_int_equal(login("alice", VIEW("tidy-otter-41")), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("alice", VIEW("tidy-Otter-41 ")), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("alice", VIEW("")), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("nobody", FIXTURE_PASSWORD), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("no body at all'--", FIXTURE_PASSWORD), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("", FIXTURE_PASSWORD), RESULT_INVALID_CREDENTIALS);
}

/* CHECKLIST P09: no hash, no count. */
static void test_huge_password_is_refused(void **state)
{
    static char huge[1025];
    struct service_call call = service_fixture_call(&f, NULL);
    struct auth_login input = {VIEW("alice"), view_make(huge, sizeof(huge))};
    struct auth_grant grant;

    assert_int_equal(auth_login(&call, &input, &grant), RESULT_INVALID);
    assert_true(service_fixture_has_fault(&call, "too_long"));
}

/* CHECKLIST E04, E06, E12: one counter for every spelling, until the window ends. */
static void test_lock_out(void **state)
{
    static const char *const names[] = {"alice", "ALICE", " alice ", "alice@example.com"};
    int64_t retry_after_s;

    (void)service_fixture_signup(&f, "alice");
    for (size_t i = 0; i < LOCK_AFTER; i++)
        assert_int_equal(login(names[i % ARRAY_LEN(names)], WRONG), RESULT_INVALID_CREDENTIALS);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(login_from(names[i], FIXTURE_PASSWORD, FIXTURE_ADDRESS, &retry_after_s),
                         RESULT_LOCKED);
        assert_int_equal(retry_after_s, 15 * 60);
    }
    service_fixture_forward(&f, 15 * 60 - 1);
    assert_int_equal(login_from("alice", FIXTURE_PASSWORD, FIXTURE_ADDRESS, &retry_after_s),
                     RESULT_LOCKED);
    assert_int_equal(retry_after_s, 1);
    service_fixture_forward(&f, 2);
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_OK);
}

/* CHECKLIST E01: an unknown name is locked like a known one. */
static void test_unknown_names_lock_too(void **state)
{
    for (size_t i = 0; i < LOCK_AFTER; i++)
        assert_int_equal(login(i % 2 == 0 ? "nobody" : " NoBody", WRONG),
                         RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("nobody", WRONG), RESULT_LOCKED);
    assert_int_equal(login("somebody", WRONG), RESULT_INVALID_CREDENTIALS);
}

/* CHECKLIST E10, E11: a stranger elsewhere locks himself out, not the owner. */
static void test_other_addresses_are_apart(void **state)
{
    struct view stranger = VIEW("198.51.100.9");
    int64_t retry_after_s;

    (void)service_fixture_signup(&f, "alice");
    for (size_t i = 0; i < LOCK_AFTER; i++)
        assert_int_equal(login_from("alice", WRONG, stranger, &retry_after_s),
                         RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_OK);
    assert_int_equal(login_from("alice", FIXTURE_PASSWORD, stranger, &retry_after_s),
                     RESULT_LOCKED);
}

/* Found in review: the counters took each address of an IPv6 /64 for another client, and an owner
   whose address changes within it for a stranger (CHECKLIST E09, E10, E11). */
static void test_ipv6_counts_as_its_64(void **state)
{
    int64_t retry_after_s;
    char address[48];

    (void)service_fixture_signup(&f, "alice");
    for (int i = 0; i < LOCK_AFTER; i++) {
        snprintf(address, sizeof(address), "2001:db8:1:2::%x", i + 1);
        assert_int_equal(login_from("alice", WRONG, view_of(address), &retry_after_s),
                         RESULT_INVALID_CREDENTIALS);
    }
    assert_int_equal(
        login_from("alice", FIXTURE_PASSWORD, VIEW("2001:db8:1:2:ff::9"), &retry_after_s),
        RESULT_LOCKED);
    assert_int_equal(login_from("alice", FIXTURE_PASSWORD, VIEW("2001:db8:1:3::1"), &retry_after_s),
                     RESULT_OK);
    /* The account is locked for strangers; that network is known by now. */
    for (int i = 0; i < LOCK_AFTER * LOCK_AFTER; i++) {
        snprintf(address, sizeof(address), "203.0.113.%d", i / LOCK_AFTER);
        (void)login_from("alice", WRONG, view_of(address), &retry_after_s);
    }
    assert_int_equal(login_from("alice", FIXTURE_PASSWORD, VIEW("2001:db8:9::1"), &retry_after_s),
                     RESULT_LOCKED);
    assert_int_equal(
        login_from("alice", FIXTURE_PASSWORD, VIEW("2001:db8:1:3:ab::7"), &retry_after_s),
        RESULT_OK);
}

/* CHECKLIST E05, E10 (NIST: at most 100 in all): many addresses lock the account, but for where it
 * is known from. */
static void test_account_wide_limit(void **state)
{
    int64_t retry_after_s;
    char address[32];
    int evaluated = 0;

    (void)service_fixture_signup(&f, "alice");
    for (int i = 0; i < 30; i++) {
        for (int j = 0; j < LOCK_AFTER; j++) {
            snprintf(address, sizeof(address), "203.0.113.%d", i);
            if (login_from("alice", WRONG, view_of(address), &retry_after_s) != RESULT_LOCKED)
                evaluated++;
        }
    }
    assert_int_equal(evaluated, 100);
    assert_int_equal(login_from("alice", FIXTURE_PASSWORD, VIEW("203.0.113.77"), &retry_after_s),
                     RESULT_LOCKED);
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_OK);
    /* A good log-in sets the account's counter back. */
    assert_int_equal(login_from("alice", FIXTURE_PASSWORD, VIEW("203.0.113.77"), &retry_after_s),
                     RESULT_OK);
}

static struct principal meddling_alice;

static void end_all_sessions(void)
{
    struct service_call call = service_fixture_call(&f, &meddling_alice);

    assert_int_equal(auth_logout(&call, AUTH_SCOPE_GLOBAL), RESULT_NO_CONTENT);
}

/* Found in review: a log-out of all sessions while the hash was computed refused the right
   password. */
static void test_right_password_while_sessions_end(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct auth_grant fresh;

    meddling_alice = service_fixture_who(&f, grant.access_token);
    service_fixture_meddle(end_all_sessions);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &fresh), RESULT_OK);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, fresh.access_token), RESULT_OK);
    assert_int_equal(service_fixture_refresh(&f, fresh.refresh_token, &fresh), RESULT_OK);
}

static void reset_password(void)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input input = {.mask = USER_FIELD_PASSWORD, .password = VIEW("calm-Heron-57")};
    struct user user;

    assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
}

static void delete_alice(void)
{
    struct service_call call = service_fixture_call(&f, principal_system());

    assert_int_equal(users_delete(&call, VIEW("alice"), 0), RESULT_NO_CONTENT);
}

/* CHECKLIST P11: but what was right when it was looked at is not right for ever. */
static void test_password_of_before_the_reset(void **state)
{
    (void)service_fixture_signup(&f, "alice");
    service_fixture_meddle(reset_password);
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("alice", VIEW("calm-Heron-57")), RESULT_OK);
    service_fixture_meddle(delete_alice);
    assert_int_equal(login("alice", VIEW("calm-Heron-57")), RESULT_INVALID_CREDENTIALS);
}

static void test_success_sets_the_counter_back(void **state)
{
    (void)service_fixture_signup(&f, "alice");
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < LOCK_AFTER - 1; i++)
            assert_int_equal(login("alice", WRONG), RESULT_INVALID_CREDENTIALS);
        assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_OK);
    }
}

static void no_lock(struct service_options *options)
{
    options->login_lock_after = 0;
}

static void test_lock_out_switched_off(void **state)
{
    service_fixture_close(&f);
    service_fixture_open(&f, no_lock);
    (void)service_fixture_signup(&f, "alice");
    for (size_t i = 0; i < 3 * LOCK_AFTER; i++)
        assert_int_equal(login("alice", WRONG), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_OK);
}

/* CHECKLIST E13: an outage is no failure of the user's. */
static void test_outage_counts_nothing(void **state)
{
    (void)service_fixture_signup(&f, "alice");
    service_fixture_outage(true);
    for (size_t i = 0; i < 2 * LOCK_AFTER; i++)
        assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_STORE_UNAVAILABLE);
    service_fixture_outage(false);
    for (size_t i = 0; i < LOCK_AFTER; i++)
        assert_int_equal(login("alice", WRONG), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("alice", WRONG), RESULT_LOCKED);
}

static struct view stored_hash(const char *username)
{
    struct user_key key = {.kind = USER_BY_USERNAME, .text = view_of(username)};
    struct user_credentials credentials;

    assert_int_equal(store_user_get_credentials(f.handle, &key, &f.arena, &credentials), RESULT_OK);
    return credentials.password_hash;
}

static void use_bcrypt(struct service_options *options)
{
    options->password_params = (struct password_params){.scheme = PASSWORD_BCRYPT, .cost = 10};
}

/* CHECKLIST P13: a good log-in brings the hash up to today's parameters, a bad one changes nothing.
 */
static void test_rehash(void **state)
{
    (void)service_fixture_signup(&f, "alice");
    assert_true(view_starts_with(stored_hash("alice"), VIEW("$argon2id$")));
    use_bcrypt(&f.options);
    service_fixture_restart(&f);
    assert_int_equal(login("alice", WRONG), RESULT_INVALID_CREDENTIALS);
    assert_true(view_starts_with(stored_hash("alice"), VIEW("$argon2id$")));
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_OK);
    assert_true(view_starts_with(stored_hash("alice"), VIEW("$2b$10$")));
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_OK);
}

/* CHECKLIST R01, R03: within the grace window the same successor, later the end of the family. */
static void test_rotation_grace_and_reuse(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant other;
    struct auth_grant second;
    struct auth_grant again;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &other), RESULT_OK);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &second), RESULT_OK);
    assert_false(view_equal(first.refresh_token, second.refresh_token));
    assert_true(id_equal(&first.session_id, &second.session_id));
    service_fixture_forward(&f, 29);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &again), RESULT_OK);
    assert_true(view_equal(again.refresh_token, second.refresh_token));
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_OK);
    service_fixture_forward(&f, 2);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &again),
                     RESULT_INVALID_GRANT);
    assert_int_equal(service_fixture_refresh(&f, second.refresh_token, &again),
                     RESULT_INVALID_GRANT);
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, other.access_token), RESULT_OK);
    assert_int_equal(service_fixture_refresh(&f, other.refresh_token, &again), RESULT_OK);
}

/* CHECKLIST R02. */
static void test_older_generations_end_the_family(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant next = first;

    for (int i = 0; i < 3; i++)
        assert_int_equal(service_fixture_refresh(&f, next.refresh_token, &next), RESULT_OK);
    struct auth_grant ignored;
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &ignored),
                     RESULT_INVALID_GRANT);
    assert_int_equal(service_fixture_refresh(&f, next.refresh_token, &ignored),
                     RESULT_INVALID_GRANT);
}

/* CHECKLIST R04: counters are stored, not remembered. */
static void test_rotated_token_after_restart(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;

    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &second), RESULT_OK);
    service_fixture_forward(&f, 31);
    service_fixture_restart(&f);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &second),
                     RESULT_INVALID_GRANT);
}

/* CHECKLIST R05: an outage refuses, and ends nothing. */
static void test_refresh_during_outage(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;

    service_fixture_outage(true);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &second),
                     RESULT_STORE_UNAVAILABLE);
    service_fixture_outage(false);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &second), RESULT_OK);
}

/* CHECKLIST R07: however often it is used, a session ends, and its last access token with it. */
static void test_absolute_life(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    for (int day = 0; day < 89; day++) {
        service_fixture_forward(&f, S_PER_DAY);
        assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &grant), RESULT_OK);
    }
    service_fixture_forward(&f, S_PER_DAY - 60);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &grant), RESULT_OK);
    assert_int_equal(grant.expires_in_s, 60);
    assert_int_equal(grant.refresh_expires_in_s, 60);
    service_fixture_forward(&f, 61);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &grant),
                     RESULT_INVALID_GRANT);
}

/* CHECKLIST R08. */
static void test_idle_life(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    service_fixture_forward(&f, 14 * S_PER_DAY - 1);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &grant), RESULT_OK);
    service_fixture_forward(&f, 14 * S_PER_DAY + 1);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &grant),
                     RESULT_INVALID_GRANT);
}

/* CHECKLIST R09, R15: own sessions only. */
static void test_sessions(void **state)
{
    struct auth_grant alice = service_fixture_signup(&f, "alice");
    struct auth_grant bob = service_fixture_signup(&f, "bob");
    struct auth_grant second;
    char id[ID_TEXT_SIZE];

    service_fixture_forward(&f, 60);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    struct principal who = service_fixture_who(&f, alice.access_token);
    struct service_call call = service_fixture_call(&f, &who);
    struct auth_session_list list;
    assert_int_equal(auth_sessions(&call, &list), RESULT_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.total, 2);
    assert_true(id_equal(&list.items[0].session.id, &second.session_id));
    assert_false(list.items[0].current);
    assert_true(list.items[1].current);
    assert_view(list.items[1].session.user_agent, "unit test");
    assert_int_equal(list.items[1].expires_ms, FIXTURE_START_MS + 14 * S_PER_DAY * MS_PER_SECOND);
    id_format(&bob.session_id, id);
    assert_int_equal(auth_end_session(&call, view_of(id)), RESULT_NOT_FOUND);
    assert_int_equal(auth_end_session(&call, VIEW("nonsense")), RESULT_NOT_FOUND);
    id_format(&second.session_id, id);
    assert_int_equal(auth_end_session(&call, view_of(id)), RESULT_NO_CONTENT);
    assert_int_equal(auth_end_session(&call, view_of(id)), RESULT_NOT_FOUND);
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, bob.access_token), RESULT_OK);
    assert_int_equal(service_fixture_authenticate(&f, alice.access_token), RESULT_OK);
}

static void test_logout_others(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    struct principal who = service_fixture_who(&f, second.access_token);
    struct service_call call = service_fixture_call(&f, &who);
    assert_int_equal(auth_logout(&call, AUTH_SCOPE_OTHERS), RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_authenticate(&f, first.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_OK);
    assert_int_equal(service_fixture_refresh(&f, second.refresh_token, &second), RESULT_OK);
    assert_int_equal(auth_logout(&call, AUTH_SCOPE_GLOBAL), RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_refresh(&f, second.refresh_token, &second),
                     RESULT_INVALID_GRANT);
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_OK);
}

static enum result change_password(struct view access_token, struct view current, struct view fresh,
                                   struct service_call *call)
{
    struct principal who = service_fixture_who(&f, access_token);

    *call = service_fixture_call(&f, &who);
    return auth_change_password(call, current, fresh);
}

/* CHECKLIST P11, R06: the others end, one's own goes on. */
static void test_change_password(void **state)
{
    struct auth_grant mine = service_fixture_signup(&f, "alice");
    struct view fresh = VIEW("calm-Heron-57");
    struct service_call call;
    struct auth_grant other;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &other), RESULT_OK);
    assert_int_equal(change_password(mine.access_token, FIXTURE_PASSWORD, VIEW("short"), &call),
                     RESULT_INVALID);
    assert_true(service_fixture_has_fault(&call, "too_short"));
    assert_int_equal(change_password(mine.access_token, FIXTURE_PASSWORD, fresh, &call),
                     RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_authenticate(&f, other.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_refresh(&f, other.refresh_token, &other),
                     RESULT_INVALID_GRANT);
    assert_int_equal(service_fixture_authenticate(&f, mine.access_token), RESULT_OK);
    assert_int_equal(service_fixture_refresh(&f, mine.refresh_token, &mine), RESULT_OK);
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_INVALID_CREDENTIALS);
    assert_int_equal(login("alice", fresh), RESULT_OK);
    /* And once more with the session that went on. */
    assert_int_equal(change_password(mine.access_token, fresh, FIXTURE_PASSWORD, &call),
                     RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_refresh(&f, mine.refresh_token, &mine), RESULT_OK);
}

/* CHECKLIST P10, E07: a wrong current password counts, and a lock stops this way too. */
static void test_change_password_is_guarded(void **state)
{
    struct auth_grant mine = service_fixture_signup(&f, "alice");
    struct view fresh = VIEW("calm-Heron-57");
    struct service_call call;

    for (size_t i = 0; i < LOCK_AFTER; i++)
        assert_int_equal(change_password(mine.access_token, WRONG, fresh, &call),
                         RESULT_WRONG_PASSWORD);
    assert_int_equal(change_password(mine.access_token, FIXTURE_PASSWORD, fresh, &call),
                     RESULT_LOCKED);
    assert_int_equal(call.retry_after_s, 15 * 60);
    assert_int_equal(login("alice", FIXTURE_PASSWORD), RESULT_LOCKED);
    /* A lock does not touch the session there is. */
    assert_int_equal(service_fixture_refresh(&f, mine.refresh_token, &mine), RESULT_OK);
}

static void test_change_password_sets_the_counter_back(void **state)
{
    struct auth_grant mine = service_fixture_signup(&f, "alice");
    struct service_call call;

    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < LOCK_AFTER - 1; i++)
            assert_int_equal(
                change_password(mine.access_token, WRONG, VIEW("calm-Heron-57"), &call),
                RESULT_WRONG_PASSWORD);
        assert_int_equal(
            change_password(mine.access_token, FIXTURE_PASSWORD, FIXTURE_PASSWORD, &call),
            RESULT_NO_CONTENT);
    }
}

int main(void)
{
#define FLOW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        FLOW(test_signup),
        FLOW(test_signup_faults),
        FLOW(test_signup_closed),
        FLOW(test_login_by_any_spelling),
        FLOW(test_every_failure_is_the_same),
        FLOW(test_huge_password_is_refused),
        FLOW(test_lock_out),
        FLOW(test_unknown_names_lock_too),
        FLOW(test_other_addresses_are_apart),
        FLOW(test_ipv6_counts_as_its_64),
        FLOW(test_account_wide_limit),
        FLOW(test_right_password_while_sessions_end),
        FLOW(test_password_of_before_the_reset),
        FLOW(test_success_sets_the_counter_back),
        FLOW(test_lock_out_switched_off),
        FLOW(test_outage_counts_nothing),
        FLOW(test_rehash),
        FLOW(test_rotation_grace_and_reuse),
        FLOW(test_older_generations_end_the_family),
        FLOW(test_rotated_token_after_restart),
        FLOW(test_refresh_during_outage),
        FLOW(test_absolute_life),
        FLOW(test_idle_life),
        FLOW(test_sessions),
        FLOW(test_logout_others),
        FLOW(test_change_password),
        FLOW(test_change_password_is_guarded),
        FLOW(test_change_password_sets_the_counter_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
