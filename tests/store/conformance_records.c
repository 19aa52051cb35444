/* Moving everything: what is dumped is what was loaded, and what was loaded works. */
#include "conformance.h"

#include "model/limits.h"
#include "records.h"

#define MANY 120

static void load_all(struct store_handle *handle, const struct records *records)
{
    size_t refused = 0;
    enum result result = store_load(handle, records->items, records->count, &refused);
    if (result != RESULT_OK)
        fail_msg("%s %zu: %s", record_kind_plural(records->items[0].kind), refused,
                 result_code(result));
}

/* What others of the kind refer to goes first. */
static void load_made(struct fixture *f, enum record_kind last)
{
    for (enum record_kind kind = RECORD_SETTING; kind <= last; kind++) {
        struct records records = records_make(kind, MANY, 1, &f->arena);
        load_all(f->handle, &records);
    }
}

static enum result load_one(struct fixture *f, const struct record *record)
{
    size_t refused = 99;
    enum result result = store_load(f->handle, record, 1, &refused);
    if (result == RESULT_CONFLICT || result == RESULT_INVALID)
        assert_int_equal(refused, 0);
    return result;
}

static struct record made(struct fixture *f, enum record_kind kind, size_t index)
{
    struct records records = records_make(kind, MANY, 1, &f->arena);
    assert_true(index < records.count);
    return records.items[index];
}

/* --- round trips ------------------------------------------------------------------------------ */

static void test_what_is_loaded_is_dumped(void **state)
{
    struct fixture *f = *state;
    for (enum record_kind kind = RECORD_SETTING; kind < RECORD_KIND_END; kind++) {
        struct records expected = records_make(kind, MANY, 1, &f->arena);
        load_all(f->handle, &expected);
        struct records actual = records_dump(f->handle, kind, 7, &f->arena);
        records_assert_same(&actual, &expected, &f->arena);
    }
}

static void test_pages_of_any_size_are_the_same(void **state)
{
    struct fixture *f = *state;
    load_made(f, RECORD_COUNTER);
    for (enum record_kind kind = RECORD_SETTING; kind < RECORD_KIND_END; kind++) {
        struct records whole = records_dump(f->handle, kind, STORE_DUMP_MAX, &f->arena);
        struct records single = records_dump(f->handle, kind, 1, &f->arena);
        records_assert_same(&single, &whole, &f->arena);
    }
}

/* A page ends where its texts have become many, and the rest is on the next one. */
static void test_pages_are_bounded(void **state)
{
    struct fixture *f = *state;
    enum { PRODUCTS = 300 };
    static char text[4 * PRODUCT_DESCRIPTION_MAX_CHARS];
    struct records records = records_make(RECORD_PRODUCT, PRODUCTS, 1, &f->arena);
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < records.count; i++)
        records.items[i].product.description = view_make(text, sizeof text);
    load_all(f->handle, &records);
    const struct record_query query = {.kind = RECORD_PRODUCT, .limit = STORE_DUMP_MAX};
    struct record_page page;
    size_t before = f->arena.used_bytes;
    assert_result(store_dump(f->handle, &query, &f->arena, &page), OK);
    assert_true(page.count >= 1 && page.count < PRODUCTS);
    assert_true(f->arena.used_bytes - before < 3 * (size_t)STORE_DUMP_PAGE_BYTES);
    struct records all = records_dump(f->handle, RECORD_PRODUCT, STORE_DUMP_MAX, &f->arena);
    records_assert_same(&all, &records, &f->arena);
}

static void test_again_changes_nothing(void **state)
{
    struct fixture *f = *state;
    load_made(f, RECORD_COUNTER);
    load_made(f, RECORD_COUNTER);
    for (enum record_kind kind = RECORD_SETTING; kind < RECORD_KIND_END; kind++) {
        struct records expected = records_make(kind, MANY, 1, &f->arena);
        struct records actual = records_dump(f->handle, kind, STORE_DUMP_MAX, &f->arena);
        records_assert_same(&actual, &expected, &f->arena);
    }
}

/* Nothing appears in the feed or among the events that was not given. */
static void test_loading_leaves_no_traces(void **state)
{
    struct fixture *f = *state;
    load_made(f, RECORD_PRODUCT);
    assert_int_equal(records_dump(f->handle, RECORD_CHANGE, 10, &f->arena).count, 0);
    assert_int_equal(records_dump(f->handle, RECORD_AUDIT_EVENT, 10, &f->arena).count, 0);
}

