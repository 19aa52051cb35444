#include "store/registry.h"

#include <stdio.h>

#include "store/sqlite/sqlite.h"

struct row {
    const char *scheme; /* with its colon */
    const char *product;
    const struct store_backend *backend; /* NULL: not in this build */
};

static const struct row rows[] = {
    {"sqlite+aiosqlite:", "SQLite", &sqlite_backend}, /* as SQLAlchemy names its drivers */
    {"sqlite+pysqlite:", "SQLite", &sqlite_backend},
    {"sqlite:", "SQLite", &sqlite_backend},
    {"postgresql:", "PostgreSQL", NULL},
    {"postgres:", "PostgreSQL", NULL},
    {"mongodb:", "MongoDB", NULL},
    {"mongodb+srv:", "MongoDB", NULL},
};

/* URLs hold passwords: a message names the scheme only. */
enum result registry_find(struct view url, const struct store_backend **out, char *message,
                          size_t message_size)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct view scheme = view_of(rows[i].scheme);
        if (!view_equal_nocase(view_sub(url, 0, scheme.len), scheme)) {
            continue;
        }
        *out = rows[i].backend;
        if (*out != NULL) {
            return RESULT_OK;
        }
        (void)snprintf(message, message_size, "this build has no %s support", rows[i].product);
        return RESULT_BAD_REQUEST;
    }
    (void)snprintf(message, message_size,
                   "the database must be given as sqlite:PATH, postgresql://…, mongodb://… or "
                   "mongodb+srv://…");
    return RESULT_BAD_REQUEST;
}
