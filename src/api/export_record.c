#include "api/export_record.h"

#include <stddef.h>

#include "api/encode.h"
#include "base/clock.h"
#include "base/csv.h"

static const char *const statuses[] = {"active", "disabled", NULL};

#define OUT(name_, kind_, member)                                                                  \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .offset = offsetof(struct user_credentials, member)      \
    }

/* The hash last: without it there is one field less. */
static const struct field fields[] = {
    OUT("id", FIELD_ID, user.id),
    OUT("username", FIELD_TEXT, user.username),
    OUT("email", FIELD_TEXT, user.email),
    OUT("name", FIELD_TEXT, user.name),
    OUT("age", FIELD_INT_OPTION, user.age),
    OUT("roles", FIELD_TEXT_LIST, user.roles),
    {.name = "status",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct user_credentials, user.status),
     .choices = statuses},
    OUT("email_verified", FIELD_BOOLEAN, user.email_verified),
    OUT("metadata", FIELD_OBJECT, user.metadata),
    OUT("created_at", FIELD_INSTANT, user.created_ms),
    OUT("password_hash", FIELD_TEXT, password_hash),
};

static const struct table with_hashes = {
    .name = "ExportRecord",
    .size = sizeof(struct user_credentials),
    FIELDS(fields),
};

static const struct table without_hashes = {
    .name = "ExportRecord",
    .size = sizeof(struct user_credentials),
    .fields = fields,
    .field_count = ARRAY_LEN(fields) - 1,
};

void export_record_json(struct builder *out, const struct user_credentials *user, bool with_hash)
{
    encode_table(out, with_hash ? &with_hashes : &without_hashes, user);
    builder_char(out, '\n');
}

/* --- CSV -------------------------------------------------------------------------------------- */

#define ROLES_MAX_BYTES 4096

static void write_roles(struct builder *out, const struct user *user)
{
    char room[ROLES_MAX_BYTES];
    struct builder b;
    struct view text;
    builder_init_fixed(&b, room, sizeof(room));
    for (size_t i = 0; i < user->role_count; i++) {
        builder_text(&b, i == 0 ? "" : ";");
        builder_add(&b, user->roles[i]);
    }
    if (builder_end(&b, &text)) {
        /* None at all is an empty text; nothing would mean those everybody has. */
        csv_write(out, user->role_count == 0 ? VIEW("") : text);
    } else {
        out->failed = true;
    }
}

static void write_text_cells(struct builder *out, const struct user *user)
{
    char id[ID_TEXT_SIZE];
    id_format(&user->id, id);
    const struct view cells[] = {view_of(id), user->username, user->email, user->name};
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        csv_write(out, cells[i]);
        builder_char(out, ',');
    }
}

static void write_row(struct builder *out, const struct user_credentials *credentials,
                      bool with_hash)
{
    const struct user *user = &credentials->user;
    char created[CLOCK_TEXT_SIZE];
    clock_format(user->created_ms, created);
    write_text_cells(out, user);
    if (user->age != USER_AGE_UNKNOWN) {
        builder_int(out, user->age);
    }
    builder_char(out, ',');
    write_roles(out, user);
    builder_format(out, ",%s,%s,", user_status_name(user->status),
                   user->email_verified ? "true" : "false");
    csv_write(out, view_is_empty(user->metadata) ? VIEW("{}") : user->metadata);
    builder_format(out, ",%s", created);
    if (with_hash) {
        builder_char(out, ',');
        csv_write(out, credentials->password_hash);
    }
}

void export_record_csv(struct builder *out, const struct user_credentials *user, bool with_hash)
{
    const struct table *table = with_hash ? &with_hashes : &without_hashes;
    for (size_t i = 0; user == NULL && i < table->field_count; i++) {
        builder_text(out, i == 0 ? "" : ",");
        builder_text(out, table->fields[i].name);
    }
    if (user != NULL) {
        write_row(out, user, with_hash);
    }
    builder_char(out, '\n');
}