/* --- conflicts -------------------------------------------------------------------------------- */

/* Each alters one field of a record of its kind. */
#define ALTERATIONS(X)                                                                             \
    X(SETTING, setting.value, VIEW("other"))                                                       \
    X(KEY, key.algorithm, VIEW("EdDSA"))                                                           \
    X(KEY, key.material, VIEW("other"))                                                            \
    X(KEY, key.created_ms, 7)                                                                      \
    X(KEY, key.signs_from_ms, 7)                                                                   \
    X(KEY, key.retired_ms, 7)                                                                      \
    X(ROLE, role.name, VIEW("other"))                                                              \
    X(ROLE, role.description, VIEW("other"))                                                       \
    X(ROLE, role.created_ms, 7)                                                                    \
    X(ROLE, role.updated_ms, 7)                                                                    \
    X(ROLE, role.version, 7)                                                                       \
    X(USER, user.user.username, VIEW("other"))                                                     \
    X(USER, user.user.email, VIEW("other@example.org"))                                            \
    X(USER, user.user.name, VIEW("other"))                                                         \
    X(USER, user.user.age, 7)                                                                      \
    X(USER, user.user.metadata, VIEW("{\"other\":1}"))                                             \
    X(USER, user.user.created_ms, 7)                                                               \
    X(USER, user.user.updated_ms, 7)                                                               \
    X(USER, user.user.last_login_ms, 7)                                                            \
    X(USER, user.user.deleted_ms, 7)                                                               \
    X(USER, user.user.epoch, 7)                                                                    \
    X(USER, user.user.version, 7)                                                                  \
    X(USER, user.password_hash, VIEW("other"))                                                     \
    X(SESSION, session.session.client_id, VIEW("other"))                                           \
    X(SESSION, session.session.user_agent, VIEW("other"))                                          \
    X(SESSION, session.session.address, VIEW("192.0.2.99"))                                        \
    X(SESSION, session.session.created_ms, 7)                                                      \
    X(SESSION, session.session.last_used_ms, 7)                                                    \
    X(SESSION, session.session.expires_ms, 7)                                                      \
    X(SESSION, session.session.counter, 7)                                                         \
    X(SESSION, session.session.revoked_ms, 7)                                                      \
    X(SESSION, session.session.epoch, 7)                                                           \
    X(SESSION, session.rotated_ms, 7)                                                              \
    X(PRODUCT, product.name, VIEW("other"))                                                        \
    X(PRODUCT, product.description, VIEW("other"))                                                 \
    X(PRODUCT, product.price.places, (altered.product.price.places + 1) % 5)                       \
    X(PRODUCT, product.owner_id, altered.product.id)                                               \
    X(PRODUCT, product.created_ms, 7)                                                              \
    X(PRODUCT, product.updated_ms, 7)                                                              \
    X(PRODUCT, product.version, 7)                                                                 \
    X(AUDIT_EVENT, audit_event.event, VIEW("other"))                                               \
    X(AUDIT_EVENT, audit_event.actor_name, VIEW("other"))                                          \
    X(AUDIT_EVENT, audit_event.user_name, VIEW("other"))                                           \
    X(AUDIT_EVENT, audit_event.address, VIEW("192.0.2.99"))                                        \
    X(AUDIT_EVENT, audit_event.user_agent, VIEW("other"))                                          \
    X(AUDIT_EVENT, audit_event.request_id, VIEW("other"))                                          \
    X(AUDIT_EVENT, audit_event.reason, VIEW("other"))                                              \
    X(AUDIT_EVENT, audit_event.details, VIEW("{\"other\":1}"))

