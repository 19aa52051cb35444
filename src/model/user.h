/* A person, as a value. All views are borrowed from whatever arena the value was made in. */
#ifndef LATCHKEY_MODEL_USER_H
#define LATCHKEY_MODEL_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/id.h"
#include "base/result.h"
#include "base/view.h"
#include "model/audit_event.h"

enum user_status { USER_ACTIVE = 1, USER_DISABLED = 2 };

/* Whether a person is deleted; the values are bits. */
enum user_presence { USER_PRESENT = 1, USER_GONE = 2, USER_PRESENT_OR_GONE = 3 };

#define USER_AGE_UNKNOWN (-1)

struct user {
    struct id id;
    int64_t number; /* counts up from 1, gaps are fine */
    struct view username;
    struct view email;    /* at NULL: none */
    struct view name;     /* at NULL: none */
    int age;              /* USER_AGE_UNKNOWN: none */
    struct view metadata; /* a JSON object as text */
    enum user_status status;
    bool email_verified;
    const struct view *roles; /* names, sorted */
    size_t role_count;
    int64_t created_ms;
    int64_t updated_ms;
    int64_t last_login_ms; /* 0: never */
    int64_t deleted_ms;    /* 0: not deleted */
    int64_t epoch;         /* counts up when all sessions end; a session of another epoch is dead */
    int64_t version;       /* counts up with every change of the record */
};

/* A user and the stored password hash; kept apart so that a hash never reaches a reply by accident.
 */
struct user_credentials {
    struct user user;
    struct view password_hash; /* at NULL: none set, no log-in by password */
};

/* What a new user is made of. The store assigns number, epoch and version. */
struct user_draft {
    struct id id;
    struct view username;
    struct view email; /* at NULL: none */
    struct view name;
    int age;
    struct view metadata; /* empty: {} */
    bool email_verified;
    enum user_status status;
    struct view password_hash; /* at NULL: none */
    const struct view *roles;  /* names */
    const struct id *role_ids; /* the roles meant by the names; NULL: whichever have them */
    size_t role_count;
    int64_t now_ms;
    const struct audit_event *event; /* NULL: none; stored with it */
};

enum user_field {
    USER_FIELD_USERNAME = 1 << 0,
    USER_FIELD_EMAIL = 1 << 1, /* a new e-mail clears email_verified, unless that is set too */
    USER_FIELD_NAME = 1 << 2,
    USER_FIELD_AGE = 1 << 3,
    USER_FIELD_METADATA = 1 << 4,
    USER_FIELD_EMAIL_VERIFIED = 1 << 5,
    USER_FIELD_STATUS = 1 << 6,   /* disabling ends all sessions */
    USER_FIELD_PASSWORD = 1 << 7, /* ends all sessions but keep_session */
    USER_FIELD_ROLES = 1 << 8
};

/* A change of some fields at once: those in mask, the others stay. */
struct user_patch {
    unsigned mask; /* of enum user_field */
    struct view username;
    struct view email; /* at NULL: cleared */
    struct view name;  /* at NULL: cleared */
    int age;           /* USER_AGE_UNKNOWN: cleared */
    struct view metadata;
    bool email_verified;
    enum user_status status;
    struct view password_hash;
    struct id keep_session; /* nil: none */
    const struct view *roles;
    const struct id *role_ids; /* as in user_draft */
    size_t role_count;
    int64_t if_version; /* 0: any; else the change is refused with CONFLICT when the record's
                           version differs */
    int64_t now_ms;
};

/* How a deleted user comes back. */
struct user_restore {
    unsigned mask; /* of USER_FIELD_USERNAME and USER_FIELD_EMAIL: instead of the former */
    struct view username;
    struct view email;  /* at NULL: none; another one than the former is not verified */
    int64_t if_version; /* 0: any; else as in user_patch */
    int64_t now_ms;
};

/* One user to be deleted for good, and what came of it. */
struct user_purge {
    struct id user_id;
    int64_t if_version;              /* 0: any */
    const struct audit_event *event; /* NULL: none; stored with it */
    enum result outcome; /* set by the store: OK, NOT_FOUND, CONFLICT (if_version), LAST_ADMIN */
};

/* How to name one user. */
enum user_key_kind { USER_BY_ID, USER_BY_NUMBER, USER_BY_USERNAME, USER_BY_EMAIL };

struct user_key {
    enum user_key_kind kind;
    struct id id;
    int64_t number;
    struct view text;            /* username or e-mail, any case */
    enum user_presence presence; /* 0: USER_PRESENT. Of a deleted one the former name counts. */
};

/* "active" or "disabled". */
const char *user_status_name(enum user_status status);
MUST_CHECK bool user_status_of(struct view name, enum user_status *out);
/* An ASCII letter, then letters, digits, '.', '_', '-'; 3 to 64 bytes; not shaped like a UUID. NULL
 * when fine, else a sentence. */
const char *user_username_fault(struct view username);
/* One @, a local part of RFC 5322 atoms, a domain of letters, digits, hyphens and at least one dot
   (or localhost-like single labels are refused); ASCII only. NULL when fine, else a sentence. */
const char *user_email_fault(struct view email);
/* The form under which a username or e-mail is unique: ASCII lower case, written to out (at least
 * text.len bytes). */
struct view user_fold(struct view text, char *out);
/* What a path segment or a log-in name means: a UUID is an id, digits a number, with an @ an
 * e-mail, else a username. */
struct user_key user_key_of(struct view text);

#endif
