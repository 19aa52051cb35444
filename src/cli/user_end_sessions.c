#include "cli/commands.h"
#include "cli/context.h"
#include "service/user_sessions.h"

#define FAILURE "no session was ended"

static enum result end(struct context *context, struct view session, int64_t *ended)
{
    struct view user = context->cli->operands[0];

    if (session.at == NULL) {
        return user_sessions_end_all(&context->call, user, ended);
    }
    *ended = 1;
    return user_sessions_end(&context->call, user, session);
}

int command_user_end_sessions(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct view session = command_flag(cli, "session");
    int64_t ended = 0;
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = end(&context, session, &ended);
    if (result == RESULT_NOT_FOUND && session.at != NULL) {
        return command_fail(FAILURE ": there is no such user, or no such session of theirs");
    }
    if (result != RESULT_NO_CONTENT) {
        return context_report(&context, result, FAILURE);
    }
    return command_print(arena_format(&cli->arena, "ended %lld\n", (long long)ended));
}
