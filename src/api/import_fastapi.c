#include "api/import_fastapi.h"

#include "api/import_mongo.h"
#include "api/import_password.h"

/* An id that counts up is none beyond its table: another table's user may have the same. */
static void drop_number(json_t *object, const char *name)
{
    const json_t *id = json_object_get(object, name);
    int64_t number;
    if (json_is_integer(id) ||
        (json_is_string(id) && view_to_int64(view_of(json_string_value(id)), &number))) {
        (void)json_object_del(object, name);
    }
}

bool import_fastapi_adapt(json_t *object)
{
    const struct table *table = &import_table_fastapi;
    for (size_t i = 0; i < table->field_count; i++) {
        const char *name = table->fields[i].name;
        json_t *plain = import_mongo_plain(json_object_get(object, name));
        if (plain != NULL && json_object_set_new(object, name, plain) != 0) {
            return false;
        }
    }
    drop_number(object, "_id");
    drop_number(object, "id");
    return true;
}

/* Names of roles are in lower case here: "Admin" is `admin`. */
static void set_role(struct view name, struct arena *arena, struct users_input *fields)
{
    char *copy = arena_copy(arena, name);
    struct view *role = arena_take(arena, sizeof *role);
    if (name.len == 0 || copy == NULL || role == NULL) {
        return;
    }
    for (char *c = copy; *c != '\0'; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    *role = view_make(copy, name.len);
    fields->roles = role;
    fields->role_count = 1;
    fields->mask |= USER_FIELD_ROLES;
}

void import_fastapi_finish(const struct import_line *line, struct arena *arena,
                           struct users_import_record *record)
{
    struct users_input *fields = &record->fields;
    record->id = import_mongo_object_id(record->id);
    set_role(line->role.text, arena, fields);
    /* Most keep the hash under this name. */
    if (import_password_is_hash(fields->password) && record->password_hash.at == NULL) {
        record->password_hash = fields->password;
        fields->password = (struct view){NULL, 0};
        fields->mask &= ~(unsigned)USER_FIELD_PASSWORD;
    }
}
