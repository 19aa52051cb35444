#include "store/mongo/call.h"

#include <assert.h>

#include "store/mongo/driver.h"

/* A write conflict is over as soon as the other write is. */
#define TRIES_MAX 3

static mongoc_collection_t *collection_of(struct mongo_handle *handle,
                                          enum mongo_collection collection)
{
    mongoc_collection_t **slot = &handle->collections[collection];
    if (*slot == NULL) {
        *slot = mongoc.client_get_collection(handle->client, handle->store->database,
                                             mongo_connection_collection_name(collection));
    }
    return *slot;
}

static enum result fail(struct mongo_handle *handle, enum mongo_collection collection,
                        const bson_error_t *error, const bson_t *reply)
{
    return failure_of(handle->store->log, mongo_connection_collection_name(collection), error,
                      reply);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct call_rows call_find(struct mongo_handle *handle, enum mongo_collection collection,
                           const bson_t *filter, const bson_t *options)
{
    return (struct call_rows){
        .handle = handle,
        .what = mongo_connection_collection_name(collection),
        .cursor = mongoc.collection_find_with_opts(collection_of(handle, collection), filter,
                                                   options, NULL),
    };
}

struct call_rows call_aggregate(struct mongo_handle *handle, enum mongo_collection collection,
                                const bson_t *pipeline, const bson_t *options)
{
    return (struct call_rows){
        .handle = handle,
        .what = mongo_connection_collection_name(collection),
        .cursor = mongoc.collection_aggregate(collection_of(handle, collection), MONGOC_QUERY_NONE,
                                              pipeline, options, NULL),
    };
}

/* False is the end, or a failure: not to ask would make an outage an empty answer. */
enum result call_next(struct call_rows *rows, const bson_t **out)
{
    bson_error_t error;
    const bson_t *reply = NULL;
    if (mongoc.cursor_next(rows->cursor, out)) {
        return RESULT_OK;
    }
    if (!mongoc.cursor_error_document(rows->cursor, &error, &reply)) {
        return RESULT_NOT_FOUND;
    }
    return failure_of(rows->handle->store->log, rows->what, &error, reply);
}

void call_close(struct call_rows *rows)
{
    mongoc.cursor_destroy(rows->cursor);
}

static void add_limit(bson_t *out, const bson_t *options, int64_t limit)
{
    bson.init(out);
    if (options != NULL) {
        bson.copy_to_excluding_noinit(options, out, "limit", NULL);
    }
    doc_add(out, DOC(doc_number("limit", limit)));
}

enum result call_find_one(struct mongo_handle *handle, enum mongo_collection collection,
                          const bson_t *filter, const bson_t *options, bson_t *out)
{
    const bson_t *found = NULL;
    DOC_LOCAL(all);
    add_limit(&all, options, 1);
    bson.init(out);
    CLEANUP(call_close) struct call_rows rows = call_find(handle, collection, filter, &all);
    enum result result = call_next(&rows, &found);
    if (result == RESULT_OK) {
        (void)bson.concat(out, found);
    }
    return result;
}

enum result call_count(struct mongo_handle *handle, enum mongo_collection collection,
                       const bson_t *filter, const bson_t *options, int64_t *out)
{
    const bson_t *found = NULL;
    DOC_LOCAL(pipeline);
    doc_make(&pipeline,
             DOC(doc_list("pipeline"), doc_open(NULL), doc_embed("$match", filter), doc_close(),
                 doc_open(NULL), doc_word("$count", "n"), doc_close(), doc_close()));
    *out = 0;
    CLEANUP(call_close)
    struct call_rows rows = call_aggregate(handle, collection, &pipeline, options);
    enum result result = call_next(&rows, &found);
    if (result == RESULT_OK) {
        *out = doc_get_number(found, "n", 0);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result call_estimate(struct mongo_handle *handle, enum mongo_collection collection,
                          int64_t *out)
{
    bson_error_t error;
    DOC_LOCAL(reply);
    *out = mongoc.collection_estimated_document_count(collection_of(handle, collection), NULL, NULL,
                                                      &reply, &error);
    return *out >= 0 ? RESULT_OK : fail(handle, collection, &error, &reply);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* One write: what it is, and what came of it. */
struct write {
    struct mongo_handle *handle;
    enum mongo_collection collection;
    const bson_t *filter; /* of delete_each_once: an array of filters */
    const bson_t *update; /* or the document to insert */
    unsigned flags;       /* of enum call_modify_flag */
    bson_t reply;
    bson_error_t error;
};

typedef bool writer(mongoc_collection_t *collection, struct write *write);

/* Runs it until no other write is in the way. write->reply is to be destroyed. */
static enum result run(struct write *write, writer *once, struct call_refusal *refusal)
{
    struct call_refusal unwanted;
    bool good = false;
    bson.init(&write->reply);
    for (int tries = 0; !good && tries < TRIES_MAX; tries++) {
        bson.destroy(&write->reply);
        good = once(collection_of(write->handle, write->collection), write) &&
               !failure_in_reply(&write->reply, &write->error);
        if (!good && !failure_is_transient(&write->error)) {
            break;
        }
    }
    if (good) {
        return RESULT_OK;
    }
    if (failure_is_duplicate(&write->error, &write->reply,
                             refusal != NULL ? refusal->key : unwanted.key)) {
        return RESULT_CONFLICT;
    }
    return fail(write->handle, write->collection, &write->error, &write->reply);
}

static bool insert_once(mongoc_collection_t *collection, struct write *write)
{
    return mongoc.collection_insert_one(collection, write->update, NULL, &write->reply,
                                        &write->error);
}

static bool update_once(mongoc_collection_t *collection, struct write *write)
{
    return mongoc.collection_update_one(collection, write->filter, write->update, NULL,
                                        &write->reply, &write->error);
}

static bool update_all_once(mongoc_collection_t *collection, struct write *write)
{
    return mongoc.collection_update_many(collection, write->filter, write->update, NULL,
                                         &write->reply, &write->error);
}

static bool delete_once(mongoc_collection_t *collection, struct write *write)
{
    return mongoc.collection_delete_one(collection, write->filter, NULL, &write->reply,
                                        &write->error);
}

static void free_bulk(mongoc_bulk_operation_t **bulk)
{
    mongoc.bulk_operation_destroy(*bulk);
}

/* One command: the driver puts deletions of one collection together, and tries each of them again
   by its number. */
static bool delete_each_once(mongoc_collection_t *collection, struct write *write)
{
    CLEANUP(free_bulk)
    mongoc_bulk_operation_t *bulk =
        mongoc.collection_create_bulk_operation_with_opts(collection, NULL);
    bson_iter_t at;
    bool good = bson.iter_init(&at, write->filter);
    while (good && bson.iter_next(&at)) {
        bson_t filter;
        doc_peek(write->filter, bson.iter_key(&at), &filter);
        good = mongoc.bulk_operation_remove_one_with_opts(bulk, &filter, NULL, &write->error);
    }
    if (!good) {
        bson.init(&write->reply);
        return false;
    }
    return mongoc.bulk_operation_execute(bulk, &write->reply, &write->error) != 0;
}

static bool delete_all_once(mongoc_collection_t *collection, struct write *write)
{
    return mongoc.collection_delete_many(collection, write->filter, NULL, &write->reply,
                                         &write->error);
}

static mongoc_find_and_modify_flags_t modify_flags(unsigned flags)
{
    if ((flags & CALL_REMOVE) != 0) {
        return MONGOC_FIND_AND_MODIFY_REMOVE;
    }
    mongoc_find_and_modify_flags_t out = MONGOC_FIND_AND_MODIFY_NONE;
    out |= (flags & CALL_OLD) == 0 ? MONGOC_FIND_AND_MODIFY_RETURN_NEW : 0;
    out |= (flags & CALL_UPSERT) != 0 ? MONGOC_FIND_AND_MODIFY_UPSERT : 0;
    return out;
}

static void free_modify_options(mongoc_find_and_modify_opts_t **options)
{
    mongoc.find_and_modify_opts_destroy(*options);
}

static bool modify_once(mongoc_collection_t *collection, struct write *write)
{
    CLEANUP(free_modify_options)
    mongoc_find_and_modify_opts_t *options = mongoc.find_and_modify_opts_new();
    (void)mongoc.find_and_modify_opts_set_flags(options, modify_flags(write->flags));
    if (write->update != NULL) {
        (void)mongoc.find_and_modify_opts_set_update(options, write->update);
    }
    return mongoc.collection_find_and_modify_with_opts(collection, write->filter, options,
                                                       &write->reply, &write->error);
}

enum result call_insert(struct mongo_handle *handle, enum mongo_collection collection,
                        const bson_t *doc, struct call_refusal *refusal)
{
    struct write write = {.handle = handle, .collection = collection, .update = doc};
    enum result result = run(&write, insert_once, refusal);
    bson.destroy(&write.reply);
    return result;
}

/* --- many at once ----------------------------------------------------------------------------- */

/* True when every write error is one of a unique index; notes which. */
static bool note_refused(const bson_t *reply, size_t count, bool *refused)
{
    bson_t errors;
    bson_iter_t at;
    doc_peek(reply, "writeErrors", &errors);
    (void)bson.iter_init(&at, &errors);
    while (bson.iter_next(&at)) {
        bson_t one;
        doc_peek(&errors, bson.iter_key(&at), &one);
        size_t index = (size_t)doc_get_number(&one, "index", 0);
        if (!failure_is_duplicate_code(doc_get_number(&one, "code", 0)) || index >= count) {
            return false;
        }
        refused[index] = true;
    }
    return !doc_is_empty(&errors);
}

enum result call_insert_all(struct mongo_handle *handle, enum mongo_collection collection,
                            const bson_t *docs, size_t count, bool *refused)
{
    const bson_t *pointers[CALL_INSERT_MAX];
    bson_error_t error;
    DOC_LOCAL(reply);
    DOC_LOCAL(options);
    assert(count <= CALL_INSERT_MAX);
    for (size_t i = 0; i < count; i++) {
        pointers[i] = &docs[i];
        refused[i] = false;
    }
    doc_make(&options, DOC(doc_bool("ordered", false)));
    bool good = mongoc.collection_insert_many(collection_of(handle, collection), pointers, count,
                                              &options, &reply, &error);
    if (good && !doc_has(&reply, "writeConcernErrors.0")) {
        return RESULT_OK;
    }
    bool unconfirmed = doc_has(&reply, "writeConcernErrors.0");
    return !unconfirmed && note_refused(&reply, count, refused)
               ? RESULT_OK
               : fail(handle, collection, &error, &reply);
}

/* --- one or all that fit ---------------------------------------------------------------------- */

/* *count: of that name in the reply. */
static enum result run_counted(struct write *write, writer *once, struct call_refusal *refusal,
                               const char *name, int64_t *count)
{
    enum result result = run(write, once, refusal);
    *count = result == RESULT_OK ? doc_get_number(&write->reply, name, 0) : 0;
    bson.destroy(&write->reply);
    return result;
}

enum result call_update(struct mongo_handle *handle, enum mongo_collection collection,
                        const bson_t *filter, const bson_t *update, struct call_refusal *refusal)
{
    int64_t matched = 0;
    struct write write = {
        .handle = handle, .collection = collection, .filter = filter, .update = update};
    enum result result = run_counted(&write, update_once, refusal, "matchedCount", &matched);
    return result == RESULT_OK && matched == 0 ? RESULT_NOT_FOUND : result;
}

enum result call_update_all(struct mongo_handle *handle, enum mongo_collection collection,
                            const bson_t *filter, const bson_t *update, int64_t *changed)
{
    int64_t unwanted;
    struct write write = {
        .handle = handle, .collection = collection, .filter = filter, .update = update};
    return run_counted(&write, update_all_once, NULL, "modifiedCount",
                       changed != NULL ? changed : &unwanted);
}

enum result call_delete(struct mongo_handle *handle, enum mongo_collection collection,
                        const bson_t *filter)
{
    int64_t deleted = 0;
    struct write write = {.handle = handle, .collection = collection, .filter = filter};
    enum result result = run_counted(&write, delete_once, NULL, "deletedCount", &deleted);
    return result == RESULT_OK && deleted == 0 ? RESULT_NOT_FOUND : result;
}

enum result call_delete_each(struct mongo_handle *handle, enum mongo_collection collection,
                             const bson_t *filters)
{
    struct write write = {.handle = handle, .collection = collection, .filter = filters};
    if (doc_is_empty(filters)) {
        return RESULT_OK;
    }
    enum result result = run(&write, delete_each_once, NULL);
    bson.destroy(&write.reply);
    return result;
}

enum result call_delete_all(struct mongo_handle *handle, enum mongo_collection collection,
                            const bson_t *filter, int64_t *deleted)
{
    int64_t unwanted;
    struct write write = {.handle = handle, .collection = collection, .filter = filter};
    return run_counted(&write, delete_all_once, NULL, "deletedCount",
                       deleted != NULL ? deleted : &unwanted);
}

enum result call_modify(struct mongo_handle *handle, enum mongo_collection collection,
                        const bson_t *filter, const bson_t *update, unsigned flags,
                        struct call_refusal *refusal, bson_t *out)
{
    bson_t value;
    struct write write = {.handle = handle,
                          .collection = collection,
                          .filter = filter,
                          .update = update,
                          .flags = flags};
    enum result result = run(&write, modify_once, refusal);
    bson.init(out);
    if (result == RESULT_OK) {
        doc_peek(&write.reply, "value", &value);
        (void)bson.concat(out, &value);
        result = doc_is_empty(&value) ? RESULT_NOT_FOUND : RESULT_OK;
    }
    bson.destroy(&write.reply);
    return result;
}
