#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/dotenv.h"
#include "config/rules.h"

#define FILE_MAX_BYTES 65536
#define FILE_SUFFIX "_FILE"

/* One layer of names and values: the process environment or the .env file. */
struct layer {
    enum config_origin origin;
    char *const *environment;    /* either */
    const struct dotenv *dotenv; /* or */
    const char *label;           /* for messages: "" or ".env: " */
};

struct loader {
    struct arena *arena;
    struct config *config;
    struct view why;
};

static bool fail(struct loader *loader, struct view why)
{
    loader->why = why;
    return false;
}

static struct view find_in_environment(char *const *environment, struct view name)
{
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        struct view entry = view_of(environment[i]);
        if (view_starts_with(entry, name) && view_find(entry, '=', 0) == name.len) {
            return view_sub(entry, name.len + 1, entry.len);
        }
    }
    return (struct view){NULL, 0};
}

/* An empty variable counts as unset. */
static struct view layer_find(const struct layer *layer, struct view name)
{
    struct view value = layer->dotenv != NULL ? dotenv_find(layer->dotenv, name)
                                              : find_in_environment(layer->environment, name);
    return value.len == 0 ? (struct view){NULL, 0} : value;
}

static bool read_file(struct loader *loader, struct view path, struct view *out)
{
    const char *name = arena_copy(loader->arena, path);
    char *buffer = arena_take(loader->arena, FILE_MAX_BYTES + 1);
    int fd = name != NULL && buffer != NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    size_t len = 0;
    ssize_t got = 0;

    if (fd < 0) {
        return fail(loader, arena_format(loader->arena, "cannot read %.*s: %s", VIEW_ARG(path),
                                         strerror(errno)));
    }
    while (len <= FILE_MAX_BYTES && (got = read(fd, buffer + len, FILE_MAX_BYTES + 1 - len)) > 0) {
        len += (size_t)got;
    }
    const char *reason = got < 0 ? strerror(errno) : "larger than 64 KiB";
    close(fd);
    if (got < 0 || len > FILE_MAX_BYTES) {
        return fail(loader,
                    arena_format(loader->arena, "cannot read %.*s: %s", VIEW_ARG(path), reason));
    }
    *out = view_make(buffer, len);
    return true;
}

/* One final newline of a secret file is the editor's. */
static struct view without_newline(struct view text)
{
    if (view_ends_with(text, VIEW("\r\n"))) {
        return view_sub(text, 0, text.len - 2);
    }
    return view_ends_with(text, VIEW("\n")) ? view_sub(text, 0, text.len - 1) : text;
}

static bool set_value(struct loader *loader, enum option_id id, enum config_origin origin,
                      struct view source, struct view text, char default_unit)
{
    const struct option *option = &option_rows[id];
    struct config_value *value = &loader->config->values[id];
    struct view why;

    if (!option_read(option, text, default_unit, loader->arena, &value->number, &why)) {
        return fail(loader,
                    arena_format(loader->arena, "%.*s %.*s", VIEW_ARG(source), VIEW_ARG(why)));
    }
    value->origin = origin;
    value->source = source;
    value->text = text;
    return true;
}

/* An alias' value in the words of the option. */
static struct view translate(struct loader *loader, const struct option *option,
                             const struct option_alias *alias, struct view text)
{
    int64_t number;
    struct view why;

    if (alias->format != NULL) {
        size_t mark = view_find(view_of(alias->format), '%', 0);
        return arena_format(loader->arena, "%.*s%.*s", (int)mark, alias->format, VIEW_ARG(text));
    }
    if (alias->else_value != NULL && !option_read(option, text, 0, loader->arena, &number, &why)) {
        return view_of(alias->else_value);
    }
    return text;
}

/* Takes NAME or NAME_FILE from the layer. False only on failure; *found says whether there was one.
 */
static bool take_name(struct loader *loader, const struct layer *layer, enum option_id id,
                      struct view name, const struct option_alias *alias, bool *found)
{
    struct view source = arena_format(loader->arena, "%s%.*s", layer->label, VIEW_ARG(name));
    struct view file_name = arena_format(loader->arena, "%.*s" FILE_SUFFIX, VIEW_ARG(name));
    struct view text = layer_find(layer, name);
    struct view path = layer_find(layer, file_name);

