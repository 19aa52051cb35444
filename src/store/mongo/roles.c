#include "store/mongo/roles.h"

#include "model/limits.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"

const struct id mongo_roles_admin = {{0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, [15] = 1}};

static void get_permissions(struct doc_reader *reader, struct role *out)
{
    bson_t list;
    bson_iter_t at;
    doc_peek(reader->doc, "permissions", &list);
    size_t room = bson.count_keys(&list);
    struct view *permissions = arena_take_array(reader->arena, room + 1, sizeof *permissions);
    if (permissions == NULL) {
        reader->failure = RESULT_INTERNAL;
        return;
    }
    struct doc_reader items = {.doc = &list, .arena = reader->arena};
    (void)bson.iter_init(&at, &list);
    while (bson.iter_next(&at) && items.failure == RESULT_OK) {
        permissions[out->permission_count++] = doc_get_text(&items, bson.iter_key(&at));
    }
    out->permissions = permissions;
    reader->failure = items.failure;
}

enum result mongo_roles_of_doc(const bson_t *doc, struct arena *arena, struct role *out)
{
    struct doc_reader reader = {.doc = doc, .arena = arena};
    *out = (struct role){
        .id = doc_get_id(doc, "_id"),
        .name = doc_get_text(&reader, "name"),
        .description = doc_get_text(&reader, "description"),
        .built_in = doc_get_bool(doc, "built_in"),
        .created_ms = doc_get_instant(doc, "created_at"),
        .updated_ms = doc_get_instant(doc, "updated_at"),
        .version = doc_get_number(doc, "version", 0),
    };
    if (reader.failure == RESULT_OK) {
        get_permissions(&reader, out);
    }
    return reader.failure;
}

static enum result read_rows(struct call_rows *rows, struct arena *arena, struct role *roles,
                             size_t room, size_t *count)
{
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    while (*count < room && (result = call_next(rows, &found)) == RESULT_OK) {
        result = mongo_roles_of_doc(found, arena, &roles[*count]);
        if (result != RESULT_OK) {
            return result;
        }
        *count += 1;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* One find: what it reads is put together in memory, at most ROLES_MAX roles and those that came
   in races. */
enum result mongo_roles_list(struct store_handle *base, struct arena *arena,
                             const struct role **out, size_t *count)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    size_t room = 2 * ROLES_MAX;
    struct role *roles = arena_take_array(arena, room, sizeof *roles);
    *out = roles;
    *count = 0;
    doc_make(&filter, DOC(doc_bool("deleted", false)));
    doc_make(&options, DOC(doc_open("sort"), doc_number("name", 1), doc_close(),
                           doc_number("batchSize", (int64_t)room)));
    if (roles == NULL) {
        return RESULT_INTERNAL;
    }
    CLEANUP(call_close)
    struct call_rows rows = call_find(mongo_handle_of(base), MONGO_ROLES, &filter, &options);
    return read_rows(&rows, arena, roles, room, count);
}

enum result mongo_roles_get(struct store_handle *base, struct view name, struct arena *arena,
                            struct role *out)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    struct view exact = view_not_null(name);
    doc_make(&filter, DOC(doc_text("name", exact), doc_bool("deleted", false)));
    enum result result = call_find_one(mongo_handle_of(base), MONGO_ROLES, &filter, NULL, &found);
    return result == RESULT_OK ? mongo_roles_of_doc(&found, arena, out) : result;
}
