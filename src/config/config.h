/* The effective configuration: flag > environment > .env > default, every value checked, its origin
 * kept. */
#ifndef LATCHKEY_CONFIG_CONFIG_H
#define LATCHKEY_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/builder.h"
#include "base/view.h"
#include "config/option.h"

enum config_origin { CONFIG_DEFAULT, CONFIG_DOTENV, CONFIG_ENVIRONMENT, CONFIG_FLAG };

struct config_value {
    enum config_origin origin;
    struct view
        source;       /* the very name it came by: "--listen", "PORT", "LATCHKEY_JWT_SECRET_FILE" */
    struct view text; /* at NULL: unset and without a default text */
    int64_t number;   /* by kind, see option.h */
};

struct config {
    struct config_value values[OPTION_COUNT];
};

/* Where values come from. All is borrowed. */
struct config_flag {
    struct view name; /* without dashes */
    struct view value;
};

struct config_sources {
    const struct config_flag *flags;
    size_t flag_count;
    char *const *environment; /* as environ, NULL-terminated */
    const char *dotenv_path;  /* ".env"; missing is fine; NULL: none */
};

/* False with one line in *why, in the arena: unknown flag or LATCHKEY_ name, malformed or out of
   range, a file that cannot be read, a weak secret, a contradiction. */
MUST_CHECK bool config_load(const struct config_sources *sources, struct arena *arena,
                            struct config *out, struct view *why);

bool config_is_set(const struct config *config, enum option_id id); /* by anyone but the default */
struct view config_text(const struct config *config, enum option_id id); /* empty when unset */
int64_t config_number(const struct config *config, enum option_id id);
/* The chosen word of a CHOICE. */
const char *config_choice(const struct config *config, enum option_id id);
bool config_is_production(const struct config *config);
/* METRICS with its default by environment. */
bool config_wants_metrics(const struct config *config);
/* The comma list's parts without blanks, in the arena; *count 0 when unset. NULL when out of
 * memory. */
MUST_CHECK const struct view *config_list(const struct config *config, enum option_id id,
                                          struct arena *arena, size_t *count);
/* What may be shown of a value: secrets as "(secret, 44 bytes)", passwords in URLs as ***. In the
 * arena. */
MUST_CHECK struct view config_shown(const struct config *config, enum option_id id,
                                    struct arena *arena);

#endif