static void test_another_record_under_the_id(void **state)
{
    struct fixture *f = *state;
    struct record altered;
    load_made(f, RECORD_AUDIT_EVENT);
#define ALTER(name, field, ...)                                                                    \
    altered = made(f, RECORD_##name, 3);                                                           \
    altered.field = __VA_ARGS__;                                                                   \
    if (load_one(f, &altered) != RESULT_CONFLICT)                                                  \
        fail_msg("%s was taken", #field);
    ALTERATIONS(ALTER)
#undef ALTER
    altered = made(f, RECORD_USER, 3);
    altered.user.user.status =
        (enum user_status)(USER_ACTIVE + USER_DISABLED - altered.user.user.status);
    assert_result(load_one(f, &altered), CONFLICT);
    altered = made(f, RECORD_USER, 3);
    altered.user.user.email_verified = !altered.user.user.email_verified;
    assert_result(load_one(f, &altered), CONFLICT);
    altered = made(f, RECORD_ROLE, 2);
    altered.role.permission_count--;
    assert_result(load_one(f, &altered), CONFLICT);
    altered = made(f, RECORD_USER, 0);
    altered.user.role_count--;
    assert_result(load_one(f, &altered), CONFLICT);
    altered.user.role_count = 0;
    assert_result(load_one(f, &altered), CONFLICT);
    altered = made(f, RECORD_SESSION, 3);
    altered.session.session.user_id = made(f, RECORD_USER, 4).user.user.id;
    assert_result(load_one(f, &altered), CONFLICT);
    for (enum record_kind kind = RECORD_SETTING; kind <= RECORD_AUDIT_EVENT; kind++) {
        struct records expected = records_make(kind, MANY, 1, &f->arena);
        struct records actual = records_dump(f->handle, kind, STORE_DUMP_MAX, &f->arena);
        records_assert_same(&actual, &expected, &f->arena);
    }
}

/* The index tells which one; those that are fine are not to blame. */
static void test_the_refused_one_is_named(void **state)
{
    struct fixture *f = *state;
    size_t refused = 99;
    load_made(f, RECORD_ROLE);
    struct records users = records_make(RECORD_USER, 10, 1, &f->arena);
    assert_result(load_one(f, &users.items[6]), OK);
    users.items[6].user.user.name = VIEW("other");
    assert_result(store_load(f->handle, users.items, users.count, &refused), CONFLICT);
    assert_int_equal(refused, 6);
    users = records_make(RECORD_USER, 10, 1, &f->arena);
    load_all(f->handle, &users); /* whatever was kept of it */
}

static void test_taken_by_another_person(void **state)
{
    struct fixture *f = *state;
    load_made(f, RECORD_USER);
    struct record there = made(f, RECORD_USER, 3);
    struct record user = made(f, RECORD_USER, 0);
    const struct user_record fresh = {.user = {.id = id_new(NOW),
                                               .number = 1000000,
                                               .username = VIEW("fresh"),
                                               .age = USER_AGE_UNKNOWN,
                                               .metadata = VIEW("{}"),
                                               .status = USER_ACTIVE,
                                               .created_ms = NOW,
                                               .updated_ms = NOW,
                                               .epoch = 1,
                                               .version = 1}};
    user.user = fresh;
    user.user.user.number = there.user.user.number;
    assert_result(load_one(f, &user), CONFLICT);
    user.user = fresh;
    user.user.user.username = VIEW("uSER.3");
    assert_result(load_one(f, &user), CONFLICT);
    user.user.user.deleted_ms = NOW; /* then the name is free */
    assert_result(load_one(f, &user), OK);
    user.user = fresh;
    user.user.user.id = id_new(NOW);
    user.user.user.number = 1000001;
    assert_result(load_one(f, &user), OK);
}

static void test_taken_email(void **state)
{
    struct fixture *f = *state;
    struct record user = {.kind = RECORD_USER,
                          .user = {.user = {.id = id_new(NOW),
                                            .number = 1,
                                            .username = VIEW("first"),
                                            .email = VIEW("One@Example.org"),
                                            .age = USER_AGE_UNKNOWN,
                                            .metadata = VIEW("{}"),
                                            .status = USER_ACTIVE,
                                            .created_ms = NOW,
                                            .updated_ms = NOW,
                                            .epoch = 1,
                                            .version = 1}}};
    assert_result(load_one(f, &user), OK);
    user.user.user.id = id_new(NOW);
    user.user.user.number = 2;
    user.user.user.username = VIEW("second");
    user.user.user.email = VIEW("oNE@example.org");
    assert_result(load_one(f, &user), CONFLICT);
    user.user.user.deleted_ms = NOW;
    assert_result(load_one(f, &user), OK);
}

static void test_what_it_refers_to_is_missing(void **state)
{
    struct fixture *f = *state;
    struct record user = made(f, RECORD_USER, 0); /* holds every role */
    assert_result(load_one(f, &user), INVALID);
    struct record session = made(f, RECORD_SESSION, 0);
    assert_result(load_one(f, &session), INVALID);
    load_made(f, RECORD_ROLE);
    assert_result(load_one(f, &user), OK);
    assert_result(load_one(f, &session), OK);
}

static void test_built_in_roles_are_replaced(void **state)
{
    struct fixture *f = *state;
    const struct view permissions[] = {VIEW("products:read"), VIEW("users:read")};
    struct record role = made(f, RECORD_ROLE, 1);
    role.role.permissions = permissions;
    role.role.permission_count = ARRAY_LEN(permissions);
    role.role.version = 9;
    assert_result(load_one(f, &role), OK);
    struct role actual;
    assert_result(store_role_get(f->handle, VIEW("user"), &f->arena, &actual), OK);
    assert_true(actual.built_in);
    assert_int_equal(actual.version, 9);
    assert_int_equal(actual.permission_count, 2);
    assert_view(actual.permissions[1], "users:read");
    role.role.name = VIEW("other"); /* whose name is not what it must be */
    assert_result(load_one(f, &role), CONFLICT);
}

/* --- limits ----------------------------------------------------------------------------------- */

static char letters[8 * 1024];

static struct view letters_of(size_t len)
{
    memset(letters, 'x', sizeof letters);
    assert_true(len <= sizeof letters);
    return view_make(letters, len);
}

static void assert_too_long(struct fixture *f, const struct record *record, const char *field)
{
    if (load_one(f, record) != RESULT_INVALID)
        fail_msg("%s was taken", field);
}

/* Somebody without roles, whom nobody is in the way of. */
static struct record plain_user(void)
{
    return (struct record){.kind = RECORD_USER,
                           .user = {.user = {.id = id_new(NOW),
                                             .number = 1000000,
                                             .username = VIEW("plain"),
                                             .age = USER_AGE_UNKNOWN,
                                             .metadata = VIEW("{}"),
                                             .status = USER_ACTIVE,
                                             .created_ms = NOW,
                                             .updated_ms = NOW,
                                             .epoch = 1,
                                             .version = 1}}};
}

/* A source may hold what this program never wrote: it is refused, however long it is. */
static void test_users_beyond_the_limits(void **state)
{
    struct fixture *f = *state;
    static const size_t beyond[] = {1, 4000};
    static struct id ids[USER_ROLES_MAX + 1];
    struct record user;
    for (size_t i = 0; i < ARRAY_LEN(beyond); i++) {
        user = plain_user();
        user.user.user.username = letters_of(USERNAME_MAX_BYTES + beyond[i]);
        assert_too_long(f, &user, "username");
        user = plain_user();
        user.user.user.email = letters_of(EMAIL_MAX_BYTES + beyond[i]);
        assert_too_long(f, &user, "email");
        user = plain_user();
        user.user.user.name = letters_of(NAME_MAX_CHARS + beyond[i]);
        assert_too_long(f, &user, "name");
    }
    user = plain_user();
    user.user.role_ids = ids;
    user.user.role_count = ARRAY_LEN(ids);
    assert_too_long(f, &user, "roles");
    assert_int_equal(records_dump(f->handle, RECORD_USER, 10, &f->arena).count, 0);
    user = plain_user();
    user.user.user.username = letters_of(USERNAME_MAX_BYTES);
    user.user.user.email = letters_of(EMAIL_MAX_BYTES);
    user.user.user.name = letters_of(NAME_MAX_CHARS);
    assert_result(load_one(f, &user), OK);
}

static void test_roles_beyond_the_limits(void **state)
{
    struct fixture *f = *state;
    enum { MADE_UP = 3 }; /* not built in */
    struct view permissions[ROLE_PERMISSIONS_MAX + 1];
    struct record role = made(f, RECORD_ROLE, MADE_UP);
    role.role.name = letters_of(ROLE_NAME_MAX_BYTES + 1);
    assert_too_long(f, &role, "name");
    role = made(f, RECORD_ROLE, MADE_UP);
    for (size_t i = 0; i < ARRAY_LEN(permissions); i++)
        permissions[i] = arena_format(&f->arena, "things:%03zu", i);
    role.role.permissions = permissions;
    role.role.permission_count = ARRAY_LEN(permissions);
    assert_too_long(f, &role, "permissions");
    role.role.permission_count = ROLE_PERMISSIONS_MAX;
    permissions[0] = letters_of(PERMISSION_MAX_BYTES + 1);
    assert_too_long(f, &role, "a permission");
    permissions[0] = letters_of(PERMISSION_MAX_BYTES);
    assert_result(load_one(f, &role), OK);
}

/* The whole batch is refused, and the record that is to blame is named. */
static void test_one_beyond_the_limits_is_named(void **state)
{
    struct fixture *f = *state;
    size_t refused = 99;
    load_made(f, RECORD_ROLE);
    struct records users = records_make(RECORD_USER, 10, 1, &f->arena);
    users.items[6].user.user.username = letters_of(5000);
    assert_result(store_load(f->handle, users.items, users.count, &refused), INVALID);
    assert_int_equal(refused, 6);
    assert_int_equal(records_dump(f->handle, RECORD_USER, 10, &f->arena).count, 0);
}

/* --- what was loaded works -------------------------------------------------------------------- */

static struct user_draft next_draft(const char *username)
{
    return fixture_draft(username, "user");
}

static void test_numbers_go_on(void **state)
{
    struct fixture *f = *state;
    struct user user;
    load_made(f, RECORD_PRODUCT);
    struct user_draft draft = next_draft("afterwards");
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    assert_true(user.number > 3 * (MANY - 1) + 1);
    struct record counter = made(f, RECORD_COUNTER, 0);
    assert_result(load_one(f, &counter), OK);
    draft = next_draft("later");
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    assert_true(user.number > counter.counter.value);
    counter.counter.value = 5; /* never back */
    assert_result(load_one(f, &counter), OK);
    int64_t number = user.number;
    draft = next_draft("last");
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    assert_true(user.number > number);
    struct records counters = records_dump(f->handle, RECORD_COUNTER, 9, &f->arena);
    assert_int_equal(counters.items[0].counter.value, user.number);
}

static void test_product_numbers_go_on(void **state)
{
    struct fixture *f = *state;
    struct product product;
    struct record counter = made(f, RECORD_COUNTER, 1);
    assert_result(load_one(f, &counter), OK);
    const struct product_draft draft = {.id = id_new(NOW),
                                        .name = VIEW("Anvil"),
                                        .price = {.units = 10000},
                                        .owner_id = id_new(NOW),
                                        .now_ms = NOW};
    assert_result(store_product_create(f->handle, &draft, &f->arena, &product), OK);
    assert_true(product.number > counter.counter.value);
}

static int64_t total_of(struct fixture *f, const struct user_filter *filter)
{
    const struct user_list_request request = {.filter = *filter, .limit = 1, .counted = true};
    struct user_page page;
    assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
    return page.total;
}

static void test_people_are_found_and_counted(void **state)
{
    struct fixture *f = *state;
    load_made(f, RECORD_USER);
    struct records users = records_make(RECORD_USER, MANY, 1, &f->arena);
    int64_t present = 0;
    int64_t disabled = 0;
    for (size_t i = 0; i < users.count; i++) {
        const struct user *user = &users.items[i].user.user;
        present += user->deleted_ms == 0;
        disabled += user->deleted_ms == 0 && user->status == USER_DISABLED;
    }
    const struct user_filter all = {.mask = 0};
    const struct user_filter gone = {.presence = USER_GONE};
    const struct user_filter off = {.mask = USER_FILTER_STATUS, .status = USER_DISABLED};
    const struct user_filter search = {.mask = USER_FILTER_SEARCH, .search = VIEW("SER.117")};
    assert_int_equal(total_of(f, &all), present);
    assert_int_equal(total_of(f, &gone), MANY - present);
    assert_int_equal(total_of(f, &off), disabled);
    assert_int_equal(total_of(f, &search), 1);
    struct user user;
    const struct user_key key = {.kind = USER_BY_USERNAME, .text = VIEW("user.3")};
    assert_result(store_user_get(f->handle, &key, &f->arena, &user), OK);
    assert_int_equal(user.number, 10);
}

static void test_products_are_found(void **state)
{
    struct fixture *f = *state;
    struct record product = made(f, RECORD_PRODUCT, 0);
    product.product.name = VIEW("Anvil, large");
    assert_result(load_one(f, &product), OK);
    const struct product_list_request request = {.filter = {.q = VIEW("nVIL")}, .limit = 10};
    struct product_page page;
    assert_result(store_product_list(f->handle, &request, &f->arena, &page), OK);
    assert_int_equal(page.count, 1);
}

/* --- from one store to another ---------------------------------------------------------------- */

/* All of one into an empty one of the same kind; the caller ends it by fixture_teardown. */
static struct fixture *move(struct fixture *from)
{
    void *state = NULL;
    assert_int_equal(fixture_setup(&state), 0);
    struct fixture *to = state;
    assert_result(store_load_begin(to->handle), OK);
    for (enum record_kind kind = RECORD_SETTING; kind < RECORD_KIND_END; kind++) {
        struct records records = records_dump(from->handle, kind, 5, &from->arena);
        load_all(to->handle, &records);
        struct records moved = records_dump(to->handle, kind, 5, &from->arena);
        records_assert_same(&moved, &records, &from->arena);
    }
    assert_result(store_load_end(to->handle), OK);
    return to;
}

static void drop(struct fixture *to)
{
    void *state = to;
    assert_int_equal(fixture_teardown(&state), 0);
}

static void test_sessions_live_on(void **state)
{
    struct fixture *f = *state;
    struct session session;
    struct user alice = fixture_user(f, "alice", "user");
    struct id plain = fixture_session(f, &alice, NOW);
    struct id rotated = fixture_session(f, &alice, NOW);
    struct id ended = fixture_session(f, &alice, NOW);
    assert_int_equal(fixture_rotate(f, &rotated, 1, NOW + SECOND, NULL), SESSION_ROTATED);
    assert_result(store_session_end(f->handle, &alice.id, &ended, NOW + SECOND), OK);
    struct fixture *to = move(f);
    assert_int_equal(fixture_rotate(to, &plain, 1, NOW + MINUTE, NULL), SESSION_ROTATED);
    /* The window of the last rotation came along. */
    assert_int_equal(fixture_rotate(to, &rotated, 1, NOW + 2 * SECOND, NULL), SESSION_GRACE);
    assert_int_equal(fixture_rotate(to, &rotated, 2, NOW + MINUTE, &session), SESSION_ROTATED);
    assert_int_equal(session.counter, 3);
    assert_int_equal(fixture_rotate(to, &ended, 1, NOW + MINUTE, NULL), SESSION_DEAD);
    bool known = false;
    assert_result(store_session_knows_address(to->handle, &alice.id, VIEW("192.0.2.1"), &known),
                  OK);
    assert_true(known);
    drop(to);
}

/* All but one: the one that was kept, whatever a store does for that, lives. */
static void test_the_kept_session_lives_on(void **state)
{
    struct fixture *f = *state;
    int64_t ended = 0;
    struct user alice = fixture_user(f, "alice", "user");
    struct id kept = fixture_session(f, &alice, NOW);
    struct id other = fixture_session(f, &alice, NOW);
    assert_result(store_session_end_all(f->handle, &alice.id, &kept, NOW + SECOND, &ended), OK);
    struct fixture *to = move(f);
    assert_int_equal(fixture_rotate(to, &kept, 1, NOW + MINUTE, NULL), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(to, &other, 1, NOW + MINUTE, NULL), SESSION_DEAD);
    const struct fixture_changes *changes = fixture_changes(to, NULL);
    assert_true(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &other) >= 1);
    assert_int_equal(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &kept), 0);
    drop(to);
}

