#include "store/mongo/load.h"

#include <stdlib.h>
#include <string.h>

#include "store/mongo/call.h"
#include "store/mongo/counters.h"
#include "store/mongo/driver.h"
#include "store/mongo/keys.h"
#include "store/mongo/records.h"
#include "store/mongo/stamp.h"
#include "store/mongo/user_document.h"

#define INDEX_TEXT_SIZE 16

/* One call, over its batches. */
struct loading {
    struct mongo_handle *handle;
    struct arena arena;
    struct grant_choice choice;   /* for users */
    const struct record *records; /* of the batch */
    size_t count;
    size_t refused; /* in the batch */
};

/* --- what a record needs ---------------------------------------------------------------------- */

static int order_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct id));
}

static void write_users(const struct loading *loading, bson_t *filter)
{
    DOC_LOCAL(list);
    for (size_t i = 0; i < loading->count; i++) {
        char room[INDEX_TEXT_SIZE];
        const char *key;
        (void)bson.uint32_to_string((uint32_t)i, &key, room, sizeof room);
        doc_add(&list, DOC(doc_uuid(key, &loading->records[i].session.session.user_id)));
    }
    doc_make(filter,
             DOC(doc_open("_id"), doc_embed_list("$in", &list), doc_close(), doc_null("purged")));
}

/* INVALID with the first session whose person is not there. */
static enum result check_users(struct loading *loading)
{
    struct id known[CALL_INSERT_MAX];
    size_t count = 0;
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    write_users(loading, &filter);
    doc_make(&options, DOC(doc_open("projection"), doc_bool("_id", true), doc_close()));
    CLEANUP(call_close)
    struct call_rows rows = call_find(loading->handle, MONGO_USERS, &filter, &options);
    while (count < CALL_INSERT_MAX && (result = call_next(&rows, &found)) == RESULT_OK) {
        known[count++] = doc_get_id(found, "_id");
    }
    if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
        return result;
    }
    qsort(known, count, sizeof *known, order_ids);
    for (size_t i = 0; i < loading->count; i++) {
        const struct id *id = &loading->records[i].session.session.user_id;
        if (bsearch(id, known, count, sizeof *known, order_ids) == NULL) {
            loading->refused = i;
            return RESULT_INVALID;
        }
    }
    return RESULT_OK;
}

/* --- documents of their own ------------------------------------------------------------------- */

static enum result make_docs(struct loading *loading, bson_t *docs, size_t *made)
{
    enum result result = RESULT_OK;
    for (*made = 0; result == RESULT_OK && *made < loading->count; *made += 1) {
        loading->refused = *made;
        result = mongo_records_make(&loading->records[*made], &loading->choice, &docs[*made]);
    }
    return result;
}

/* Something was in the way: the same record is fine. */
static enum result check_same(struct loading *loading, const bson_t *doc,
                              const struct record *record)
{
    struct record there = {.kind = record->kind};
    bson_iter_t at;
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    if (!bson.iter_init_find(&at, doc, "_id")) {
        return RESULT_INTERNAL;
    }
    (void)bson.append_iter(&filter, "_id", -1, &at);
    enum result result = call_find_one(loading->handle, mongo_records_collection(record->kind),
                                       &filter, NULL, &found);
    if (result != RESULT_OK) {
        return result == RESULT_NOT_FOUND ? RESULT_CONFLICT : result;
    }
    result = mongo_records_read(&found, &loading->arena, &there);
    bool same = result == RESULT_OK && mongo_records_are_same(record, &there);
    return result == RESULT_OK && !same ? RESULT_CONFLICT : result;
}

static enum result check_refused(struct loading *loading, const bson_t *docs, const bool *refused)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < loading->count; i++) {
        if (refused[i]) {
            loading->refused = i;
            result = check_same(loading, &docs[i], &loading->records[i]);
        }
    }
    return result;
}

/* No number of theirs is given out again. They come in the order of their numbers. */
static enum result raise_counter(struct loading *loading)
{
    const struct record *last = &loading->records[loading->count - 1];
    if (last->kind == RECORD_USER) {
        return mongo_counters_raise(loading->handle, COUNTER_USERS, last->user.user.number);
    }
    if (last->kind == RECORD_PRODUCT) {
        return mongo_counters_raise(loading->handle, COUNTER_PRODUCTS, last->product.number);
    }
    return RESULT_OK;
}

