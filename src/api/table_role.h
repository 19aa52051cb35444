/* How a role looks from outside, and what of one can be sent in. */
#ifndef LATCHKEY_API_TABLE_ROLE_H
#define LATCHKEY_API_TABLE_ROLE_H

#include "api/table.h"
#include "service/roles.h"

/* Encodes struct role. */
extern const struct table table_role;
/* Encodes struct permission. */
extern const struct table table_permission;

/* What clients send of a role; each table below decodes some of it. */
struct table_role_in {
    struct in_text name;
    struct in_text description;
    struct in_list permissions;
};

extern const struct table table_role_create;  /* POST /v1/roles */
extern const struct table table_role_replace; /* PUT /v1/roles/{name} */

/* The service's form of it; borrows the views. Pure. */
struct roles_input table_role_input(const struct table_role_in *in);

#endif