/* Whoever starts on the new store learns of what its tokens cannot know. */
static void test_the_feed_tells_what_ended(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", "user");
    struct user bob = fixture_user(f, "bob", "user");
    struct user carol = fixture_user(f, "carol", "user");
    struct id session = fixture_session(f, &alice, NOW);
    const struct user_patch disable = {
        .mask = USER_FIELD_STATUS, .status = USER_DISABLED, .now_ms = NOW + SECOND};
    assert_result(store_session_end(f->handle, &alice.id, &session, NOW + SECOND), OK);
    assert_result(store_user_update(f->handle, &bob.id, &disable, &f->arena, NULL), OK);
    assert_result(store_user_delete(f->handle, &carol.id, 0, NOW + SECOND), OK);
    struct fixture *to = move(f);
    const struct fixture_changes *changes = fixture_changes(to, NULL);
    assert_true(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &session) >= 1);
    assert_true(fixture_count_changes(changes, CHANGE_USER, &bob.id) >= 1);
    assert_true(fixture_count_changes(changes, CHANGE_USER, &carol.id) >= 1);
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->items[i];
        if (change->kind == CHANGE_USER && id_equal(&change->subject, &bob.id))
            assert_int_equal(change->user_status, USER_DISABLED);
        if (change->kind == CHANGE_USER && id_equal(&change->subject, &carol.id))
            assert_true(change->user_gone || change->user_deleted_ms > 0);
    }
    drop(to);
}

