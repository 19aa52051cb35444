#include "api/table_user.h"

#include "model/limits.h"
#include "model/user.h"

static const char *const statuses[] = {"active", "disabled", NULL};

static const struct field path_fields[] = {TABLE_USER_PARAM};

const struct table table_user_params = {
    .name = "UserPath",
    .size = sizeof(struct path_params),
    FIELDS(path_fields),
};

/* --- out -------------------------------------------------------------------------------------- */

static const struct field user_fields[] = {
    {.name = "id",
     .kind = FIELD_ID,
     .offset = offsetof(struct user, id),
     .description = "Never used twice."},
    {.name = "number",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct user, number),
     .description = "Counts up from 1; for clients that expect a number."},
    {.name = "username",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct user, username),
     .example = "\"alice\""},
    {.name = "email",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct user, email),
     .flags = FIELD_NULLABLE,
     .format = "email"},
    {.name = "name",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct user, name),
     .flags = FIELD_NULLABLE},
    {.name = "age",
     .kind = FIELD_INT_OPTION,
     .offset = offsetof(struct user, age),
     .flags = FIELD_NULLABLE},
    {.name = "roles",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct user, roles),
     .description = "Names of roles, sorted."},
    {.name = "status",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct user, status),
     .choices = statuses},
    {.name = "email_verified",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct user, email_verified)},
    {.name = "metadata",
     .kind = FIELD_OBJECT,
     .offset = offsetof(struct user, metadata),
     .description = "The application's own."},
    {.name = "created_at", .kind = FIELD_INSTANT, .offset = offsetof(struct user, created_ms)},
    {.name = "updated_at", .kind = FIELD_INSTANT, .offset = offsetof(struct user, updated_ms)},
    {.name = "last_login_at",
     .kind = FIELD_INSTANT,
     .offset = offsetof(struct user, last_login_ms),
     .flags = FIELD_NULLABLE},
    {.name = "deleted_at",
     .kind = FIELD_INSTANT,
     .offset = offsetof(struct user, deleted_ms),
     .flags = FIELD_NULLABLE},
};

const struct table table_user = {
    .name = "User",
    .description = "A person.",
    .size = sizeof(struct user),
    FIELDS(user_fields),
};

/* --- in --------------------------------------------------------------------------------------- */

/* Fields that several tables take; flags_ differ. */
#define USERNAME(flags_)                                                                           \
    {                                                                                              \
        .name = "username", .kind = FIELD_TEXT,                                                    \
        .offset = offsetof(struct table_user_in, username), .flags = (flags_),                     \
        .min = USERNAME_MIN_BYTES, .max = USERNAME_MAX_BYTES,                                      \
        .description =                                                                             \
            "A letter, then letters, digits, '.', '_' and '-'. Unique without regard to "          \
            "case.",                                                                               \
        .example = "\"alice\""                                                                     \
    }
#define PASSWORD(flags_)                                                                           \
    {                                                                                              \
        .name = "password", .kind = FIELD_TEXT,                                                    \
        .offset = offsetof(struct table_user_in, password), .flags = (flags_) | FIELD_SECRET,      \
        .max_bytes = PASSWORD_MAX_BYTES,                                                           \
        .description = "At least 8 characters unless configured otherwise; common passwords are "  \
                       "refused.",                                                                 \
        .example = "\"correct horse battery staple\""                                              \
    }
#define EMAIL                                                                                      \
    {                                                                                              \
        .name = "email", .kind = FIELD_TEXT, .offset = offsetof(struct table_user_in, email),      \
        .flags = FIELD_NULLABLE, .min = EMAIL_MIN_BYTES, .max = EMAIL_MAX_BYTES,                   \
        .format = "email", .description = "Unique without regard to case.",                        \
        .example = "\"alice@example.com\""                                                         \
    }
/* E-mail, name, age and metadata. */
#define ABOUT                                                                                      \
    EMAIL,                                                                                         \
        {.name = "name",                                                                           \
         .kind = FIELD_TEXT,                                                                       \
         .offset = offsetof(struct table_user_in, name),                                           \
         .flags = FIELD_NULLABLE,                                                                  \
         .max = NAME_MAX_CHARS,                                                                    \
         .example = "\"Alice Example\""},                                                          \
        {.name = "age",                                                                            \
         .kind = FIELD_INTEGER,                                                                    \
         .offset = offsetof(struct table_user_in, age),                                            \
         .flags = FIELD_NULLABLE,                                                                  \
         .max = AGE_MAX},                                                                          \
    {                                                                                              \
        .name = "metadata", .kind = FIELD_OBJECT,                                                  \
        .offset = offsetof(struct table_user_in, metadata), .max_bytes = METADATA_MAX_BYTES,       \
        .description = "Any object, as compact JSON at most 8192 bytes."                           \
    }
