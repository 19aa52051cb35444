/* Inside service/ only: the roles in memory, as one immutable set that is replaced whole. */
#ifndef LATCHKEY_SERVICE_ROLE_TABLE_H
#define LATCHKEY_SERVICE_ROLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "model/role.h"

/* Who holds roles, and which one of them does not count. */
struct role_holder {
    const struct view *names;
    size_t count;
    struct view without; /* at NULL: all of them count */
};

struct role_table {
    struct arena arena;
    const struct role *items; /* by name */
    size_t count;
};

/* A copy of these roles, whatever their order; NULL when out of memory. */
MUST_CHECK struct role_table *role_table_new(const struct role *roles, size_t count);
/* NULL is a no-op. */
void role_table_free(struct role_table *table);
/* NULL when there is no such role. Borrowed. table may be NULL. */
const struct role *role_table_find(const struct role_table *table, struct view name);
/* True when one of the roles named covers the permission. */
bool role_table_permits(const struct role_table *table, const struct view *names, size_t count,
                        struct view permission);
/* True when all that the role named `given` grants is covered by the roles named; false for an
 * unknown one. */
bool role_table_covers(const struct role_table *table, const struct view *names, size_t count,
                       struct view given);

/* Index of the first of the permissions that none of the roles named covers; count when there is
   none. Pure. */
size_t role_table_lacks(const struct role_table *table, const struct role_holder *holder,
                        const struct view *permissions, size_t count);

#endif
