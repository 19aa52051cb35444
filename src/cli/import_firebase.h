/* A Firebase project's password hash parameters, as its console shows them:
     hash_config { algorithm: SCRYPT, base64_signer_key: …, base64_salt_separator: …,
                   rounds: 8, mem_cost: 14 }
   one a line. In a file, because the signer key is a secret. */
#ifndef LATCHKEY_CLI_IMPORT_FIREBASE_H
#define LATCHKEY_CLI_IMPORT_FIREBASE_H

#include "api/import_record.h"
#include "base/arena.h"
#include "base/attributes.h"

/* Texts are in the arena. NULL when fine, else why not. */
MUST_CHECK const char *import_firebase_read(const char *path, struct arena *arena,
                                            struct import_firebase *out);

#endif
