/* Pymongo Async FastAPI App: people looked after by admins, every answer in an envelope. */
#include "base/utf8.h"
#include "dialects/dialects.h"
#include "dialects/fastapi.h"
#include "dialects/person.h"
#include "model/limits.h"
#include "service/users.h"

#define AUTH "auth"
#define USERS "users"
#define LIMIT_DEFAULT 100
/* The store's index of parts of names needs so many characters. */
#define SEARCH_MIN_CHARS 3

/* --- refusals --------------------------------------------------------------------------------- */

#define ENVELOPE_MAX_BYTES ((size_t)128 * 1024)
#define STATUS_INVALID 422
#define INVALID_MESSAGE "Validation error"
#define EMPTY_MEMBERS ",\"response_status\":false,\"response_data\":null,\"detail\":"

static bool write_refusal(struct arena *arena, const struct style_refusal *refusal,
                          struct view *out)
{
    struct builder b;
    builder_init(&b, arena, ENVELOPE_MAX_BYTES);
    builder_text(&b, "{\"message\":");
    if (fastapi_status(refusal->result) == STATUS_INVALID) {
        builder_text(&b, "\"" INVALID_MESSAGE "\"");
    } else {
        fastapi_write_detail(&b, refusal);
    }
    builder_text(&b, EMPTY_MEMBERS);
    fastapi_write_detail(&b, refusal);
    builder_char(&b, '}');
    return builder_end(&b, out);
}

static void refuse(struct reply *reply, struct arena *arena, const struct style_refusal *refusal)
{
    reply->content_type = JSON_TYPE;
    reply->result = refusal->result;
    if (!write_refusal(arena, refusal, &reply->body)) {
        reply->result = RESULT_INTERNAL;
        reply->body = VIEW("{\"message\":\"Internal Server Error\"" EMPTY_MEMBERS
                           "\"Internal Server Error\"}");
    }
    reply->status = fastapi_status(reply->result);
}

#define ENVELOPE_SCHEMA(name, detail)                                                              \
    "\"" name "\":{\"title\":\"" name "\",\"type\":\"object\",\"required\":[\"message\","          \
    "\"response_status\",\"response_data\",\"detail\"],\"properties\":{"                           \
    "\"message\":{\"title\":\"Message\",\"type\":\"string\"},"                                     \
    "\"response_status\":{\"title\":\"Response Status\",\"type\":\"boolean\",\"enum\":[false]},"   \
    "\"response_data\":{\"title\":\"Response Data\",\"type\":\"null\"},\"detail\":" detail "}}"

static const char schemas[] = "{" ENVELOPE_SCHEMA(
    "HTTPValidationError", FASTAPI_SCHEMA_FAULTS) "," FASTAPI_SCHEMA_FAULT
                                                  "," ENVELOPE_SCHEMA("HTTPError",
                                                                      FASTAPI_SCHEMA_SENTENCE) "}";

/* FastAPI's, with the envelope's members beside "detail". */
static const struct style envelope_style = {
    .media_type = JSON_TYPE,
    .status = fastapi_status,
    .refuse = refuse,
    .schemas = schemas,
    .schema_of = fastapi_schema_of,
    .sentence = fastapi_sentence,
    .plain_challenge = true,
};

/* --- good answers ----------------------------------------------------------------------------- */

struct envelope {
    struct view message;
    bool status; /* true */
    union {
        struct person person;
        struct out_list people;
        struct view nothing; /* at NULL */
    } data;
};

static const struct field user_fields[] = {
    PERSON_OUT_ID,
    PERSON_OUT_USERNAME,
    {.name = "userage",
     .kind = FIELD_INT_OPTION,
     .offset = offsetof(struct person, age),
     .flags = FIELD_NULLABLE},
    PERSON_OUT_ROLE,
};

static const struct table user_table = {
    .name = "User",
    .size = sizeof(struct person),
    FIELDS(user_fields),
};

#define ENVELOPE_MEMBERS                                                                           \
    {.name = "message", .kind = FIELD_TEXT, .offset = offsetof(struct envelope, message)},         \
    {                                                                                              \
        .name = "response_status", .kind = FIELD_BOOLEAN,                                          \
        .offset = offsetof(struct envelope, status), .example = "true"                             \
    }

