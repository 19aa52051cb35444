/* What only MongoDB's back end has: documents, marks that a crash leaves, starts on one database.
 */
#include "fixture.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/clock.h"
#include "model/limits.h"
#include "store/mongo/call.h"
#include "store/mongo/connection.h"
#include "store/mongo/roles.h"

#define STARTERS 8
#define OLD_MARK_MS (20 * SECOND)

static struct mongo_handle *raw(struct fixture *f)
{
    return (struct mongo_handle *)f->handle;
}

/* The document with that id, in place of what *out was. */
static void find(struct fixture *f, enum mongo_collection collection, const struct id *id,
                 bson_t *out)
{
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_uuid("_id", id)));
    bson_destroy(out);
    assert_result(call_find_one(raw(f), collection, &filter, NULL, out), OK);
}

static void change(struct fixture *f, enum mongo_collection collection, const struct id *id,
                   const bson_t *update)
{
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_uuid("_id", id)));
    assert_result(call_update(raw(f), collection, &filter, update, NULL), OK);
}

static bson_type_t type_of(const bson_t *doc, const char *key)
{
    bson_iter_t start;
    bson_iter_t at;
    if (!bson_iter_init(&start, doc) || !bson_iter_find_descendant(&start, key, &at))
        return BSON_TYPE_EOD;
    return bson_iter_type(&at);
}

/* --- what a person sees who opens the database ------------------------------------------------ */

static void test_documents_can_be_read(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "Alice", "user");
    struct id session = fixture_session(f, &user, NOW);
    DOC_LOCAL(doc);
    find(f, MONGO_USERS, &user.id, &doc);
    assert_view(doc_peek_text(&doc, "username"), "Alice");
    assert_view(doc_peek_text(&doc, "username_key"), "alice");
    assert_view(doc_peek_text(&doc, "status"), "active");
    assert_view(doc_peek_text(&doc, "roles.0.name"), "user");
    assert_int_equal(type_of(&doc, "created_at"), BSON_TYPE_DATE_TIME);
    assert_int_equal(type_of(&doc, "last_login_at"), BSON_TYPE_DATE_TIME);
    assert_int_equal(type_of(&doc, "email"), BSON_TYPE_EOD);
    assert_int_equal(type_of(&doc, "order.email"), BSON_TYPE_MAXKEY);
    find(f, MONGO_SESSIONS, &session, &doc);
    struct id user_id = doc_get_id(&doc, "user_id");
    assert_true(id_equal(&user_id, &user.id));
    assert_int_equal(type_of(&doc, "expires_at"), BSON_TYPE_DATE_TIME);
    assert_int_equal(type_of(&doc, "chg"), BSON_TYPE_EOD);
}

/* Another program has written a name that is far too long: a change of the person takes no more of
   it than there is room for. */
static void test_names_that_others_have_written(void **state)
{
    struct fixture *f = *state;
    static char letters[5000];
    struct user user = fixture_user(f, "alice", "user");
    struct user changed;
    struct view text = view_make(letters, sizeof letters);
    const struct user_patch rename = {
        .mask = USER_FIELD_NAME, .name = VIEW("Alice"), .now_ms = NOW};
    const struct user_patch readdress = {
        .mask = USER_FIELD_EMAIL, .email = VIEW("a@example.org"), .now_ms = NOW};
    const struct user_restore back = {.now_ms = NOW};
    memset(letters, 'x', sizeof letters);
    DOC_LOCAL(update);
    doc_make(&update, DOC(doc_open("$set"), doc_text("username", text), doc_text("email", text),
                          doc_text("name", text), doc_close()));
    change(f, MONGO_USERS, &user.id, &update);
    assert_result(store_user_update(f->handle, &user.id, &rename, &f->arena, &changed), OK);
    assert_view(changed.name, "Alice");
    change(f, MONGO_USERS, &user.id, &update);
    assert_result(store_user_update(f->handle, &user.id, &readdress, &f->arena, &changed), OK);
    assert_view(changed.email, "a@example.org");
    assert_int_equal(changed.name.len, sizeof letters); /* not touched */
    change(f, MONGO_USERS, &user.id, &update);
    assert_result(store_user_delete(f->handle, &user.id, 0, NOW), OK);
    assert_result(store_user_restore(f->handle, &user.id, &back, &f->arena, &changed), OK);
    assert_int_equal(changed.username.len, USERNAME_MAX_BYTES);
    assert_int_equal(changed.email.len, EMAIL_MAX_BYTES);
}

