#include "cli/user_prompt.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "model/limits.h"
#include "service/roles.h"

#define LINE_SIZE 512
#define TRIES 3

/* Why an answer will not do; NULL when it will. */
typedef const char *judge(void *context, struct view answer);

struct question {
    const char *text;
    judge *judge;
    void *context;
};

static bool may_ask(const struct cli *cli)
{
    return !command_has(cli, "password-stdin") && terminal_is_attended();
}

static const char *judge_username(void *context, struct view answer)
{
    (void)context;
    return user_username_fault(answer);
}

static const char *judge_email(void *context, struct view answer)
{
    (void)context;
    return answer.len > 0 ? user_email_fault(answer) : NULL;
}

static const char *judge_role(void *context, struct view answer)
{
    struct role role;

    if (answer.len > 0 && roles_get(context, answer, &role) == RESULT_NOT_FOUND) {
        return "There is no role of that name.";
    }
    return NULL;
}

/* Until an answer will do. */
static int ask_on(int tty, struct cli *cli, const struct question *question, struct view *out)
{
    char *line = arena_take(&cli->arena, LINE_SIZE);

    for (int i = 0; line != NULL && i < TRIES; i++) {
        ssize_t len = terminal_ask(tty, question->text, line, LINE_SIZE);
        const char *fault;

        if (len < 0) {
            break;
        }
        *out = view_trim(view_make(line, (size_t)len));
        fault = question->judge(question->context, *out);
        if (fault == NULL) {
            return CLI_DONE;
        }
        dprintf(tty, "%s\n", fault);
    }
    return command_fail("no answer to '%s'", question->text);
}

static int ask(struct cli *cli, const struct question *question, struct view *out)
{
    int tty = terminal_open();
    int status;

    if (tty < 0) {
        return command_misused(cli, "no terminal to ask on");
    }
    status = ask_on(tty, cli, question, out);
    close(tty);
    return status;
}

static int ask_email(struct cli *cli, struct users_input *input)
{
    static const struct question question = {"E-mail address (none)", judge_email, NULL};
    struct view answer;
    int status = ask(cli, &question, &answer);

    if (status == CLI_DONE && answer.len > 0) {
        input->email = answer;
        input->mask |= USER_FIELD_EMAIL;
    }
    return status;
}

int user_prompt_who(struct cli *cli, struct users_input *input)
{
    static const struct question question = {"Username", judge_username, NULL};
    int status = CLI_DONE;

    if (!may_ask(cli)) {
        return input->username.at != NULL ? CLI_DONE : command_misused(cli, "--username is needed");
    }
    if (input->username.at == NULL) {
        status = ask(cli, &question, &input->username);
    }
    if (status == CLI_DONE && input->email.at == NULL) {
        status = ask_email(cli, input);
    }
    return status;
}

int user_prompt_role(struct cli *cli, struct context *context, struct users_input *input)
{
    const struct question question = {"Role (" ROLE_USER ")", judge_role, &context->call};
    struct view *role = arena_take(&cli->arena, sizeof(*role));
    int status;

    if (!may_ask(cli) || users_input_has(input, USER_FIELD_ROLES)) {
        return CLI_DONE;
    }
    status = role != NULL ? ask(cli, &question, role) : command_fail("out of memory");
    if (status == CLI_DONE && role->len > 0) {
        input->roles = role;
        input->role_count = 1;
        input->mask |= USER_FIELD_ROLES;
    }
    return status;
}