    *found = text.at != NULL || path.at != NULL;
    if (!*found) {
        return true;
    }
    if (text.at != NULL && path.at != NULL) {
        return fail(loader, arena_format(loader->arena, "%.*s and %.*s are both set: which one?",
                                         VIEW_ARG(source), VIEW_ARG(file_name)));
    }
    if (path.at != NULL) {
        source = arena_format(loader->arena, "%s%.*s", layer->label, VIEW_ARG(file_name));
        if (!read_file(loader, path, &text)) {
            loader->why =
                arena_format(loader->arena, "%.*s: %.*s", VIEW_ARG(source), VIEW_ARG(loader->why));
            return false;
        }
        text = without_newline(text);
    }
    if (alias != NULL) {
        text = translate(loader, &option_rows[id], alias, text);
    }
    return set_value(loader, id, layer->origin, source, text,
                     alias != NULL ? alias->default_unit : 0);
}

static bool take_option(struct loader *loader, const struct layer *layer, enum option_id id)
{
    const struct option *option = &option_rows[id];
    struct view name = arena_format(loader->arena, OPTION_ENV_PREFIX "%s", option->name);
    bool found = false;

    if (!take_name(loader, layer, id, name, NULL, &found)) {
        return false;
    }
    for (size_t i = 0; !found && i < OPTION_ALIASES_MAX && option->aliases[i].name != NULL; i++) {
        if (!take_name(loader, layer, id, view_of(option->aliases[i].name), &option->aliases[i],
                       &found)) {
            return false;
        }
    }
    return true;
}

static bool check_name(struct loader *loader, const struct layer *layer, struct view name)
{
    struct view prefix = VIEW(OPTION_ENV_PREFIX);
    struct view rest = view_sub(name, prefix.len, name.len);

    if (!view_starts_with(name, prefix)) {
        return true;
    }
    if (view_ends_with(rest, VIEW(FILE_SUFFIX))) {
        rest = view_sub(rest, 0, rest.len - (sizeof(FILE_SUFFIX) - 1));
    }
    if (option_of_name(rest) != OPTION_COUNT) {
        return true;
    }
    return fail(loader,
                arena_format(loader->arena, "%s%.*s is no option; 'latchkey help serve' lists them",
                             layer->label, VIEW_ARG(name)));
}

static bool check_names(struct loader *loader, const struct layer *layer)
{
    for (size_t i = 0; layer->environment != NULL && layer->environment[i] != NULL; i++) {
        struct view entry = view_of(layer->environment[i]);
        if (!check_name(loader, layer, view_sub(entry, 0, view_find(entry, '=', 0)))) {
            return false;
        }
    }
    for (size_t i = 0; layer->dotenv != NULL && i < layer->dotenv->count; i++) {
        if (!check_name(loader, layer, layer->dotenv->entries[i].name)) {
            return false;
        }
    }
    return true;
}

static bool take_layer(struct loader *loader, const struct layer *layer)
{
    if (!check_names(loader, layer)) {
        return false;
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!take_option(loader, layer, (enum option_id)i)) {
            return false;
        }
    }
    return true;
}

static bool take_defaults(struct loader *loader)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &option_rows[i];
        if (option->default_text != NULL &&
            !set_value(loader, (enum option_id)i, CONFIG_DEFAULT, VIEW("default"),
                       view_of(option->default_text), 0)) {
            return false;
        }
    }
    return true;
}

static bool take_dotenv(struct loader *loader, const char *path)
{
    struct dotenv file;
    struct layer layer = {.origin = CONFIG_DOTENV, .dotenv = &file, .label = ".env: "};
    struct view text;
    struct view why;

    if (path == NULL || access(path, F_OK) != 0) {
        return true;
    }
    if (!read_file(loader, view_of(path), &text)) {
        return false;
    }
    if (!dotenv_parse(text, loader->arena, &file, &why)) {
        return fail(loader, arena_format(loader->arena, "%s: %.*s", path, VIEW_ARG(why)));
    }
    return take_layer(loader, &layer);
}

static bool take_flag(struct loader *loader, const struct config_flag *flag)
{
    enum option_id id = option_of_flag(flag->name);
    struct config_value *value;
    struct view source = arena_format(loader->arena, "--%.*s", VIEW_ARG(flag->name));
    struct view text = flag->value;

    if (id == OPTION_COUNT) {
        return fail(loader, arena_format(loader->arena, "unknown flag %.*s", VIEW_ARG(source)));
    }
    value = &loader->config->values[id];
    if (value->origin == CONFIG_FLAG && option_rows[id].kind != OPTION_LIST) {
        return fail(loader, arena_format(loader->arena, "%.*s is given twice", VIEW_ARG(source)));
    }
    if (value->origin == CONFIG_FLAG) {
        text = arena_format(loader->arena, "%.*s,%.*s", VIEW_ARG(value->text), VIEW_ARG(text));
    }
    return set_value(loader, id, CONFIG_FLAG, source, text, 0);
}