static enum result load_documents(struct loading *loading)
{
    bson_t docs[CALL_INSERT_MAX];
    bool refused[CALL_INSERT_MAX];
    size_t made = 0;
    enum record_kind kind = loading->records[0].kind;
    enum result result = make_docs(loading, docs, &made);
    if (result == RESULT_OK && kind == RECORD_SESSION) {
        result = check_users(loading);
    }
    if (result == RESULT_OK) {
        result = raise_counter(loading);
    }
    if (result == RESULT_OK) {
        result =
            call_insert_all(loading->handle, mongo_records_collection(kind), docs, made, refused);
    }
    if (result == RESULT_OK) {
        result = check_refused(loading, docs, refused);
    }
    for (size_t i = 0; i < made; i++) {
        bson.destroy(&docs[i]);
    }
    return result;
}

/* --- roles, keys, counters -------------------------------------------------------------------- */

/* A built-in one is there already, and becomes what the record says. */
static enum result load_built_in(struct loading *loading, const struct record *record)
{
    DOC_LOCAL(doc);
    DOC_LOCAL(filter);
    DOC_LOCAL(unwanted);
    enum result result = mongo_records_make(record, NULL, &doc);
    doc_make(&filter, DOC(doc_uuid("_id", &record->role.id), doc_text("name", record->role.name),
                          doc_bool("built_in", true)));
    if (result != RESULT_OK) {
        return result;
    }
    result = call_modify(loading->handle, MONGO_ROLES, &filter, &doc, 0, NULL, &unwanted);
    return result == RESULT_NOT_FOUND ? RESULT_CONFLICT : result;
}

static enum result load_role(struct loading *loading, const struct record *record)
{
    DOC_LOCAL(doc);
    if (record->role.built_in) {
        return load_built_in(loading, record);
    }
    enum result result = mongo_records_make(record, NULL, &doc);
    if (result == RESULT_OK) {
        result = call_insert(loading->handle, MONGO_ROLES, &doc, NULL);
    }
    return result == RESULT_CONFLICT ? check_same(loading, &doc, record) : result;
}

static enum result load_key(struct loading *loading, const struct record *record)
{
    return mongo_keys_load(loading->handle, &record->key, &loading->arena);
}

static enum result load_counter(struct loading *loading, const struct record *record)
{
    return mongo_counters_raise(loading->handle, record->counter.name, record->counter.value);
}

/* --- changes ---------------------------------------------------------------------------------- */

/* Of one who is gone for good, or of a session that was cleared away: a stub that bears the stamp.
 */
static enum result insert_stub(struct loading *loading, const struct change_record *change,
                               enum mongo_collection collection)
{
    const struct view none = {NULL, 0};
    char room[EMAIL_MAX_BYTES];
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_uuid("_id", &change->subject), doc_bool("purged", true)));
    if (collection == MONGO_USERS) {
        struct view key = mongo_user_document_key(none, &change->subject, false, room);
        doc_add(&doc, DOC(doc_text("username_key", key), doc_text("email_key", key)));
    } else {
        doc_add(&doc, DOC(doc_date("revoked_at", change->at_ms)));
    }
    mongo_stamp_insert(&doc, change->at_ms);
    return call_insert(loading->handle, collection, &doc, NULL);
}

static enum result load_change(struct loading *loading, const struct record *record)
{
    const struct change_record *change = &record->change;
    enum mongo_collection collection = change->kind == CHANGE_USER ? MONGO_USERS : MONGO_SESSIONS;
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(doc_uuid("_id", &change->subject)));
    doc_make(&update, DOC(doc_open("$max"), doc_date("changed_at", change->at_ms), doc_close(),
                          doc_open("$currentDate"), doc_open("chg"), doc_word("$type", "timestamp"),
                          doc_close(), doc_close()));
    enum result result = call_update(loading->handle, collection, &filter, &update, NULL);
    return result == RESULT_NOT_FOUND ? insert_stub(loading, change, collection) : result;
}

/* --- all -------------------------------------------------------------------------------------- */

typedef enum result loader(struct loading *loading, const struct record *record);

