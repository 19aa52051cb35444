/* Inserting many people in one call of the database, and finding out what was in the way of those
   who were refused. */
#ifndef LATCHKEY_STORE_MONGO_USER_BATCH_H
#define LATCHKEY_STORE_MONGO_USER_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "store/mongo/call.h"
#include "store/mongo/connection.h"
#include "store/mongo/user_document.h"

#define USER_BATCH_MAX CALL_INSERT_MAX

/* The people, their documents, and who was refused. On the heap: some 700 KiB and the documents. */
struct user_batch {
    struct new_user people[USER_BATCH_MAX]; /* their drafts are the caller's */
    struct grants grants[USER_BATCH_MAX];
    bson_t docs[USER_BATCH_MAX];
    bool refused[USER_BATCH_MAX];
    size_t count;
};

/* NULL when out of memory. */
MUST_CHECK struct user_batch *mongo_user_batch_new(void);
void mongo_user_batch_free(struct user_batch *batch);
void mongo_user_batch_clear(struct user_batch *batch);
/* Adds one with the roles of its draft. INVALID when one of them does not exist. */
MUST_CHECK enum result mongo_user_batch_add(struct user_batch *batch,
                                            const struct grant_choice *choice,
                                            const struct new_user *made);
/* Says in refused who was not inserted, because of an id, a number or a name. */
MUST_CHECK enum result mongo_user_batch_insert(struct mongo_handle *handle,
                                               struct user_batch *batch);
/* After the insert: takes roles away that were deleted at the same moment. */
MUST_CHECK enum result mongo_user_batch_confirm(struct mongo_handle *handle,
                                                const struct user_batch *batch, int64_t now_ms);
/* Takes those back who were inserted. */
void mongo_user_batch_take_back(struct mongo_handle *handle, const struct user_batch *batch);

/* Who was in the way. */
struct user_owner {
    struct id id;
    struct view username_key;
    struct view email_key;
    bool is_purged;
};
struct user_owners {
    struct user_owner *items;
    size_t count;
};
/* All who have the id, the username or the e-mail of one who was refused. */
MUST_CHECK enum result mongo_user_batch_owners(struct mongo_handle *handle,
                                               const struct user_batch *batch, struct arena *arena,
                                               struct user_owners *out);

#endif
