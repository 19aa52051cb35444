#include "cli/commands.h"
#include "cli/user_change.h"
#include "cli/user_roles.h"

bool user_roles_read(struct cli *cli, struct users_input *input)
{
    struct view rest = command_flag(cli, "role");
    struct view *roles = arena_take_array(&cli->arena, rest.len + 1, sizeof(*roles));
    struct view role;
    size_t count = 0;

    while (roles != NULL && rest.at != NULL && view_split(&rest, ',', &role)) {
        role = view_trim(role);
        if (role.len > 0) {
            roles[count++] = role;
        }
    }
    input->roles = roles;
    input->role_count = count;
    input->mask |= USER_FIELD_ROLES;
    return count > 0;
}

int command_user_set_roles(struct cli *cli)
{
    struct users_input input = {0};
    bool some = user_roles_read(cli, &input);

    if (some == command_has(cli, "none")) {
        return command_misused(cli, "give --role, once or more, or --none");
    }
    return user_change_apply(cli, &input, "the roles were not changed");
}
