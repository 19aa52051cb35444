#include "api/style.h"

static int problem_status(enum result result)
{
    return result_status(result);
}

static void problem_refuse(struct reply *reply, struct arena *arena,
                           const struct style_refusal *refusal)
{
    reply_problem(reply, arena, refusal->result, refusal->detail, refusal->faults);
}

static const char *problem_schema_of(int status)
{
    (void)status;
    return "Problem";
}

static const char problem_schemas[] =
    "{\"Problem\":{\"type\":\"object\",\"description\":\"A problem document (RFC 9457).\","
    "\"required\":[\"type\",\"title\",\"status\",\"code\",\"detail\"],\"properties\":{"
    "\"type\":{\"type\":\"string\"},"
    "\"title\":{\"type\":\"string\",\"description\":\"The same for every problem of this code.\"},"
    "\"status\":{\"type\":\"integer\"},"
    "\"code\":{\"type\":\"string\",\"description\":\"Stable: programs decide by it.\"},"
    "\"detail\":{\"type\":\"string\",\"description\":\"A sentence about this case.\"},"
    "\"errors\":{\"type\":\"array\",\"description\":\"Faults of the input, 16 at "
    "most.\",\"items\":{"
    "\"type\":\"object\",\"required\":[\"loc\",\"code\",\"msg\"],\"properties\":{"
    "\"loc\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
    "\"description\":\"The part of the request, then the member.\"},"
    "\"code\":{\"type\":\"string\"},\"msg\":{\"type\":\"string\"}}}}}}}";

const struct style style_problem = {
    .media_type = "application/problem+json",
    .status = problem_status,
    .refuse = problem_refuse,
    .schemas = problem_schemas,
    .schema_of = problem_schema_of,
};
