#include "cli/commands.h"
#include "cli/context.h"
#include "cli/user_output.h"
#include "service/users_list.h"

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

static struct user_list_request request_of(const struct cli *cli, int64_t offset)
{
    struct user_list_request request = {.offset = offset};
    struct user_filter *filter = &request.filter;

    filter->search = command_flag(cli, "q");
    filter->role = command_flag(cli, "role");
    filter->mask = (view_is_empty(filter->search) ? 0U : USER_FILTER_SEARCH) |
                   (filter->role.at == NULL ? 0U : USER_FILTER_ROLE);
    return request;
}

static int read_status(const struct cli *cli, struct user_list_request *request)
{
    struct view text = command_flag(cli, "status");

    if (text.at == NULL) {
        return CLI_DONE;
    }
    if (!user_status_of(text, &request->filter.status)) {
        return command_misused(cli, "--status must be active or disabled");
    }
    request->filter.mask |= USER_FILTER_STATUS;
    return CLI_DONE;
}

static int read_deleted(struct cli *cli, struct user_list_request *request)
{
    struct view text = command_flag(cli, "deleted");

    if (view_is(text, "only")) {
        request->filter.presence = USER_GONE;
    } else if (view_is(text, "with")) {
        request->filter.presence = USER_PRESENT_OR_GONE;
    } else if (text.at != NULL) {
        return command_misused(cli, "--deleted must be only or with");
    }
    return CLI_DONE;
}

/* Page by page, each in an arena of its own, so that a million users need no memory. The number is
   the order, and says where the next page begins. */
static int print_all(struct context *context, struct user_list_request *request, int64_t left)
{
    struct user position = {.number = 0};
    bool json = command_has(context->cli, "json");
    bool heading = true;
    int status = CLI_DONE;

    while (status == CLI_DONE && left > 0) {
        struct user_page page = {0};
        struct arena arena CLEANUP(arena_clear);
        enum result result;

        request->limit = left < LIST_LIMIT_MAX ? left : LIST_LIMIT_MAX;
        arena_init(&arena, 0);
        context->call.arena = &arena;
        result = users_page(&context->call, request, &page);
        if (result != RESULT_OK) {
            return context_report(context, result, "cannot list the users");
        }
        status = print_page(&page, &arena, json, heading);
        heading = false;
        left = page.more ? left - request->limit : 0;
        if (page.count > 0) {
            position.number = page.items[page.count - 1].number;
            request->position = &position;
            request->offset = 0;
        }
    }
    return status;
}

int command_user_list(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct user_list_request request;
    int64_t limit;
    int64_t offset = 0;
    int status = read_count(cli, "limit", INT64_MAX, &limit);

    status = status == CLI_DONE ? read_count(cli, "offset", 0, &offset) : status;
    request = request_of(cli, offset);
    status = status == CLI_DONE ? read_status(cli, &request) : status;
    status = status == CLI_DONE ? read_deleted(cli, &request) : status;
    status = status == CLI_DONE ? context_open(cli, &context) : status;
    return status == CLI_DONE ? print_all(&context, &request, limit) : status;
}
