#include "store/mongo/purge.h"

#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/epochs.h"
#include "store/mongo/role_write.h"

/* One call, over its parts. */
struct purging {
    struct mongo_handle *handle;
    const struct purge_limits *limits;
    bool more;
};

/* Ids of up to limit documents that fit, as an array. */
static enum result find_ids(struct purging *purging, enum mongo_collection collection,
                            const bson_t *filter, int64_t limit, bson_t *ids, int64_t *count)
{
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result;
    doc_make(&options, DOC(doc_number("limit", limit), doc_open("projection"),
                           doc_bool("_id", true), doc_close()));
    *count = 0;
    bson.init(ids);
    CLEANUP(call_close)
    struct call_rows rows = call_find(purging->handle, collection, filter, &options);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        char room[16];
        const char *key;
        bson_iter_t at;
        (void)bson.uint32_to_string((uint32_t)*count, &key, room, sizeof room);
        if (bson.iter_init_find(&at, found, "_id")) {
            (void)bson.append_iter(ids, key, -1, &at);
            *count += 1;
        }
    }
    purging->more = purging->more || *count == purging->limits->batch;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* The filter, for these ids only: what has changed meanwhile stays. */
static void narrow(const bson_t *filter, const bson_t *ids, bson_t *out)
{
    doc_make(out, DOC(doc_list("$and"), doc_embed(NULL, filter), doc_open(NULL), doc_open("_id"),
                      doc_embed_list("$in", ids), doc_close(), doc_close(), doc_close()));
}

static enum result delete_batch(struct purging *purging, enum mongo_collection collection,
                                const bson_t *filter, int64_t *deleted)
{
    DOC_LOCAL(ids);
    DOC_LOCAL(these);
    enum result result =
        find_ids(purging, collection, filter, purging->limits->batch, &ids, deleted);
    narrow(filter, &ids, &these);
    if (result != RESULT_OK || *deleted == 0) {
        return result;
    }
    return call_delete_all(purging->handle, collection, &these, deleted);
}

/* --- stamps ----------------------------------------------------------------------------------- */

static void write_stamped(const struct purging *purging, bson_t *out)
{
    doc_make(out,
             DOC(doc_open("chg"), doc_bool("$exists", true), doc_close(), doc_open("changed_at"),
                 doc_date("$lt", purging->limits->changes_before_ms), doc_close()));
}

/* Takes stamps that every reader has seen off what stays. */
static enum result unstamp(struct purging *purging, enum mongo_collection collection, int64_t limit)
{
    int64_t count = 0;
    DOC_LOCAL(filter);
    DOC_LOCAL(ids);
    DOC_LOCAL(these);
    DOC_LOCAL(update);
    write_stamped(purging, &filter);
    doc_add(&filter, DOC(doc_null("ending_at"))); /* a person's, whose sessions are not told yet */
    doc_make(&update, DOC(doc_open("$unset"), doc_bool("chg", true), doc_bool("changed_at", true),
                          doc_close()));
    enum result result = RESULT_OK;
    if (limit > 0) {
        result = find_ids(purging, collection, &filter, limit, &ids, &count);
    }
    narrow(&filter, &ids, &these);
    return result == RESULT_OK && count > 0
               ? call_update_all(purging->handle, collection, &these, &update, NULL)
               : result;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* Sessions that are over for long, once their end has been told; then the stamps of others. */
static enum result purge_sessions(struct purging *purging)
{
    const struct purge_limits *limits = purging->limits;
    int64_t deleted = 0;
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_list("$and"), doc_open(NULL), doc_list("$or"), doc_open(NULL),
                          doc_open("revoked_at"), doc_date("$lt", limits->sessions_before_ms),
                          doc_close(), doc_close(), doc_open(NULL), doc_open("expires_at"),
                          doc_date("$lt", limits->sessions_before_ms), doc_close(), doc_close(),
                          doc_close(), doc_close(), doc_open(NULL), doc_list("$or"), doc_open(NULL),
                          doc_null("chg"), doc_close(), doc_open(NULL), doc_open("changed_at"),
                          doc_date("$lt", limits->changes_before_ms), doc_close(), doc_close(),
                          doc_close(), doc_close(), doc_close()));
    enum result result = delete_batch(purging, MONGO_SESSIONS, &filter, &deleted);
    return result == RESULT_OK ? unstamp(purging, MONGO_SESSIONS, limits->batch - deleted) : result;
}

static enum result purge_stubs(struct purging *purging)
{
    int64_t deleted = 0;
    DOC_LOCAL(filter);
    write_stamped(purging, &filter);
    doc_add(&filter, DOC(doc_bool("purged", true), doc_null("ending_at")));
    enum result result = delete_batch(purging, MONGO_USERS, &filter, &deleted);
    return result == RESULT_OK ? unstamp(purging, MONGO_USERS, purging->limits->batch) : result;
}

/* A deleted role goes when the feed has told of it, and nobody can have it any more. */
static enum result purge_roles(struct purging *purging)
{
    int64_t deleted = 0;
    const bson_t *found = NULL;
    DOC_LOCAL(filter);
    enum result result;
    write_stamped(purging, &filter);
    doc_add(&filter, DOC(doc_bool("deleted", true)));
    CLEANUP(call_close)
    struct call_rows rows = call_find(purging->handle, MONGO_ROLES, &filter, NULL);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        struct id id = doc_get_id(found, "_id");
        result = mongo_role_write_take_away(purging->handle, &id, purging->limits->now_ms);
        if (result != RESULT_OK) {
            return result;
        }
    }
    if (result == RESULT_NOT_FOUND) {
        result = delete_batch(purging, MONGO_ROLES, &filter, &deleted);
    }
    return result == RESULT_OK ? unstamp(purging, MONGO_ROLES, purging->limits->batch) : result;
}

static enum result purge_keys(struct purging *purging)
{
    return unstamp(purging, MONGO_KEYS, purging->limits->batch);
}

static enum result purge_attempts(struct purging *purging)
{
    int64_t deleted;
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_open("ends_at"), doc_date("$lt", purging->limits->attempts_before_ms),
                          doc_close()));
    return delete_batch(purging, MONGO_ATTEMPTS, &filter, &deleted);
}

static enum result purge_audit(struct purging *purging)
{
    int64_t deleted;
    struct id before = audit_event_floor(purging->limits->audit_before_ms);
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_open("_id"), doc_uuid("$lt", &before), doc_close()));
    return delete_batch(purging, MONGO_AUDIT, &filter, &deleted);
}

static enum result finish_ends(struct purging *purging)
{
    return mongo_epochs_finish_due(purging->handle, purging->limits->batch, &purging->more);
}

enum result mongo_purge(struct store_handle *base, const struct purge_limits *limits, bool *more)
{
    static enum result (*const parts[])(struct purging *) = {
        finish_ends, purge_sessions, purge_stubs, purge_roles,
        purge_keys,  purge_attempts, purge_audit,
    };
    struct purging purging = {.handle = mongo_handle_of(base), .limits = limits};
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < ARRAY_LEN(parts); i++) {
        result = parts[i](&purging);
    }
    *more = result == RESULT_OK && purging.more;
    return result;
}
