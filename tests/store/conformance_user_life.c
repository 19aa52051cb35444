/* Deleted people: reading them, restoring them, deleting them for good. */
#include "conformance.h"

#include "fixture.h"

#define ROUNDS 60
#define PURGERS 4
#define CROWD 40

static enum result restore(struct fixture *f, const struct user *user, struct user_restore how,
                           struct user *out)
{
    how.now_ms = NOW + DAY;
    return store_user_restore(f->handle, &user->id, &how, &f->arena, out);
}

static enum result purge(struct fixture *f, const struct user *user, int64_t if_version)
{
    struct user_purge one = {.user_id = user->id, .if_version = if_version};
    assert_result(store_users_purge(f->handle, &one, 1, NOW + DAY), OK);
    return one.outcome;
}

static void delete_at(struct fixture *f, const struct user *user, int64_t now_ms)
{
    assert_result(store_user_delete(f->handle, &user->id, 0, now_ms), OK);
}

static enum result get(struct fixture *f, struct user_key key, enum user_presence presence,
                       struct user *out)
{
    key.presence = presence;
    return store_user_get(f->handle, &key, &f->arena, out);
}

static struct user read_gone(struct fixture *f, const struct user *user)
{
    const struct user_key key = {.kind = USER_BY_ID, .id = user->id};
    struct user found;
    assert_result(get(f, key, USER_GONE, &found), OK);
    return found;
}

static struct user make(struct fixture *f, const char *username, const char *email)
{
    struct user_draft draft = fixture_draft(username, "user");
    struct user user;
    draft.email = view_of(email);
    draft.email_verified = true;
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    return user;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void test_get_says_whom_it_means(void **state)
{
    struct fixture *f = *state;
    struct user gone = make(f, "alice", "a@example.org");
    struct user here = make(f, "bob", "b@example.org");
    struct user found;
    delete_at(f, &gone, NOW + 5);
    const struct user_key of_gone[] = {{.kind = USER_BY_ID, .id = gone.id},
                                       {.kind = USER_BY_NUMBER, .number = gone.number},
                                       {.kind = USER_BY_USERNAME, .text = VIEW("ALICE")},
                                       {.kind = USER_BY_EMAIL, .text = VIEW("A@example.org")}};
    const struct user_key of_here[] = {{.kind = USER_BY_ID, .id = here.id},
                                       {.kind = USER_BY_NUMBER, .number = here.number},
                                       {.kind = USER_BY_USERNAME, .text = VIEW("BOB")},
                                       {.kind = USER_BY_EMAIL, .text = VIEW("B@example.org")}};
    for (size_t i = 0; i < ARRAY_LEN(of_gone); i++) {
        assert_result(get(f, of_gone[i], USER_PRESENT, &found), NOT_FOUND);
        assert_result(get(f, of_gone[i], USER_GONE, &found), OK);
        assert_true(id_equal(&found.id, &gone.id));
        assert_int_equal(found.deleted_ms, NOW + 5);
        assert_view(found.username, "alice");
        assert_view(found.email, "a@example.org");
        assert_int_equal(found.role_count, 1);
        assert_int_equal(found.version, gone.version + 1);
        assert_result(get(f, of_gone[i], USER_PRESENT_OR_GONE, &found), OK);
        assert_true(id_equal(&found.id, &gone.id));
        assert_result(get(f, of_here[i], USER_PRESENT, &found), OK);
        assert_result(get(f, of_here[i], USER_GONE, &found), NOT_FOUND);
        assert_result(get(f, of_here[i], USER_PRESENT_OR_GONE, &found), OK);
        assert_true(id_equal(&found.id, &here.id));
    }
}

static void test_a_former_name_may_say_too_little(void **state)
{
    struct fixture *f = *state;
    const struct user_key name = {.kind = USER_BY_USERNAME, .text = VIEW("alice")};
    const struct user_key email = {.kind = USER_BY_EMAIL, .text = VIEW("a@example.org")};
    struct user found;
    struct user first = make(f, "alice", "a@example.org");
    delete_at(f, &first, NOW);
    struct user second = make(f, "alice", "a@example.org");
    assert_result(get(f, name, USER_GONE, &found), OK);
    assert_true(id_equal(&found.id, &first.id));
    /* Who has the name now comes first. */
    assert_result(get(f, name, USER_PRESENT_OR_GONE, &found), OK);
    assert_true(id_equal(&found.id, &second.id));
    delete_at(f, &second, NOW);
    assert_result(get(f, name, USER_GONE, &found), AMBIGUOUS);
    assert_result(get(f, email, USER_GONE, &found), AMBIGUOUS);
    assert_result(get(f, name, USER_PRESENT_OR_GONE, &found), AMBIGUOUS);
    struct user third = make(f, "ALICE", "a@example.org");
    assert_result(get(f, name, USER_PRESENT_OR_GONE, &found), OK);
    assert_true(id_equal(&found.id, &third.id));
    assert_result(get(f, name, USER_GONE, &found), AMBIGUOUS);
    /* None of the two is left: the name says enough again. */
    assert_result(purge(f, &first, 0), OK);
    assert_result(get(f, name, USER_GONE, &found), OK);
    assert_true(id_equal(&found.id, &second.id));
}

static void test_nobody_is_found_by_nothing(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", NULL); /* without an e-mail address */
    struct user found;
    delete_at(f, &user, NOW);
    const struct user_key keys[] = {{.kind = USER_BY_EMAIL, .text = {NULL, 0}},
                                    {.kind = USER_BY_EMAIL, .text = VIEW("")},
                                    {.kind = USER_BY_USERNAME, .text = VIEW("")},
                                    {.kind = USER_BY_USERNAME, .text = VIEW("alic")},
                                    {.kind = USER_BY_NUMBER, .number = -1}};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_result(get(f, keys[i], USER_GONE, &found), NOT_FOUND);
        assert_result(get(f, keys[i], USER_PRESENT_OR_GONE, &found), NOT_FOUND);
    }
}