static void test_a_purged_person_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id session = fixture_session(f, &user, NOW);
    struct user_purge purge = {.user_id = user.id};
    bool more;
    DOC_LOCAL(doc);
    DOC_LOCAL(filter);
    assert_result(store_users_purge(f->handle, &purge, 1, NOW), OK);
    find(f, MONGO_USERS, &user.id, &doc);
    static const char *const gone[] = {"username", "password_hash", "roles",     "search",
                                       "order",    "metadata",      "created_at"};
    for (size_t i = 0; i < ARRAY_LEN(gone); i++)
        assert_int_equal(type_of(&doc, gone[i]), BSON_TYPE_EOD);
    find(f, MONGO_SESSIONS, &session, &doc);
    static const char *const stripped[] = {"client_id", "user_agent", "address", "network"};
    for (size_t i = 0; i < ARRAY_LEN(stripped); i++)
        assert_int_equal(type_of(&doc, stripped[i]), BSON_TYPE_EOD);
    /* The stubs are for the feed, and go with it. */
    const struct purge_limits limits = {.now_ms = NOW + DAY,
                                        .changes_before_ms = NOW + 1,
                                        .sessions_before_ms = NOW + 1,
                                        .batch = 100};
    assert_result(store_purge(f->handle, &limits, &more), OK);
    static const enum mongo_collection both[] = {MONGO_USERS, MONGO_SESSIONS};
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        int64_t left = -1;
        assert_result(call_count(raw(f), both[i], &filter, NULL, &left), OK);
        assert_int_equal(left, 0);
    }
}

/* --- starting --------------------------------------------------------------------------------- */

static void start_one(struct racer *racer)
{
    char message[256] = "";
    struct store *store = fixture_open(racer->context, message, sizeof message);
    racer->result = store != NULL ? RESULT_OK : RESULT_INTERNAL;
    if (store == NULL)
        (void)fprintf(stderr, "%s\n", message);
    store_close(store);
}

static void drop_everything(struct fixture *f)
{
    bson_error_t error;
    mongoc_database_t *database =
        mongoc_client_get_database(raw(f)->client, raw(f)->store->database);
    assert_true(mongoc_database_drop(database, &error));
    mongoc_database_destroy(database);
}

/* Several nodes at once on an empty database make one schema. */
static void test_many_starts_make_one_schema(void **state)
{
    struct fixture *f = *state;
    struct racer racers[STARTERS];
    int64_t steps = 0;
    int64_t roles = 0;
    DOC_LOCAL(all);
    DOC_LOCAL(numbered);
    drop_everything(f);
    fixture_race(f->store, racers, STARTERS, start_one, f->url);
    for (unsigned i = 0; i < STARTERS; i++)
        assert_result(racers[i].result, OK);
    doc_make(&numbered, DOC(doc_open("_id"), doc_word("$type", "number"), doc_close()));
    assert_result(call_count(raw(f), MONGO_MIGRATIONS, &numbered, NULL, &steps), OK);
    assert_true(steps >= 5);
    assert_result(call_count(raw(f), MONGO_ROLES, &all, NULL, &roles), OK);
    assert_int_equal(roles, 2);
}

/* The lock of one who died in the middle of a step. */
static void test_a_lock_that_is_left_ends(void **state)
{
    struct fixture *f = *state;
    char message[256] = "";
    DOC_LOCAL(lock);
    drop_everything(f);
    doc_make(&lock, DOC(doc_word("_id", "lock"), doc_date("until", 1000)));
    assert_result(call_insert(raw(f), MONGO_MIGRATIONS, &lock, NULL), OK);
    struct store *store = fixture_open(f->url, message, sizeof message);
    assert_non_null(store);
    store_close(store);
}

