/* Calls of the database: one document or many of one collection. A write that another one was in
   the way of is made again; every failure is logged and becomes a result. Used by the thread that
   holds the handle. */
#ifndef LATCHKEY_STORE_MONGO_CALL_H
#define LATCHKEY_STORE_MONGO_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/result.h"
#include "store/mongo/connection.h"
#include "store/mongo/doc.h"
#include "store/mongo/failure.h"

/* --- reading ---------------------------------------------------------------------------------- */

/* Rows as they come. Declare it with CLEANUP(call_close). */
struct call_rows {
    struct mongo_handle *handle;
    const char *what;
    mongoc_cursor_t *cursor;
};

/* options: of the command find (sort, limit, projection, …); NULL: none. Failures show in
 * call_next.
 */
struct call_rows call_find(struct mongo_handle *handle, enum mongo_collection collection,
                           const bson_t *filter, const bson_t *options);
/* pipeline: an array of stages. */
struct call_rows call_aggregate(struct mongo_handle *handle, enum mongo_collection collection,
                                const bson_t *pipeline, const bson_t *options);
/* OK with the next document, valid until the next call; NOT_FOUND at the end. */
MUST_CHECK enum result call_next(struct call_rows *rows, const bson_t **out);
void call_close(struct call_rows *rows);

/* The first that fits. *out is always a document to destroy, empty unless OK. NOT_FOUND. */
MUST_CHECK enum result call_find_one(struct mongo_handle *handle, enum mongo_collection collection,
                                     const bson_t *filter, const bson_t *options, bson_t *out);
/* How many fit; options as those of the command aggregate. */
MUST_CHECK enum result call_count(struct mongo_handle *handle, enum mongo_collection collection,
                                  const bson_t *filter, const bson_t *options, int64_t *out);

/* About how many documents there are. */
MUST_CHECK enum result call_estimate(struct mongo_handle *handle, enum mongo_collection collection,
                                     int64_t *out);

/* --- writing ---------------------------------------------------------------------------------- */

/* What refused a write: the first field of the unique index. */
struct call_refusal {
    char key[FAILURE_KEY_SIZE];
};

/* CONFLICT when a unique index refuses it (refusal may be NULL). */
MUST_CHECK enum result call_insert(struct mongo_handle *handle, enum mongo_collection collection,
                                   const bson_t *doc, struct call_refusal *refusal);
#define CALL_INSERT_MAX 500 /* documents of one call: none takes longer than others may wait */

/* Inserts each that no unique index refuses; refused[i] says which were not. */
MUST_CHECK enum result call_insert_all(struct mongo_handle *handle,
                                       enum mongo_collection collection, const bson_t *docs,
                                       size_t count, bool *refused);
/* Changes the one that fits: NOT_FOUND when none does, CONFLICT as above. */
MUST_CHECK enum result call_update(struct mongo_handle *handle, enum mongo_collection collection,
                                   const bson_t *filter, const bson_t *update,
                                   struct call_refusal *refusal);
/* Changes all that fit; not as one step. changed may be NULL. */
MUST_CHECK enum result call_update_all(struct mongo_handle *handle,
                                       enum mongo_collection collection, const bson_t *filter,
                                       const bson_t *update, int64_t *changed);

enum call_modify_flag {
    CALL_UPSERT = 1 << 0, /* makes one when none fits */
    CALL_OLD = 1 << 1,    /* *out is how it was before */
    CALL_REMOVE = 1 << 2  /* removes it; *out is how it was */
};
/* Changes the one that fits and gives it back, in one step. update: NULL to remove. *out is always
   a document to destroy, empty unless OK. NOT_FOUND, CONFLICT as above. */
MUST_CHECK enum result call_modify(struct mongo_handle *handle, enum mongo_collection collection,
                                   const bson_t *filter, const bson_t *update, unsigned flags,
                                   struct call_refusal *refusal, bson_t *out);
/* Deletes the one that fits. NOT_FOUND. */
MUST_CHECK enum result call_delete(struct mongo_handle *handle, enum mongo_collection collection,
                                   const bson_t *filter);
/* Deletes for each filter of an array the one that fits, if there is one; in one call. */
MUST_CHECK enum result call_delete_each(struct mongo_handle *handle,
                                        enum mongo_collection collection, const bson_t *filters);
/* Deletes all that fit; not as one step. deleted may be NULL. */
MUST_CHECK enum result call_delete_all(struct mongo_handle *handle,
                                       enum mongo_collection collection, const bson_t *filter,
                                       int64_t *deleted);

#endif
