#include "cli/mounts.h"

#include "dialects/dialects.h"

#define MESSAGE_SIZE 512

static struct view without_last_slash(struct view prefix)
{
    bool slash = prefix.len > 0 && prefix.at[prefix.len - 1] == '/';

    return view_sub(prefix, 0, prefix.len - slash);
}

static const struct row_set *find(struct cli *cli, struct view source, struct view name)
{
    const struct row_set *set = dialect_find(name);
    struct view names = VIEW("");

    if (set != NULL) {
        return set;
    }
    for (size_t i = 0; i < dialect_count; i++) {
        names = arena_format(&cli->arena, "%.*s%s%s", VIEW_ARG(names), i > 0 ? ", " : "",
                             dialects[i]->name);
    }
    command_fail("%.*s: there is no dialect '%.*s'; there are: %.*s", VIEW_ARG(source),
                 VIEW_ARG(name), VIEW_ARG(names));
    return NULL;
}

/* "NAME" or "NAME=/prefix". */
static int read_one(struct cli *cli, struct view text, const struct api_mount *before,
                    size_t before_count, struct api_mount *out)
{
    struct view source = cli->config.values[OPTION_DIALECT].source;
    size_t equals = view_find(text, '=', 0);

    out->set = find(cli, source, view_sub(text, 0, equals));
    out->prefix = without_last_slash(view_sub(text, equals + 1, SIZE_MAX));
    if (out->set == NULL) {
        return CLI_USAGE;
    }
    if (api_owns_path(out->prefix)) {
        command_fail("%.*s: the prefix %.*s is the native API's", VIEW_ARG(source),
                     VIEW_ARG(out->prefix));
        return CLI_USAGE;
    }
    for (size_t i = 0; i < before_count; i++) {
        if (before[i].set == out->set) {
            command_fail("%.*s: %s is named twice", VIEW_ARG(source), out->set->name);
            return CLI_USAGE;
        }
    }
    return CLI_DONE;
}

/* Before anything is opened: which dialects go together is a matter of configuration. */
static int check_all(const struct cli *cli, const struct api_mount *mounts, size_t count)
{
    char message[MESSAGE_SIZE];

    if (count == 0 || api_mounts_fit(mounts, count, message, sizeof(message))) {
        return CLI_DONE;
    }
    command_fail("%.*s: %s; mount one of them at a prefix, such as NAME=/prefix",
                 VIEW_ARG(cli->config.values[OPTION_DIALECT].source), message);
    return CLI_USAGE;
}

int mounts_read(struct cli *cli, const struct api_mount **out, size_t *count)
{
    const struct view *texts = config_list(&cli->config, OPTION_DIALECT, &cli->arena, count);
    struct api_mount *mounts = arena_take_array(&cli->arena, *count + 1, sizeof(*mounts));
    int status = mounts != NULL ? CLI_DONE : command_fail("out of memory");

    for (size_t i = 0; status == CLI_DONE && i < *count; i++) {
        status = read_one(cli, texts[i], mounts, i, &mounts[i]);
    }
    *out = mounts;
    return status == CLI_DONE ? check_all(cli, mounts, *count) : status;
}
