/* Audit events: appended alone and with other operations, found by every filter, purged. */
#include "conformance.h"

#include "fixture.h"

static int64_t clock_ms = NOW; /* each event a millisecond later, so that ids count up */

static struct audit_event event_of(const char *name, const struct user *user)
{
    struct audit_event event = {
        .id = id_new(clock_ms++),
        .event = view_of(name),
        .outcome = AUDIT_SUCCESS,
        .actor = AUDIT_BY_USER,
        .address = VIEW("192.0.2.1"),
    };
    if (user != NULL)
        event.actor_id = event.user_id = user->id;
    else
        event.actor = AUDIT_BY_NOBODY;
    return event;
}

static void append(struct fixture *f, const struct audit_event *event)
{
    assert_result(store_audit_append(f->handle, event), OK);
}

static struct audit_page list(struct fixture *f, const struct audit_query *query)
{
    struct audit_query whole = *query;
    struct audit_page page;
    if (whole.limit == 0)
        whole.limit = 100;
    assert_result(store_audit_list(f->handle, &whole, &f->arena, &page), OK);
    return page;
}

static void assert_events(const struct audit_page *page, const char *const *names)
{
    size_t count = 0;
    for (; names[count] != NULL; count++) {
        assert_true(count < page->count);
        if (!view_is(page->items[count].event, names[count]))
            fail_msg("event %zu is %.*s, not %s", count, VIEW_ARG(page->items[count].event),
                     names[count]);
    }
    assert_int_equal(page->count, count);
}
#define ASSERT_EVENTS(page, ...) assert_events(page, (const char *const[]){__VA_ARGS__, NULL})

static void test_all_parts_are_kept(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", NULL);
    struct audit_event event = event_of("login_failed", &alice);
    event.outcome = AUDIT_FAILURE;
    event.actor = AUDIT_BY_SYSTEM;
    event.actor_id = (struct id){{0}};
    event.address = VIEW("2001:db8::1");
    event.user_agent = VIEW("curl/8 \"x\"");
    event.request_id = VIEW("r-1");
    event.reason = VIEW("wrong_password");
    event.details = VIEW("{\"a\":\"b\"}");
    append(f, &event);
    struct audit_page page = list(f, &(struct audit_query){0});
    assert_int_equal(page.count, 1);
    const struct audit_event *kept = page.items;
    assert_true(id_equal(&kept->id, &event.id));
    assert_view(kept->event, "login_failed");
    assert_int_equal(kept->outcome, AUDIT_FAILURE);
    assert_int_equal(kept->actor, AUDIT_BY_SYSTEM);
    assert_true(id_is_nil(&kept->actor_id));
    assert_null(kept->actor_name.at);
    assert_true(id_equal(&kept->user_id, &alice.id));
    assert_view(kept->user_name, "alice");
    assert_view(kept->address, "2001:db8::1");
    assert_view(kept->user_agent, "curl/8 \"x\"");
    assert_view(kept->request_id, "r-1");
    assert_view(kept->reason, "wrong_password");
    assert_view(kept->details, "{\"a\":\"b\"}");
}

static void test_what_is_missing_is_missing(void **state)
{
    struct fixture *f = *state;
    struct audit_event event = event_of("key_rotated", NULL);
    event.address = (struct view){NULL, 0};
    append(f, &event);
    struct audit_page page = list(f, &(struct audit_query){0});
    assert_int_equal(page.count, 1);
    assert_true(id_is_nil(&page.items->user_id));
    assert_null(page.items->user_name.at);
    assert_null(page.items->user_agent.at);
    assert_null(page.items->request_id.at);
    assert_null(page.items->reason.at);
    assert_view(page.items->address, "");
    assert_view(page.items->details, "{}");
}