/* A step that was made and not noted any more, as its process died, is made again. */
static void test_steps_can_be_made_again(void **state)
{
    struct fixture *f = *state;
    char message[256] = "";
    DOC_LOCAL(numbered);
    doc_make(&numbered, DOC(doc_open("_id"), doc_word("$type", "number"), doc_close()));
    int64_t steps = 0;
    assert_result(call_count(raw(f), MONGO_MIGRATIONS, &numbered, NULL, &steps), OK);
    assert_true(steps >= 6);
    for (int64_t first = steps; first >= 1; first--) {
        int64_t now = 0;
        DOC_LOCAL(from);
        doc_make(&from, DOC(doc_open("_id"), doc_number("$gte", first), doc_close()));
        assert_result(call_delete_all(raw(f), MONGO_MIGRATIONS, &from, NULL), OK);
        struct store *store = fixture_open(f->url, message, sizeof message);
        if (store == NULL)
            fail_msg("step %d: %s", (int)first, message);
        store_close(store);
        assert_result(call_count(raw(f), MONGO_MIGRATIONS, &numbered, NULL, &now), OK);
        assert_int_equal(now, steps);
    }
}

static void test_collections_of_others_are_left_alone(void **state)
{
    struct fixture *f = *state;
    char message[256] = "";
    int64_t count = 0;
    DOC_LOCAL(other);
    DOC_LOCAL(all);
    drop_everything(f);
    doc_make(&other, DOC(doc_number("_id", 1), doc_word("username", "somebody")));
    assert_result(call_insert(raw(f), MONGO_USERS, &other, NULL), OK);
    assert_null(fixture_open(f->url, message, sizeof message));
    assert_non_null(strstr(message, "collection users of another program"));
    assert_result(call_count(raw(f), MONGO_ROLES, &all, NULL, &count), OK);
    assert_int_equal(count, 0);
}

static void test_what_must_exist_is_not_made(void **state)
{
    struct fixture *f = *state;
    char message[256] = "";
    struct store *store = NULL;
    int64_t count = 0;
    DOC_LOCAL(all);
    const struct store_options options = {
        .url = view_of(f->url), .clock = clock_system(), .migrate = true, .must_exist = true};
    assert_result(store_open(&options, &store, message, sizeof message), OK);
    store_close(store);
    drop_everything(f);
    assert_result(store_open(&options, &store, message, sizeof message), INVALID);
    assert_non_null(strstr(message, f->database));
    assert_result(call_count(raw(f), MONGO_ROLES, &all, NULL, &count), OK);
    assert_int_equal(count, 0);
}

/* --- a store for one command ------------------------------------------------------------------ */

static int count_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks))
        count += entry->d_name[0] != '.';
    (void)closedir(tasks);
    return count;
}

/* Closing would wait for them, half a second. Several handles may be open nevertheless. */
static void test_one_command_starts_no_thread(void **state)
{
    struct fixture *f = *state;
    char message[256] = "";
    struct user user = fixture_user(f, "alice", "user");
    int before = count_threads();
    struct store *store = fixture_open_brief(f->url, message, sizeof message);
    assert_non_null(store);
    struct store_handle *handles[3];
    for (size_t i = 0; i < ARRAY_LEN(handles); i++) {
        struct user found;
        handles[i] = store_handle_open(store);
        assert_non_null(handles[i]);
        const struct user_key key = {.kind = USER_BY_ID, .id = user.id};
        assert_result(store_user_get(handles[i], &key, &f->arena, &found), OK);
    }
    assert_int_equal(count_threads(), before);
    for (size_t i = 0; i < ARRAY_LEN(handles); i++)
        store_handle_close(handles[i]);
    store_close(store);
}

/* --- what crashes leave ----------------------------------------------------------------------- */

/* As if a process had died after the update that ends all sessions but one. */
static void end_and_crash(struct fixture *f, const struct user *user, const struct id *keep)
{
    DOC_LOCAL(update);
    doc_make(&update, DOC(doc_open("$inc"), doc_number("epoch", 1), doc_close(), doc_open("$set"),
                          doc_date("ending_at", NOW), doc_date("changed_at", NOW), doc_open("kept"),
                          doc_id("session", keep), doc_number("since", user->epoch), doc_close(),
                          doc_close(), doc_open("$currentDate"), doc_open("chg"),
                          doc_word("$type", "timestamp"), doc_close(), doc_close()));
    change(f, MONGO_USERS, &user->id, &update);
}