static const struct field one_fields[] = {
    ENVELOPE_MEMBERS,
    {.name = "response_data",
     .kind = FIELD_NESTED,
     .offset = offsetof(struct envelope, data.person),
     .nested = &user_table},
};

static const struct table one_table = {
    .name = "UserResponse",
    .size = sizeof(struct envelope),
    FIELDS(one_fields),
};

static const struct field list_fields[] = {
    ENVELOPE_MEMBERS,
    {.name = "response_data",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct envelope, data.people),
     .nested = &user_table},
};

static const struct table list_table = {
    .name = "UserListResponse",
    .size = sizeof(struct envelope),
    FIELDS(list_fields),
};

static const struct field empty_fields[] = {
    ENVELOPE_MEMBERS,
    {.name = "response_data",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct envelope, data.nothing),
     .flags = FIELD_NULLABLE,
     .description = "Always null."},
};

static const struct table empty_table = {
    .name = "MessageResponse",
    .size = sizeof(struct envelope),
    FIELDS(empty_fields),
};

/* The answer with that message and no data yet; NULL when out of memory. */
static struct envelope *envelope_out(struct api_call *call, const char *message)
{
    struct envelope *out = row_out(call, sizeof *out);
    if (out != NULL) {
        out->message = view_of(message);
        out->status = true;
    }
    return out;
}

/* Passes the result on, with the user when it is good. */
static enum result answer(struct api_call *call, enum result result, const struct user *user,
                          const char *message)
{
    if (!result_is_good(result)) {
        return result;
    }
    struct envelope *out = envelope_out(call, message);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    out->data.person = person_of(user);
    return result;
}

/* --- bodies and paths ------------------------------------------------------------------------- */

#define USERAGE                                                                                    \
    {                                                                                              \
        .name = "userage", .kind = FIELD_INTEGER, .offset = offsetof(struct person_in, age),       \
        .max = AGE_MAX                                                                             \
    }

static const struct field create_fields[] = {
    PERSON_USERNAME(FIELD_REQUIRED),
    PERSON_PASSWORD(FIELD_REQUIRED),
    USERAGE,
    PERSON_ROLE,
};

static const struct table create_table = {
    .name = "UserCreate",
    .size = sizeof(struct person_in),
    .lax = true,
    FIELDS(create_fields),
};

static const struct field update_fields[] = {
    PERSON_USERNAME(0),
    PERSON_PASSWORD(0),
    USERAGE,
    PERSON_ROLE,
};

static const struct table update_table = {
    .name = "UserUpdate",
    .size = sizeof(struct person_in),
    .lax = true,
    FIELDS(update_fields),
};

struct user_path {
    struct in_text user_id;
};

static const struct field path_fields[] = {
    {.name = "user_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct user_path, user_id),
     .format = "uuid",
     .description = "As the user's `id`."},
};

static const struct table path_table = {
    .name = "UserPath",
    .size = sizeof(struct user_path),
    FIELDS(path_fields),
};

/* --- the list's query ------------------------------------------------------------------------- */

struct list_query {
    struct in_text username;
    struct in_integer min_age;
    struct in_integer max_age;
    struct in_integer skip;
    struct in_integer limit;
    struct in_text sort_by;
    struct in_text sort_order;
};

static const char *const sort_names[] = {"id", "username", "userage", "role", NULL};
static const char *const sort_orders[] = {"asc", "desc", NULL};

static const struct field query_fields[] = {
    {.name = "username",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct list_query, username),
     .max = SEARCH_MAX_CHARS,
     .description = "A part of the username, as it stands, in any case."},
    {.name = "min_age",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct list_query, min_age),
     .description = "Those at least so old. Who has no age is left out."},
    {.name = "max_age",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct list_query, max_age),
     .description = "Those at most so old. Who has no age is left out."},
    {.name = "skip",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct list_query, skip),
     .max = INT64_MAX,
     .description = "So many are left out at the beginning.",
     .default_text = "0"},
    {.name = "limit",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct list_query, limit),
     .max = LIST_LIMIT_MAX,
     .description = "So many at most. `X-Total-Count` says how many there are.",
     .default_text = "100"},
    {.name = "sort_by",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct list_query, sort_by),
     .choices = sort_names,
     .description = "A member of User. By `id` and `role` up to 10,000 users who match can be "
                    "sorted, by the others any number.",
     .default_text = "\"username\""},
    {.name = "sort_order",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct list_query, sort_order),
     .choices = sort_orders,
     .description = "Who has no age or no role comes last, with `desc` first.",
     .default_text = "\"asc\""},
};

