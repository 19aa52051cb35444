/* Managing users. The caller has passed the gate; rules that depend on whom it concerns are here.
 */
#ifndef LATCHKEY_SERVICE_USERS_H
#define LATCHKEY_SERVICE_USERS_H

#include "service/service.h"

/* Clear-text input of a create or a change; validated here, once for every way in. */
struct users_input {
    unsigned mask; /* of enum user_field: what is given; for a create too */
    struct view username;
    struct view email; /* at NULL with its bit set: clear */
    struct view password;
    struct view name; /* at NULL with its bit set: clear */
    int age;          /* USER_AGE_UNKNOWN with its bit set: clear */
    struct view metadata;
    enum user_status status;
    bool email_verified;
    const struct view *roles; /* names */
    size_t role_count;
    const struct id *role_ids; /* the service's own: which roles the names meant when judged */
};

/* True when that field is given. Pure. */
bool users_input_has(const struct users_input *input, enum user_field field);

/* CREATED; USERNAME_TAKEN, EMAIL_TAKEN, INVALID with faults, EXCEEDS_RIGHTS for roles beyond the
   actor's own. roles not given: `user`. password not given: nobody can log in until one is set.
   Slow: one hash. */
MUST_CHECK enum result users_create(struct service_call *call, const struct users_input *input,
                                    struct user *out);
/* key: id, number, username or e-mail. OK, NOT_FOUND. */
MUST_CHECK enum result users_get(struct service_call *call, struct view key, struct user *out);
/* The actor's own record. INVALID_TOKEN when it is gone. */
MUST_CHECK enum result users_get_self(struct service_call *call, struct user *out);
/* Someone's record by someone with the right. OK; NOT_FOUND, USERNAME_TAKEN, EMAIL_TAKEN,
   LAST_ADMIN, INVALID, EXCEEDS_RIGHTS. For oneself only the own fields may change, whatever rights
   one has: not password, status, roles (FORBIDDEN). */
MUST_CHECK enum result users_update(struct service_call *call, struct view key,
                                    const struct users_input *input, struct user *out);
/* NO_CONTENT; NOT_FOUND, LAST_ADMIN, EXCEEDS_RIGHTS; CONFLICT when others keep changing the record.
 */
MUST_CHECK enum result users_delete(struct service_call *call, struct view key);

#endif