/* The loader of one record at a time; NULL: in batches. */
static loader *single_loader(enum record_kind kind)
{
    static loader *const loaders[RECORD_KIND_END] = {
        [RECORD_KEY] = load_key,
        [RECORD_ROLE] = load_role,
        [RECORD_CHANGE] = load_change,
        [RECORD_COUNTER] = load_counter,
    };
    return loaders[kind];
}

static enum result load_batch(struct loading *loading)
{
    loader *single = single_loader(loading->records[0].kind);
    enum result result = RESULT_OK;
    if (single == NULL) {
        return load_documents(loading);
    }
    for (size_t i = 0; result == RESULT_OK && i < loading->count; i++) {
        loading->refused = i;
        result = single(loading, &loading->records[i]);
    }
    return result;
}

static enum result load_all(struct loading *loading, const struct record *records, size_t count,
                            size_t *refused)
{
    enum result result = RESULT_OK;
    if (records[0].kind == RECORD_USER) {
        result = mongo_grants_read_all(loading->handle, &loading->arena, &loading->choice);
    }
    for (size_t done = 0; result == RESULT_OK && done < count; done += loading->count) {
        size_t left = count - done;
        loading->records = records + done;
        loading->count = left < CALL_INSERT_MAX ? left : CALL_INSERT_MAX;
        result = load_batch(loading);
        *refused = done + loading->refused;
    }
    return result;
}

enum result mongo_load(struct store_handle *base, const struct record *records, size_t count,
                       size_t *refused)
{
    struct loading loading = {.handle = mongo_handle_of(base)};
    arena_init(&loading.arena, 0);
    enum result result = count > 0 ? load_all(&loading, records, count, refused) : RESULT_OK;
    arena_reset(&loading.arena); /* wipes hashes and keys */
    arena_clear(&loading.arena);
    return result;
}

/* --- the mark --------------------------------------------------------------------------------- */

static struct doc_part mark_id(void)
{
    return doc_word("_id", BACKEND_LOADING_SETTING);
}

static enum result has_any(struct mongo_handle *handle, enum mongo_collection collection,
                           const bson_t *filter, bool *any)
{
    DOC_LOCAL(found);
    enum result result = call_find_one(handle, collection, filter, NULL, &found);
    *any = *any || result == RESULT_OK;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* All but the built-in roles, as long as nobody changed them. */
static enum result look_for_anything(struct mongo_handle *handle, bool *any)
{
    static const enum mongo_collection collections[] = {
        MONGO_USERS, MONGO_SESSIONS, MONGO_KEYS, MONGO_SETTINGS, MONGO_AUDIT, MONGO_PRODUCTS};
    DOC_LOCAL(all);
    DOC_LOCAL(roles);
    doc_make(&roles, DOC(doc_open("built_in"), doc_bool("$ne", true), doc_close()));
    enum result result = has_any(handle, MONGO_ROLES, &roles, any);
    for (size_t i = 0; result == RESULT_OK && !*any && i < ARRAY_LEN(collections); i++) {
        result = has_any(handle, collections[i], &all, any);
    }
    return result;
}

enum result mongo_load_standing(struct store_handle *base, enum store_standing *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    bool is_marked = false;
    bool has_anything = false;
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(mark_id()));
    enum result result = has_any(handle, MONGO_SETTINGS, &filter, &is_marked);
    if (result == RESULT_OK && !is_marked) {
        result = look_for_anything(handle, &has_anything);
    }
    *out = has_anything ? STORE_IN_USE : STORE_EMPTY;
    *out = is_marked ? STORE_LOADING : *out;
    return result;
}

enum result mongo_load_begin(struct store_handle *base)
{
    enum store_standing standing;
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(mark_id(), doc_bool("value", true)));
    enum result result = mongo_load_standing(base, &standing);
    if (result == RESULT_OK && standing == STORE_IN_USE) {
        return RESULT_CONFLICT;
    }
    if (result == RESULT_OK) {
        result = call_insert(mongo_handle_of(base), MONGO_SETTINGS, &doc, NULL);
    }
    return result == RESULT_CONFLICT ? RESULT_OK : result;
}

enum result mongo_load_end(struct store_handle *base)
{
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(mark_id()));
    enum result result = call_delete(mongo_handle_of(base), MONGO_SETTINGS, &filter);
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
