#include "api/permissions.h"

#include <stdlib.h>
#include <string.h>

#include "api/routes.h"

static size_t count_rows(void)
{
    size_t count = 0;

    for (size_t i = 0; i < routes_native.group_count; i++) {
        count += routes_native.groups[i]->count;
    }
    return count;
}

/* The rows that need a permission, in the order of the document. */
static size_t collect(const struct row **out)
{
    size_t n = 0;

    for (size_t i = 0; i < routes_native.group_count; i++) {
        const struct row_group *group = routes_native.groups[i];

        for (size_t j = 0; j < group->count; j++) {
            if (group->rows[j].permission != NULL) {
                out[n++] = &group->rows[j];
            }
        }
    }
    return n;
}

static int compare(const void *a, const void *b)
{
    const struct row *x = *(const struct row *const *)a;
    const struct row *y = *(const struct row *const *)b;
    int order = strcmp(x->permission, y->permission);

    if (order == 0) {
        order = strcmp(x->path, y->path);
    }
    return order != 0 ? order : (int)x->method - (int)y->method;
}

static struct view operation_of(const struct row *row, struct arena *arena)
{
    return arena_format(arena, "%s %s", http_method_name(row->method), row->path);
}

/* rows: in the order of compare. */
static const struct permission *group(const struct row *const *rows, size_t row_count,
                                      struct arena *arena, size_t *count)
{
    struct permission *list = arena_take_array(arena, row_count + 1, sizeof *list);
    struct view *operations = arena_take_array(arena, row_count + 1, sizeof *operations);
    struct permission *last = list;

    if (list == NULL || operations == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < row_count; i++) {
        if (i == 0 || !view_is(last->name, rows[i]->permission)) {
            last = i == 0 ? list : last + 1;
            *last = (struct permission){view_of(rows[i]->permission), &operations[i], 0};
        }
        operations[i] = operation_of(rows[i], arena);
        last->operation_count++;
    }
    *count = row_count == 0 ? 0 : (size_t)(last - list) + 1;
    return list;
}

const struct permission *permissions_list(struct arena *arena, size_t *count)
{
    const struct row **rows = arena_take_array(arena, count_rows() + 1, sizeof *rows);
    size_t row_count;

    *count = 0;
    if (rows == NULL) {
        return NULL;
    }
    row_count = collect(rows);
    qsort(rows, row_count, sizeof *rows, compare);
    return group(rows, row_count, arena, count);
}
