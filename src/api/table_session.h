/* How a session looks from outside. */
#ifndef LATCHKEY_API_TABLE_SESSION_H
#define LATCHKEY_API_TABLE_SESSION_H

#include "api/table.h"

/* Encodes struct auth_session. */
extern const struct table table_session;

#endif
