#include "store/mongo/role_write.h"

#include <stdlib.h>
#include <string.h>

#include "model/limits.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/roles.h"
#include "store/mongo/stamp.h"

/* Each time somebody must have been given the role, and lost it again. */
#define DELETE_TRIES 100

static int order_views(const void *a_at, const void *b_at)
{
    const struct view *a = a_at;
    const struct view *b = b_at;
    int order = memcmp(a->at, b->at, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

void mongo_role_write_permissions(const struct view *permissions, size_t count, bson_t *out)
{
    struct view sorted[ROLE_PERMISSIONS_MAX];
    uint32_t kept = 0;
    if (count > 0) {
        memcpy(sorted, permissions, count * sizeof *sorted);
    }
    qsort(sorted, count, sizeof *sorted, order_views);
    bson.init(out);
    for (size_t i = 0; i < count; i++) {
        char room[16];
        const char *key;
        if (i > 0 && view_equal(sorted[i], sorted[i - 1])) {
            continue;
        }
        (void)bson.uint32_to_string(kept++, &key, room, sizeof room);
        doc_add(out, DOC(doc_text(key, sorted[i])));
    }
}

static struct doc_part is_that(const struct id *role_id)
{
    return doc_uuid("_id", role_id);
}

/* Nothing was changed: it is not there, or of another version. */
static enum result why_not(struct mongo_handle *handle, const struct id *role_id)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(is_that(role_id), doc_bool("deleted", false)));
    enum result result = call_find_one(handle, MONGO_ROLES, &filter, NULL, &found);
    return result == RESULT_OK ? RESULT_CONFLICT : result;
}

/* --- create ----------------------------------------------------------------------------------- */

enum result mongo_role_write_create(struct store_handle *base, const struct role_draft *draft,
                                    struct arena *arena, struct role *out)
{
    char key[ROLE_NAME_MAX_BYTES];
    DOC_LOCAL(permissions);
    DOC_LOCAL(doc);
    mongo_role_write_permissions(draft->permissions, draft->permission_count, &permissions);
    doc_make(&doc, DOC(is_that(&draft->id), doc_text("name", draft->name),
                       doc_text("name_key", user_fold(draft->name, key)),
                       doc_text("description", draft->description),
                       doc_embed_list("permissions", &permissions), doc_bool("built_in", false),
                       doc_bool("deleted", false), doc_date("created_at", draft->now_ms),
                       doc_date("updated_at", draft->now_ms), doc_number("version", 1)));
    mongo_stamp_insert(&doc, draft->now_ms);
    enum result result = call_insert(mongo_handle_of(base), MONGO_ROLES, &doc, NULL);
    if (result == RESULT_CONFLICT) {
        return RESULT_ROLE_TAKEN;
    }
    return result == RESULT_OK ? mongo_roles_of_doc(&doc, arena, out) : result;
}

/* --- update ----------------------------------------------------------------------------------- */

enum result mongo_role_write_update(struct store_handle *base, const struct id *role_id,
                                    const struct role_patch *patch, struct arena *arena,
                                    struct role *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    DOC_LOCAL(permissions);
    DOC_LOCAL(filter);
    DOC_LOCAL(set);
    DOC_LOCAL(unset);
    DOC_LOCAL(inc);
    DOC_LOCAL(update);
    DOC_LOCAL(after);
    mongo_role_write_permissions(patch->permissions, patch->permission_count, &permissions);
    doc_make(&filter, DOC(is_that(role_id), doc_bool("deleted", false),
                          doc_number("version", patch->if_version)));
    doc_make(&set, DOC(doc_text("description", patch->description),
                       doc_embed_list("permissions", &permissions),
                       doc_date("updated_at", patch->now_ms)));
    if (patch->description.at == NULL) {
        doc_add(&unset, DOC(doc_bool("description", true)));
    }
    doc_make(&inc, DOC(doc_number("version", 1)));
    mongo_stamp_update(&set, &unset, &inc, patch->now_ms, &update);
    enum result result = call_modify(handle, MONGO_ROLES, &filter, &update, 0, NULL, &after);
    if (result == RESULT_NOT_FOUND) {
        return why_not(handle, role_id);
    }
    return result == RESULT_OK ? mongo_roles_of_doc(&after, arena, out) : result;
}

/* --- delete ----------------------------------------------------------------------------------- */

/* One deletion, over its steps: mark the role, look for holders, delete it where the mark is still
   there. Who gives the role meanwhile is seen, or sees the mark (grants.h). */
struct deleting {
    struct mongo_handle *handle;
    const struct id *role_id;
    int64_t if_version;
    int64_t now_ms;
    struct id op; /* names the mark */
};