/* --- restore ---------------------------------------------------------------------------------- */

static void test_restored_as_before(void **state)
{
    struct fixture *f = *state;
    struct user before = make(f, "alice", "a@example.org");
    struct session_draft late = fixture_session_draft(&before, NOW);
    struct id session = fixture_session(f, &before, NOW);
    struct change_cursor cursor = {0};
    struct user after;
    delete_at(f, &before, NOW);
    (void)fixture_changes(f, &cursor);
    assert_result(restore(f, &before, (struct user_restore){0}, &after), OK);
    assert_true(id_equal(&after.id, &before.id));
    assert_int_equal(after.number, before.number);
    assert_view(after.username, "alice");
    assert_view(after.email, "a@example.org");
    assert_true(after.email_verified);
    assert_int_equal(after.deleted_ms, 0);
    assert_int_equal(after.created_ms, NOW);
    assert_int_equal(after.updated_ms, NOW + DAY);
    assert_int_equal(after.version, before.version + 2);
    assert_true(after.epoch > before.epoch);
    assert_int_equal(after.role_count, 1);
    assert_true(fixture_count_changes(fixture_changes(f, &cursor), CHANGE_USER, &before.id) >= 1);
    /* No session comes back, and a log-in that began before the deletion does not end after it. */
    assert_int_equal(fixture_rotate(f, &session, 1, NOW + MINUTE, NULL), SESSION_DEAD);
    assert_result(store_session_create(f->handle, &late), CONFLICT);
    (void)fixture_session(f, &after, NOW + MINUTE);
    struct user_credentials credentials;
    const struct user_key key = {.kind = USER_BY_USERNAME, .text = VIEW("alice")};
    assert_result(store_user_get_credentials(f->handle, &key, &f->arena, &credentials), OK);
    assert_view(credentials.password_hash, HASH);
}

static void test_restored_under_other_names(void **state)
{
    struct fixture *f = *state;
    struct user gone = make(f, "alice", "a@example.org");
    struct user after;
    struct user_restore how = {0};
    delete_at(f, &gone, NOW);
    (void)make(f, "Alice", "other@example.org");
    (void)make(f, "carol", "A@example.org");
    assert_result(restore(f, &gone, how, &after), USERNAME_TAKEN);
    how.mask = USER_FIELD_USERNAME;
    how.username = VIEW("carol");
    assert_result(restore(f, &gone, how, &after), USERNAME_TAKEN);
    how.username = VIEW("Alice2");
    assert_result(restore(f, &gone, how, &after), EMAIL_TAKEN);
    how.mask |= USER_FIELD_EMAIL;
    how.email = VIEW("OTHER@example.org");
    assert_result(restore(f, &gone, how, &after), EMAIL_TAKEN);
    /* Nothing of a refused one is kept. */
    struct user still = read_gone(f, &gone);
    assert_view(still.username, "alice");
    assert_view(still.email, "a@example.org");
    assert_int_equal(still.version, gone.version + 1);
    how.email = VIEW("a2@example.org");
    assert_result(restore(f, &gone, how, &after), OK);
    assert_view(after.username, "Alice2");
    assert_view(after.email, "a2@example.org");
    assert_false(after.email_verified);
    const struct user_key key = {.kind = USER_BY_USERNAME, .text = VIEW("alice2")};
    assert_result(get(f, key, USER_PRESENT, &after), OK);
    assert_true(id_equal(&after.id, &gone.id));
}