static const struct table list_query = {
    .name = "UserQuery",
    .size = sizeof(struct list_query),
    .lax = true,
    FIELDS(query_fields),
};

static int64_t within(int64_t number, int64_t least, int64_t most)
{
    return number < least ? least : number > most ? most : number;
}

/* Ages beyond those that anybody can have match nobody. */
static void read_ages(const struct list_query *in, struct user_filter *out)
{
    if (in->min_age.given || in->max_age.given) {
        out->mask |= USER_FILTER_AGE;
        out->min_age = in->min_age.given ? within(in->min_age.number, 0, AGE_MAX + 1) : 0;
        out->max_age = in->max_age.given ? within(in->max_age.number, -1, AGE_MAX) : AGE_MAX;
    }
}

static struct user_filter filter_of(const struct list_query *in)
{
    struct user_filter out = {.username_part = in->username.text, .search = in->username.text};
    if (in->username.text.len > 0) {
        out.mask |= USER_FILTER_USERNAME_PART;
    }
    if (utf8_length(in->username.text) >= SEARCH_MIN_CHARS) {
        out.mask |= USER_FILTER_SEARCH;
    }
    read_ages(in, &out);
    return out;
}

static enum result refuse_sort(struct api_call *call)
{
    struct faults *faults = &call->service.faults;
    faults->items[0] = (struct fault){
        .place = "query",
        .path = {VIEW("sort_by")},
        .code = "not_allowed",
        .message = VIEW("More than 10,000 users match: too many to sort by this. Narrow the list, "
                        "or sort by username or userage.")};
    faults->count = 1;
    return RESULT_INVALID;
}

/* --- handlers --------------------------------------------------------------------------------- */

static enum result create(struct api_call *call)
{
    struct user user;
    enum result result = person_create(call, &user);
    person_rename_fault(call, "age", "userage");
    return answer(call, result, &user, "User created successfully");
}

/* By what the store sorts by itself, or else here. */
static enum result list_sorted(struct api_call *call, struct user_list_request *request,
                               const struct person_window *window, struct out_list *out)
{
    const struct list_query *in = call->query;
    bool by_role = view_is(in->sort_by.text, "role");
    bool by_age = view_is(in->sort_by.text, "userage");
    bool descending = view_is(in->sort_order.text, "desc");
    if (!by_role && !view_is(in->sort_by.text, "id")) {
        request->sort_count = 1;
        request->sort[0] = (struct user_sort){.field = by_age ? USER_SORT_AGE : USER_SORT_USERNAME,
                                              .descending = descending};
        return person_list(call, request, window, out);
    }
    const struct person_sort sort = {.compare = by_role ? person_compare_role : person_compare_id,
                                     .descending = descending};
    enum result result = person_list_sorted(call, request, &sort, window, out);
    return result == RESULT_INVALID ? refuse_sort(call) : result;
}

static enum result list(struct api_call *call)
{
    const struct list_query *in = call->query;
    struct user_list_request request = {.filter = filter_of(in)};
    const struct person_window window = {
        .skip = in->skip.given ? in->skip.number : 0,
        .limit = in->limit.given ? in->limit.number : LIMIT_DEFAULT,
    };
    struct envelope *out = envelope_out(call, "Users fetched successfully");
    return out != NULL ? list_sorted(call, &request, &window, &out->data.people) : RESULT_INTERNAL;
}

static enum result get(struct api_call *call)
{
    struct user user;
    enum result result = users_get(&call->service, call->request->params[0], &user);
    return answer(call, result, &user, "User fetched successfully");
}

static enum result update(struct api_call *call)
{
    struct user user;
    enum result result = person_update(call, call->request->params[0], &user);
    person_rename_fault(call, "age", "userage");
    return answer(call, result, &user, "User updated successfully");
}

