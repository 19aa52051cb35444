/* Sign-up, log-in, refresh, log-out, own sessions, own password. */
#ifndef LATCHKEY_SERVICE_AUTH_H
#define LATCHKEY_SERVICE_AUTH_H

#include "service/service.h"

/* What a client gets for a log-in, sign-up or refresh. */
struct auth_grant {
    struct view access_token;
    struct view token_type; /* "bearer" */
    int64_t expires_in_s;
    struct view refresh_token;
    int64_t refresh_expires_in_s; /* for a cookie: until the session's absolute end */
    struct id session_id;
    struct user user;
};

struct auth_signup {
    struct view username; /* at NULL: see auth_register */
    struct view email;    /* at NULL: none */
    struct view password;
    struct view name;     /* at NULL: none */
    int age;              /* USER_AGE_UNKNOWN: none */
    struct view metadata; /* JSON object, empty: none */
};

/* A sign-up without a log-in. A username at NULL is made from the local part of the e-mail address:
   the first free one of its kind. CREATED; SIGNUP_CLOSED, USERNAME_TAKEN, EMAIL_TAKEN, INVALID with
   faults. Slow: one password hash. */
MUST_CHECK enum result auth_register(struct service_call *call, const struct auth_signup *input,
                                     struct user *out);
/* CREATED with a grant; SIGNUP_CLOSED, USERNAME_TAKEN, EMAIL_TAKEN, CONFLICT, INVALID with faults.
 * Slow: one password hash. */
MUST_CHECK enum result auth_signup(struct service_call *call, const struct auth_signup *input,
                                   struct auth_grant *out);

struct auth_login {
    struct view login; /* a username or an e-mail, any spelling */
    struct view password;
};

/* OK with a grant; INVALID_CREDENTIALS for every reason there is (unknown, wrong, disabled,
   deleted), after equal work; LOCKED with retry_after_s, before any hash is computed. Slow. */
MUST_CHECK enum result auth_login(struct service_call *call, const struct auth_login *input,
                                  struct auth_grant *out);
/* OK with a grant (the same successor again within the grace window); INVALID_GRANT. */
MUST_CHECK enum result auth_refresh(struct service_call *call, struct view refresh_token,
                                    struct auth_grant *out);

/* The same in three steps, for refreshes that are written together. */
struct auth_refresh {
    bool is_junk; /* no token of ours: the store is not asked */
    struct session_rotating rotating;
};
#define AUTH_REFRESH_MAX STORE_ROTATE_MAX /* of one write */

/* What the token asks for. Memory only. */
void auth_refresh_read(struct service_call *call, struct view refresh_token,
                       struct auth_refresh *out);
/* Asks the store for all of them (AUTH_REFRESH_MAX at most) at once, and does nothing else. */
void auth_refresh_rotate(struct store_handle *store, struct auth_refresh *const *refreshes,
                         size_t count);
/* Once that is done: signs, counts, tells; asks the store alone where that is left to do. Results
   as of auth_refresh. */
MUST_CHECK enum result auth_refresh_answer(struct service_call *call, struct auth_refresh *refresh,
                                           struct auth_grant *out);

enum auth_scope { AUTH_SCOPE_LOCAL, AUTH_SCOPE_OTHERS, AUTH_SCOPE_GLOBAL };

/* NO_CONTENT, also when the session has ended already. */
MUST_CHECK enum result auth_logout(struct service_call *call, enum auth_scope scope);

/* A session as its owner sees it. */
struct auth_session {
    struct session session;
    int64_t expires_ms; /* the nearer of idle and absolute end */
    bool current;
};
struct auth_session_list {
    const struct auth_session *items;
    size_t count;
    int64_t total;
};

MUST_CHECK enum result auth_sessions(struct service_call *call, struct auth_session_list *out);
/* NO_CONTENT; NOT_FOUND when it is not theirs or over. */
MUST_CHECK enum result auth_end_session(struct service_call *call, struct view session_id);
/* NO_CONTENT; ends the other sessions. WRONG_PASSWORD (counts as a failed attempt), LOCKED,
 * INVALID. Slow: two hashes. */
MUST_CHECK enum result auth_change_password(struct service_call *call, struct view current_password,
                                            struct view new_password);

#endif