/* The name of that moment; the event outlives the person. */
static void test_names_are_those_of_then(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", NULL);
    struct user_patch rename = {
        .mask = USER_FIELD_USERNAME, .username = VIEW("alina"), .now_ms = NOW};
    struct audit_event events[4];
    events[0] = event_of("login", &alice);
    append(f, &events[0]);
    assert_result(store_user_update(f->handle, &alice.id, &rename, &f->arena, NULL), OK);
    events[1] = event_of("logout", &alice);
    append(f, &events[1]);
    assert_result(store_user_delete(f->handle, &alice.id, 0, NOW), OK);
    events[2] = event_of("user_deleted", &alice);
    append(f, &events[2]);
    events[3] = event_of("user_purged", &alice);
    events[3].user_name = VIEW("as given");
    append(f, &events[3]);
    struct audit_page page = list(f, &(struct audit_query){.user_id = alice.id});
    ASSERT_EVENTS(&page, "user_purged", "user_deleted", "logout", "login");
    assert_view(page.items[0].user_name, "as given");
    assert_view(page.items[1].user_name, "alina");
    assert_view(page.items[1].actor_name, "alina");
    assert_view(page.items[2].user_name, "alina");
    assert_view(page.items[3].user_name, "alice");
}

/* Nine events; each filter alone, then some together. */
static void test_filters(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", NULL);
    struct user bob = fixture_user(f, "bob", NULL);
    struct audit_event login = event_of("login", &alice);
    struct audit_event failed = event_of("login_failed", NULL);
    struct audit_event ghost = event_of("login_failed", NULL);
    struct audit_event by_bob = event_of("user_updated", &bob);
    struct audit_event by_system = event_of("user_disabled", &alice);
    failed.outcome = ghost.outcome = AUDIT_FAILURE;
    failed.user_id = by_bob.user_id = alice.id;
    ghost.user_name = VIEW("ghost");
    ghost.address = VIEW("192.0.2.9");
    by_system.actor = AUDIT_BY_SYSTEM;
    by_system.actor_id = (struct id){{0}};
    append(f, &login);
    append(f, &failed);
    append(f, &ghost);
    append(f, &by_bob);
    append(f, &by_system);
    struct audit_page page = list(f, &(struct audit_query){.user_id = alice.id});
    ASSERT_EVENTS(&page, "user_disabled", "user_updated", "login_failed", "login");
    page = list(f, &(struct audit_query){.user_name = VIEW("ghost")});
    ASSERT_EVENTS(&page, "login_failed");
    page = list(f, &(struct audit_query){.user_name = VIEW("alice")}); /* is somebody */
    assert_int_equal(page.count, 0);
    page = list(f, &(struct audit_query){.actor_id = bob.id});
    ASSERT_EVENTS(&page, "user_updated");
    page = list(f, &(struct audit_query){.by_system = true});
    ASSERT_EVENTS(&page, "user_disabled");
    page = list(f, &(struct audit_query){.address = VIEW("192.0.2.9")});
    ASSERT_EVENTS(&page, "login_failed");
    page = list(f, &(struct audit_query){.event = VIEW("login")});
    ASSERT_EVENTS(&page, "login");
    page = list(f, &(struct audit_query){.outcome = AUDIT_FAILURE});
    ASSERT_EVENTS(&page, "login_failed", "login_failed");
    page = list(f, &(struct audit_query){.outcome = AUDIT_SUCCESS});
    ASSERT_EVENTS(&page, "user_disabled", "user_updated", "login");
    page = list(f, &(struct audit_query){.from = failed.id, .before = by_bob.id});
    ASSERT_EVENTS(&page, "login_failed", "login_failed");
    page = list(f, &(struct audit_query){.user_id = alice.id,
                                         .event = VIEW("login_failed"),
                                         .outcome = AUDIT_FAILURE,
                                         .address = VIEW("192.0.2.1"),
                                         .from = login.id});
    ASSERT_EVENTS(&page, "login_failed");
    page = list(f, &(struct audit_query){.user_id = alice.id, .address = VIEW("192.0.2.9")});
    assert_int_equal(page.count, 0);
    page = list(f, &(struct audit_query){.user_id = bob.id, .by_system = true});
    assert_int_equal(page.count, 0);
}

static void test_pages_and_count(void **state)
{
    struct fixture *f = *state;
    struct audit_event events[7];
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        events[i] = event_of(i % 2 == 0 ? "even" : "odd", NULL);
        append(f, &events[i]);
    }
    struct audit_query query = {.limit = 3, .count = true, .before = events[6].id};
    struct audit_page page = list(f, &query);
    ASSERT_EVENTS(&page, "odd", "even", "odd");
    assert_true(page.more);
    assert_int_equal(page.total, 6);
    query.next = page.items[2].id;
    struct audit_event late = event_of("even", NULL); /* comes before the first page */
    append(f, &late);
    page = list(f, &query);
    ASSERT_EVENTS(&page, "even", "odd", "even");
    assert_false(page.more);
    assert_int_equal(page.total, 6);
    page = list(f, &(struct audit_query){.event = VIEW("odd"), .count = true, .limit = 1});
    assert_int_equal(page.total, 3);
    page = list(f, &(struct audit_query){.event = VIEW("none"), .count = true});
    assert_int_equal(page.total, 0);
    assert_int_equal(page.count, 0);
    assert_int_equal(list(f, &(struct audit_query){0}).total, AUDIT_NOT_COUNTED);
}