bool config_load(const struct config_sources *sources, struct arena *arena, struct config *out,
                 struct view *why)
{
    struct loader loader = {.arena = arena, .config = out};
    struct layer environment = {
        .origin = CONFIG_ENVIRONMENT, .environment = sources->environment, .label = ""};

    *out = (struct config){0};
    bool good = take_defaults(&loader) && take_dotenv(&loader, sources->dotenv_path) &&
                take_layer(&loader, &environment);
    for (size_t i = 0; good && i < sources->flag_count; i++) {
        good = take_flag(&loader, &sources->flags[i]);
    }
    good = good && rules_check(out, arena, &loader.why);
    *why = loader.why;
    return good;
}

bool config_is_set(const struct config *config, enum option_id id)
{
    return config->values[id].origin != CONFIG_DEFAULT;
}

struct view config_text(const struct config *config, enum option_id id)
{
    return config->values[id].text;
}

int64_t config_number(const struct config *config, enum option_id id)
{
    return config->values[id].number;
}

const char *config_choice(const struct config *config, enum option_id id)
{
    return option_rows[id].choices[config->values[id].number];
}

bool config_is_production(const struct config *config)
{
    return strcmp(config_choice(config, OPTION_ENVIRONMENT), "production") == 0;
}

bool config_wants_metrics(const struct config *config)
{
    return config_is_set(config, OPTION_METRICS) ? config_number(config, OPTION_METRICS) != 0
                                                 : !config_is_production(config);
}

const struct view *config_list(const struct config *config, enum option_id id, struct arena *arena,
                               size_t *count)
{
    struct view rest = config->values[id].text;
    struct view part;
    struct view *items = arena_take_array(arena, rest.len / 2 + 2, sizeof(*items));

    *count = 0;
    while (items != NULL && rest.len > 0 && view_split(&rest, ',', &part)) {
        part = view_trim(part);
        if (part.len > 0) {
            items[(*count)++] = part;
        }
    }
    return items;
}

/* Where the password of scheme://user:password@host starts and ends. An unescaped '/' in it is
 * wrong, and shown no more than a right one. */
static bool find_password(struct view url, size_t *start, size_t *end)
{
    size_t host = view_find(url, ':', 0) + 3;
    size_t colon = view_find(url, ':', host);
    size_t slash = view_find(url, '/', host);
    size_t at = url.len;

    for (size_t i = host; i < url.len && (i < slash || at == url.len); i++) {
        at = url.at[i] == '@' ? i : at;
    }
    *start = colon + 1;
    *end = at;
    return at < url.len && colon < at;
}

/* The same for a parameter: ?password=, &sslpassword=. */
static bool find_parameter(struct view url, size_t from, size_t *start, size_t *end)
{
    struct view mark = VIEW("password=");

    for (size_t i = from; i + mark.len <= url.len; i++) {
        if (view_equal_nocase(view_sub(url, i, mark.len), mark)) {
            *start = i + mark.len;
            *end = view_find(url, '&', *start);
            return true;
        }
    }
    return false;
}

static struct view masked(struct view url, size_t start, size_t end, struct arena *arena)
{
    return arena_format(arena, "%.*s***%.*s", (int)start, url.at, (int)(url.len - end),
                        url.at + end);
}

/* The URL with *** for every password in it. */
static struct view without_password(struct view url, struct arena *arena)
{
    size_t start;
    size_t end;

    if (!view_starts_with(view_sub(url, view_find(url, ':', 0), url.len), VIEW("://"))) {
        return url;
    }
    if (find_password(url, &start, &end)) {
        url = masked(url, start, end, arena);
    }
    for (size_t from = 0; find_parameter(url, from, &start, &end); from = start) {
        url = masked(url, start, end, arena);
    }
    return url;
}

struct view config_shown(const struct config *config, enum option_id id, struct arena *arena)
{
    const struct config_value *value = &config->values[id];

    if (value->text.at == NULL) {
        const char *note = option_rows[id].default_note;
        return arena_format(arena, "(%s)", note != NULL ? note : "none");
    }
    if (option_rows[id].secret) {
        return arena_format(arena, "(secret, %zu bytes)", value->text.len);
    }
    return id == OPTION_DATABASE ? without_password(value->text, arena) : value->text;
}
