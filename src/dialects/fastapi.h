/* What the dialects have in common: refusals as FastAPI writes them, the log-in form, messages. */
#ifndef LATCHKEY_DIALECTS_FASTAPI_H
#define LATCHKEY_DIALECTS_FASTAPI_H

#include "api/row.h"
#include "api/style.h"
#include "base/builder.h"

#define FASTAPI_SCHEME "OAuth2PasswordBearer"
#define JSON_TYPE "application/json"

/* --- refusals --------------------------------------------------------------------------------- */

/* {"detail": "…"}, and 422 as {"detail": [{"type", "loc", "msg"}, …]}. */
extern const struct style fastapi_style;

/* For styles that differ in part. */

/* 422 for JSON that cannot be read, as for JSON that is not valid; else the result's own. */
int fastapi_status(enum result result);
/* Writes the value of "detail". */
void fastapi_write_detail(struct builder *out, const struct style_refusal *refusal);
/* A sentence for the result when nothing better is known. Static. */
const char *fastapi_sentence(enum result result);
/* Refuses as fastapi_style does, with that status. */
void fastapi_refuse(struct reply *reply, struct arena *arena, const struct style_refusal *refusal,
                    int status);
/* Ends a refusal: the body of b (a static one when it failed), with that status. */
void fastapi_finish(struct reply *reply, const struct builder *b, enum result result, int status);

/* The schemas of refusals: HTTPValidationError for 422, HTTPError for the others. */
extern const char fastapi_schemas[];
/* Their parts: the two kinds of "detail", and the member ValidationError that the list refers to.
 */
#define FASTAPI_SCHEMA_SENTENCE "{\"title\":\"Detail\",\"type\":\"string\"}"
#define FASTAPI_SCHEMA_FAULTS                                                                      \
    "{\"title\":\"Detail\",\"type\":\"array\",\"items\":{\"$ref\":"                                \
    "\"#/components/schemas/ValidationError\"}}"
#define FASTAPI_SCHEMA_FAULT                                                                       \
    "\"ValidationError\":{\"title\":\"ValidationError\",\"type\":\"object\",\"required\":"         \
    "[\"loc\",\"msg\",\"type\"],\"properties\":{\"loc\":{\"title\":\"Location\",\"type\":"         \
    "\"array\","                                                                                   \
    "\"items\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}},"                       \
    "\"msg\":{\"title\":\"Message\",\"type\":\"string\"},"                                         \
    "\"type\":{\"title\":\"Error Type\",\"type\":\"string\"}}}"
const char *fastapi_schema_of(int status);

/* --- log-in ----------------------------------------------------------------------------------- */

/* OAuth2PasswordRequestForm, also as JSON. */
struct fastapi_login_in {
    struct in_text username;
    struct in_text password;
    struct in_text grant_type;
    struct in_text scope;
    struct in_text client_id;
    struct in_text client_secret;
};

/* Fields of a table with such a struct type; the name that one logs in by is the table's own. */
#define FASTAPI_LOGIN_FIELDS(type)                                                                 \
    {.name = "password",                                                                           \
     .kind = FIELD_TEXT,                                                                           \
     .offset = offsetof(type, password),                                                           \
     .flags = FIELD_REQUIRED | FIELD_SECRET,                                                       \
     .max_bytes = PASSWORD_MAX_BYTES},                                                             \
        {.name = "grant_type",                                                                     \
         .kind = FIELD_TEXT,                                                                       \
         .offset = offsetof(type, grant_type),                                                     \
         .flags = FIELD_FORM,                                                                      \
         .choices = fastapi_grant_types},                                                          \
        {.name = "scope",                                                                          \
         .kind = FIELD_TEXT,                                                                       \
         .offset = offsetof(type, scope),                                                          \
         .flags = FIELD_FORM},                                                                     \
        {.name = "client_id",                                                                      \
         .kind = FIELD_TEXT,                                                                       \
         .offset = offsetof(type, client_id),                                                      \
         .flags = FIELD_FORM},                                                                     \
    {                                                                                              \
        .name = "client_secret", .kind = FIELD_TEXT, .offset = offsetof(type, client_secret),      \
        .flags = FIELD_FORM | FIELD_SECRET                                                         \
    }
extern const char *const fastapi_grant_types[];

extern const struct table fastapi_login_table; /* into struct fastapi_login_in */
/* Logs in by fastapi_login_table and leaves a struct auth_grant as call->out. */
enum result fastapi_log_in(struct api_call *call);
extern const enum result fastapi_login_results[];

/* {"access_token", "token_type"}, of a struct auth_grant. */
extern const struct table fastapi_token_table;

/* --- answers ---------------------------------------------------------------------------------- */

struct fastapi_message {
    struct view message;
};
extern const struct table fastapi_message_table;
/* Leaves a message as call->out. OK; INTERNAL when out of memory. text is static. */
MUST_CHECK enum result fastapi_say(struct api_call *call, const char *text);
/* Ends the caller's session; OK with that message. */
MUST_CHECK enum result fastapi_log_out(struct api_call *call, const char *message);
/* A handler: the same with a message of its own. */
MUST_CHECK enum result fastapi_log_out_one(struct api_call *call);

#endif