/* A subject that the store does not have is somebody who was deleted for good. */
static void test_the_feed_tells_of_those_gone_for_good(void **state)
{
    struct fixture *f = *state;
    struct record change = {.kind = RECORD_CHANGE,
                            .change = {.kind = CHANGE_USER, .subject = id_new(NOW), .at_ms = NOW}};
    assert_result(load_one(f, &change), OK);
    const struct fixture_changes *changes = fixture_changes(f, NULL);
    assert_int_equal(fixture_count_changes(changes, CHANGE_USER, &change.change.subject), 1);
    assert_true(changes->items[0].user_gone);
}

static void test_old_changes_stay_behind(void **state)
{
    struct fixture *f = *state;
    struct record change = made(f, RECORD_CHANGE, 0);
    struct record_query query = {.kind = RECORD_CHANGE, .limit = 10};
    struct record_page page;
    change.change.at_ms = NOW - DAY;
    assert_result(load_one(f, &change), OK);
    query.changes_since_ms = 0;
    assert_result(store_dump(f->handle, &query, &f->arena, &page), OK);
    assert_int_equal(page.count, 1);
    /* Of two changes of one subject the later one counts; a store may have stamped later. */
    assert_true(page.items[0].change.at_ms >= change.change.at_ms);
    query.changes_since_ms = page.items[0].change.at_ms + DAY;
    assert_result(store_dump(f->handle, &query, &f->arena, &page), OK);
    assert_int_equal(page.count, 0);
}

