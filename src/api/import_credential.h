/* Inside api/ only: password hashes that other programs keep in parts, put together to the strings
   that password_hash_import reads. Nothing is checked here beyond the shape. */
#ifndef LATCHKEY_API_IMPORT_CREDENTIAL_H
#define LATCHKEY_API_IMPORT_CREDENTIAL_H

#include <jansson.h>

#include "api/import_record.h"
#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

/* Of `credentials` of a Keycloak user (NULL: none): at NULL when there is no password among them;
   empty when there is one that cannot be read. In the arena. */
struct view import_credential_keycloak(const json_t *credentials, struct arena *arena);
/* Of Firebase; empty when the project's parameters are missing. In the arena. */
struct view import_credential_firebase(const struct import_firebase *firebase, struct view hash,
                                       struct view salt, struct arena *arena);

#endif
