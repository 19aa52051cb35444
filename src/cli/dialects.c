#include "dialects/dialects.h"

#include "base/builder.h"
#include "cli/commands.h"

#define LIST_MAX_BYTES ((size_t)64 * 1024)
#define STATUS_REFUSAL 400
#define STATUS_END 600

typedef void row_writer(struct builder *b, const struct row_set *set, const struct row *row);

static void each_row(struct builder *b, const struct row_set *set, row_writer *write)
{
    for (size_t i = 0; i < set->group_count; i++) {
        for (size_t j = 0; j < set->groups[i]->count; j++) {
            write(b, set, &set->groups[i]->rows[j]);
        }
    }
}

/* --- for the terminal ------------------------------------------------------------------------- */

static void write_line(struct builder *b, const struct row_set *set, const struct row *row)
{
    (void)set;
    builder_format(b, "  %-6s %-28s %s\n", http_method_name(row->method), row->path, row->summary);
}

static void write_list(struct builder *b)
{
    for (size_t i = 0; i < dialect_count; i++) {
        builder_format(b, "%s%s: %s\n", i > 0 ? "\n" : "", dialects[i]->name, dialects[i]->title);
        each_row(b, dialects[i], write_line);
    }
}

/* --- for docs/dialects.md --------------------------------------------------------------------- */

static void write_who(struct builder *b, const struct row *row)
{
    if (row->auth == ROW_PUBLIC) {
        builder_text(b, "everyone");
    } else if (row->permission == NULL) {
        builder_text(b, "a token");
    } else {
        builder_format(b, "`%s`%s", row->permission,
                       row->self_param != NULL   ? ", or oneself"
                       : row->owner.find != NULL ? ", or the owner"
                                                 : "");
    }
    if (row->guarded.member != NULL) {
        builder_format(b, "; `%s`: `%s`", row->guarded.member, row->guarded.permission);
    }
}

static void write_takes(struct builder *b, const struct row *row)
{
    bool json = (row->body_forms & ROW_JSON) != 0;
    bool form = (row->body_forms & (ROW_FORM | ROW_MULTIPART)) != 0;

    if (row->body != NULL) {
        builder_format(b, "%s%s%s `%s`", json ? "JSON" : "", json && form ? " or " : "",
                       form ? "form" : "", row->body->name);
    }
    for (size_t i = 0; row->query != NULL && i < row->query->field_count; i++) {
        builder_format(b, "%s`?%s`", i > 0 || row->body != NULL ? " " : "",
                       row->query->fields[i].name);
    }
}

/* The statuses of what the handler may refuse with; those of gate and decoder are the same for all.
 */
static void write_refusals(struct builder *b, const struct row_set *set, const struct row *row)
{
    bool seen[STATUS_END] = {false};

    for (const enum result *result = row->results; *result != RESULT_COUNT; result++) {
        int status = result_is_good(*result) ? 0 : set->style->status(*result);
        seen[status > 0 && status < STATUS_END ? status : 0] = true;
    }
    for (int status = STATUS_REFUSAL; status < STATUS_END; status++) {
        if (seen[status]) {
            builder_format(b, " %d", status);
        }
    }
}

static void write_cells(struct builder *b, const struct row_set *set, const struct row *row)
{
    builder_format(b, "| `%s %s` | ", http_method_name(row->method), row->path);
    write_who(b, row);
    builder_text(b, " | ");
    write_takes(b, row);
    builder_format(b, " | %d %s`%s` |", result_status(row->results[0]),
                   row->reply_list ? "list of " : "", row->reply != NULL ? row->reply->name : "");
    write_refusals(b, set, row);
    builder_text(b, " |\n");
}

static void write_markdown(struct builder *b)
{
    for (size_t i = 0; i < dialect_count; i++) {
        builder_format(b,
                       "%s### %s\n\n%s\n\n| route | who | takes | answers | refuses with |\n"
                       "| --- | --- | --- | --- | --- |\n",
                       i > 0 ? "\n" : "", dialects[i]->name, dialects[i]->description);
        each_row(b, dialects[i], write_cells);
    }
}

int command_dialects(struct cli *cli)
{
    struct builder b;
    struct view text;

    builder_init(&b, &cli->arena, LIST_MAX_BYTES);
    if (command_has(cli, "markdown")) {
        write_markdown(&b);
    } else {
        write_list(&b);
    }
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}