static void test_sessions_that_a_crash_left(void **state)
{
    struct fixture *f = *state;
    struct change_cursor cursor = {0};
    struct session_page page;
    bool more;
    struct user user = fixture_user(f, "alice", "user");
    struct id kept = fixture_session(f, &user, NOW);
    struct id ended = fixture_session(f, &user, NOW);
    (void)fixture_changes(f, &cursor);
    end_and_crash(f, &user, &kept);
    /* Dead, and told of, before anybody has done the rest. */
    assert_int_equal(fixture_rotate(f, &ended, 1, NOW, NULL), SESSION_DEAD);
    assert_int_equal(fixture_rotate(f, &kept, 1, NOW, NULL), SESSION_ROTATED);
    const struct fixture_changes *changes = fixture_changes(f, &cursor);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &ended), 1);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &kept), 0);
    assert_result(store_session_list(f->handle, &user.id, NOW, IDLE, &f->arena, &page), OK);
    assert_int_equal(page.count, 1);
    /* Housekeeping does the rest. */
    const struct purge_limits limits = {.now_ms = NOW, .batch = 100};
    assert_result(store_purge(f->handle, &limits, &more), OK);
    DOC_LOCAL(doc);
    find(f, MONGO_SESSIONS, &ended, &doc);
    assert_int_equal(doc_get_instant(&doc, "revoked_at"), NOW);
    find(f, MONGO_SESSIONS, &kept, &doc);
    assert_int_equal(doc_get_number(&doc, "epoch", 0), user.epoch + 1);
    find(f, MONGO_USERS, &user.id, &doc);
    assert_int_equal(type_of(&doc, "ending_at"), BSON_TYPE_EOD);
    assert_int_equal(fixture_rotate(f, &kept, 2, NOW, NULL), SESSION_ROTATED);
}

static void mark_leaving(struct fixture *f, const struct id *user_id, int64_t age_ms)
{
    const struct clock clock = clock_system();
    struct id op = id_new(NOW);
    DOC_LOCAL(update);
    doc_make(&update, DOC(doc_open("$set"), doc_id("leaving.op", &op),
                          doc_date("leaving.at", clock_now_ms(&clock) - age_ms), doc_close()));
    change(f, MONGO_USERS, user_id, &update);
}

/* Who died while leaving is an admin still, and counts as one after a while; until then those with
   a lower id need not wait. */
static void test_an_admin_who_died_leaving(void **state)
{
    struct fixture *f = *state;
    struct user first = fixture_user(f, "first", "admin");
    struct user second = fixture_user(f, "second", "admin");
    bool in_order = memcmp(first.id.bytes, second.id.bytes, sizeof first.id.bytes) < 0;
    struct user low = in_order ? first : second;
    struct user high = in_order ? second : first;
    mark_leaving(f, &high.id, 0);
    assert_result(store_user_delete(f->handle, &low.id, 0, NOW), OK);
    assert_result(store_user_delete(f->handle, &high.id, 0, NOW), LAST_ADMIN);
    DOC_LOCAL(doc);
    find(f, MONGO_USERS, &high.id, &doc);
    assert_int_equal(type_of(&doc, "leaving"), BSON_TYPE_EOD);
}

static void test_an_old_mark_of_a_lower_one(void **state)
{
    struct fixture *f = *state;
    struct user first = fixture_user(f, "first", "admin");
    struct user second = fixture_user(f, "second", "admin");
    bool in_order = memcmp(first.id.bytes, second.id.bytes, sizeof first.id.bytes) < 0;
    struct user low = in_order ? first : second;
    struct user high = in_order ? second : first;
    mark_leaving(f, &low.id, OLD_MARK_MS);
    assert_result(store_user_delete(f->handle, &high.id, 0, NOW), OK);
    /* A fresh one is waited for, and then it is not decided. */
    struct user third = fixture_user(f, "third", "admin");
    in_order = memcmp(low.id.bytes, third.id.bytes, sizeof low.id.bytes) < 0;
    mark_leaving(f, in_order ? &low.id : &third.id, 0);
    assert_result(store_user_delete(f->handle, in_order ? &third.id : &low.id, 0, NOW),
                  STORE_UNAVAILABLE);
    (void)fixture_read(f, &low.id);
    (void)fixture_read(f, &third.id);
}

/* The mark of a role's deletion that never went on: the role can be given, and then is not deleted.
 */
