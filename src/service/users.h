/* Managing users. The caller has passed the gate; rules that depend on whom it concerns are here.
 */
#ifndef LATCHKEY_SERVICE_USERS_H
#define LATCHKEY_SERVICE_USERS_H

#include "service/service.h"
#include "service/users_input.h"

/* CREATED; USERNAME_TAKEN, EMAIL_TAKEN, INVALID with faults, EXCEEDS_RIGHTS for roles beyond the
   actor's own. roles not given: `user`. password not given: nobody can log in until one is set.
   Slow: one hash. */
MUST_CHECK enum result users_create(struct service_call *call, const struct users_input *input,
                                    struct user *out);
/* key: id, number, username or e-mail of one who is not deleted. OK, NOT_FOUND. */
MUST_CHECK enum result users_get(struct service_call *call, struct view key, struct user *out);
/* The same of deleted people too, or only; a name means the one who has it, else the only deleted
   one who had it. OK, NOT_FOUND, AMBIGUOUS. */
MUST_CHECK enum result users_find(struct service_call *call, struct view key,
                                  enum user_presence presence, struct user *out);
/* The actor's own record. INVALID_TOKEN when it is gone. */
MUST_CHECK enum result users_get_self(struct service_call *call, struct user *out);
/* For these: PRECONDITION_FAILED when if_version is not 0 and the record is of another version;
   CONFLICT when others keep changing the record. */

/* Someone's record by someone with the right. OK; NOT_FOUND, USERNAME_TAKEN, EMAIL_TAKEN,
   LAST_ADMIN, INVALID, EXCEEDS_RIGHTS. For oneself only the own fields may change, whatever rights
   one has: not password, status, roles (FORBIDDEN); where own_password lets one, RATE_LIMITED with
   retry_after_s as often as the password route. */
MUST_CHECK enum result users_update(struct service_call *call, struct view key,
                                    const struct users_input *input, struct user *out);
/* NO_CONTENT; NOT_FOUND, LAST_ADMIN, EXCEEDS_RIGHTS. */
MUST_CHECK enum result users_delete(struct service_call *call, struct view key, int64_t if_version);
/* Takes a deletion back; of names the mask says whether username and e-mail take the place of the
   former ones. No session comes back, nor do roles that were deleted. OK; NOT_FOUND when no deleted
   user is meant; USERNAME_TAKEN, EMAIL_TAKEN with detail; INVALID, AMBIGUOUS, EXCEEDS_RIGHTS. */
MUST_CHECK enum result users_restore(struct service_call *call, struct view key,
                                     const struct users_input *names, struct user *out);
/* Deletes for good, deleted before or not; a name means one who is not. NO_CONTENT; NOT_FOUND,
   LAST_ADMIN, EXCEEDS_RIGHTS. */
MUST_CHECK enum result users_purge(struct service_call *call, struct view key, int64_t if_version);

#endif
