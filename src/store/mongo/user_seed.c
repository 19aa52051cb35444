#include "store/mongo/user_seed.h"

#include <stdlib.h>

#include "store/mongo/counters.h"
#include "store/mongo/user_batch.h"

/* One call, over its batches. */
struct seeding {
    struct mongo_handle *handle;
    struct user_batch *batch;
    struct grant_choice choice; /* in the arena */
    struct arena arena;
    struct id *created; /* of earlier batches */
    size_t created_count;
    int64_t next_number;
};

static enum result fill(struct seeding *seeding, const struct user_seed *people, size_t count)
{
    enum result result = RESULT_OK;
    mongo_user_batch_clear(seeding->batch);
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        const struct new_user made = {.draft = &people[i].draft,
                                      .number = seeding->next_number++,
                                      .created_ms = people[i].draft.now_ms,
                                      .updated_ms = people[i].updated_ms,
                                      .last_login_ms = people[i].last_login_ms,
                                      .deleted_ms = people[i].deleted_ms,
                                      .epoch = 1,
                                      .version = 1};
        result = mongo_user_batch_add(seeding->batch, &seeding->choice, &made);
    }
    return result;
}

static bool has_key(const struct user_batch *batch, size_t i, const char *member, struct view key)
{
    return view_equal(doc_peek_text(&batch->docs[i], member), key);
}

/* What was in the way of the first one who was refused. */
static enum result why_refused(struct seeding *seeding, size_t refused)
{
    struct user_owners owners;
    const struct user_batch *batch = seeding->batch;
    enum result found = RESULT_CONFLICT;
    enum result result = mongo_user_batch_owners(seeding->handle, batch, &seeding->arena, &owners);
    for (size_t i = 0; result == RESULT_OK && i < owners.count; i++) {
        const struct user_owner *owner = &owners.items[i];
        if (id_equal(&owner->id, &batch->people[refused].draft->id)) {
            return RESULT_CONFLICT;
        }
        if (has_key(batch, refused, "username_key", owner->username_key)) {
            found = RESULT_USERNAME_TAKEN;
        } else if (found == RESULT_CONFLICT &&
                   has_key(batch, refused, "email_key", owner->email_key)) {
            found = RESULT_EMAIL_TAKEN;
        }
    }
    return result == RESULT_OK ? found : result;
}

static enum result check_refused(struct seeding *seeding)
{
    for (size_t i = 0; i < seeding->batch->count; i++) {
        if (seeding->batch->refused[i]) {
            enum result result = why_refused(seeding, i);
            mongo_user_batch_take_back(seeding->handle, seeding->batch);
            return result;
        }
    }
    for (size_t i = 0; i < seeding->batch->count; i++) {
        seeding->created[seeding->created_count++] = seeding->batch->people[i].draft->id;
    }
    return RESULT_OK;
}

static enum result seed_batch(struct seeding *seeding, const struct user_seed *people, size_t count)
{
    enum result result = fill(seeding, people, count);
    if (result == RESULT_OK) {
        result = mongo_user_batch_insert(seeding->handle, seeding->batch);
    }
    if (result == RESULT_OK) {
        result = check_refused(seeding);
    }
    return result == RESULT_OK
               ? mongo_user_batch_confirm(seeding->handle, seeding->batch, people[0].draft.now_ms)
               : result;
}

static void take_back(struct seeding *seeding)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < seeding->created_count; i++) {
        DOC_LOCAL(filter);
        doc_make(&filter, DOC(doc_uuid("_id", &seeding->created[i])));
        result = call_delete(seeding->handle, MONGO_USERS, &filter);
        result = result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
}

static enum result seed_all(struct seeding *seeding, const struct user_seed *people, size_t count)
{
    enum result result = mongo_grants_read_all(seeding->handle, &seeding->arena, &seeding->choice);
    if (result == RESULT_OK) {
        result = mongo_counters_take(seeding->handle, COUNTER_USERS, (int64_t)count,
                                     &seeding->next_number);
    }
    for (size_t done = 0; result == RESULT_OK && done < count; done += USER_BATCH_MAX) {
        size_t left = count - done;
        result = seed_batch(seeding, people + done, left < USER_BATCH_MAX ? left : USER_BATCH_MAX);
    }
    if (result != RESULT_OK) {
        take_back(seeding);
    }
    return result;
}

enum result mongo_user_seed(struct store_handle *base, const struct user_seed *people, size_t count)
{
    struct seeding seeding = {.handle = mongo_handle_of(base), .batch = mongo_user_batch_new()};
    enum result result = RESULT_OK;
    arena_init(&seeding.arena, 0);
    seeding.created = calloc(count + 1, sizeof *seeding.created);
    if (seeding.batch == NULL || seeding.created == NULL) {
        result = RESULT_INTERNAL;
    } else if (count > 0) {
        result = seed_all(&seeding, people, count);
    }
    free(seeding.created);
    mongo_user_batch_free(seeding.batch);
    arena_clear(&seeding.arena);
    return result;
}
