#include "cli/commands.h"
#include "cli/context.h"
#include "cli/password_prompt.h"
#include "cli/user_output.h"
#include "cli/user_prompt.h"
#include "cli/user_roles.h"
#include "service/users.h"

#define OUTPUT_MAX_BYTES 65536

static int read_age(const struct cli *cli, struct users_input *input)
{
    struct view text = command_flag(cli, "age");
    int64_t age;

    if (text.at == NULL) {
        return CLI_DONE;
    }
    if (!view_to_int64(text, &age) || age < 0 || age > AGE_MAX) {
        return command_misused(cli, "--age must be 0 to %d", AGE_MAX);
    }
    input->age = (int)age;
    input->mask |= USER_FIELD_AGE;
    return CLI_DONE;
}

static int read_input(struct cli *cli, struct users_input *input)
{
    *input = (struct users_input){.mask = USER_FIELD_USERNAME | USER_FIELD_PASSWORD,
                                  .username = command_flag(cli, "username"),
                                  .email = command_flag(cli, "email"),
                                  .name = command_flag(cli, "name"),
                                  .age = USER_AGE_UNKNOWN};
    input->mask |= input->email.at != NULL ? USER_FIELD_EMAIL : 0;
    input->mask |= input->name.at != NULL ? USER_FIELD_NAME : 0;
    if (command_has(cli, "role") && !user_roles_read(cli, input)) {
        return command_misused(cli, "--role names no role");
    }
    return read_age(cli, input);
}

int command_user_create(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct users_input input;
    struct user user;
    enum result result;
    int status = read_input(cli, &input);

    status = status == CLI_DONE ? user_prompt_who(cli, &input) : status;
    status = status == CLI_DONE ? context_open(cli, &context) : status;
    status = status == CLI_DONE ? password_prompt_new(cli, &input.password) : status;
    status = status == CLI_DONE ? user_prompt_role(cli, &context, &input) : status;
    if (status != CLI_DONE) {
        return status;
    }
    result = users_create(&context.call, &input, &user);
    if (result != RESULT_CREATED) {
        return context_report(&context, result, "the user was not created");
    }
    return user_output_one(cli, &user);
}
