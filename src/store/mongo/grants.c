#include "store/mongo/grants.h"

#include <stdlib.h>
#include <string.h>

#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/stamp.h"

/* Each time another deletion of the same role must have begun. */
#define CONFIRM_TRIES 100
#define INDEX_TEXT_SIZE 16

/* --- finding ---------------------------------------------------------------------------------- */

static int order_views(struct view a, struct view b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int order_by_name(const void *a, const void *b)
{
    return order_views(((const struct grant *)a)->name, ((const struct grant *)b)->name);
}

static const struct grant *find_name(const struct grant_choice *choice, struct view name)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (view_equal(choice->items[i].name, name)) {
            return &choice->items[i];
        }
    }
    return NULL;
}

enum result mongo_grants_pick(const struct grant_choice *choice, const struct view *names,
                              const struct id *ids, size_t count, struct grants *out)
{
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct grant *grant = find_name(choice, names[i]);
        if (grant == NULL || (ids != NULL && !id_equal(&ids[i], &grant->id))) {
            return RESULT_INVALID;
        }
        if (!mongo_grants_include(out, &grant->id)) {
            out->items[out->count++] = (struct grant){grant->id, names[i], grant->built_in};
        }
    }
    qsort(out->items, out->count, sizeof out->items[0], order_by_name);
    return RESULT_OK;
}

static enum result read_choice(struct mongo_handle *handle, const bson_t *filter, size_t room,
                               struct arena *arena, struct grant_choice *out)
{
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    *out = (struct grant_choice){.items = arena_take_array(arena, room, sizeof *out->items)};
    doc_make(&options, DOC(doc_open("projection"), doc_bool("name", true),
                           doc_bool("built_in", true), doc_close()));
    if (out->items == NULL) {
        return RESULT_INTERNAL;
    }
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_ROLES, filter, &options);
    while (out->count < room && (result = call_next(&rows, &found)) == RESULT_OK) {
        struct doc_reader reader = {.doc = found, .arena = arena};
        out->items[out->count++] = (struct grant){.id = doc_get_id(found, "_id"),
                                                  .name = doc_get_text(&reader, "name"),
                                                  .built_in = doc_get_bool(found, "built_in")};
        if (reader.failure != RESULT_OK) {
            return reader.failure;
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result mongo_grants_read_all(struct mongo_handle *handle, struct arena *arena,
                                  struct grant_choice *out)
{
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_bool("deleted", false)));
    return read_choice(handle, &filter, 2 * ROLES_MAX, arena, out);
}

static void write_names(const struct view *names, size_t count, bson_t *out)
{
    DOC_LOCAL(list);
    for (size_t i = 0; i < count; i++) {
        char room[INDEX_TEXT_SIZE];
        const char *key;
        (void)bson.uint32_to_string((uint32_t)i, &key, room, sizeof room);
        doc_add(&list, DOC(doc_text(key, names[i])));
    }
    doc_make(out, DOC(doc_open("name"), doc_embed_list("$in", &list), doc_close(),
                      doc_bool("deleted", false)));
}

enum result mongo_grants_find(struct mongo_handle *handle, const struct view *names,
                              const struct id *ids, size_t count, struct grants *out)
{
    struct arena arena;
    struct grant_choice choice;
    DOC_LOCAL(filter);
    write_names(names, count, &filter);
    out->count = 0;
    if (count == 0) {
        return RESULT_OK;
    }
    arena_init(&arena, 0);
    enum result result = read_choice(handle, &filter, count, &arena, &choice);
    if (result == RESULT_OK) {
        result = mongo_grants_pick(&choice, names, ids, count, out);
    }
    arena_clear(&arena);
    return result;
}

/* --- confirming ------------------------------------------------------------------------------- */

/* Takes the mark of a deletion away, which then does not happen. NOT_FOUND when it has happened, or
   another one has begun. */
static enum result stop_deletion(struct mongo_handle *handle, const struct id *role_id,
                                 const struct id *deletion)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(doc_id("_id", role_id), doc_id("deleting.op", deletion),
                          doc_bool("deleted", false)));
    doc_make(&update, DOC(doc_open("$unset"), doc_bool("deleting", true), doc_close()));
    return call_update(handle, MONGO_ROLES, &filter, &update, NULL);
}

