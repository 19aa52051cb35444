/* One function a command; each in the file of its name. All return the exit status. */
#ifndef LATCHKEY_CLI_COMMANDS_H
#define LATCHKEY_CLI_COMMANDS_H

#include "cli/command.h"

int command_serve(struct cli *cli);
int command_user_create(struct cli *cli);
int command_user_list(struct cli *cli);
int command_user_show(struct cli *cli);
int command_user_set_password(struct cli *cli);
int command_user_set_roles(struct cli *cli);
int command_user_disable(struct cli *cli);
int command_user_enable(struct cli *cli);
int command_user_delete(struct cli *cli);
int command_user_restore(struct cli *cli);
int command_user_sessions(struct cli *cli);
int command_user_end_sessions(struct cli *cli);
int command_import(struct cli *cli);
int command_export(struct cli *cli);
int command_role_list(struct cli *cli);
int command_role_show(struct cli *cli);
int command_role_create(struct cli *cli);
int command_role_set(struct cli *cli);
int command_role_delete(struct cli *cli);
int command_keys_list(struct cli *cli);
int command_keys_rotate(struct cli *cli);
int command_keys_retire(struct cli *cli);
int command_show_config(struct cli *cli);
int command_openapi(struct cli *cli);
int command_dialects(struct cli *cli);
int command_dev_seed(struct cli *cli);
int command_healthcheck(struct cli *cli);
int command_version(struct cli *cli);
int command_help(struct cli *cli);

#endif
