#include "cli/user_output.h"

#include "api/encode.h"
#include "api/table_user.h"
#include "base/clock.h"

#define ONE_MAX_BYTES 65536
#define LABEL_WIDTH 15

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

static void write_label(struct builder *b, const char *label)
{
    builder_format(b, "%-*s ", LABEL_WIDTH, label);
}

static void write_text(struct builder *b, const char *label, struct view text)
{
    if (text.at != NULL) {
        write_label(b, label);
        builder_add(b, text);
        builder_char(b, '\n');
    }
}

static void write_instant(struct builder *b, const char *label, int64_t instant_ms)
{
    char text[CLOCK_TEXT_SIZE];

    if (instant_ms != 0) {
        clock_format(instant_ms, text);
        write_text(b, label, view_of(text));
    }
}

static void write_lines(struct builder *b, const struct user *user)
{
    char id[ID_TEXT_SIZE];

    id_format(&user->id, id);
    write_text(b, "id", view_of(id));
    write_label(b, "number");
    builder_format(b, "%lld\n", (long long)user->number);
    write_text(b, "username", user->username);
    write_text(b, "email", user->email);
    write_text(b, "name", user->name);
    if (user->age != USER_AGE_UNKNOWN) {
        write_label(b, "age");
        builder_format(b, "%d\n", user->age);
    }
    write_label(b, "roles");
    write_roles(b, user);
    builder_char(b, '\n');
    write_text(b, "status", view_of(user_status_name(user->status)));
    write_instant(b, "created", user->created_ms);
    write_instant(b, "updated", user->updated_ms);
    write_instant(b, "last log-in", user->last_login_ms);
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
