/* One conditional update of a person: what it sets follows from the document that was read before,
   and it applies to that version only. */
#ifndef LATCHKEY_STORE_MONGO_USER_CHANGE_H
#define LATCHKEY_STORE_MONGO_USER_CHANGE_H

#include "model/user.h"
#include "store/mongo/connection.h"
#include "store/mongo/doc.h"
#include "store/mongo/grants.h"

/* The three parts of an update; zero it, then user_change_start. */
struct user_change {
    const bson_t *before;
    bson_t set;
    bson_t unset;
    bson_t inc;
};

void mongo_user_change_start(struct user_change *change, const bson_t *before);
void mongo_user_change_clear(struct user_change *change);
/* The patch, without what it means for sessions; grants: for USER_FIELD_ROLES, else not looked at.
   Keys are those of one who is there. */
void mongo_user_change_add_patch(struct user_change *change, const struct user_patch *patch,
                                 const struct grants *grants);
/* The names as those of one who is there, whatever the document says: for a restored person. */
void mongo_user_change_take_names(struct user_change *change, const struct user_patch *patch);
/* Applies it if the person is of that version still, and, with op, bears that mark (admins.h),
   which goes. NOT_FOUND when not; USERNAME_TAKEN, EMAIL_TAKEN. *out is the document then, always to
   be destroyed. */
MUST_CHECK enum result mongo_user_change_apply(struct mongo_handle *handle,
                                               struct user_change *change, const struct id *op,
                                               int64_t now_ms, bson_t *out);

#endif