#define STATUS                                                                                     \
    {                                                                                              \
        .name = "status", .kind = FIELD_TEXT, .offset = offsetof(struct table_user_in, status),    \
        .choices = statuses, .description = "Disabling ends all sessions."                         \
    }
#define EMAIL_VERIFIED                                                                             \
    {                                                                                              \
        .name = "email_verified", .kind = FIELD_BOOLEAN,                                           \
        .offset = offsetof(struct table_user_in, email_verified)                                   \
    }
#define ROLES                                                                                      \
    {                                                                                              \
        .name = "roles", .kind = FIELD_TEXT_LIST, .offset = offsetof(struct table_user_in, roles), \
        .max = USER_ROLES_MAX, .max_bytes = ROLE_NAME_MAX_BYTES,                                   \
        .description = "Names of roles; `user` unless given."                                      \
    }

static const struct field signup_fields[] = {
    USERNAME(FIELD_REQUIRED),
    PASSWORD(FIELD_REQUIRED),
    ABOUT,
};

const struct table table_user_signup = {
    .name = "SignUp",
    .size = sizeof(struct table_user_in),
    FIELDS(signup_fields),
};

static const struct field create_fields[] = {
    USERNAME(FIELD_REQUIRED), PASSWORD(0), ABOUT, STATUS, EMAIL_VERIFIED, ROLES,
};

const struct table table_user_create = {
    .name = "UserCreate",
    .description = "Without a password nobody can log in as this user until one is set.",
    .size = sizeof(struct table_user_in),
    FIELDS(create_fields),
};

static const struct field change_fields[] = {
    USERNAME(0), PASSWORD(0), ABOUT, STATUS, EMAIL_VERIFIED,
};

const struct table table_user_change = {
    .name = "UserChange",
    .description = "What is left out stays as it is. Own records: not password, status and "
                   "email_verified.",
    .size = sizeof(struct table_user_in),
    FIELDS(change_fields),
};

static const struct field change_self_fields[] = {
    USERNAME(0),
    ABOUT,
};

const struct table table_user_change_self = {
    .name = "UserChangeSelf",
    .description = "What is left out stays as it is. A new e-mail address is not verified.",
    .size = sizeof(struct table_user_in),
    FIELDS(change_self_fields),
};

static const struct field restore_fields[] = {USERNAME(0), EMAIL};

const struct table table_user_restore = {
    .name = "UserRestore",
    .description = "Other names than the former ones, such as when somebody else has those now; "
                   "null for no e-mail address.",
    .size = sizeof(struct table_user_in),
    FIELDS(restore_fields),
};

struct users_input table_user_input(const struct table_user_in *in)
{
    struct users_input input = {
        .username = in->username.text,
        .email = in->email.text,
        .password = in->password.text,
        .name = in->name.text,
        .age = in->age.given && !in->age.null ? (int)in->age.number : USER_AGE_UNKNOWN,
        .metadata = in->metadata.text,
        .status = USER_ACTIVE,
        .email_verified = in->email_verified.value,
        .roles = in->roles.items,
        .role_count = in->roles.count,
    };
    input.mask = (in->username.given ? USER_FIELD_USERNAME : 0U) |
                 (in->email.given ? USER_FIELD_EMAIL : 0U) |
                 (in->password.given ? USER_FIELD_PASSWORD : 0U) |
                 (in->name.given ? USER_FIELD_NAME : 0U) | (in->age.given ? USER_FIELD_AGE : 0U) |
                 (in->metadata.given ? USER_FIELD_METADATA : 0U) |
                 (in->email_verified.given ? USER_FIELD_EMAIL_VERIFIED : 0U) |
                 (in->roles.given ? USER_FIELD_ROLES : 0U);
    /* The table lets nothing but the choices through. */
    if (in->status.given && user_status_of(in->status.text, &input.status)) {
        input.mask |= USER_FIELD_STATUS;
    }
    return input;
}