static void test_log_in_keeps_its_event_or_neither(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", NULL);
    struct session_draft draft = fixture_session_draft(&alice, NOW);
    struct audit_event event = event_of("login", &alice);
    draft.event = &event;
    draft.expected_epoch++;
    assert_result(store_session_create(f->handle, &draft), CONFLICT);
    assert_int_equal(list(f, &(struct audit_query){0}).count, 0);
    draft.expected_epoch--;
    assert_result(store_session_create(f->handle, &draft), OK);
    struct audit_page page = list(f, &(struct audit_query){0});
    ASSERT_EVENTS(&page, "login");
    assert_view(page.items->actor_name, "alice");
}

static void test_new_user_keeps_its_event_or_neither(void **state)
{
    struct fixture *f = *state;
    struct user_draft draft = fixture_draft("alice", NULL);
    struct user user = {.id = draft.id};
    struct audit_event event = event_of("user_created", &user);
    draft.event = &event;
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    draft.id = id_new(NOW);
    event.id = id_new(clock_ms++);
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), USERNAME_TAKEN);
    struct audit_page page = list(f, &(struct audit_query){0});
    ASSERT_EVENTS(&page, "user_created");
    assert_view(page.items->user_name, "alice");
}

/* The event of the lock only with the failure that locks. */
static void test_failures_keep_their_events(void **state)
{
    struct fixture *f = *state;
    const struct attempt attempt = {VIEW("account:alice"), 2};
    for (int i = 0; i < 3; i++) {
        struct audit_event failed = event_of("login_failed", NULL);
        struct audit_event locked = event_of("account_locked", NULL);
        const struct attempt_events events = {&failed, &locked};
        int64_t until_ms;
        bool is_locked;
        assert_result(store_attempt_count(f->handle, &attempt, 1, NOW, MINUTE, &until_ms), OK);
        assert_result(store_attempt_fail(f->handle, &attempt, 1, NOW, MINUTE, &events, &is_locked),
                      OK);
        assert_int_equal(is_locked, i == 1);
    }
    struct audit_page page = list(f, &(struct audit_query){0});
    ASSERT_EVENTS(&page, "login_failed", "account_locked", "login_failed", "login_failed");
}

static void test_purge_takes_the_old_in_batches(void **state)
{
    struct fixture *f = *state;
    struct purge_limits limits = {.now_ms = clock_ms, .batch = 2};
    bool more;
    struct audit_event events[6];
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        events[i] = event_of("login", NULL);
        append(f, &events[i]);
    }
    assert_result(store_purge(f->handle, &limits, &more), OK); /* 0: for ever */
    assert_int_equal(list(f, &(struct audit_query){0}).count, 6);
    limits.audit_before_ms = audit_event_time_ms(&events[3].id);
    assert_result(store_purge(f->handle, &limits, &more), OK);
    assert_true(more);
    assert_int_equal(list(f, &(struct audit_query){0}).count, 4);
    assert_result(store_purge(f->handle, &limits, &more), OK);
    assert_false(more);
    struct audit_page page = list(f, &(struct audit_query){0});
    assert_int_equal(page.count, 3); /* that instant itself stays */
    assert_true(id_equal(&page.items[2].id, &events[3].id));
}

int conformance_audit(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_all_parts_are_kept),
        FIXTURE_TEST(test_what_is_missing_is_missing),
        FIXTURE_TEST(test_names_are_those_of_then),
        FIXTURE_TEST(test_filters),
        FIXTURE_TEST(test_pages_and_count),
        FIXTURE_TEST(test_log_in_keeps_its_event_or_neither),
        FIXTURE_TEST(test_new_user_keeps_its_event_or_neither),
        FIXTURE_TEST(test_failures_keep_their_events),
        FIXTURE_TEST(test_purge_takes_the_old_in_batches),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