/* Deleted people keep what they had and can come back; their names are free. */
static void test_what_lived_is_moved(void **state)
{
    struct fixture *f = *state;
    struct role editor;
    const struct view permissions[] = {VIEW("users:read")};
    const struct role_draft role = {.id = id_new(NOW),
                                    .name = VIEW("editor"),
                                    .permissions = permissions,
                                    .permission_count = 1,
                                    .now_ms = NOW};
    const struct view roles[] = {VIEW("editor"), VIEW("user")};
    const struct user_patch promote = {
        .mask = USER_FIELD_ROLES, .roles = roles, .role_count = 2, .now_ms = NOW};
    const struct stored_key key = {.key_id = VIEW("k1"),
                                   .algorithm = VIEW("ES256"),
                                   .material = VIEW("secret"),
                                   .created_ms = NOW,
                                   .signs_from_ms = NOW};
    struct view kept;
    struct user alice = fixture_user(f, "alice", "admin");
    struct user bob = fixture_user(f, "bob", "user");
    assert_result(store_role_create(f->handle, &role, &f->arena, &editor), OK);
    assert_result(store_user_update(f->handle, &alice.id, &promote, &f->arena, NULL), LAST_ADMIN);
    assert_result(store_user_update(f->handle, &bob.id, &promote, &f->arena, NULL), OK);
    assert_result(store_user_delete(f->handle, &bob.id, 0, NOW), OK);
    assert_result(store_key_create_first(f->handle, &key, NOW), OK);
    assert_result(store_setting_keep(f->handle, VIEW("issuer"), VIEW("http://a"), &f->arena, &kept),
                  OK);
    struct fixture *to = move(f);
    assert_result(store_setting_keep(to->handle, VIEW("issuer"), VIEW("no"), &to->arena, &kept),
                  OK);
    assert_view(kept, "http://a");
    struct user other = fixture_user(to, "BOB", "user");
    assert_true(other.number > bob.number);
    assert_result(store_user_delete(to->handle, &alice.id, 0, NOW), LAST_ADMIN);
    int64_t holders = 0;
    assert_result(store_role_delete(to->handle, &editor.id, editor.version, NOW, &holders), OK);
    drop(to);
}