static void test_restored_without_or_with_the_same_email(void **state)
{
    struct fixture *f = *state;
    struct user user = make(f, "alice", "a@example.org");
    struct user after;
    struct user_restore how = {.mask = USER_FIELD_EMAIL, .email = VIEW("A@EXAMPLE.org")};
    delete_at(f, &user, NOW);
    assert_result(restore(f, &user, how, &after), OK);
    assert_view(after.email, "A@EXAMPLE.org");
    assert_true(after.email_verified);
    delete_at(f, &user, NOW);
    how.email = view_make(NULL, 0);
    assert_result(restore(f, &user, how, &after), OK);
    assert_null(after.email.at);
    assert_false(after.email_verified);
}

static void test_restore_refusals(void **state)
{
    struct fixture *f = *state;
    struct user user = make(f, "alice", "a@example.org");
    const struct user nobody = {.id = id_new(NOW)};
    struct user_restore how = {0};
    struct user after;
    assert_result(restore(f, &user, how, &after), NOT_FOUND);
    assert_result(restore(f, &nobody, how, &after), NOT_FOUND);
    delete_at(f, &user, NOW);
    how.if_version = user.version;
    assert_result(restore(f, &user, how, &after), CONFLICT);
    assert_int_equal(read_gone(f, &user).version, user.version + 1);
    how.if_version = user.version + 1;
    assert_result(restore(f, &user, how, &after), OK);
    how.if_version = after.version;
    assert_result(restore(f, &user, how, &after), NOT_FOUND);
}

static void test_restored_without_roles_that_are_gone(void **state)
{
    struct fixture *f = *state;
    static const struct view permissions[] = {VIEW_INIT("users:read")};
    static const struct view names[] = {VIEW_INIT("editor"), VIEW_INIT("user")};
    struct role_draft role_draft = {.id = id_new(NOW),
                                    .name = VIEW("editor"),
                                    .permissions = permissions,
                                    .permission_count = 1,
                                    .now_ms = NOW};
    struct user_draft draft = fixture_draft("alice", NULL);
    struct role role;
    struct user user;
    int64_t holders = 0;
    assert_result(store_role_create(f->handle, &role_draft, &f->arena, &role), OK);
    draft.roles = names;
    draft.role_count = 2;
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    delete_at(f, &user, NOW);
    assert_result(store_role_delete(f->handle, &role.id, role.version, NOW, &holders), OK);
    role_draft.id = id_new(NOW);
    assert_result(store_role_create(f->handle, &role_draft, &f->arena, &role), OK);
    assert_result(restore(f, &user, (struct user_restore){0}, &user), OK);
    assert_int_equal(user.role_count, 1);
    assert_view(user.roles[0], "user");
}

static void test_restored_admin_counts(void **state)
{
    struct fixture *f = *state;
    struct user root = fixture_user(f, "root", "admin");
    struct user second = fixture_user(f, "second", "admin");
    delete_at(f, &second, NOW);
    assert_result(store_user_delete(f->handle, &root.id, 0, NOW), LAST_ADMIN);
    assert_result(restore(f, &second, (struct user_restore){0}, &second), OK);
    delete_at(f, &root, NOW);
    assert_result(store_user_delete(f->handle, &second.id, 0, NOW), LAST_ADMIN);
}

/* --- for good --------------------------------------------------------------------------------- */

static int64_t count_listed(struct fixture *f, const char *part, enum user_presence presence)
{
    const struct user_list_request request = {
        .filter = {.mask = USER_FILTER_SEARCH, .search = view_of(part), .presence = presence},
        .limit = 10,
        .counted = true};
    struct user_page page;
    assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
    assert_int_equal(page.total, page.count);
    return page.total;
}

