#include "cli/role_input.h"

int role_input_read(struct cli *cli, struct roles_input *out)
{
    struct view rest = command_flag(cli, "permission");
    struct view *permissions = arena_take_array(&cli->arena, rest.len + 1, sizeof(*permissions));
    struct view permission;
    size_t count = 0;

    if (permissions == NULL) {
        return command_fail("out of memory");
    }
    while (rest.at != NULL && view_split(&rest, ',', &permission)) {
        permission = view_trim(permission);
        if (permission.len > 0) {
            permissions[count++] = permission;
        }
    }
    if ((count > 0) == command_has(cli, "none")) {
        return command_misused(cli, "give --permission, once or more, or --none");
    }
    *out = (struct roles_input){
        .name = cli->operands[0],
        .description = command_flag(cli, "description"),
        .permissions = permissions,
        .permission_count = count,
    };
    return CLI_DONE;
}
