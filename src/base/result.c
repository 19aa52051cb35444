#include "base/result.h"

#include <stddef.h>

#include "base/attributes.h"

static const struct row {
    int status;
    const char *code;
    const char *title;
    enum log_level level;
} rows[] = {
#define RESULT_ROW(name, status_, code_, title_, level_)                                           \
    [RESULT_##name] = {.status = (status_), .code = (code_), .title = (title_), .level = (level_)},
    RESULT_TABLE(RESULT_ROW)
#undef RESULT_ROW
};

/* A value that is none of ours is a mistake of ours. */
static const struct row *row_of(enum result result)
{
    size_t index = (size_t)result;
    return index < ARRAY_LEN(rows) ? &rows[index] : &rows[RESULT_INTERNAL];
}

int result_status(enum result result)
{
    return row_of(result)->status;
}

const char *result_code(enum result result)
{
    return row_of(result)->code;
}

const char *result_title(enum result result)
{
    return row_of(result)->title;
}

enum log_level result_level(enum result result)
{
    return row_of(result)->level;
}

int result_is_good(enum result result)
{
    return result_status(result) < 400;
}
