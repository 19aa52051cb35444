#include "service/role_table.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const struct view *a, const struct view *b)
{
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = shorter > 0 ? memcmp(a->at, b->at, shorter) : 0;

    if (order != 0 || a->len == b->len) {
        return order;
    }
    return a->len < b->len ? -1 : 1;
}

static int compare_roles(const void *a, const void *b)
{
    return compare_names(&((const struct role *)a)->name, &((const struct role *)b)->name);
}

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
    qsort(items, count, sizeof(*items), compare_roles);
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
    struct role key = {.name = name};

    if (table == NULL || table->count == 0) {
        return NULL;
    }
    return bsearch(&key, table->items, table->count, sizeof(key), compare_roles);
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

static bool holds(const struct role_table *table, const struct role_holder *holder,
                  struct view permission)
{
    for (size_t i = 0; i < holder->count; i++) {
        bool counts = holder->without.at == NULL || !view_equal(holder->names[i], holder->without);

        if (counts && role_table_permits(table, &holder->names[i], 1, permission)) {
            return true;
        }
    }
    return false;
}

size_t role_table_lacks(const struct role_table *table, const struct role_holder *holder,
                        const struct view *permissions, size_t count)
{
    size_t i = 0;

    while (i < count && holds(table, holder, permissions[i])) {
        i++;
    }
    return i;
}