/* --- the mark --------------------------------------------------------------------------------- */

static enum store_standing standing_of(struct fixture *f)
{
    enum store_standing standing = 0;
    assert_result(store_standing(f->handle, &standing), OK);
    return standing;
}

static void test_the_mark(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(standing_of(f), STORE_EMPTY);
    assert_result(store_load_end(f->handle), OK);
    assert_result(store_load_begin(f->handle), OK);
    assert_result(store_load_begin(f->handle), OK);
    assert_int_equal(standing_of(f), STORE_LOADING);
    assert_int_equal(records_dump(f->handle, RECORD_SETTING, 9, &f->arena).count, 0);
    load_made(f, RECORD_USER);
    assert_int_equal(standing_of(f), STORE_LOADING);
    assert_result(store_load_begin(f->handle), OK);
    assert_result(store_load_end(f->handle), OK);
    assert_int_equal(standing_of(f), STORE_IN_USE);
    assert_result(store_load_begin(f->handle), CONFLICT);
    assert_int_equal(standing_of(f), STORE_IN_USE);
}

static void test_empty_is_the_mark_alone(void **state)
{
    struct fixture *f = *state;
    assert_result(store_load_begin(f->handle), OK);
    assert_result(store_load_end(f->handle), OK);
    assert_int_equal(standing_of(f), STORE_EMPTY);
}

