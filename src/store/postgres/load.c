#include "store/postgres/load.h"

#include "base/network.h"
#include "model/limits.h"
#include "store/postgres/bulk.h"
#include "store/postgres/products.h"
#include "store/postgres/user_write.h"

/* Records of one round trip, each with up to STATEMENTS_MAX statements. */
#define STATEMENTS_MAX 5
#define RECORDS_MAX ((PGSQL_BATCH_MAX - 1) / STATEMENTS_MAX)

#define NONE (SIZE_MAX)

/* The statements of one record in the batch. */
struct loaded {
    size_t first;
    size_t put;       /* gives 1 (inserted) or 0 (the same is there), or nothing */
    size_t added;     /* changed a set that belongs to it */
    size_t counted;   /* how large the set is now */
    size_t wanted;    /* how large it must be */
    bool begins_anew; /* the set */
};

static struct loaded begin_record(const struct pgsql_batch *batch)
{
    return (struct loaded){.first = batch->count, .put = NONE, .added = NONE, .counted = NONE};
}

/* --- settings, keys, roles -------------------------------------------------------------------- */

static enum result add_setting(struct pgsql_batch *batch, const struct record *record,
                               struct arena *arena, struct loaded *out)
{
    const struct setting_record *setting = &record->setting;
    (void)arena;
    out->put =
        pgsql_add(batch, STATEMENT_LOAD_SETTING,
                  PGSQL_BIND(pgsql_text(setting->name), pgsql_blob(view_not_null(setting->value))));
    return RESULT_OK;
}

static enum result add_key(struct pgsql_batch *batch, const struct record *record,
                           struct arena *arena, struct loaded *out)
{
    const struct stored_key *key = &record->key;
    (void)arena;
    out->put =
        pgsql_add(batch, STATEMENT_LOAD_KEY,
                  PGSQL_BIND(pgsql_text(key->key_id), pgsql_text(key->algorithm),
                             pgsql_blob(key->material), pgsql_number(key->created_ms),
                             pgsql_number(key->signs_from_ms), pgsql_instant(key->retired_ms)));
    return RESULT_OK;
}

/* A built-in one is there already and becomes what the record says: its permissions begin anew. */
static enum result add_role(struct pgsql_batch *batch, const struct record *record,
                            struct arena *arena, struct loaded *out)
{
    const struct role *role = &record->role;
    struct builder builder;
    builder_init(&builder, arena, SIZE_MAX / 4);
    struct pgsql_value permissions =
        postgres_user_write_names(&builder, role->permissions, role->permission_count);
    out->put = pgsql_add(batch, role->built_in ? STATEMENT_LOAD_ROLE_BUILT_IN : STATEMENT_LOAD_ROLE,
                         PGSQL_BIND(pgsql_id(&role->id), pgsql_text(role->name),
                                    pgsql_text(role->description), pgsql_number(role->built_in),
                                    pgsql_number(role->created_ms), pgsql_number(role->updated_ms),
                                    pgsql_number(role->version)));
    out->begins_anew = role->built_in;
    out->wanted = role->permission_count;
    if (role->built_in) {
        (void)pgsql_add(batch, STATEMENT_LOAD_PERMISSIONS_CLEAR, PGSQL_BIND(pgsql_id(&role->id)));
    }
    out->added =
        pgsql_add(batch, STATEMENT_LOAD_PERMISSIONS, PGSQL_BIND(pgsql_id(&role->id), permissions));
    out->counted =
        pgsql_add(batch, STATEMENT_LOAD_PERMISSION_COUNT, PGSQL_BIND(pgsql_id(&role->id)));
    return RESULT_OK;
}

/* --- users and sessions ----------------------------------------------------------------------- */

static void put_user(struct pgsql_batch *batch, const struct user_record *record,
                     const struct postgres_user_keys *keys, struct loaded *out)
{
    const struct user *user = &record->user;
    out->put = pgsql_add(
        batch, STATEMENT_LOAD_USER,
        PGSQL_BIND(pgsql_number(user->number), pgsql_id(&user->id), pgsql_text(user->username),
                   pgsql_text(keys->username), pgsql_text(user->email), pgsql_text(keys->email),
                   pgsql_text(user->name), postgres_user_write_age(user->age),
                   pgsql_text(user->metadata), pgsql_number(user->status),
                   pgsql_number(user->email_verified), pgsql_text(record->password_hash),
                   pgsql_number(user->created_ms), pgsql_number(user->updated_ms),
                   pgsql_instant(user->last_login_ms), pgsql_instant(user->deleted_ms),
                   pgsql_number(user->epoch), pgsql_number(user->version), pgsql_text(keys->name)));
}

