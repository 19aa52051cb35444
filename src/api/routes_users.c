/* Own record and users. */
#include "api/routes.h"
#include "api/table_user.h"
#include "api/user_query.h"
#include "api/version.h"
#include "service/users.h"
#include "service/users_list.h"

#define TAG "Users"

static const struct field list_fields[] = {
    {.name = "items",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct users_list, users.items),
     .nested = &table_user},
    {.name = "total",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct users_list, users.total),
     .flags = FIELD_NULLABLE,
     .description = "Of all pages; null with count=false."},
    {.name = "next_cursor",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct users_list, cursors.next),
     .flags = FIELD_NULLABLE,
     .description = "For `cursor` of the next page; null on the last one."},
};

static const struct table list_table = {
    .name = "UserList",
    .size = sizeof(struct users_list),
    FIELDS(list_fields),
};

static const char *const deletions[] = {"only", "with", NULL};

struct get_in {
    struct in_text deleted;
};

static const struct field get_fields[] = {
    {.name = "deleted",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct get_in, deleted),
     .choices = deletions,
     .description = "`only` one who is deleted, or anybody, `with` them. A name means who has it, "
                    "else the only deleted user who had it."},
};

static const struct table get_query = {
    .name = "UserGetQuery",
    .size = sizeof(struct get_in),
    FIELDS(get_fields),
};

struct delete_in {
    struct in_boolean permanent;
};

static const struct field delete_fields[] = {
    {.name = "permanent",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct delete_in, permanent),
     .description = "For good: also one who is deleted already, named by id or number.",
     .default_text = "false"},
};

static const struct table delete_query = {
    .name = "UserDeleteQuery",
    .size = sizeof(struct delete_in),
    FIELDS(delete_fields),
};

/* --- handlers --------------------------------------------------------------------------------- */

static enum result get_self(struct api_call *call)
{
    struct user *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    return version_answer(call, users_get_self(&call->service, out), &out->version);
}

static enum result change(struct api_call *call, struct view key)
{
    struct user *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    struct users_input input = table_user_input(call->body);
    input.if_version = call->if_version;
    return version_answer(call, users_update(&call->service, key, &input, out), &out->version);
}

static enum result change_self(struct api_call *call)
{
    char id[ID_TEXT_SIZE];
    id_format(&call->service.actor->user_id, id);
    enum result result = change(call, view_make(id, ID_TEXT_SIZE - 1));
    /* Deleted since the gate looked: the token speaks for nobody any more. */
    return result == RESULT_NOT_FOUND ? RESULT_INVALID_TOKEN : result;
}

static enum result change_one(struct api_call *call)
{
    return change(call, call->request->params[0]);
}

static enum result list(struct api_call *call)
{
    const struct user_query_in *in = call->query;
    struct user_list_request request;
    struct users_list *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = user_query_request(call, in, &request);
    if (result == RESULT_OK) {
        result = users_list(&call->service, &request, in->paging.cursor.text, out);
    }
    if (result == RESULT_OK) {
        paging_headers(call, &in->paging, out->users.count, out->users.total, &out->cursors);
    }
    return result;
}

static enum result create(struct api_call *call)
{
    struct user *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    struct users_input input = table_user_input(call->body);
    return version_answer(call, users_create(&call->service, &input, out), &out->version);
}

static enum user_presence presence_of(const struct in_text *deleted)
{
    if (!deleted->given) {
        return USER_PRESENT;
    }
    return view_is(deleted->text, "only") ? USER_GONE : USER_PRESENT_OR_GONE;
}

static enum result get_one(struct api_call *call)
{
    const struct get_in *in = call->query;
    struct view key = call->request->params[0];
    struct user *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = users_find(&call->service, key, presence_of(&in->deleted), out);
    return version_answer(call, result, &out->version);
}

/* What is permanent has its own permission: see the row. */
static enum result delete_one(struct api_call *call)
{
    const struct delete_in *in = call->query;
    struct view key = call->request->params[0];
    return in->permanent.value ? users_purge(&call->service, key, call->if_version)
                               : users_delete(&call->service, key, call->if_version);
}