static enum result mark(struct deleting *deleting)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    deleting->op = id_new(deleting->now_ms);
    doc_make(&filter, DOC(is_that(deleting->role_id), doc_bool("deleted", false),
                          doc_number("version", deleting->if_version)));
    doc_make(&update, DOC(doc_open("$set"), doc_id("deleting.op", &deleting->op), doc_close(),
                          doc_open("$currentDate"), doc_bool("deleting.at", true), doc_close()));
    enum result result = call_update(deleting->handle, MONGO_ROLES, &filter, &update, NULL);
    return result == RESULT_NOT_FOUND ? why_not(deleting->handle, deleting->role_id) : result;
}

static void write_marked(const struct deleting *deleting, bson_t *filter)
{
    doc_make(filter, DOC(is_that(deleting->role_id), doc_bool("deleted", false),
                         doc_id("deleting.op", &deleting->op)));
}

static void unmark(const struct deleting *deleting)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    write_marked(deleting, &filter);
    doc_make(&update, DOC(doc_open("$unset"), doc_bool("deleting", true), doc_close()));
    enum result result = call_update(deleting->handle, MONGO_ROLES, &filter, &update, NULL);
    (void)result; /* whoever is given the role takes it away */
}

static void write_holders(const struct id *role_id, bson_t *filter)
{
    doc_make(filter, DOC(doc_uuid("roles.id", role_id), doc_bool("deleted", false)));
}

static enum result look(const struct deleting *deleting)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    DOC_LOCAL(found);
    write_holders(deleting->role_id, &filter);
    doc_make(&options, DOC(doc_open("projection"), doc_bool("_id", true), doc_close()));
    enum result result = call_find_one(deleting->handle, MONGO_USERS, &filter, &options, &found);
    if (result == RESULT_OK) {
        return RESULT_ROLE_IN_USE;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* The name is free again; what is left is the stamp, for the feed. NOT_FOUND: the mark is gone. */
static enum result remove_marked(const struct deleting *deleting)
{
    char key[ID_TEXT_SIZE + 1] = "~";
    DOC_LOCAL(filter);
    DOC_LOCAL(set);
    DOC_LOCAL(unset);
    DOC_LOCAL(update);
    id_format(deleting->role_id, key + 1);
    write_marked(deleting, &filter);
    doc_make(&set, DOC(doc_bool("deleted", true), doc_word("name_key", key),
                       doc_date("deleted_at", deleting->now_ms)));
    doc_make(&unset, DOC(doc_bool("deleting", true)));
    mongo_stamp_update(&set, &unset, NULL, deleting->now_ms, &update);
    return call_update(deleting->handle, MONGO_ROLES, &filter, &update, NULL);
}

enum result mongo_role_write_take_away(struct mongo_handle *handle, const struct id *role_id,
                                       int64_t now_ms)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(set);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(doc_uuid("roles.id", role_id)));
    mongo_stamp_update(&set, NULL, NULL, now_ms, &update);
    doc_add(&update, DOC(doc_open("$pull"), doc_open("roles"), doc_uuid("id", role_id), doc_close(),
                         doc_close()));
    return call_update_all(handle, MONGO_USERS, &filter, &update, NULL);
}

/* NOT_FOUND: the role is not there. *again: somebody was given it in between. */
static enum result try_delete(struct deleting *deleting, bool *again)
{
    enum result result = mark(deleting);
    *again = false;
    if (result != RESULT_OK) {
        return result;
    }
    result = look(deleting);
    if (result != RESULT_OK) {
        unmark(deleting);
        return result;
    }
    result = remove_marked(deleting);
    *again = result == RESULT_NOT_FOUND;
    return result == RESULT_OK
               ? mongo_role_write_take_away(deleting->handle, deleting->role_id, deleting->now_ms)
               : result;
}

enum result mongo_role_write_delete(struct store_handle *base, const struct id *role_id,
                                    int64_t if_version, int64_t now_ms, int64_t *holders)
{
    struct deleting deleting = {.handle = mongo_handle_of(base),
                                .role_id = role_id,
                                .if_version = if_version,
                                .now_ms = now_ms};
    bool again = true;
    enum result result = RESULT_OK;
    *holders = 0;
    for (int tries = 0; again && tries < DELETE_TRIES; tries++) {
        result = try_delete(&deleting, &again);
    }
    if (again) {
        return RESULT_STORE_UNAVAILABLE;
    }
    if (result != RESULT_ROLE_IN_USE) {
        return result;
    }
    DOC_LOCAL(filter);
    write_holders(role_id, &filter);
    enum result counted = call_count(deleting.handle, MONGO_USERS, &filter, NULL, holders);
    return counted == RESULT_OK ? result : counted;
}