static enum result add_user(struct pgsql_batch *batch, const struct record *record,
                            struct arena *arena, struct loaded *out)
{
    const struct user_record *user = &record->user;
    struct postgres_user_keys keys;
    struct builder builder;
    struct pgsql_array ids;
    if (!postgres_user_write_fold(user->user.username, user->user.email, user->user.name, &keys)) {
        return RESULT_INVALID;
    }
    put_user(batch, user, &keys, out);
    builder_init(&builder, arena, SIZE_MAX / 4);
    pgsql_array_begin(&ids, &builder, PGSQL_UUID_ARRAY, user->role_count);
    for (size_t i = 0; i < user->role_count; i++) {
        pgsql_array_add(&ids, pgsql_id(&user->role_ids[i]));
    }
    out->wanted = user->role_count;
    out->added = pgsql_add(batch, STATEMENT_LOAD_USER_ROLES,
                           PGSQL_BIND(pgsql_number(user->user.number), pgsql_array_end(&ids)));
    out->counted = pgsql_add(batch, STATEMENT_LOAD_USER_ROLE_COUNT,
                             PGSQL_BIND(pgsql_number(user->user.number)));
    return RESULT_OK;
}

static enum result add_session(struct pgsql_batch *batch, const struct record *record,
                               struct arena *arena, struct loaded *out)
{
    const struct session *session = &record->session.session;
    char room[NETWORK_SIZE];
    (void)arena;
    out->put = pgsql_add(
        batch, STATEMENT_LOAD_SESSION,
        PGSQL_BIND(pgsql_id(&session->id), pgsql_id(&session->user_id),
                   pgsql_text(view_not_null(session->client_id)), pgsql_text(session->user_agent),
                   pgsql_text(view_not_null(session->address)),
                   pgsql_text(view_not_null(network_of(session->address, room))),
                   pgsql_number(session->created_ms), pgsql_number(session->last_used_ms),
                   pgsql_instant(record->session.rotated_ms), pgsql_number(session->expires_ms),
                   pgsql_number(session->counter), pgsql_instant(session->revoked_ms),
                   pgsql_number(session->epoch)));
    return RESULT_OK;
}

/* --- the rest --------------------------------------------------------------------------------- */

static enum result add_product(struct pgsql_batch *batch, const struct record *record,
                               struct arena *arena, struct loaded *out)
{
    const struct product *product = &record->product;
    struct view name;
    struct view description;
    if (!postgres_products_fold(product->name, arena, &name) ||
        !postgres_products_fold(product->description, arena, &description)) {
        return RESULT_INTERNAL;
    }
    out->put = pgsql_add(
        batch, STATEMENT_LOAD_PRODUCT,
        PGSQL_BIND(pgsql_number(product->number), pgsql_id(&product->id), pgsql_text(product->name),
                   pgsql_text(product->description), pgsql_number(product->price.units),
                   pgsql_number(product->price.places), pgsql_id(&product->owner_id),
                   pgsql_number(product->created_ms), pgsql_number(product->updated_ms),
                   pgsql_number(product->version), pgsql_text(name), pgsql_text(description)));
    return RESULT_OK;
}

static enum result add_audit_event(struct pgsql_batch *batch, const struct record *record,
                                   struct arena *arena, struct loaded *out)
{
    const struct audit_event *event = &record->audit_event;
    (void)arena;
    out->put = pgsql_add(
        batch, STATEMENT_LOAD_AUDIT_EVENT,
        PGSQL_BIND(pgsql_id(&event->id), pgsql_text(event->event), pgsql_number(event->outcome),
                   pgsql_number(event->actor), pgsql_id_or_null(&event->actor_id),
                   pgsql_text(event->actor_name), pgsql_id_or_null(&event->user_id),
                   pgsql_text(event->user_name), pgsql_text(view_not_null(event->address)),
                   pgsql_text(event->user_agent), pgsql_text(event->request_id),
                   pgsql_text(event->reason),
                   pgsql_text(event->details.len > 0 ? event->details : VIEW("{}"))));
    return RESULT_OK;
}

