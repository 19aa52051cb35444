#include "records.h"

#include <stdlib.h>

#include "base/builder.h"
#include "model/limits.h"

#define BEYOND_DOUBLE (INT64_C(9007199254740993)) /* 2^53 + 1: no double holds it */
#define YEAR_9999 INT64_C(253402300799999)

/* Letters of one to four bytes; combining marks, right-to-left, what folds to two letters. */
static const char *const letters[] = {"a", "Z", "9",  "ß", "İ", "é",
                                      "ก", "א", "漢", "𐐀", "😀", "\u0301"};

struct maker {
    uint64_t state;
    struct arena *arena;
};

static uint64_t next(struct maker *m)
{
    m->state = m->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return m->state >> 33;
}

static bool one_in(struct maker *m, unsigned n)
{
    return next(m) % n == 0;
}

static struct view none(void)
{
    return view_make(NULL, 0);
}

/* Exactly `chars` characters. */
static struct view text_of(struct maker *m, size_t chars)
{
    struct builder b;
    struct view text = none();
    builder_init(&b, m->arena, chars * 4 + 1);
    for (size_t i = 0; i < chars; i++)
        builder_text(&b, letters[next(m) % ARRAY_LEN(letters)]);
    assert_true(builder_end(&b, &text));
    return text.at != NULL ? text : VIEW("");
}

/* None, empty, of any length, or at the limit. */
static struct view text_or_none(struct maker *m, size_t max_chars)
{
    switch (next(m) % 4) {
    case 0:
        return none();
    case 1:
        return VIEW("");
    case 2:
        return text_of(m, max_chars);
    default:
        return text_of(m, next(m) % 20);
    }
}

static struct view bytes_of(struct maker *m, size_t len)
{
    uint8_t *bytes = arena_take(m->arena, len + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)next(m);
    return view_make(bytes, len);
}

/* Of the form {"k":"…"}, at most max_bytes. */
static struct view object_of(struct maker *m, size_t max_bytes)
{
    if (one_in(m, 4))
        return VIEW("{ \"b\" : [1.50, 1e3], \"a\":null , \"a\":\"\\u0000\" }"); /* stays as it is */
    struct view text = text_of(m, one_in(m, 8) ? (max_bytes - 8) / 4 : next(m) % 30);
    return arena_format(m->arena, "{\"k\":\"%.*s\"}", VIEW_ARG(text));
}

static struct id id_at(unsigned tag, size_t index)
{
    struct id id = id_new(NOW);
    memset(id.bytes + 8, 0, 8);
    id.bytes[6] = (uint8_t)(0x70 | tag);
    id.bytes[7] = 0;
    id.bytes[8] = 0x80;
    id.bytes[14] = (uint8_t)(index >> 8);
    id.bytes[15] = (uint8_t)index;
    return id;
}

static int64_t instant(struct maker *m)
{
    static const int64_t instants[] = {1, NOW, YEAR_9999};
    return one_in(m, 4) ? instants[next(m) % ARRAY_LEN(instants)]
                        : NOW + (int64_t)(next(m) % (uint64_t)DAY);
}

static int64_t instant_or_none(struct maker *m)
{
    return one_in(m, 2) ? 0 : instant(m);
}

static int64_t count_up(struct maker *m)
{
    return one_in(m, 8) ? BEYOND_DOUBLE : 1 + (int64_t)(next(m) % 5);
}

static struct id role_id_at(size_t index)
{
    /* The built-in ones come first (migrations). */
    static const uint8_t built_in[15] = {0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80};
    struct id id = id_at(1, index);
    if (index < 2) {
        memcpy(id.bytes, built_in, sizeof built_in);
        id.bytes[15] = (uint8_t)(index + 1);
    }
    return id;
}

/* --- one of each kind ------------------------------------------------------------------------- */

static bool make_setting(struct maker *m, size_t i, struct record *out)
{
    out->setting.name = arena_format(m->arena, "setting.%04zu", i);
    out->setting.value = bytes_of(m, i == 0 ? 0 : next(m) % 300);
    return true;
}

static bool make_key(struct maker *m, size_t i, struct record *out)
{
    out->key = (struct stored_key){
        .key_id = arena_format(m->arena, "key-%04zu", i),
        .algorithm = one_in(m, 2) ? VIEW("ES256") : VIEW("RS256"),
        .material = bytes_of(m, 1 + next(m) % 1500),
        .created_ms = instant(m),
        .signs_from_ms = instant(m),
        .retired_ms = instant_or_none(m),
    };
    return true;
}

