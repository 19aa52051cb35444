#include "cli/role_output.h"

#include "api/encode.h"
#include "api/table_role.h"
#include "cli/output_lines.h"

#define OUTPUT_MAX_BYTES ((size_t)16 * 1024 * 1024)

void role_output_json(struct builder *b, const struct role *role)
{
    encode_table(b, &table_role, role);
    builder_char(b, '\n');
}

static void write_permissions(struct builder *b, const struct role *role)
{
    for (size_t i = 0; i < role->permission_count; i++) {
        builder_text(b, i == 0 ? "" : ",");
        builder_add(b, role->permissions[i]);
    }
    builder_text(b, role->permission_count == 0 ? "-\n" : "\n");
}

void role_output_row(struct builder *b, const struct role *role)
{
    if (role == NULL) {
        builder_format(b, "%-24s %-8s %s\n", "NAME", "BUILT IN", "PERMISSIONS");
        return;
    }
    builder_format(b, "%-24.*s %-8s ", VIEW_ARG(role->name), role->built_in ? "yes" : "no");
    write_permissions(b, role);
}

static void write_lines(struct builder *b, const struct role *role)
{
    output_lines_text(b, "name", role->name);
    output_lines_text(b, "description", role->description);
    output_lines_text(b, "built in", role->built_in ? VIEW("yes") : VIEW("no"));
    output_lines_label(b, "permissions");
    write_permissions(b, role);
    output_lines_instant(b, "created", role->created_ms);
    output_lines_instant(b, "updated", role->updated_ms);
}

int role_output_one(struct cli *cli, const struct role *role)
{
    struct builder b;
    struct view text;

    builder_init(&b, &cli->arena, OUTPUT_MAX_BYTES);
    (command_has(cli, "json") ? role_output_json : write_lines)(&b, role);
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}

int role_output_all(struct cli *cli, const struct role *roles, size_t count)
{
    bool json = command_has(cli, "json");
    struct builder b;
    struct view text;

    builder_init(&b, &cli->arena, OUTPUT_MAX_BYTES);
    if (!json) {
        role_output_row(&b, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        (json ? role_output_json : role_output_row)(&b, &roles[i]);
    }
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}