static enum result add_change(struct pgsql_batch *batch, const struct record *record,
                              struct arena *arena, struct loaded *out)
{
    const struct change_record *change = &record->change;
    (void)arena;
    (void)out;
    (void)pgsql_add(batch, STATEMENT_LOAD_CHANGE,
                    PGSQL_BIND(pgsql_number(change->kind), pgsql_id(&change->subject),
                               pgsql_number(change->at_ms)));
    return RESULT_OK;
}

static enum result add_counter(struct pgsql_batch *batch, const struct record *record,
                               struct arena *arena, struct loaded *out)
{
    const struct counter_record *counter = &record->counter;
    (void)arena;
    (void)out;
    if (counter->value > 0) {
        (void)pgsql_add(batch, STATEMENT_LOAD_COUNTER,
                        PGSQL_BIND(pgsql_number(counter->name), pgsql_number(counter->value)));
    }
    return RESULT_OK;
}

static enum result add_record(struct pgsql_batch *batch, const struct record *record,
                              struct arena *arena, struct loaded *out)
{
    static enum result (*const loaders[RECORD_KIND_END])(
        struct pgsql_batch * batch, const struct record *record, struct arena *arena,
        struct loaded *out) = {
#define LOADER(name, member, plural) [RECORD_##name] = add_##member,
        RECORD_KINDS(LOADER)
#undef LOADER
    };
    *out = begin_record(batch);
    return loaders[record->kind](batch, record, arena, out);
}

/* --- what came of it -------------------------------------------------------------------------- */

static int64_t number_of(const struct pgsql_batch *batch, size_t statement)
{
    struct pgsql_row row = pgsql_row(batch, statement, 0);
    return pgsql_get_number(&row, 0);
}

/* A set of a new record is complete by what was added; one that was there already is the same when
   nothing was added and it is no larger. */
static enum result check_set(const struct pgsql_batch *batch, const struct loaded *loaded)
{
    bool is_new = loaded->begins_anew || number_of(batch, loaded->put) == 1;
    int64_t wanted = (int64_t)loaded->wanted;
    bool good = number_of(batch, loaded->counted) == wanted &&
                pgsql_changed(batch, loaded->added) == (is_new ? wanted : 0);
    if (good) {
        return RESULT_OK;
    }
    /* Of something new only what it refers to can be missing. */
    return is_new ? RESULT_INVALID : RESULT_CONFLICT;
}

static enum result check_record(const struct pgsql_batch *batch, const struct loaded *loaded)
{
    if (loaded->put == NONE) {
        return RESULT_OK;
    }
    if (pgsql_rows(batch, loaded->put) == 0) {
        return RESULT_CONFLICT;
    }
    return loaded->counted != NONE ? check_set(batch, loaded) : RESULT_OK;
}

/* Is its person there? Then it is another record that is in the way. */
static enum result explain_session(struct postgres_handle *handle, const struct record *record)
{
    int64_t has_user = 0;
    enum result result =
        pgsql_do_number(handle, STATEMENT_LOAD_SESSION_USER,
                        PGSQL_BIND(pgsql_id(&record->session.session.user_id)), &has_user);
    if (result != RESULT_OK) {
        return result;
    }
    return has_user != 0 ? RESULT_CONFLICT : RESULT_INVALID;
}

/* The record whose statement failed. */
static size_t find_failed(const struct pgsql_batch *batch, const struct loaded *loaded,
                          size_t count)
{
    size_t i = count;
    while (i > 1 && loaded[i - 1].first > batch->failed) {
        i--;
    }
    return i > 0 ? i - 1 : 0;
}

static enum result check_all(const struct pgsql_batch *batch, const struct loaded *loaded,
                             size_t count, size_t *refused)
{
    for (size_t i = 0; i < count; i++) {
        enum result result = check_record(batch, &loaded[i]);
        if (result != RESULT_OK) {
            *refused = i;
            return result;
        }
    }
    return RESULT_OK;
}

/* --- all -------------------------------------------------------------------------------------- */

