#include "cli/role_output.h"

#include "api/encode.h"
#include "api/table_role.h"

#define OUTPUT_MAX_BYTES ((size_t)16 * 1024 * 1024)

void role_output_json(struct builder *b, const struct role *role)
{
    encode_table(b, &table_role, role);
    builder_char(b, '\n');
}

void role_output_row(struct builder *b, const struct role *role)
{
    if (role == NULL) {
        builder_format(b, "%-24s %-8s %s\n", "NAME", "BUILT IN", "PERMISSIONS");
        return;
    }
    builder_format(b, "%-24.*s %-8s", VIEW_ARG(role->name), role->built_in ? "yes" : "no");
    for (size_t i = 0; i < role->permission_count; i++) {
        builder_char(b, i == 0 ? ' ' : ',');
        builder_add(b, role->permissions[i]);
    }
    builder_text(b, role->permission_count == 0 ? " -\n" : "\n");
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
