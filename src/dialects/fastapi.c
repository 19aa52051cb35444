#include "dialects/fastapi.h"

#include "model/limits.h"
#include "service/auth.h"

#define REFUSAL_MAX_BYTES ((size_t)64 * 1024)
#define STATUS_INVALID 422

/* --- refusals --------------------------------------------------------------------------------- */

static const struct {
    enum result result;
    const char *sentence;
} sentences[] = {
    {RESULT_MISSING_TOKEN, "Not authenticated"},
    {RESULT_INVALID_TOKEN, "Could not validate credentials"},
    {RESULT_INVALID_CREDENTIALS, "Incorrect username or password"},
    {RESULT_NOT_FOUND, "Not Found"},
    {RESULT_METHOD_NOT_ALLOWED, "Method Not Allowed"},
    {RESULT_USERNAME_TAKEN, "Username already registered"},
    {RESULT_EMAIL_TAKEN, "Email already registered"},
    {RESULT_ROLE_TAKEN, "Role already exists"},
    {RESULT_MALFORMED_JSON, "JSON decode error"},
};

const char *fastapi_sentence(enum result result)
{
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++) {
        if (sentences[i].result == result) {
            return sentences[i].sentence;
        }
    }
    return result_title(result);
}

/* Our words for what is wrong, in pydantic's; expected: of a wrong type. A message at NULL: ours.
 */
static const struct {
    const char *code;
    const char *expected;
    const char *type;
    const char *message;
} fault_types[] = {
    {"missing", NULL, "missing", "Field required"},
    {"unknown_field", NULL, "extra_forbidden", "Extra inputs are not permitted"},
    {"wrong_type", "string", "string_type", "Input should be a valid string"},
    {"wrong_type", "integer", "int_parsing",
     "Input should be a valid integer, unable to parse string as an integer"},
    {"wrong_type", "boolean", "bool_parsing",
     "Input should be a valid boolean, unable to interpret input"},
    {"wrong_type", "number", "float_parsing",
     "Input should be a valid number, unable to parse string as a number"},
    {"wrong_type", "array", "list_type", "Input should be a valid list"},
    {"wrong_type", "object", "model_attributes_type",
     "Input should be a valid dictionary or object to extract fields from"},
    {"too_short", NULL, "string_too_short", NULL},
    {"too_long", NULL, "string_too_long", NULL},
    {"too_small", NULL, "greater_than_equal", NULL},
    {"too_large", NULL, "less_than_equal", NULL},
    {"not_allowed", NULL, "enum", NULL},
};

static bool is_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && view_is(view_of(a), b));
}

static void write_item(struct builder *b, const char *type, struct view message)
{
    builder_text(b, ",\"msg\":");
    builder_json(b, message);
    builder_text(b, ",\"type\":");
    builder_json(b, view_of(type));
    builder_char(b, '}');
}

/* The place, then member and index: FastAPI writes an index as a number. */
static void write_location(struct builder *b, const struct fault *fault)
{
    int64_t index;
    builder_text(b, "{\"loc\":[");
    builder_json(b, view_of(fault->place != NULL ? fault->place : "body"));
    for (size_t i = 0; i < FAULT_PATH_MAX && fault->path[i].at != NULL; i++) {
        builder_char(b, ',');
        if (i > 0 && view_to_int64(fault->path[i], &index)) {
            builder_int(b, index);
        } else {
            builder_json(b, fault->path[i]);
        }
    }
    builder_char(b, ']');
}

static void write_fault(struct builder *b, const struct fault *fault)
{
    write_location(b, fault);
    for (size_t i = 0; i < ARRAY_LEN(fault_types); i++) {
        if (is_text(fault_types[i].code, fault->code) &&
            (fault_types[i].expected == NULL ||
             is_text(fault_types[i].expected, fault->expected))) {
            const char *message = fault_types[i].message;
            write_item(b, fault_types[i].type, message != NULL ? view_of(message) : fault->message);
            return;
        }
    }
    write_item(b, "value_error", fault->message);
}

static void write_faults(struct builder *b, const struct style_refusal *refusal)
{
    const struct faults *faults = refusal->faults;
    size_t count = faults != NULL ? faults->count : 0;
    builder_char(b, '[');
    if (count == 0) {
        bool json = refusal->result == RESULT_MALFORMED_JSON;
        builder_text(b, "{\"loc\":[\"body\"]");
        write_item(b, json ? "json_invalid" : "value_error",
                   view_is_empty(refusal->detail) ? view_of(fastapi_sentence(refusal->result))
                                                  : refusal->detail);
    }
    for (size_t i = 0; i < count && i < FAULTS_MAX; i++) {
        builder_text(b, i > 0 ? "," : "");
        write_fault(b, &faults->items[i]);
    }
    builder_char(b, ']');
}

