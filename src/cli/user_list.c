#include "cli/commands.h"
#include "cli/context.h"
#include "cli/user_output.h"
#include "service/users.h"

#define PAGE_MAX_BYTES (16 * 1024 * 1024)

static int read_count(const struct cli *cli, const char *flag, int64_t otherwise, int64_t *out)
{
    struct view text = command_flag(cli, flag);

    *out = otherwise;
    if (text.at != NULL && (!view_to_int64(text, out) || *out < 0)) {
        return command_misused(cli, "--%s must be a number from 0", flag);
    }
    return CLI_DONE;
}

static int print_page(const struct user_page *page, struct arena *arena, bool json, bool heading)
{
    struct builder b;
    struct view text;

    builder_init(&b, arena, PAGE_MAX_BYTES);
    if (heading && !json) {
        user_output_row(&b, NULL);
    }
    for (size_t i = 0; i < page->count; i++) {
        if (json) {
            user_output_json(&b, &page->items[i]);
        } else {
            user_output_row(&b, &page->items[i]);
        }
    }
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}

/* Page by page, each in an arena of its own, so that a million users need no memory. */
static int print_all(struct context *context, int64_t left, int64_t offset, bool json)
{
    bool heading = true;
    int status = CLI_DONE;

    while (status == CLI_DONE && left > 0) {
        struct page_request request = {.limit = left < LIST_LIMIT_MAX ? left : LIST_LIMIT_MAX,
                                       .offset = offset};
        struct user_page page = {0};
        struct arena arena CLEANUP(arena_clear);
        enum result result;

        arena_init(&arena, 0);
        context->call.arena = &arena;
        result = users_list(&context->call, &request, &page);
        if (result != RESULT_OK) {
            return context_report(context, result, "cannot list the users");
        }
        status = print_page(&page, &arena, json, heading);
        heading = false;
        offset += request.limit;
        left = (int64_t)page.count < request.limit ? 0 : left - request.limit;
    }
    return status;
}

int command_user_list(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    int64_t limit;
    int64_t offset;
    int status = read_count(cli, "limit", INT64_MAX, &limit);

    status = status == CLI_DONE ? read_count(cli, "offset", 0, &offset) : status;
    status = status == CLI_DONE ? context_open(cli, &context) : status;
    if (status != CLI_DONE) {
        return status;
    }
    return print_all(&context, limit, offset, command_has(cli, "json"));
}
