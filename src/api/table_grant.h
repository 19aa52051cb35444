/* The answers that hold tokens; of a struct auth_grant. */
#ifndef LATCHKEY_API_TABLE_GRANT_H
#define LATCHKEY_API_TABLE_GRANT_H

#include "api/table.h"

/* Of sign-up, log-in and refresh: with the user. */
extern const struct table table_grant;
/* Of the token endpoint: RFC 6749 section 5.1 and no more. */
extern const struct table table_grant_tokens;

#endif