static enum result load_some(struct postgres_handle *handle, const struct record *records,
                             size_t count, size_t *refused)
{
    CLEANUP(arena_clear) struct arena arena;
    struct loaded loaded[RECORDS_MAX];
    enum result result = RESULT_OK;
    arena_init(&arena, 0);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        *refused = i;
        result = add_record(&batch, &records[i], &arena, &loaded[i]);
    }
    if (result != RESULT_OK) {
        return result;
    }
    result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        *refused = find_failed(&batch, loaded, count);
        return result;
    }
    result = check_all(&batch, loaded, count, refused);
    if (result == RESULT_CONFLICT && records[*refused].kind == RECORD_SESSION) {
        result = explain_session(handle, &records[*refused]);
    }
    return result;
}

/* Numbers go on behind those that were loaded. The records are in the order of their numbers. */
static enum result raise_counter(struct postgres_handle *handle, const struct record *last)
{
    bool is_user = last->kind == RECORD_USER;
    if (!is_user && last->kind != RECORD_PRODUCT) {
        return RESULT_OK;
    }
    int64_t number = is_user ? last->user.user.number : last->product.number;
    return pgsql_do(
        handle, STATEMENT_LOAD_COUNTER,
        PGSQL_BIND(pgsql_number(is_user ? COUNTER_USERS : COUNTER_PRODUCTS), pgsql_number(number)));
}

static enum result load(struct postgres_handle *handle, const struct record *records, size_t count,
                        size_t *refused)
{
    CLEANUP(postgres_bulk_end) struct postgres_handle *patient = handle;
    CLEANUP(postgres_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = postgres_bulk_begin(patient, &transaction);
    for (size_t at = 0; at < count && result == RESULT_OK; at += RECORDS_MAX) {
        size_t left = count - at;
        size_t among = 0;
        result = load_some(handle, records + at, left < RECORDS_MAX ? left : RECORDS_MAX, &among);
        *refused = at + among;
    }
    if (result == RESULT_OK && count > 0) {
        result = raise_counter(handle, &records[count - 1]);
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_load(struct store_handle *base, const struct record *records, size_t count,
                          size_t *refused)
{
    enum result result;
    POSTGRES_TRY(result, load(postgres_handle_of(base), records, count, refused));
    return result;
}

/* --- the mark --------------------------------------------------------------------------------- */

static struct pgsql_value mark_name(void)
{
    return pgsql_text(VIEW(BACKEND_LOADING_SETTING));
}

static void take_standing(const struct pgsql_batch *batch, size_t statement,
                          enum store_standing *out)
{
    struct pgsql_row row = pgsql_row(batch, statement, 0);
    *out = pgsql_get_number(&row, 1) != 0 ? STORE_IN_USE : STORE_EMPTY;
    *out = pgsql_get_number(&row, 0) != 0 ? STORE_LOADING : *out;
}

enum result postgres_load_standing(struct store_handle *base, enum store_standing *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    size_t standing = pgsql_add(&batch, STATEMENT_STANDING, PGSQL_BIND(mark_name()));
    enum result result = pgsql_run(&batch);
    if (result == RESULT_OK) {
        take_standing(&batch, standing, out);
    }
    return result;
}

/* Under the lock of the schema, so that two do not begin at once. */
static enum result mark(struct postgres_handle *handle)
{
    enum store_standing standing = STORE_IN_USE;
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN, PGSQL_NONE);
    (void)pgsql_add(&batch, STATEMENT_LOCK, PGSQL_BIND(pgsql_number(TRANSACTION_LOCK_SCHEMA)));
    size_t looked = pgsql_add(&batch, STATEMENT_STANDING, PGSQL_BIND(mark_name()));
    (void)pgsql_add(&batch, STATEMENT_LOAD_MARK, PGSQL_BIND(mark_name()));
    enum result result = pgsql_run(&batch);
    if (result == RESULT_OK) {
        take_standing(&batch, looked, &standing);
        result = standing == STORE_IN_USE ? RESULT_CONFLICT : RESULT_OK;
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_load_begin(struct store_handle *base)
{
    enum result result;
    POSTGRES_TRY(result, mark(postgres_handle_of(base)));
    return result;
}

enum result postgres_load_end(struct store_handle *base)
{
    return pgsql_do(postgres_handle_of(base), STATEMENT_LOAD_UNMARK, PGSQL_BIND(mark_name()));
}