static void assert_is_purged(struct fixture *f, const struct user *user, struct id session)
{
    const struct user_key keys[] = {{.kind = USER_BY_ID, .id = user->id},
                                    {.kind = USER_BY_NUMBER, .number = user->number},
                                    {.kind = USER_BY_USERNAME, .text = user->username},
                                    {.kind = USER_BY_EMAIL, .text = user->email}};
    const struct user_patch patch = {.mask = USER_FIELD_AGE, .age = 1, .now_ms = NOW};
    struct session_page page;
    struct user found;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_result(get(f, keys[i], USER_PRESENT_OR_GONE, &found), NOT_FOUND);
    assert_int_equal(fixture_rotate(f, &session, 1, NOW + MINUTE, NULL), SESSION_DEAD);
    assert_result(store_session_list(f->handle, &user->id, NOW, IDLE, &f->arena, &page), OK);
    assert_int_equal(page.count, 0);
    assert_result(store_user_update(f->handle, &user->id, &patch, &f->arena, NULL), NOT_FOUND);
    assert_result(store_user_delete(f->handle, &user->id, 0, NOW), NOT_FOUND);
    assert_result(restore(f, user, (struct user_restore){0}, &found), NOT_FOUND);
    assert_int_equal(count_listed(f, "alice", USER_PRESENT_OR_GONE), 0);
}

static bool tells_gone(const struct fixture_changes *changes, const struct id *user_id)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->items[i];
        if (change->kind == CHANGE_USER && id_equal(&change->subject, user_id))
            return change->user_gone;
    }
    return false;
}

static void check_purge(struct fixture *f, bool deleted_first)
{
    struct change_cursor cursor = {0};
    struct user user = make(f, "alice", "a@example.org");
    struct id session = fixture_session(f, &user, NOW);
    if (deleted_first)
        delete_at(f, &user, NOW);
    (void)fixture_changes(f, &cursor);
    assert_int_equal(count_listed(f, "alice", USER_PRESENT_OR_GONE), 1);
    assert_result(purge(f, &user, user.version + (deleted_first ? 0 : 1)), CONFLICT);
    assert_result(purge(f, &user, user.version + (deleted_first ? 1 : 0)), OK);
    assert_true(tells_gone(fixture_changes(f, &cursor), &user.id));
    assert_is_purged(f, &user, session);
    assert_result(purge(f, &user, 0), NOT_FOUND);
    /* The names are free; the number and the id are not given out again. */
    struct user next = make(f, "alice", "a@example.org");
    assert_true(next.number > user.number);
    assert_result(purge(f, &next, 0), OK);
}

static void test_purge_of_those_here(void **state)
{
    check_purge(*state, false);
}

static void test_purge_of_deleted_ones(void **state)
{
    check_purge(*state, true);
}

static void test_purge_leaves_what_is_of_others(void **state)
{
    struct fixture *f = *state;
    struct user user = make(f, "alice", "a@example.org");
    struct user other = make(f, "bob", "b@example.org");
    struct id kept = fixture_session(f, &other, NOW);
    const struct product_draft draft = {
        .id = id_new(NOW), .name = VIEW("engine"), .owner_id = user.id, .now_ms = NOW};
    const struct audit_event earlier = {.id = id_new(NOW),
                                        .event = VIEW("login"),
                                        .outcome = AUDIT_SUCCESS,
                                        .actor = AUDIT_BY_USER,
                                        .actor_id = user.id,
                                        .user_id = user.id};
    const struct audit_event event = {.id = id_new(NOW + 1),
                                      .event = VIEW("user_purged"),
                                      .outcome = AUDIT_SUCCESS,
                                      .actor = AUDIT_BY_USER,
                                      .actor_id = other.id,
                                      .user_id = user.id};
    struct product product;
    struct audit_page page;
    assert_result(store_product_create(f->handle, &draft, &f->arena, &product), OK);
    assert_result(store_audit_append(f->handle, &earlier), OK);
    struct user_purge one = {.user_id = user.id, .event = &event};
    assert_result(store_users_purge(f->handle, &one, 1, NOW), OK);
    assert_result(one.outcome, OK);
    const struct product_key key = {.kind = PRODUCT_BY_ID, .id = draft.id};
    assert_result(store_product_get(f->handle, &key, &f->arena, &product), OK);
    assert_true(id_equal(&product.owner_id, &user.id));
    assert_int_equal(fixture_rotate(f, &kept, 1, NOW + MINUTE, NULL), SESSION_ROTATED);
    const struct audit_query query = {.user_id = user.id, .limit = 10};
    assert_result(store_audit_list(f->handle, &query, &f->arena, &page), OK);
    assert_int_equal(page.count, 2);
    assert_view(page.items[0].event, "user_purged");
    assert_view(page.items[0].user_name, "alice");
    assert_view(page.items[0].actor_name, "bob");
    assert_view(page.items[1].event, "login");
    assert_view(page.items[1].user_name, "alice");
}

