#include "store/mongo/user_import.h"

#include "store/decide.h"
#include "store/mongo/counters.h"
#include "store/mongo/driver.h"
#include "store/mongo/user_batch.h"
#include "store/mongo/user_write.h"

/* One call, over its batches. */
struct importing {
    struct mongo_handle *handle;
    struct arena arena; /* of one batch */
    struct user_batch *batch;
    struct user_import *rows[USER_BATCH_MAX]; /* of the batch */
    struct grant_choice choice;               /* in roles */
    struct arena roles;
    int64_t next_number;
};

/* --- those who were refused ------------------------------------------------------------------- */

static enum user_import_outcome judge_names(const struct user_import *row,
                                            const struct user_owners *owners)
{
    char username_room[EMAIL_MAX_BYTES];
    char email_room[EMAIL_MAX_BYTES];
    const struct user_draft *draft = &row->draft;
    struct view username = user_fold(draft->username, username_room);
    struct view email =
        draft->email.at != NULL ? user_fold(draft->email, email_room) : draft->email;
    enum user_import_outcome outcome = USER_IMPORT_EMAIL_TAKEN;
    for (size_t i = 0; i < owners->count; i++) {
        const struct user_owner *owner = &owners->items[i];
        bool has_email = !view_starts_with(owner->email_key, VIEW(MONGO_NOBODYS_KEY)) ||
                         view_find(owner->email_key, '@', 0) < owner->email_key.len;
        bool same_username = view_equal(owner->username_key, username);
        bool same_email =
            has_email ? email.at != NULL && view_equal(owner->email_key, email) : email.at == NULL;
        bool is_in_the_way = same_username || (same_email && has_email);
        if (is_in_the_way && decide_is_present(row, same_username, same_email)) {
            return USER_IMPORT_PRESENT;
        }
        outcome = same_username ? USER_IMPORT_USERNAME_TAKEN : outcome;
    }
    return outcome;
}

static const struct user_owner *find_owner(const struct user_owners *owners, const struct id *id)
{
    for (size_t i = 0; i < owners->count; i++) {
        if (id_equal(&owners->items[i].id, id)) {
            return &owners->items[i];
        }
    }
    return NULL;
}

static enum result judge(struct importing *importing, size_t i, const struct user_owners *owners)
{
    struct user_import *row = importing->rows[i];
    const struct user_owner *owner = find_owner(owners, &row->draft.id);
    row->outcome = USER_IMPORT_PRESENT;
    if (owner != NULL && !owner->is_purged) {
        return RESULT_OK;
    }
    row->outcome = judge_names(row, owners);
    if (owner == NULL) {
        return RESULT_OK;
    }
    /* The id of somebody who is gone for good. */
    enum result result = mongo_user_write_insert(importing->handle, &importing->batch->people[i]);
    row->outcome = result == RESULT_OK ? USER_IMPORT_CREATED : row->outcome;
    bool refused = result == RESULT_USERNAME_TAKEN || result == RESULT_EMAIL_TAKEN;
    return refused ? RESULT_OK : result;
}

static enum result judge_all(struct importing *importing)
{
    const struct user_batch *batch = importing->batch;
    struct user_owners owners;
    bool any = false;
    enum result result = RESULT_OK;
    for (size_t i = 0; i < batch->count; i++) {
        any = any || batch->refused[i];
        importing->rows[i]->outcome = USER_IMPORT_CREATED;
    }
    if (!any) {
        return RESULT_OK;
    }
    result = mongo_user_batch_owners(importing->handle, batch, &importing->arena, &owners);
    for (size_t i = 0; result == RESULT_OK && i < batch->count; i++) {
        if (batch->refused[i]) {
            result = judge(importing, i, &owners);
        }
    }
    return result;
}

/* --- all -------------------------------------------------------------------------------------- */

static enum result add_row(struct importing *importing, struct user_import *row)
{
    const struct user_draft *draft = &row->draft;
    const struct new_user made = {
        .draft = draft,
        .number = importing->next_number++,
        .created_ms = row->created_ms != 0 ? row->created_ms : draft->now_ms,
        .updated_ms = draft->now_ms,
        .epoch = 1,
        .version = 1,
    };
    importing->rows[importing->batch->count] = row;
    return mongo_user_batch_add(importing->batch, &importing->choice, &made);
}

static void fill(struct importing *importing, struct user_import *rows, size_t count)
{
    mongo_user_batch_clear(importing->batch);
    arena_reset(&importing->arena);
    for (size_t i = 0; i < count; i++) {
        if (add_row(importing, &rows[i]) != RESULT_OK) {
            rows[i].outcome = USER_IMPORT_NO_SUCH_ROLE;
        }
    }
}

static enum result import_batch(struct importing *importing, struct user_import *rows, size_t count)
{
    fill(importing, rows, count);
    enum result result = mongo_user_batch_insert(importing->handle, importing->batch);
    if (result == RESULT_OK) {
        result = judge_all(importing);
    }
    return result == RESULT_OK
               ? mongo_user_batch_confirm(importing->handle, importing->batch, rows[0].draft.now_ms)
               : result;
}

static enum result import_all(struct importing *importing, struct user_import *rows, size_t count)
{
    enum result result =
        mongo_grants_read_all(importing->handle, &importing->roles, &importing->choice);
    if (result == RESULT_OK) {
        result = mongo_counters_take(importing->handle, COUNTER_USERS, (int64_t)count,
                                     &importing->next_number);
    }
    for (size_t done = 0; result == RESULT_OK && done < count; done += USER_BATCH_MAX) {
        size_t left = count - done;
        result =
            import_batch(importing, rows + done, left < USER_BATCH_MAX ? left : USER_BATCH_MAX);
    }
    return result;
}

static void free_importing(struct importing **importing)
{
    if (*importing != NULL) {
        mongo_user_batch_free((*importing)->batch);
        arena_clear(&(*importing)->arena);
        arena_clear(&(*importing)->roles);
        bson.free(*importing);
    }
}

static struct importing *new_importing(struct store_handle *base)
{
    struct importing *importing = bson.malloc0(sizeof *importing);
    importing->handle = mongo_handle_of(base);
    arena_init(&importing->arena, 0);
    arena_init(&importing->roles, 0);
    importing->batch = mongo_user_batch_new();
    return importing;
}

enum result mongo_user_import_rows(struct store_handle *base, struct user_import *rows,
                                   size_t count)
{
    CLEANUP(free_importing) struct importing *importing = new_importing(base);
    if (importing->batch == NULL) {
        return RESULT_INTERNAL;
    }
    return count > 0 ? import_all(importing, rows, count) : RESULT_OK;
}