static enum result delete_one(struct api_call *call)
{
    enum result result = users_delete(&call->service, call->request->params[0], 0);
    if (!result_is_good(result)) {
        return result;
    }
    return envelope_out(call, "User deleted successfully") != NULL ? RESULT_OK : RESULT_INTERNAL;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result create_results[] = {RESULT_CREATED, RESULT_USERNAME_TAKEN,
                                             RESULT_EXCEEDS_RIGHTS, RESULT_COUNT};
static const enum result list_results[] = {RESULT_OK, RESULT_COUNT};
static const enum result get_results[] = {RESULT_OK, RESULT_NOT_FOUND, RESULT_COUNT};
static const enum result update_results[] = {RESULT_OK,
                                             RESULT_FORBIDDEN,
                                             RESULT_NOT_FOUND,
                                             RESULT_USERNAME_TAKEN,
                                             RESULT_EXCEEDS_RIGHTS,
                                             RESULT_LAST_ADMIN,
                                             RESULT_CONFLICT,
                                             RESULT_RATE_LIMITED,
                                             RESULT_COUNT};
static const enum result delete_results[] = {RESULT_OK,         RESULT_NOT_FOUND,
                                             RESULT_LAST_ADMIN, RESULT_EXCEEDS_RIGHTS,
                                             RESULT_CONFLICT,   RESULT_COUNT};

static const struct row rows[] = {
    {.id = "create_user_users_create_post",
     .method = METHOD_POST,
     .path = "/users/create",
     .lane = ROW_HASH,
     .auth = ROW_BEARER,
     .permission = "users:create",
     .rate = ROW_FREE,
     .ignore_query = true,
     .body = &create_table,
     .body_forms = ROW_JSON,
     .reply = &one_table,
     .results = create_results,
     .tag = USERS,
     .summary = "Create User",
     .handle = create},
    {.id = "login_login_post",
     .method = METHOD_POST,
     .path = "/login",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_LOGIN,
     .ignore_query = true,
     .body = &fastapi_login_table,
     .body_forms = ROW_JSON | ROW_FORM | ROW_MULTIPART,
     .reply = &fastapi_token_table,
     .results = fastapi_login_results,
     .tag = AUTH,
     .summary = "Login",
     .handle = fastapi_log_in},
    {.id = "get_users_users__get",
     .method = METHOD_GET,
     .path = "/users/",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:read",
     .rate = ROW_FREE,
     .query = &list_query,
     .reply = &list_table,
     .results = list_results,
     .tag = USERS,
     .summary = "Get Users",
     .handle = list},
    {.id = "get_user_users__user_id__get",
     .method = METHOD_GET,
     .path = "/users/{user_id}",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .permission = "users:read",
     .self_param = "user_id",
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .reply = &one_table,
     .results = get_results,
     .tag = USERS,
     .summary = "Get User",
     .handle = get},
    {.id = "update_user_users__user_id__put",
     .method = METHOD_PUT,
     .path = "/users/{user_id}",
     .lane = ROW_HASH,
     .auth = ROW_BEARER,
     .permission = "users:update",
     .self_param = "user_id",
     .guarded = {.member = "role", .permission = "users:roles"},
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .body = &update_table,
     .body_forms = ROW_JSON,
     .reply = &one_table,
     .results = update_results,
     .tag = USERS,
     .summary = "Update User",
     .description = "A new password ends the user's other sessions.",
     .handle = update},
    {.id = "delete_user_users__user_id__delete",
     .method = METHOD_DELETE,
     .path = "/users/{user_id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:delete",
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .reply = &empty_table,
     .results = delete_results,
     .tag = USERS,
     .summary = "Delete User",
     .handle = delete_one},
};

static const struct row_group group = {ROWS(rows)};
static const struct row_group *const groups[] = {&group};

const struct row_set dialect_pymongo_async = {
    .name = "pymongo-async",
    .title = "Pymongo Async FastAPI App",
    .description = "JWT log-in, and users looked after by admins, every answer in an envelope.",
    .style = &envelope_style,
    .scheme = FASTAPI_SCHEME,
    .token_path = "/login",
    .groups = groups,
    .group_count = ARRAY_LEN(groups),
};
