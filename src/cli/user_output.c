#include "cli/user_output.h"

#include "api/encode.h"
#include "api/table_user.h"
#include "cli/output_lines.h"

#define ONE_MAX_BYTES 65536

static void write_roles(struct builder *b, const struct user *user)
{
    for (size_t i = 0; i < user->role_count; i++) {
        builder_text(b, i == 0 ? "" : ",");
        builder_add(b, user->roles[i]);
    }
    builder_text(b, user->role_count == 0 ? "-" : "");
}

void user_output_row(struct builder *b, const struct user *user)
{
    if (user == NULL) {
        builder_format(b, "%8s %-24s %-32s %-9s %s\n", "NUMBER", "USERNAME", "EMAIL", "STATUS",
                       "ROLES");
        return;
    }
    builder_format(
        b, "%8lld %-24.*s %-32.*s %-9s ", (long long)user->number, VIEW_ARG(user->username),
        VIEW_ARG(user->email.at != NULL ? user->email : VIEW("-")), user_status_name(user->status));
    write_roles(b, user);
    builder_char(b, '\n');
}

static void write_lines(struct builder *b, const struct user *user)
{
    char id[ID_TEXT_SIZE];

    id_format(&user->id, id);
    output_lines_text(b, "id", view_of(id));
    output_lines_label(b, "number");
    builder_format(b, "%lld\n", (long long)user->number);
    output_lines_text(b, "username", user->username);
    output_lines_text(b, "email", user->email);
    output_lines_text(b, "name", user->name);
    if (user->age != USER_AGE_UNKNOWN) {
        output_lines_label(b, "age");
        builder_format(b, "%d\n", user->age);
    }
    output_lines_label(b, "roles");
    write_roles(b, user);
    builder_char(b, '\n');
    output_lines_text(b, "status", view_of(user_status_name(user->status)));
    output_lines_instant(b, "created", user->created_ms);
    output_lines_instant(b, "updated", user->updated_ms);
    output_lines_instant(b, "last log-in", user->last_login_ms);
    output_lines_instant(b, "deleted", user->deleted_ms);
}

void user_output_json(struct builder *b, const struct user *user)
{
    encode_table(b, &table_user, user);
    builder_char(b, '\n');
}

int user_output_one(struct cli *cli, const struct user *user)
{
    struct builder b;
    struct view text;

    builder_init(&b, &cli->arena, ONE_MAX_BYTES);
    if (command_has(cli, "json")) {
        user_output_json(&b, user);
    } else {
        write_lines(&b, user);
    }
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}