static bool make_role(struct maker *m, size_t i, struct record *out)
{
    size_t count = i == 2 ? ROLE_PERMISSIONS_MAX : i % 3;
    struct view *permissions = arena_take_array(m->arena, count, sizeof *permissions);
    for (size_t p = 0; p < count; p++)
        permissions[p] =
            arena_format(m->arena, "a%03zu%.*s:%s", p, i == 2 ? 58 : 1,
                         "bcdefghijklmnopqrstuvwxyz-_0123456789bcdefghijklmnopqrstuvwxyz",
                         i == 2 ? "*" : "read");
    out->role = (struct role){
        .id = role_id_at(i),
        .name =
            i < 2 ? (i == 0 ? VIEW("admin") : VIEW("user")) : arena_format(m->arena, "role%zu", i),
        .description = text_or_none(m, ROLE_DESCRIPTION_MAX_CHARS),
        .permissions = permissions,
        .permission_count = count,
        .built_in = i < 2,
        .created_ms = instant(m),
        .updated_ms = instant(m),
        .version = count_up(m),
    };
    return i < RECORDS_ROLES;
}

static struct view name_at(struct maker *m, size_t i, bool deleted)
{
    /* A deleted person's name may be another's. */
    return deleted ? VIEW("Somebody") : arena_format(m->arena, "User.%zu", i);
}

static void give_roles(struct maker *m, size_t i, struct user_record *user)
{
    struct id *ids = arena_take_array(m->arena, RECORDS_ROLES, sizeof *ids);
    for (size_t r = 0; r < RECORDS_ROLES; r++) {
        if (i == 0 || one_in(m, 3))
            ids[user->role_count++] = role_id_at(r);
    }
    user->role_ids = ids;
}