static enum result restore_one(struct api_call *call)
{
    static const struct table_user_in no_names;
    struct user *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    struct users_input names = table_user_input(call->body != NULL ? call->body : &no_names);
    names.if_version = call->if_version;
    enum result result = users_restore(&call->service, call->request->params[0], &names, out);
    return version_answer(call, result, &out->version);
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result read_results[] = {RESULT_OK, RESULT_COUNT};
static const enum result list_results[] = {RESULT_OK, RESULT_INVALID_CURSOR, RESULT_COUNT};
static const enum result change_self_results[] = {
    RESULT_OK, RESULT_USERNAME_TAKEN, RESULT_EMAIL_TAKEN, RESULT_CONFLICT, RESULT_COUNT};
static const enum result create_results[] = {
    RESULT_CREATED, RESULT_USERNAME_TAKEN, RESULT_EMAIL_TAKEN, RESULT_EXCEEDS_RIGHTS, RESULT_COUNT};
static const enum result get_results[] = {RESULT_OK, RESULT_NOT_FOUND, RESULT_AMBIGUOUS,
                                          RESULT_COUNT};
static const enum result change_results[] = {
    RESULT_OK,          RESULT_FORBIDDEN,      RESULT_NOT_FOUND,  RESULT_USERNAME_TAKEN,
    RESULT_EMAIL_TAKEN, RESULT_EXCEEDS_RIGHTS, RESULT_LAST_ADMIN, RESULT_CONFLICT,
    RESULT_COUNT};
static const enum result delete_results[] = {RESULT_NO_CONTENT,     RESULT_NOT_FOUND,
                                             RESULT_EXCEEDS_RIGHTS, RESULT_LAST_ADMIN,
                                             RESULT_CONFLICT,       RESULT_COUNT};

static const enum result restore_results[] = {
    RESULT_OK,          RESULT_NOT_FOUND,      RESULT_AMBIGUOUS, RESULT_USERNAME_TAKEN,
    RESULT_EMAIL_TAKEN, RESULT_EXCEEDS_RIGHTS, RESULT_CONFLICT,  RESULT_COUNT};

static const struct row rows[] = {
    {.id = "getSelf",
     .method = METHOD_GET,
     .path = "/v1/users/me",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .reply = &table_user,
     .versioned = true,
     .results = read_results,
     .tag = TAG,
     .summary = "Read one's own record",
     .handle = get_self},
    {.id = "changeSelf",
     .method = METHOD_PATCH,
     .path = "/v1/users/me",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .body = &table_user_change_self,
     .body_forms = ROW_JSON,
     .reply = &table_user,
     .versioned = true,
     .results = change_self_results,
     .tag = TAG,
     .summary = "Change one's own record",
     .handle = change_self},
    {.id = "listUsers",
     .method = METHOD_GET,
     .path = "/v1/users",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:read",
     .rate = ROW_FREE,
     .query = &user_query,
     .reply = &list_table,
     .paged = true,
     .results = list_results,
     .tag = TAG,
     .summary = "List users",
     .description = "All filters must match. Go on with `next_cursor` or the links: by cursor no "
                    "record comes twice and none that stays is left out, whatever comes and goes.",
     .handle = list},
    {.id = "createUser",
     .method = METHOD_POST,
     .path = "/v1/users",
     .lane = ROW_HASH,
     .auth = ROW_BEARER,
     .permission = "users:create",
     .rate = ROW_FREE,
     .body = &table_user_create,
     .body_forms = ROW_JSON,
     .reply = &table_user,
     .versioned = true,
     .results = create_results,
     .tag = TAG,
     .summary = "Create a user",
     .description = "Nobody gives roles beyond their own rights.",
     .handle = create},
    {.id = "getUser",
     .method = METHOD_GET,
     .path = "/v1/users/{id}",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .permission = "users:read",
     .self_param = "id",
     .rate = ROW_FREE,
     .params = &table_user_params,
     .query = &get_query,
     .reply = &table_user,
     .versioned = true,
     .results = get_results,
     .tag = TAG,
     .summary = "Read a user",
     .handle = get_one},
    {.id = "changeUser",
     .method = METHOD_PATCH,
     .path = "/v1/users/{id}",
     .lane = ROW_HASH,
     .auth = ROW_BEARER,
     .permission = "users:update",
     .self_param = "id",
     .rate = ROW_FREE,
     .params = &table_user_params,
     .body = &table_user_change,
     .body_forms = ROW_JSON,
     .reply = &table_user,
     .versioned = true,
     .results = change_results,
     .tag = TAG,
     .summary = "Change a user",
     .description = "Disabling a user or setting a password ends all their sessions.",
     .handle = change_one},
    {.id = "deleteUser",
     .method = METHOD_DELETE,
     .path = "/v1/users/{id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:delete",
     .guarded = {.member = "permanent", .permission = "users:purge"},
     .rate = ROW_FREE,
     .params = &table_user_params,
     .query = &delete_query,
     .versioned = true,
     .results = delete_results,
     .tag = TAG,
     .summary = "Delete a user",
     .description = "Ends all their sessions; name and e-mail address are free again. They can be "
                    "restored for a time, unless it is permanent.",
     .handle = delete_one},
    {.id = "restoreUser",
     .method = METHOD_POST,
     .path = "/v1/users/{id}/restore",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:restore",
     .rate = ROW_FREE,
     .params = &table_user_params,
     .body = &table_user_restore,
     .body_forms = ROW_JSON,
     .body_optional = true,
     .reply = &table_user,
     .versioned = true,
     .results = restore_results,
     .tag = TAG,
     .summary = "Restore a deleted user",
     .description = "With the former names, or with those of the body. No session comes back, nor "
                    "do roles that were deleted since. Nobody restores one whose rights exceed "
                    "theirs.",
     .handle = restore_one},
};

const struct row_group routes_users = {ROWS(rows)};
