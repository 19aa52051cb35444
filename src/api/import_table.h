/* Inside api/ only: the members of a person, as each program we import from calls them. */
#ifndef LATCHKEY_API_IMPORT_TABLE_H
#define LATCHKEY_API_IMPORT_TABLE_H

#include "api/table.h"

/* All that one of the tables below takes. */
struct import_line {
    struct in_text id;
    struct in_text username;
    struct in_text email;
    struct in_text name;
    struct in_text first_name; /* first and last name make the name */
    struct in_text last_name;
    struct in_integer age;
    struct in_list roles;
    struct in_text role; /* the only one */
    struct in_text status;
    struct in_boolean enabled;
    struct in_boolean disabled;
    struct in_text banned_until;
    struct in_text deleted_at; /* given: deleted there */
    struct in_boolean deleted;
    struct in_boolean email_verified;
    struct in_text confirmed_at; /* given: the e-mail address is verified */
    struct in_text metadata;
    struct in_text created_at;
    struct in_integer created_ms;
    struct in_text password;
    struct in_text password_hash;
    struct in_text salt;
};

/* Our own: documented in docs/import.md, unknown members are refused. */
extern const struct table import_table_latchkey;
/* Those of others: what is not named is left out. */
extern const struct table import_table_gotrue;
extern const struct table import_table_pocketbase;
extern const struct table import_table_keycloak;
extern const struct table import_table_firebase;
extern const struct table import_table_fastapi;

#endif