static struct view email_at(struct maker *m, size_t i, bool deleted)
{
    static const char longest[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaa";
    if (one_in(m, 4))
        return none();
    return deleted ? VIEW("Some.Body@Example.org")
                   : arena_format(m->arena, "U%zu@%s.org", i, one_in(m, 4) ? longest : "Example");
}

static bool make_user(struct maker *m, size_t i, struct record *out)
{
    static const int ages[] = {USER_AGE_UNKNOWN, 0, AGE_MAX, 33};
    bool deleted = i % 3 == 1;
    struct user_record *user = &out->user;
    *user = (struct user_record){
        .user = {.id = id_at(2, i),
                 /* Gaps, and one that no double holds: the last. */
                 .number = i == 999 ? BEYOND_DOUBLE : (int64_t)(3 * i + 1),
                 .username = name_at(m, i, deleted),
                 .email = email_at(m, i, deleted),
                 .name = text_or_none(m, NAME_MAX_CHARS),
                 .age = ages[next(m) % ARRAY_LEN(ages)],
                 .metadata = object_of(m, METADATA_MAX_BYTES),
                 .status = one_in(m, 2) ? USER_ACTIVE : USER_DISABLED,
                 .email_verified = one_in(m, 2),
                 .created_ms = instant(m),
                 .updated_ms = instant(m),
                 .last_login_ms = instant_or_none(m),
                 .deleted_ms = deleted ? instant(m) : 0,
                 .epoch = count_up(m),
                 .version = count_up(m)},
        .password_hash = one_in(m, 4) ? none() : VIEW(HASH),
    };
    give_roles(m, i, user);
    return true;
}

static bool make_session(struct maker *m, size_t i, struct record *out)
{
    static const char *const addresses[] = {"", "192.0.2.1",
                                            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"};
    out->session = (struct session_record){
        .session = {.id = id_at(3, i),
                    .user_id = id_at(2, i),
                    .client_id = one_in(m, 4) ? VIEW("") : VIEW("latchkey"),
                    .user_agent = text_or_none(m, USER_AGENT_MAX_BYTES / 4),
                    .address = view_of(addresses[next(m) % ARRAY_LEN(addresses)]),
                    .created_ms = instant(m),
                    .last_used_ms = instant(m),
                    .expires_ms = instant(m),
                    .counter = count_up(m),
                    .revoked_ms = instant_or_none(m),
                    .epoch = count_up(m)},
        .rotated_ms = instant_or_none(m),
    };
    return true;
}

/* No digits beyond its places. */
static struct decimal price_of(struct maker *m)
{
    static const int64_t steps[] = {10000, 1000, 100, 10, 1};
    int places = (int)(next(m) % ARRAY_LEN(steps));
    int64_t units = one_in(m, 4) ? DECIMAL_UNITS_MAX : (int64_t)(next(m) % 100000);
    return (struct decimal){units - units % steps[places], places};
}

static bool make_product(struct maker *m, size_t i, struct record *out)
{
    out->product = (struct product){
        .id = id_at(4, i),
        .number = (int64_t)(2 * i + 1),
        .name = text_of(m, one_in(m, 8) ? PRODUCT_NAME_MAX_CHARS : 1 + next(m) % 20),
        .description = text_or_none(m, i == 0 ? PRODUCT_DESCRIPTION_MAX_CHARS : 100),
        .price = price_of(m),
        .owner_id = id_at(2, 10000 + i), /* gone */
        .created_ms = instant(m),
        .updated_ms = instant(m),
        .version = count_up(m),
    };
    return true;
}

static bool make_audit_event(struct maker *m, size_t i, struct record *out)
{
    struct id nobody = {{0}};
    out->audit_event = (struct audit_event){
        .id = id_at(5, i),
        .event = one_in(m, 2) ? VIEW("login") : VIEW("user.updated"),
        .outcome = one_in(m, 2) ? AUDIT_SUCCESS : AUDIT_FAILURE,
        .actor = (enum audit_actor)(1 + next(m) % 3),
        /* A name that is not there stays away, also of somebody known. */
        .actor_id = one_in(m, 2) ? nobody : id_at(2, i),
        .actor_name = text_or_none(m, USERNAME_MAX_BYTES / 4),
        .user_id = one_in(m, 2) ? nobody : id_at(2, i),
        .user_name = text_or_none(m, USERNAME_MAX_BYTES / 4),
        .address = one_in(m, 4) ? VIEW("") : VIEW("192.0.2.7"),
        .user_agent = text_or_none(m, USER_AGENT_MAX_BYTES / 4),
        .request_id = text_or_none(m, 8),
        .reason = text_or_none(m, 8),
        .details = object_of(m, 4096),
    };
    return true;
}

/* Of sessions first, then of users: the order of positions. */
static bool make_change(struct maker *m, size_t i, struct record *out)
{
    bool of_session = i < 10;
    out->change = (struct change_record){
        .kind = of_session ? CHANGE_SESSION_ENDED : CHANGE_USER,
        .subject = id_at(of_session ? 3 : 2, of_session ? 2 * i : 3 * (i - 10) + 1),
        .at_ms = NOW + (int64_t)(next(m) % (uint64_t)MINUTE),
    };
    return i < 20;
}

static bool make_counter(struct maker *m, size_t i, struct record *out)
{
    (void)m;
    out->counter = (struct counter_record){
        .name = i == 0 ? COUNTER_USERS : COUNTER_PRODUCTS,
        .value = i == 0 ? BEYOND_DOUBLE : 4000,
    };
    return i < 2;
}

/* --- all of a kind ---------------------------------------------------------------------------- */

struct records records_make(enum record_kind kind, size_t wanted, unsigned seed,
                            struct arena *arena)
{
    static bool (*const makers[RECORD_KIND_END])(struct maker * m, size_t i,
                                                 struct record * out) = {
#define MAKER(name, member, plural) [RECORD_##name] = make_##member,
        RECORD_KINDS(MAKER)
#undef MAKER
    };
    struct maker m = {.state = seed * 97U + (unsigned)kind, .arena = arena};
    struct records records = {.items = arena_take_array(arena, wanted, sizeof(struct record))};
    assert_non_null(records.items);
    for (; records.count < wanted; records.count++) {
        records.items[records.count].kind = kind;
        if (!makers[kind](&m, records.count, &records.items[records.count]))
            break;
    }
    return records;
}

struct records records_dump(struct store_handle *handle, enum record_kind kind, size_t limit,
                            struct arena *arena)
{
    struct records records = {.items = NULL};
    size_t room = 0;
    struct record_query query = {.kind = kind, .limit = limit};
    struct record_page page = {.count = 1};
    while (page.count > 0) {
        assert_result(store_dump(handle, &query, arena, &page), OK);
        assert_true(page.count <= limit);
        if (records.count + page.count > room) {
            room = 2 * (records.count + page.count);
            struct record *more = arena_take_array(arena, room, sizeof *more);
            assert_non_null(more);
            if (records.count > 0)
                memcpy(more, records.items, records.count * sizeof *more);
            records.items = more;
        }
        for (size_t i = 0; i < page.count; i++) {
            struct record_position position = record_position_of(&page.items[i]);
            assert_int_equal(page.items[i].kind, kind);
            assert_true(record_position_compare(&query.after, &position) < 0);
            query.after = position;
            records.items[records.count++] = page.items[i];
        }
    }
    return records;
}

/* --- comparing -------------------------------------------------------------------------------- */

static void put_hex(void *context, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        builder_format(context, "%02x", ((const uint8_t *)bytes)[i]);
}

struct view records_bytes(const struct record *record, struct arena *arena)
{
    struct builder b;
    struct view text;
    builder_init(&b, arena, (size_t)1024 * 1024);
    record_write(record, put_hex, &b);
    assert_true(builder_end(&b, &text));
    return text;
}

void records_assert_same(const struct records *actual, const struct records *expected,
                         struct arena *arena)
{
    assert_int_equal(actual->count, expected->count);
    for (size_t i = 0; i < actual->count; i++) {
        struct view is = records_bytes(&actual->items[i], arena);
        struct view should = records_bytes(&expected->items[i], arena);
        if (!view_equal(is, should))
            fail_msg("%s %zu:\n%.*s\n%.*s", record_kind_plural(actual->items[i].kind), i,
                     VIEW_ARG(is), VIEW_ARG(should));
    }
}
