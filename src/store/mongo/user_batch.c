#include "store/mongo/user_batch.h"

#include <stdlib.h>

#include "store/mongo/driver.h"
#include "store/mongo/role_write.h"

/* Of each at most three: the id's, the username's, the e-mail's. */
#define OWNERS_EACH 3
#define INDEX_TEXT_SIZE 16

struct user_batch *mongo_user_batch_new(void)
{
    return calloc(1, sizeof(struct user_batch));
}

void mongo_user_batch_clear(struct user_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        bson.destroy(&batch->docs[i]);
    }
    batch->count = 0;
}

void mongo_user_batch_free(struct user_batch *batch)
{
    if (batch != NULL) {
        mongo_user_batch_clear(batch);
        free(batch);
    }
}

enum result mongo_user_batch_add(struct user_batch *batch, const struct grant_choice *choice,
                                 const struct new_user *made)
{
    struct new_user *person = &batch->people[batch->count];
    struct grants *grants = &batch->grants[batch->count];
    const struct user_draft *draft = made->draft;
    enum result result =
        mongo_grants_pick(choice, draft->roles, draft->role_ids, draft->role_count, grants);
    if (result != RESULT_OK) {
        return result;
    }
    *person = *made;
    person->grants = grants;
    mongo_user_document_make(person, &batch->docs[batch->count]);
    batch->count++;
    return RESULT_OK;
}

enum result mongo_user_batch_insert(struct mongo_handle *handle, struct user_batch *batch)
{
    if (batch->count == 0) {
        return RESULT_OK;
    }
    return call_insert_all(handle, MONGO_USERS, batch->docs, batch->count, batch->refused);
}

/* Each role once: those of all people, as far as they may be deleted. */
static size_t collect_roles(const struct user_batch *batch, struct id ids[ROLES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        for (size_t j = 0; j < batch->grants[i].count; j++) {
            const struct grant *grant = &batch->grants[i].items[j];
            bool is_known = grant->built_in;
            for (size_t k = 0; k < count && !is_known; k++) {
                is_known = id_equal(&ids[k], &grant->id);
            }
            if (!is_known && count < ROLES_MAX) {
                ids[count++] = grant->id;
            }
        }
    }
    return count;
}

enum result mongo_user_batch_confirm(struct mongo_handle *handle, const struct user_batch *batch,
                                     int64_t now_ms)
{
    struct id ids[ROLES_MAX];
    size_t count = collect_roles(batch, ids);
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        result = mongo_grants_confirm_role(handle, &ids[i]);
        if (result == RESULT_INVALID) {
            result = mongo_role_write_take_away(handle, &ids[i], now_ms);
        }
    }
    return result;
}

/* A list of one member of those who were refused, or not, as wanted. */
static void write_list(const struct user_batch *batch, const char *member, bool refused,
                       bson_t *out)
{
    uint32_t count = 0;
    bson.init(out);
    for (size_t i = 0; i < batch->count; i++) {
        char room[INDEX_TEXT_SIZE];
        const char *key;
        bson_iter_t at;
        if (batch->refused[i] == refused && bson.iter_init_find(&at, &batch->docs[i], member)) {
            (void)bson.uint32_to_string(count++, &key, room, sizeof room);
            (void)bson.append_iter(out, key, -1, &at);
        }
    }
}

void mongo_user_batch_take_back(struct mongo_handle *handle, const struct user_batch *batch)
{
    DOC_LOCAL(list);
    DOC_LOCAL(filter);
    write_list(batch, "_id", false, &list);
    doc_make(&filter, DOC(doc_open("_id"), doc_embed_list("$in", &list), doc_close()));
    enum result result = call_delete_all(handle, MONGO_USERS, &filter, NULL);
    (void)result; /* logged; those people are there then */
}

/* --- who was in the way ----------------------------------------------------------------------- */

static void write_filter(const struct user_batch *batch, bson_t *out)
{
    static const struct {
        const char *index;
        const char *member;
    } members[] = {{"0", "_id"}, {"1", "username_key"}, {"2", "email_key"}};
    DOC_LOCAL(alternatives);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        DOC_LOCAL(list);
        write_list(batch, members[i].member, true, &list);
        doc_add(&alternatives, DOC(doc_open(members[i].index), doc_open(members[i].member),
                                   doc_embed_list("$in", &list), doc_close(), doc_close()));
    }
    doc_make(out, DOC(doc_embed_list("$or", &alternatives)));
}

static enum result read_owner(const bson_t *doc, struct arena *arena, struct user_owner *out)
{
    struct doc_reader reader = {.doc = doc, .arena = arena};
    *out = (struct user_owner){
        .id = doc_get_id(doc, "_id"),
        .username_key = doc_get_text(&reader, "username_key"),
        .email_key = doc_get_text(&reader, "email_key"),
        .is_purged = doc_get_bool(doc, "purged"),
    };
    return reader.failure;
}

enum result mongo_user_batch_owners(struct mongo_handle *handle, const struct user_batch *batch,
                                    struct arena *arena, struct user_owners *out)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    size_t room = OWNERS_EACH * batch->count;
    enum result result = RESULT_OK;
    write_filter(batch, &filter);
    doc_make(&options, DOC(doc_open("projection"), doc_bool("username_key", true),
                           doc_bool("email_key", true), doc_bool("purged", true), doc_close()));
    *out = (struct user_owners){.items = arena_take_array(arena, room + 1, sizeof *out->items)};
    if (out->items == NULL) {
        return RESULT_INTERNAL;
    }
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_USERS, &filter, &options);
    while (out->count < room && (result = call_next(&rows, &found)) == RESULT_OK) {
        result = read_owner(found, arena, &out->items[out->count]);
        if (result != RESULT_OK) {
            return result;
        }
        out->count++;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
