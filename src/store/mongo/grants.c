#include "store/mongo/grants.h"

#include <stdlib.h>
#include <string.h>

#include "store/mongo/call.h"

/* Each time another deletion of the same role must have begun. */
#define CONFIRM_TRIES 100

/* --- finding ------------------------------------------------------------------------------------ */

/* One of the names asked for, and what was found under it. */
struct wanted {
    struct view name;
    const struct id *id; /* NULL: any */
    bool is_found;
};

static int order_views(struct view a, struct view b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int order_by_name(const void *a, const void *b)
{
    return order_views(((const struct grant *)a)->name, ((const struct grant *)b)->name);
}

static void write_filter(const struct view *names, size_t count, bson_t *out)
{
    CLEANUP(bson_destroy) bson_t list;
    bson_init(&list);
    for (size_t i = 0; i < count; i++) {
        char room[16];
        const char *key;
        (void)bson_uint32_to_string((uint32_t)i, &key, room, sizeof room);
        doc_add(&list, DOC(doc_text(key, names[i])));
    }
    doc_make(out, DOC(doc_open("name"), doc_embed_list("$in", &list), doc_close(),
                      doc_bool("deleted", false)));
}

/* Notes the role under every name that means it; the first of them names the grant. */
static void take(const bson_t *role, struct wanted *wanted, size_t count, struct grants *out)
{
    struct view name = doc_peek_text(role, "name");
    struct id id = doc_get_id(role, "_id");
    const struct view *kept = NULL;
    for (size_t i = 0; i < count; i++) {
        bool same = view_equal(wanted[i].name, name) &&
                    (wanted[i].id == NULL || id_equal(wanted[i].id, &id));
        wanted[i].is_found = wanted[i].is_found || same;
        kept = same ? &wanted[i].name : kept;
    }
    if (kept != NULL && out->count < USER_ROLES_MAX) {
        out->items[out->count++] =
            (struct grant){.id = id, .name = *kept, .built_in = doc_get_bool(role, "built_in")};
    }
}

static enum result find_all(struct mongo_handle *handle, const struct view *names,
                            struct wanted *wanted, size_t count, struct grants *out)
{
    CLEANUP(bson_destroy) bson_t filter;
    const bson_t *found = NULL;
    enum result result;
    write_filter(names, count, &filter);
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_ROLES, &filter, NULL);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        take(found, wanted, count, out);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result mongo_grants_find(struct mongo_handle *handle, const struct view *names,
                              const struct id *ids, size_t count, struct grants *out)
{
    struct wanted wanted[USER_ROLES_MAX];
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        wanted[i] = (struct wanted){.name = names[i], .id = ids != NULL ? &ids[i] : NULL};
    }
    enum result result = count > 0 ? find_all(handle, names, wanted, count, out) : RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        result = wanted[i].is_found ? RESULT_OK : RESULT_INVALID;
    }
    qsort(out->items, out->count, sizeof out->items[0], order_by_name);
    return result;
}

/* --- confirming --------------------------------------------------------------------------------- */

/* Takes the mark of a deletion away, which then does not happen. NOT_FOUND when it has happened, or
   another one has begun. */
static enum result stop_deletion(struct mongo_handle *handle, const struct id *role_id,
                                 const struct id *deletion)
{
    CLEANUP(bson_destroy) bson_t filter;
    CLEANUP(bson_destroy) bson_t update;
    doc_make(&filter, DOC(doc_id("_id", role_id), doc_id("deleting.op", deletion),
                          doc_bool("deleted", false)));
    doc_make(&update, DOC(doc_open("$unset"), doc_bool("deleting", true), doc_close()));
    return call_update(handle, MONGO_ROLES, &filter, &update, NULL);
}

static enum result confirm_one(struct mongo_handle *handle, const struct id *role_id)
{
    CLEANUP(bson_destroy) bson_t filter;
    enum result result = RESULT_NOT_FOUND;
    doc_make(&filter, DOC(doc_id("_id", role_id), doc_bool("deleted", false)));
    for (int tries = 0; result == RESULT_NOT_FOUND && tries < CONFIRM_TRIES; tries++) {
        CLEANUP(bson_destroy) bson_t found;
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
            result = confirm_one(handle, &grants->items[i].id);
        }
    }
    return result;
}

/* --- in documents ------------------------------------------------------------------------------- */

void mongo_grants_write(const struct grants *grants, bson_t *out)
{
    bson_init(out);
    for (size_t i = 0; i < grants->count; i++) {
        char room[16];
        const char *key;
        (void)bson_uint32_to_string((uint32_t)i, &key, room, sizeof room);
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
    (void)bson_iter_init(&at, &list);
    while (bson_iter_next(&at) && out->count < USER_ROLES_MAX) {
        doc_peek(&list, bson_iter_key(&at), &role);
        struct doc_reader reader = {.doc = &role, .arena = arena};
        out->items[out->count++] = (struct grant){
            .id = doc_get_id(&role, "id"), .name = doc_get_text(&reader, "name")};
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