int fastapi_status(enum result result)
{
    return result == RESULT_MALFORMED_JSON ? STATUS_INVALID : result_status(result);
}

void fastapi_write_detail(struct builder *out, const struct style_refusal *refusal)
{
    if (fastapi_status(refusal->result) == STATUS_INVALID) {
        write_faults(out, refusal);
    } else {
        builder_json(out, view_is_empty(refusal->detail)
                              ? view_of(fastapi_sentence(refusal->result))
                              : refusal->detail);
    }
}

void fastapi_finish(struct reply *reply, const struct builder *b, enum result result, int status)
{
    reply->content_type = JSON_TYPE;
    reply->result = result;
    reply->status = status;
    if (!builder_end(b, &reply->body)) {
        reply->result = RESULT_INTERNAL;
        reply->status = result_status(RESULT_INTERNAL);
        reply->body = VIEW("{\"detail\":\"Internal Server Error\"}");
    }
}

void fastapi_refuse(struct reply *reply, struct arena *arena, const struct style_refusal *refusal,
                    int status)
{
    struct builder b;
    builder_init(&b, arena, REFUSAL_MAX_BYTES);
    builder_text(&b, "{\"detail\":");
    fastapi_write_detail(&b, refusal);
    builder_char(&b, '}');
    fastapi_finish(reply, &b, refusal->result, status);
}

static void refuse(struct reply *reply, struct arena *arena, const struct style_refusal *refusal)
{
    fastapi_refuse(reply, arena, refusal, fastapi_status(refusal->result));
}

/* As FastAPI names and writes them. */
const char fastapi_schemas[] =
    "{\"HTTPValidationError\":{\"title\":\"HTTPValidationError\",\"type\":\"object\","
    "\"properties\":{\"detail\":" FASTAPI_SCHEMA_FAULTS "}}," FASTAPI_SCHEMA_FAULT ","
    "\"HTTPError\":{\"title\":\"HTTPError\",\"type\":\"object\",\"required\":[\"detail\"],"
    "\"properties\":{\"detail\":" FASTAPI_SCHEMA_SENTENCE "}}}";

const char *fastapi_schema_of(int status)
{
    return status == STATUS_INVALID ? "HTTPValidationError" : "HTTPError";
}

const struct style fastapi_style = {
    .media_type = JSON_TYPE,
    .status = fastapi_status,
    .refuse = refuse,
    .schemas = fastapi_schemas,
    .schema_of = fastapi_schema_of,
    .sentence = fastapi_sentence,
    .plain_challenge = true,
};

/* --- log-in ----------------------------------------------------------------------------------- */

const char *const fastapi_grant_types[] = {"password", NULL};

static const struct field login_fields[] = {
    {.name = "username",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct fastapi_login_in, username),
     .flags = FIELD_REQUIRED,
     .max_bytes = EMAIL_MAX_BYTES,
     .description = "A username or an e-mail address, in any case."},
    FASTAPI_LOGIN_FIELDS(struct fastapi_login_in),
};

const struct table fastapi_login_table = {
    .name = "UserLogin",
    .size = sizeof(struct fastapi_login_in),
    .lax = true,
    FIELDS(login_fields),
};

const enum result fastapi_login_results[] = {RESULT_OK, RESULT_INVALID_CREDENTIALS, RESULT_LOCKED,
                                             RESULT_COUNT};

enum result fastapi_log_in(struct api_call *call)
{
    const struct fastapi_login_in *in = call->body;
    struct auth_grant *out = row_out(call, sizeof *out);
    const struct auth_login input = {.login = in->username.text, .password = in->password.text};
    return out != NULL ? auth_login(&call->service, &input, out) : RESULT_INTERNAL;
}

static const struct field token_fields[] = {
    {.name = "access_token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct auth_grant, access_token)},
    {.name = "token_type",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct auth_grant, token_type),
     .example = "\"bearer\""},
};

const struct table fastapi_token_table = {
    .name = "Token",
    .size = sizeof(struct auth_grant),
    FIELDS(token_fields),
};

/* --- answers ---------------------------------------------------------------------------------- */

static const struct field message_fields[] = {
    {.name = "message", .kind = FIELD_TEXT, .offset = offsetof(struct fastapi_message, message)},
};

const struct table fastapi_message_table = {
    .name = "Message",
    .size = sizeof(struct fastapi_message),
    FIELDS(message_fields),
};

enum result fastapi_say(struct api_call *call, const char *text)
{
    struct fastapi_message *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    out->message = view_of(text);
    return RESULT_OK;
}

enum result fastapi_log_out(struct api_call *call, const char *message)
{
    enum result result = auth_logout(&call->service, AUTH_SCOPE_LOCAL);
    return result_is_good(result) ? fastapi_say(call, message) : result;
}

enum result fastapi_log_out_one(struct api_call *call)
{
    return fastapi_log_out(call, "Successfully logged out");
}
