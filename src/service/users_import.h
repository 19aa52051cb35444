/* Bringing people over from elsewhere, with their password hashes. For the operator only. */
#ifndef LATCHKEY_SERVICE_USERS_IMPORT_H
#define LATCHKEY_SERVICE_USERS_IMPORT_H

#include "model/user_import.h"
#include "service/users.h"

struct users_import_record {
    /* USER_FIELD_PASSWORD: in clear, hashed here. No username: made from the e-mail address. */
    struct users_input fields;
    struct view id;     /* at NULL: none. What is no UUID gets one that is the same every time */
    struct view source; /* whose ids: part of that UUID; empty: only UUIDs are taken */
    struct view password_hash; /* at NULL: none; as another program stored it */
    int64_t created_ms;        /* 0: now */
};

/* Checks a record by the rules for every user and makes a row of it; its views are the record's or
   in call->arena. computes: hash a password in clear (slow), else leave it out. OK; INVALID with
   faults; EXCEEDS_RIGHTS for anyone but the operator; INTERNAL. */
MUST_CHECK enum result users_import_prepare(struct service_call *call,
                                            const struct users_import_record *record, bool computes,
                                            struct user_import *out);
/* store_users_import; where a made-up username is taken, others are tried. At most
   STORE_IMPORT_MAX rows. OK, STORE_UNAVAILABLE, INTERNAL. */
MUST_CHECK enum result users_import_run(struct service_call *call, struct user_import *rows,
                                        size_t count);
/* Sets the outcomes that users_import_run would, by what is there now, and changes nothing. Does
   not see that two rows are in each other's way. */
MUST_CHECK enum result users_import_look(struct service_call *call, struct user_import *rows,
                                         size_t count);

/* What an import has come to. */
struct users_import_counts {
    int64_t created;
    int64_t present;
    int64_t refused;
    int64_t left_out; /* deleted where they come from */
};
/* One audit event for all of an import, also for one that was stopped. */
void users_import_note(struct service_call *call, const struct users_import_counts *counts);

#endif
