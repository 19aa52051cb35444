#include "cli/commands.h"
#include "cli/context.h"
#include "cli/user_output.h"
#include "service/users.h"

static int read_names(struct cli *cli, struct users_input *out)
{
    *out = (struct users_input){.username = command_flag(cli, "username"),
                                .email = command_flag(cli, "email")};
    if (out->email.at != NULL && command_has(cli, "no-email")) {
        return command_misused(cli, "--email and --no-email exclude each other");
    }
    out->mask |= out->username.at != NULL ? USER_FIELD_USERNAME : 0U;
    out->mask |= out->email.at != NULL || command_has(cli, "no-email") ? USER_FIELD_EMAIL : 0U;
    return CLI_DONE;
}

int command_user_restore(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct users_input names;
    struct user user;
    enum result result;
    int status = read_names(cli, &names);

    status = status == CLI_DONE ? context_open(cli, &context) : status;
    if (status != CLI_DONE) {
        return status;
    }
    result = users_restore(&context.call, cli->operands[0], &names, &user);
    if (result != RESULT_OK) {
        return context_report(&context, result, "the user was not restored");
    }
    return user_output_one(cli, &user);
}
