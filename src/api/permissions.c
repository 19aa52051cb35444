#include "api/permissions.h"

#include <stdlib.h>
#include <string.h>

#include "api/routes.h"

/* That an operation needs a permission. */
struct need {
    const char *permission;
    const struct row *row;
    bool guarded; /* only with the row's guarded member */
};

static size_t count_rows(void)
{
    size_t count = 0;

    for (size_t i = 0; i < routes_native.group_count; i++) {
        count += routes_native.groups[i]->count;
    }
    return count;
}

static size_t add_needs(const struct row *row, struct need *out)
{
    size_t n = 0;

    if (row->permission != NULL) {
        out[n++] = (struct need){row->permission, row, false};
    }
    if (row->guarded.permission != NULL) {
        out[n++] = (struct need){row->guarded.permission, row, true};
    }
    return n;
}

/* At most two a row, in the order of the document. */
static size_t collect(struct need *out)
{
    size_t n = 0;

    for (size_t i = 0; i < routes_native.group_count; i++) {
        const struct row_group *group = routes_native.groups[i];

        for (size_t j = 0; j < group->count; j++) {
            n += add_needs(&group->rows[j], &out[n]);
        }
    }
    return n;
}

static int compare(const void *a, const void *b)
{
    const struct need *x = a;
    const struct need *y = b;
    int order = strcmp(x->permission, y->permission);

    if (order == 0) {
        order = strcmp(x->row->path, y->row->path);
    }
    return order != 0 ? order : (int)x->row->method - (int)y->row->method;
}

static struct view operation_of(const struct need *need, struct arena *arena)
{
    const struct row *row = need->row;
    struct view operation = arena_format(arena, "%s %s", http_method_name(row->method), row->path);

    if (!need->guarded) {
        return operation;
    }
    return arena_format(arena, row->body != NULL ? "%.*s with %s" : "%.*s?%s=true",
                        VIEW_ARG(operation), row->guarded.member);
}

/* needs: in the order of compare. */
static const struct permission *group(const struct need *needs, size_t need_count,
                                      struct arena *arena, size_t *count)
{
    struct permission *list = arena_take_array(arena, need_count + 1, sizeof *list);
    struct view *operations = arena_take_array(arena, need_count + 1, sizeof *operations);
    struct permission *last = list;

    if (list == NULL || operations == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < need_count; i++) {
        if (i == 0 || !view_is(last->name, needs[i].permission)) {
            last = i == 0 ? list : last + 1;
            *last = (struct permission){view_of(needs[i].permission), &operations[i], 0};
        }
        operations[i] = operation_of(&needs[i], arena);
        last->operation_count++;
    }
    *count = need_count == 0 ? 0 : (size_t)(last - list) + 1;
    return list;
}

const struct permission *permissions_list(struct arena *arena, size_t *count)
{
    struct need *needs = arena_take_array(arena, 2 * count_rows() + 1, sizeof *needs);
    size_t need_count;

    *count = 0;
    if (needs == NULL) {
        return NULL;
    }
    need_count = collect(needs);
    qsort(needs, need_count, sizeof *needs, compare);
    return group(needs, need_count, arena, count);
}