enum result mongo_grants_confirm_role(struct mongo_handle *handle, const struct id *role_id)
{
    DOC_LOCAL(filter);
    enum result result = RESULT_NOT_FOUND;
    doc_make(&filter, DOC(doc_id("_id", role_id), doc_bool("deleted", false)));
    for (int tries = 0; result == RESULT_NOT_FOUND && tries < CONFIRM_TRIES; tries++) {
        DOC_LOCAL(found);
        result = call_find_one(handle, MONGO_ROLES, &filter, NULL, &found);
        if (result != RESULT_OK) {
            return result == RESULT_NOT_FOUND ? RESULT_INVALID : result;
        }
        struct id deletion = doc_get_id(&found, "deleting.op");
        if (!id_is_nil(&deletion)) {
            result = stop_deletion(handle, role_id, &deletion);
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_STORE_UNAVAILABLE : result;
}

enum result mongo_grants_confirm(struct mongo_handle *handle, const struct grants *grants)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < grants->count; i++) {
        if (!grants->items[i].built_in) {
            result = mongo_grants_confirm_role(handle, &grants->items[i].id);
        }
    }
    return result;
}

/* --- dropping --------------------------------------------------------------------------------- */

/* The ids of a person's roles, as an array. */
static void write_held(const bson_t *user, bson_t *out)
{
    bson_t list;
    bson_iter_t at;
    bson.init(out);
    doc_peek(user, "roles", &list);
    (void)bson.iter_init(&at, &list);
    while (bson.iter_next(&at)) {
        bson_t role;
        doc_peek(&list, bson.iter_key(&at), &role);
        struct id id = doc_get_id(&role, "id");
        doc_add(out, DOC(doc_uuid(bson.iter_key(&at), &id)));
    }
}

/* Those of them that are there, as an array. */
static enum result find_living(struct mongo_handle *handle, const bson_t *held, bson_t *out)
{
    DOC_LOCAL(filter);
    const bson_t *found = NULL;
    enum result result;
    uint32_t count = 0;
    bson.init(out);
    doc_make(&filter, DOC(doc_open("_id"), doc_embed_list("$in", held), doc_close(),
                          doc_bool("deleted", false)));
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_ROLES, &filter, NULL);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        char room[INDEX_TEXT_SIZE];
        const char *key;
        struct id id = doc_get_id(found, "_id");
        (void)bson.uint32_to_string(count++, &key, room, sizeof room);
        doc_add(out, DOC(doc_uuid(key, &id)));
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result keep_only(struct mongo_handle *handle, const struct id *user_id,
                             const bson_t *living, int64_t now_ms)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(set);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(doc_uuid("_id", user_id)));
    mongo_stamp_update(&set, NULL, NULL, now_ms, &update);
    doc_add(&update, DOC(doc_open("$pull"), doc_open("roles"), doc_open("id"),
                         doc_embed_list("$nin", living), doc_close(), doc_close(), doc_close()));
    enum result result = call_update(handle, MONGO_USERS, &filter, &update, NULL);
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result mongo_grants_drop(struct mongo_handle *handle, const struct id *user_id, int64_t now_ms)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(user);
    DOC_LOCAL(held);
    DOC_LOCAL(living);
    doc_make(&filter, DOC(doc_uuid("_id", user_id)));
    enum result result = call_find_one(handle, MONGO_USERS, &filter, NULL, &user);
    write_held(&user, &held);
    if (result != RESULT_OK) {
        bson.init(&living);
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    result = find_living(handle, &held, &living);
    return result == RESULT_OK ? keep_only(handle, user_id, &living, now_ms) : result;
}

/* --- in documents ----------------------------------------------------------------------------- */

void mongo_grants_write(const struct grants *grants, bson_t *out)
{
    bson.init(out);
    for (size_t i = 0; i < grants->count; i++) {
        char room[INDEX_TEXT_SIZE];
        const char *key;
        (void)bson.uint32_to_string((uint32_t)i, &key, room, sizeof room);
        doc_add(out, DOC(doc_open(key), doc_id("id", &grants->items[i].id),
                         doc_text("name", grants->items[i].name), doc_close()));
    }
}

enum result mongo_grants_read(const bson_t *user, struct arena *arena, struct grants *out)
{
    bson_t list;
    bson_t role;
    bson_iter_t at;
    doc_peek(user, "roles", &list);
    out->count = 0;
    (void)bson.iter_init(&at, &list);
    while (bson.iter_next(&at) && out->count < USER_ROLES_MAX) {
        doc_peek(&list, bson.iter_key(&at), &role);
        struct doc_reader reader = {.doc = &role, .arena = arena};
        out->items[out->count++] =
            (struct grant){.id = doc_get_id(&role, "id"), .name = doc_get_text(&reader, "name")};
        if (reader.failure != RESULT_OK) {
            return reader.failure;
        }
    }
    return RESULT_OK;
}

bool mongo_grants_include(const struct grants *grants, const struct id *role_id)
{
    for (size_t i = 0; i < grants->count; i++) {
        if (id_equal(&grants->items[i].id, role_id)) {
            return true;
        }
    }
    return false;
}
