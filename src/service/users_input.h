/* What a user is to be like, as somebody asks for it. */
#ifndef LATCHKEY_SERVICE_USERS_INPUT_H
#define LATCHKEY_SERVICE_USERS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/view.h"
#include "model/user.h"

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
    /* People may set their own password in this way in, which has no place for the current one:
       dialects only. It ends their other sessions. */
    bool own_password;
    const struct id *role_ids; /* the service's own: which roles the names meant when judged */
    int64_t if_version;        /* of a change: only if the record is of that version; 0: any */
};

/* True when that field is given. Pure. */
static inline bool users_input_has(const struct users_input *input, enum user_field field)
{
    return (input->mask & (unsigned)field) != 0;
}

#endif
