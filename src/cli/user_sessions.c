#include "api/encode.h"
#include "api/table_session.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "service/user_sessions.h"

#define OUTPUT_MAX_BYTES ((size_t)1024 * 1024)

static void write_json(struct builder *b, const struct auth_session *session)
{
    encode_table(b, &table_session, session);
    builder_char(b, '\n');
}

/* What a client calls itself is any text: escaped as in JSON, so that a terminal does not obey it.
 */
static void write_row(struct builder *b, const struct auth_session *item)
{
    const struct session *session = &item->session;
    char id[ID_TEXT_SIZE];
    char used[CLOCK_TEXT_SIZE];

    id_format(&session->id, id);
    clock_format(session->last_used_ms, used);
    builder_format(b, "%-36s %-24s %-39.*s ", id, used, VIEW_ARG(session->address));
    if (session->user_agent.at != NULL) {
        builder_json(b, session->user_agent);
    } else {
        builder_char(b, '-');
    }
    builder_char(b, '\n');
}

int command_user_sessions(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    bool json = command_has(cli, "json");
    struct auth_session_list list;
    enum result result;
    struct builder b;
    struct view text;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = user_sessions_list(&context.call, cli->operands[0], &list);
    if (result != RESULT_OK) {
        return context_report(&context, result, "no such user");
    }
    builder_init(&b, &cli->arena, OUTPUT_MAX_BYTES);
    if (!json) {
        builder_format(&b, "%-36s %-24s %-39s %s\n", "SESSION", "LAST USED", "ADDRESS", "CLIENT");
    }
    for (size_t i = 0; i < list.count; i++) {
        (json ? write_json : write_row)(&b, &list.items[i]);
    }
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}
