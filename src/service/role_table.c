#include "service/role_table.h"

#include <stdlib.h>

static bool copy_role(struct arena *arena, const struct role *from, struct role *to)
{
    struct view *permissions =
        arena_take_array(arena, from->permission_count + 1, sizeof(*permissions));

    *to = *from;
    to->description = (struct view){NULL, 0};
    to->name = arena_copy_view(arena, from->name);
    if (permissions == NULL || to->name.at == NULL) {
        return false;
    }
    for (size_t i = 0; i < from->permission_count; i++) {
        permissions[i] = arena_copy_view(arena, from->permissions[i]);
        if (permissions[i].at == NULL) {
            return false;
        }
    }
    to->permissions = permissions;
    return true;
}

struct role_table *role_table_new(const struct role *roles, size_t count)
{
    struct role_table *table = calloc(1, sizeof(*table));
    struct role *items;

    if (table == NULL) {
        return NULL;
    }
    arena_init(&table->arena, 0);
    items = arena_take_array(&table->arena, count + 1, sizeof(*items));
    for (size_t i = 0; items != NULL && i < count; i++) {
        if (!copy_role(&table->arena, &roles[i], &items[i])) {
            items = NULL;
        }
    }
    if (items == NULL) {
        role_table_free(table);
        return NULL;
    }
    table->items = items;
    table->count = count;
    return table;
}

void role_table_free(struct role_table *table)
{
    if (table == NULL) {
        return;
    }
    arena_clear(&table->arena);
    free(table);
}

const struct role *role_table_find(const struct role_table *table, struct view name)
{
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        if (view_equal(table->items[i].name, name)) {
            return &table->items[i];
        }
    }
    return NULL;
}

bool role_table_permits(const struct role_table *table, const struct view *names, size_t count,
                        struct view permission)
{
    for (size_t i = 0; i < count; i++) {
        const struct role *role = role_table_find(table, names[i]);

        if (role != NULL && role_covers(role, permission)) {
            return true;
        }
    }
    return false;
}

bool role_table_covers(const struct role_table *table, const struct view *names, size_t count,
                       struct view given)
{
    const struct role *role = role_table_find(table, given);

    for (size_t i = 0; role != NULL && i < role->permission_count; i++) {
        if (!role_table_permits(table, names, count, role->permissions[i])) {
            return false;
        }
    }
    return role != NULL;
}