/* Each of a batch is decided by itself, by what those before it have left. */
static void test_purge_of_a_batch(void **state)
{
    struct fixture *f = *state;
    struct user admin = fixture_user(f, "root", "admin");
    struct user second = fixture_user(f, "second", "admin");
    struct user user = make(f, "alice", "a@example.org");
    struct user changed = make(f, "bob", "b@example.org");
    const struct audit_event never = {.id = id_new(NOW),
                                      .event = VIEW("user_purged"),
                                      .outcome = AUDIT_SUCCESS,
                                      .actor = AUDIT_BY_SYSTEM,
                                      .user_id = changed.id};
    struct user_purge batch[] = {
        {.user_id = id_new(NOW)},
        {.user_id = changed.id, .if_version = changed.version + 1, .event = &never},
        {.user_id = second.id},
        {.user_id = admin.id, .event = &never},
        {.user_id = user.id},
        {.user_id = user.id},
    };
    static const enum result outcomes[] = {RESULT_NOT_FOUND,  RESULT_CONFLICT, RESULT_OK,
                                           RESULT_LAST_ADMIN, RESULT_OK,       RESULT_NOT_FOUND};
    struct audit_page page;
    assert_result(store_users_purge(f->handle, batch, ARRAY_LEN(batch), NOW), OK);
    for (size_t i = 0; i < ARRAY_LEN(batch); i++)
        assert_string_equal(result_code(batch[i].outcome), result_code(outcomes[i]));
    assert_int_equal(fixture_read(f, &admin.id).version, admin.version);
    assert_int_equal(fixture_read(f, &changed.id).version, changed.version);
    const struct audit_query query = {.limit = 10};
    assert_result(store_audit_list(f->handle, &query, &f->arena, &page), OK);
    assert_int_equal(page.count, 0);
    assert_result(store_users_purge(f->handle, batch, 0, NOW), OK);
}

static void test_last_admin_is_not_purged(void **state)
{
    struct fixture *f = *state;
    struct user admin = fixture_user(f, "root", "admin");
    struct user former = fixture_user(f, "former", "admin");
    const struct user_patch disable = {
        .mask = USER_FIELD_STATUS, .status = USER_DISABLED, .now_ms = NOW};
    assert_result(store_user_update(f->handle, &former.id, &disable, &f->arena, NULL), OK);
    assert_result(purge(f, &admin, 0), LAST_ADMIN);
    assert_result(purge(f, &admin, admin.version), LAST_ADMIN);
    (void)fixture_read(f, &admin.id);
    /* A disabled or deleted admin may always go. */
    assert_result(purge(f, &former, 0), OK);
    struct user third = fixture_user(f, "third", "admin");
    delete_at(f, &third, NOW);
    assert_result(purge(f, &third, 0), OK);
    assert_result(purge(f, &admin, 0), LAST_ADMIN);
}

