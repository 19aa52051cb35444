/* How a user looks from outside, and what of one can be sent in. */
#ifndef LATCHKEY_API_TABLE_USER_H
#define LATCHKEY_API_TABLE_USER_H

#include "api/row.h"
#include "api/table.h"
#include "base/attributes.h"
#include "service/users.h"

/* {id} of a path that names a user, with the row's table that has it alone. */
#define TABLE_USER_PARAM PATH_PARAM("id", "The id, the number or the username.", "\"alice\"")
extern const struct table table_user_params;

/* Encodes struct user. */
extern const struct table table_user;

/* What clients send of a user; each table below decodes some of it. */
struct table_user_in {
    struct in_text username;
    struct in_text email;
    struct in_text password;
    struct in_text name;
    struct in_integer age;
    struct in_text metadata;
    struct in_text status;
    struct in_boolean email_verified;
    struct in_list roles;
};

extern const struct table table_user_signup;      /* POST /v1/auth/signup */
extern const struct table table_user_create;      /* POST /v1/users */
extern const struct table table_user_change;      /* PATCH /v1/users/{id} */
extern const struct table table_user_change_self; /* PATCH /v1/users/me */
extern const struct table table_user_restore;     /* POST /v1/users/{id}/restore */

/* The service's form of it; borrows the views. Pure. */
struct users_input table_user_input(const struct table_user_in *in);

#endif