/* Any record but the built-in roles makes a store one that is in use. */
static void test_what_counts_as_used(void **state)
{
    static const enum record_kind kinds[] = {RECORD_SETTING, RECORD_KEY, RECORD_USER,
                                             RECORD_PRODUCT, RECORD_AUDIT_EVENT};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        void *inner = NULL;
        assert_int_equal(fixture_setup(&inner), 0);
        struct fixture *f = inner;
        struct record record = made(f, kinds[i], 1); /* of people: a deleted one */
        if (kinds[i] == RECORD_USER)
            record.user.role_count = 0;
        assert_result(load_one(f, &record), OK);
        assert_int_equal(standing_of(f), STORE_IN_USE);
        drop(f);
    }
    void *inner = NULL;
    assert_int_equal(fixture_setup(&inner), 0);
    struct fixture *f = inner;
    struct record role = made(f, RECORD_ROLE, 0);
    assert_result(load_one(f, &role), OK);
    assert_int_equal(standing_of(f), STORE_EMPTY);
    role = made(f, RECORD_ROLE, 3);
    assert_result(load_one(f, &role), OK);
    assert_int_equal(standing_of(f), STORE_IN_USE);
    drop(f);
}

static void test_counts(void **state)
{
    struct fixture *f = *state;
    int64_t counts[RECORD_KIND_END];
    load_made(f, RECORD_COUNTER);
    assert_result(store_dump_counts(f->handle, 0, counts), OK);
    for (enum record_kind kind = RECORD_SETTING; kind < RECORD_KIND_END; kind++)
        assert_int_equal(counts[kind], records_make(kind, MANY, 1, &f->arena).count);
}

int conformance_records(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_what_is_loaded_is_dumped),
        FIXTURE_TEST(test_pages_of_any_size_are_the_same),
        FIXTURE_TEST(test_pages_are_bounded),
        FIXTURE_TEST(test_again_changes_nothing),
        FIXTURE_TEST(test_loading_leaves_no_traces),
        FIXTURE_TEST(test_another_record_under_the_id),
        FIXTURE_TEST(test_the_refused_one_is_named),
        FIXTURE_TEST(test_taken_by_another_person),
        FIXTURE_TEST(test_taken_email),
        FIXTURE_TEST(test_what_it_refers_to_is_missing),
        FIXTURE_TEST(test_built_in_roles_are_replaced),
        FIXTURE_TEST(test_users_beyond_the_limits),
        FIXTURE_TEST(test_roles_beyond_the_limits),
        FIXTURE_TEST(test_one_beyond_the_limits_is_named),
        FIXTURE_TEST(test_numbers_go_on),
        FIXTURE_TEST(test_product_numbers_go_on),
        FIXTURE_TEST(test_people_are_found_and_counted),
        FIXTURE_TEST(test_products_are_found),
        FIXTURE_TEST(test_sessions_live_on),
        FIXTURE_TEST(test_the_kept_session_lives_on),
        FIXTURE_TEST(test_the_feed_tells_what_ended),
        FIXTURE_TEST(test_the_feed_tells_of_those_gone_for_good),
        FIXTURE_TEST(test_old_changes_stay_behind),
        FIXTURE_TEST(test_what_lived_is_moved),
        FIXTURE_TEST(test_the_mark),
        FIXTURE_TEST(test_empty_is_the_mark_alone),
        FIXTURE_TEST(test_what_counts_as_used),
        FIXTURE_TEST(test_counts),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
