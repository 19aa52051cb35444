/* A user as the templates know one: with a single role; and what can be done with one. */
#ifndef LATCHKEY_DIALECTS_PERSON_H
#define LATCHKEY_DIALECTS_PERSON_H

#include "api/row.h"
#include "base/attributes.h"
#include "base/id.h"
#include "model/user.h"
#include "model/user_list.h"

/* A list without paging in the template's document has so many at most. */
#define PERSON_LIST_MAX 10000

struct person {
    struct id id;
    int64_t number;
    struct view username;
    struct view email; /* at NULL: none */
    struct view name;  /* the username where there is none */
    int age;           /* USER_AGE_UNKNOWN: none */
    struct view role;  /* `admin` for who holds that, else the first by name; at NULL: none */
};

/* What a client may give; which of it is a matter of the dialect's table. */
struct person_in {
    struct in_text username;
    struct in_text email;
    struct in_text password;
    struct in_text name;
    struct in_integer age;
    struct in_text role;
};

/* Fields of tables that decode into struct person_in; the flags are the dialect's. */
#define PERSON_USERNAME(flags_)                                                                    \
    {                                                                                              \
        .name = "username", .kind = FIELD_TEXT, .offset = offsetof(struct person_in, username),    \
        .flags = (flags_), .min = USERNAME_MIN_BYTES, .max = USERNAME_MAX_BYTES                    \
    }
#define PERSON_EMAIL(flags_)                                                                       \
    {                                                                                              \
        .name = "email", .kind = FIELD_TEXT, .offset = offsetof(struct person_in, email),          \
        .flags = (flags_), .min = EMAIL_MIN_BYTES, .max = EMAIL_MAX_BYTES, .format = "email"       \
    }
#define PERSON_PASSWORD(flags_)                                                                    \
    {                                                                                              \
        .name = "password", .kind = FIELD_TEXT, .offset = offsetof(struct person_in, password),    \
        .flags = (flags_) | FIELD_SECRET, .max_bytes = PASSWORD_MAX_BYTES                          \
    }
#define PERSON_ROLE                                                                                \
    {                                                                                              \
        .name = "role", .kind = FIELD_TEXT, .offset = offsetof(struct person_in, role),            \
        .max_bytes = ROLE_NAME_MAX_BYTES, .description = "The name of a role; it replaces all."    \
    }

/* Fields of tables that encode a struct person. */
#define PERSON_OUT_ID                                                                              \
    {                                                                                              \
        .name = "id", .kind = FIELD_ID, .offset = offsetof(struct person, id)                      \
    }
#define PERSON_OUT_NUMBER                                                                          \
    {                                                                                              \
        .name = "id", .kind = FIELD_INTEGER, .offset = offsetof(struct person, number)             \
    }
#define PERSON_OUT_USERNAME                                                                        \
    {                                                                                              \
        .name = "username", .kind = FIELD_TEXT, .offset = offsetof(struct person, username)        \
    }
#define PERSON_OUT_EMAIL                                                                           \
    {                                                                                              \
        .name = "email", .kind = FIELD_TEXT, .offset = offsetof(struct person, email),             \
        .flags = FIELD_NULLABLE                                                                    \
    }
#define PERSON_OUT_ROLE                                                                            \
    {                                                                                              \
        .name = "role", .kind = FIELD_TEXT, .offset = offsetof(struct person, role),               \
        .flags = FIELD_NULLABLE                                                                    \
    }

/* Of templates that know a user by username, e-mail and role: `User` (id, username, email, role),
   `UserCreate` (these but the id, and a password; the role need not be there), `UserUpdate` (any of
   them). */
extern const struct table person_table;
extern const struct table person_create_table;
extern const struct table person_update_table;

/* Views are the user's. Pure. */
struct person person_of(const struct user *user);
/* Leaves person_of(user) as call->out. Returns result, or INTERNAL when out of memory. */
MUST_CHECK enum result person_answer(struct api_call *call, enum result result,
                                     const struct user *user);

/* A sign-up without a log-in, as auth_register. */
MUST_CHECK enum result person_register(struct api_call *call, struct user *out);
/* By someone with the right, as users_create; with the role given, else `user`. Faults are about
   "role". */
MUST_CHECK enum result person_create(struct api_call *call, struct user *out);
/* As users_update, of the members given; a role replaces all roles, and the role that is shown
   already changes nothing. Own passwords may be set. Faults are about "role". */
MUST_CHECK enum result person_update(struct api_call *call, struct view key, struct user *out);

/* Handlers, with what they may return: person_register; the caller's own record; person_create;
   users_get, person_update and users_delete of whom the first path parameter names. Each answers
   the person, the last one a message. */
MUST_CHECK enum result person_register_one(struct api_call *call);
MUST_CHECK enum result person_get_self(struct api_call *call);
MUST_CHECK enum result person_create_one(struct api_call *call);
MUST_CHECK enum result person_get_one(struct api_call *call);
MUST_CHECK enum result person_update_one(struct api_call *call);
MUST_CHECK enum result person_delete_one(struct api_call *call);
extern const enum result person_register_results[];
extern const enum result person_create_results[];
extern const enum result person_get_results[];
extern const enum result person_update_results[];
extern const enum result person_delete_results[];

/* Where a page begins, and how many it has at most. */
struct person_window {
    int64_t skip;
    int64_t limit; /* 0 to PERSON_LIST_MAX */
};
/* Query of lists without paging in the template's document: skip and limit. */
struct person_window_in {
    struct in_integer skip;
    struct in_integer limit;
};
extern const struct table person_window_query;
/* From what person_window_query decoded. Pure. */
struct person_window person_window_of(const struct person_window_in *in);
/* Those who match, from request's filter and sort; adds X-Total-Count. Items are struct person. */
MUST_CHECK enum result person_list(struct api_call *call, const struct user_list_request *request,
                                   const struct person_window *window, struct out_list *out);

/* A handler: everybody, by number, within person_window_query. */
MUST_CHECK enum result person_list_all(struct api_call *call);

/* An order that the store does not have. */
struct person_sort {
    int (*compare)(const void *a, const void *b); /* of struct person, as qsort takes it */
    bool descending;
};
int person_compare_id(const void *a, const void *b);
/* The role that is shown, by code point, none last; then the id. */
int person_compare_role(const void *a, const void *b);
/* As person_list, but sorted in memory, whatever request's sort says: of PERSON_LIST_MAX people who
   match at most. INVALID when more do; the fault is for the caller to add. */
MUST_CHECK enum result person_list_sorted(struct api_call *call,
                                          const struct user_list_request *request,
                                          const struct person_sort *sort,
                                          const struct person_window *window, struct out_list *out);

/* Changes which member a fault is about: where the dialect names it otherwise. */
void person_rename_fault(struct api_call *call, const char *from, const char *to);

#endif