static void test_expired_are_found_in_their_order(void **state)
{
    struct fixture *f = *state;
    struct user out[3];
    size_t count = 9;
    assert_result(store_users_expired(f->handle, NOW + DAY, 3, &f->arena, out, &count), OK);
    assert_int_equal(count, 0);
    (void)fixture_user(f, "here", "user");
    struct user third = make(f, "third", "3@example.org");
    struct user first = make(f, "first", "1@example.org");
    struct user second = make(f, "second", "2@example.org");
    struct user last = make(f, "last", "4@example.org");
    delete_at(f, &first, NOW + 1);
    delete_at(f, &second, NOW + 2);
    delete_at(f, &third, NOW + 3);
    delete_at(f, &last, NOW + 4);
    assert_result(store_users_expired(f->handle, NOW + 4, 3, &f->arena, out, &count), OK);
    assert_int_equal(count, 3);
    assert_view(out[0].username, "first");
    assert_view(out[1].username, "second");
    assert_view(out[2].username, "third");
    assert_int_equal(out[0].deleted_ms, NOW + 1);
    assert_int_equal(out[0].version, first.version + 1);
    assert_result(store_users_expired(f->handle, NOW + 3, 3, &f->arena, out, &count), OK);
    assert_int_equal(count, 2);
    assert_result(store_users_expired(f->handle, NOW + 5, 1, &f->arena, out, &count), OK);
    assert_int_equal(count, 1);
    assert_view(out[0].username, "first");
    /* One who is restored has not expired, and their old version is not purged. */
    struct user back;
    assert_result(restore(f, &first, (struct user_restore){0}, &back), OK);
    assert_result(purge(f, &first, out[0].version), CONFLICT);
    assert_result(store_users_expired(f->handle, NOW + 5, 1, &f->arena, out, &count), OK);
    assert_view(out[0].username, "second");
}

/* --- races ------------------------------------------------------------------------------------ */

struct contest {
    struct user user;
    struct id crowd[CROWD];
};

static int64_t count_results(const struct racer *racers, unsigned count, enum result result)
{
    int64_t found = 0;
    for (unsigned i = 0; i < count; i++)
        found += racers[i].result == result;
    return found;
}

static void restore_or_create(struct racer *racer)
{
    const struct contest *contest = racer->context;
    const struct user_restore how = {.now_ms = NOW + DAY};
    struct user_draft draft = fixture_draft("ALICE", "user");
    struct user user;
    racer->result =
        racer->index == 0
            ? store_user_restore(racer->handle, &contest->user.id, &how, &racer->arena, &user)
            : store_user_create(racer->handle, &draft, &racer->arena, &user);
}

static void test_one_gets_the_name(void **state)
{
    struct fixture *f = *state;
    struct contest contest = {.user = fixture_user(f, "alice", "user")};
    int rounds = fixture_rounds(ROUNDS);
    for (int round = 0; round < rounds; round++) {
        const struct user_key key = {.kind = USER_BY_USERNAME, .text = VIEW("alice")};
        struct racer racers[2];
        struct user owner;
        assert_result(get(f, key, USER_PRESENT, &owner), OK);
        contest.user = owner;
        delete_at(f, &owner, NOW);
        fixture_race(f->store, racers, 2, restore_or_create, &contest);
        assert_int_equal(count_results(racers, 2, RESULT_OK), 1);
        assert_int_equal(count_results(racers, 2, RESULT_USERNAME_TAKEN), 1);
        assert_result(get(f, key, USER_PRESENT, &owner), OK);
        assert_int_equal(id_equal(&owner.id, &contest.user.id), racers[0].result == RESULT_OK);
    }
}

static void purge_or_change(struct racer *racer)
{
    const struct contest *contest = racer->context;
    const struct user_patch patch = {.mask = USER_FIELD_AGE, .age = 7, .now_ms = NOW};
    struct user_purge one = {.user_id = contest->user.id, .if_version = contest->user.version};
    if (racer->index != 0) {
        racer->result =
            store_user_update(racer->handle, &contest->user.id, &patch, &racer->arena, NULL);
        return;
    }
    racer->result = store_users_purge(racer->handle, &one, 1, NOW);
    if (racer->result == RESULT_OK)
        racer->result = one.outcome;
}

/* Either the change came first, and that version is not there any more; or nobody was there. */
static void test_purge_against_a_change(void **state)
{
    struct fixture *f = *state;
    struct contest contest;
    int rounds = fixture_rounds(ROUNDS);
    for (int round = 0; round < rounds; round++) {
        const struct user_key key = {.kind = USER_BY_USERNAME, .text = VIEW("alice")};
        struct racer racers[2];
        struct user found;
        contest.user = fixture_user(f, "alice", "user");
        fixture_race(f->store, racers, 2, purge_or_change, &contest);
        if (racers[0].result == RESULT_OK) {
            assert_result(racers[1].result, NOT_FOUND);
            assert_result(get(f, key, USER_PRESENT_OR_GONE, &found), NOT_FOUND);
        } else {
            assert_result(racers[0].result, CONFLICT);
            assert_result(racers[1].result, OK);
            assert_int_equal(fixture_read(f, &contest.user.id).age, 7);
            assert_result(purge(f, &contest.user, 0), OK);
        }
    }
}