static void test_a_role_whose_deletion_died(void **state)
{
    struct fixture *f = *state;
    static const struct view names[] = {VIEW_INIT("editor")};
    const struct role_draft draft = {.id = id_new(NOW), .name = names[0], .now_ms = NOW};
    struct role role;
    struct id op = id_new(NOW);
    struct user user = fixture_user(f, "alice", NULL);
    int64_t holders = 0;
    DOC_LOCAL(update);
    DOC_LOCAL(doc);
    assert_result(store_role_create(f->handle, &draft, &f->arena, &role), OK);
    doc_make(&update, DOC(doc_open("$set"), doc_id("deleting.op", &op), doc_close()));
    change(f, MONGO_ROLES, &role.id, &update);
    const struct user_patch give = {
        .mask = USER_FIELD_ROLES, .roles = names, .role_count = 1, .now_ms = NOW};
    assert_result(store_user_update(f->handle, &user.id, &give, &f->arena, NULL), OK);
    find(f, MONGO_ROLES, &role.id, &doc);
    assert_int_equal(type_of(&doc, "deleting"), BSON_TYPE_EOD);
    assert_result(store_role_delete(f->handle, &role.id, 1, NOW, &holders), ROLE_IN_USE);
    assert_int_equal(holders, 1);
}

/* A grant that was written, and whose process died before it saw that the role was gone. */
static void test_a_grant_that_was_never_confirmed(void **state)
{
    struct fixture *f = *state;
    static const struct view names[] = {VIEW_INIT("editor")};
    const struct role_draft draft = {.id = id_new(NOW), .name = names[0], .now_ms = NOW};
    struct role role;
    struct user user = fixture_user(f, "alice", NULL);
    int64_t holders = 0;
    bool more;
    DOC_LOCAL(update);
    assert_result(store_role_create(f->handle, &draft, &f->arena, &role), OK);
    assert_result(store_role_delete(f->handle, &role.id, 1, NOW, &holders), OK);
    doc_make(&update, DOC(doc_open("$push"), doc_open("roles"), doc_id("id", &role.id),
                          doc_word("name", "editor"), doc_close(), doc_close()));
    change(f, MONGO_USERS, &user.id, &update);
    const struct purge_limits limits = {
        .now_ms = NOW + DAY, .changes_before_ms = NOW + 1, .batch = 100};
    assert_result(store_purge(f->handle, &limits, &more), OK);
    assert_int_equal(fixture_read(f, &user.id).role_count, 0);
    assert_true(fixture_has_change(fixture_changes(f, NULL), CHANGE_USER, &user.id, NOW + DAY));
}

/* --- the feed --------------------------------------------------------------------------------- */

/* A stamp is given before its write can be seen: one may come late, behind where the reader is. */
static void test_a_stamp_that_comes_late(void **state)
{
    struct fixture *f = *state;
    struct change_cursor cursor = {0};
    struct user user = fixture_user(f, "alice", "user");
    struct id early = fixture_session(f, &user, NOW);
    struct id late = fixture_session(f, &user, NOW);
    assert_result(store_session_end(f->handle, &user.id, &early, NOW), OK);
    assert_int_equal(
        fixture_count_changes(fixture_changes(f, &cursor), CHANGE_SESSION_ENDED, &early), 1);
    uint64_t before = (uint64_t)cursor.position - (UINT64_C(5) << 32);
    DOC_LOCAL(update);
    doc_make(&update, DOC(doc_open("$set"), doc_date("revoked_at", NOW),
                          doc_date("changed_at", NOW), doc_stamp("chg", before), doc_close()));
    change(f, MONGO_SESSIONS, &late, &update);
    const struct fixture_changes *changes = fixture_changes(f, &cursor);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &late), 1);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &early), 0);
    assert_int_equal(fixture_changes(f, &cursor)->count, 0);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_documents_can_be_read),
        FIXTURE_TEST(test_names_that_others_have_written),
        FIXTURE_TEST(test_a_purged_person_leaves_nothing),
        FIXTURE_TEST(test_many_starts_make_one_schema),
        FIXTURE_TEST(test_a_lock_that_is_left_ends),
        FIXTURE_TEST(test_steps_can_be_made_again),
        FIXTURE_TEST(test_collections_of_others_are_left_alone),
        FIXTURE_TEST(test_what_must_exist_is_not_made),
        FIXTURE_TEST(test_one_command_starts_no_thread),
        FIXTURE_TEST(test_sessions_that_a_crash_left),
        FIXTURE_TEST(test_an_admin_who_died_leaving),
        FIXTURE_TEST(test_an_old_mark_of_a_lower_one),
        FIXTURE_TEST(test_a_role_whose_deletion_died),
        FIXTURE_TEST(test_a_grant_that_was_never_confirmed),
        FIXTURE_TEST(test_a_stamp_that_comes_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
