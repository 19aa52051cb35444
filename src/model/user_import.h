/* One person of an import, as a value. */
#ifndef LATCHKEY_MODEL_USER_IMPORT_H
#define LATCHKEY_MODEL_USER_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/user.h"

/* What tells the person of a record from all others: the id where the record has one, else the
   names it has. A name that was made up here says nothing. */
enum user_import_identity {
    USER_IMPORT_BY_ID = 1,
    USER_IMPORT_BY_EMAIL, /* the username was made up */
    USER_IMPORT_BY_NAMES  /* the same username, and the same e-mail or none both times */
};

enum user_import_outcome {
    USER_IMPORT_CREATED = 1,
    USER_IMPORT_PRESENT,        /* was there already: the same identity */
    USER_IMPORT_USERNAME_TAKEN, /* by someone else */
    USER_IMPORT_EMAIL_TAKEN,    /* by someone else */
    USER_IMPORT_NO_SUCH_ROLE
};

struct user_import {
    struct user_draft draft; /* now_ms: of the import */
    int64_t created_ms;      /* what the record says; 0: now_ms */
    enum user_import_identity identity;
    bool made_username; /* from the e-mail address: another may be tried when it is taken */
    enum user_import_outcome outcome; /* set by the store */
};

#endif