/* Housekeeping of several nodes. */
static void purge_expired(struct racer *racer)
{
    size_t count = 1;
    while (count > 0) {
        struct user people[7];
        struct user_purge batch[7];
        racer->result = store_users_expired(racer->handle, NOW + 1, ARRAY_LEN(people),
                                            &racer->arena, people, &count);
        for (size_t i = 0; i < count; i++)
            batch[i] =
                (struct user_purge){.user_id = people[i].id, .if_version = people[i].version};
        if (racer->result == RESULT_OK)
            racer->result = store_users_purge(racer->handle, batch, count, NOW);
        if (racer->result != RESULT_OK)
            return;
        for (size_t i = 0; i < count; i++)
            racer->found += batch[i].outcome == RESULT_OK;
    }
}

static void test_each_is_purged_once(void **state)
{
    struct fixture *f = *state;
    struct racer racers[PURGERS];
    struct user stays = fixture_user(f, "stays", "user");
    int64_t purged = 0;
    for (int i = 0; i < CROWD; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "gone%d", i);
        struct user user = fixture_user(f, name, "user");
        delete_at(f, &user, NOW);
    }
    fixture_race(f->store, racers, PURGERS, purge_expired, NULL);
    for (int i = 0; i < PURGERS; i++) {
        assert_result(racers[i].result, OK);
        purged += racers[i].found;
    }
    assert_int_equal(purged, CROWD);
    assert_int_equal(count_listed(f, "gone", USER_PRESENT_OR_GONE), 0);
    (void)fixture_read(f, &stays.id);
}

struct duel {
    struct id admins[2];
};

static void purge_other(struct racer *racer)
{
    const struct duel *duel = racer->context;
    struct user_purge one = {.user_id = duel->admins[1 - racer->index]};
    racer->result = store_users_purge(racer->handle, &one, 1, NOW);
    if (racer->result == RESULT_OK)
        racer->result = one.outcome;
}

static void test_admins_never_purge_each_other(void **state)
{
    struct fixture *f = *state;
    struct duel duel = {.admins = {fixture_user(f, "first", "admin").id}};
    int rounds = fixture_rounds(ROUNDS);
    for (int round = 0; round < rounds; round++) {
        char name[32];
        struct racer racers[2];
        (void)snprintf(name, sizeof name, "admin-%d", round);
        duel.admins[1] = fixture_user(f, name, "admin").id;
        fixture_race(f->store, racers, 2, purge_other, &duel);
        assert_int_equal(count_results(racers, 2, RESULT_OK), 1);
        assert_int_equal(count_results(racers, 2, RESULT_LAST_ADMIN), 1);
        if (racers[1].result == RESULT_OK)
            duel.admins[0] = duel.admins[1];
        (void)fixture_read(f, &duel.admins[0]);
    }
}

int conformance_user_life(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_get_says_whom_it_means),
        FIXTURE_TEST(test_a_former_name_may_say_too_little),
        FIXTURE_TEST(test_nobody_is_found_by_nothing),
        FIXTURE_TEST(test_restored_as_before),
        FIXTURE_TEST(test_restored_under_other_names),
        FIXTURE_TEST(test_restored_without_or_with_the_same_email),
        FIXTURE_TEST(test_restore_refusals),
        FIXTURE_TEST(test_restored_without_roles_that_are_gone),
        FIXTURE_TEST(test_restored_admin_counts),
        FIXTURE_TEST(test_purge_of_those_here),
        FIXTURE_TEST(test_purge_of_deleted_ones),
        FIXTURE_TEST(test_purge_leaves_what_is_of_others),
        FIXTURE_TEST(test_purge_of_a_batch),
        FIXTURE_TEST(test_last_admin_is_not_purged),
        FIXTURE_TEST(test_expired_are_found_in_their_order),
        FIXTURE_TEST(test_one_gets_the_name),
        FIXTURE_TEST(test_purge_against_a_change),
        FIXTURE_TEST(test_each_is_purged_once),
        FIXTURE_TEST(test_admins_never_purge_each_other),
    };
    return cmocka_run_group_tests_name("user_life", tests, NULL, NULL);
}
