#include "dialects/person.h"

#include <string.h>

#include "model/limits.h"
#include "service/auth.h"
#include "service/users.h"

struct person person_of(const struct user *user)
{
    struct person person = {
        .id = user->id,
        .number = user->number,
        .username = user->username,
        .email = user->email,
        .name = user->name.at != NULL ? user->name : user->username,
        .age = user->age,
        .role = user->role_count > 0 ? user->roles[0] : (struct view){NULL, 0},
    };
    for (size_t i = 0; i < user->role_count; i++) {
        if (view_is(user->roles[i], ROLE_ADMIN)) {
            person.role = user->roles[i];
        }
    }
    return person;
}

enum result person_answer(struct api_call *call, enum result result, const struct user *user)
{
    struct person *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    *out = person_of(user);
    return result;
}

void person_rename_fault(struct api_call *call, const char *from, const char *to)
{
    struct faults *faults = &call->service.faults;
    for (size_t i = 0; i < faults->count && i < FAULTS_MAX; i++) {
        if (view_is(faults->items[i].path[0], from)) {
            faults->items[i].path[0] = view_of(to);
        }
    }
}

/* --- changes -----------------------------------------------------------------------------------
 */

static struct users_input input_of(const struct person_in *in)
{
    return (struct users_input){
        .mask = (in->username.given ? USER_FIELD_USERNAME : 0U) |
                (in->email.given ? USER_FIELD_EMAIL : 0U) |
                (in->password.given ? USER_FIELD_PASSWORD : 0U) |
                (in->name.given ? USER_FIELD_NAME : 0U) | (in->age.given ? USER_FIELD_AGE : 0U) |
                (in->role.given ? USER_FIELD_ROLES : 0U),
        .username = in->username.text,
        .email = in->email.text,
        .password = in->password.text,
        .name = in->name.text,
        .age = in->age.given ? (int)in->age.number : USER_AGE_UNKNOWN,
        .status = USER_ACTIVE,
        .roles = &in->role.text,
        .role_count = in->role.given ? 1 : 0,
        .own_password = true,
    };
}

enum result person_register(struct api_call *call, struct user *out)
{
    const struct person_in *in = call->body;
    const struct auth_signup input = {
        .username = in->username.text,
        .email = in->email.text,
        .password = in->password.text,
        .name = in->name.text,
        .age = in->age.given ? (int)in->age.number : USER_AGE_UNKNOWN,
    };
    return auth_register(&call->service, &input, out);
}

enum result person_create(struct api_call *call, struct user *out)
{
    const struct users_input input = input_of(call->body);
    enum result result = users_create(&call->service, &input, out);
    person_rename_fault(call, "roles", "role");
    return result;
}

/* Clients send back the whole record: a role that is the same is no change. */
static enum result drop_same_role(struct api_call *call, struct view key, struct users_input *input)
{
    struct user user;
    if (!users_input_has(input, USER_FIELD_ROLES)) {
        return RESULT_OK;
    }
    enum result result = users_get(&call->service, key, &user);
    if (result == RESULT_OK && view_equal(person_of(&user).role, input->roles[0])) {
        input->mask &= ~(unsigned)USER_FIELD_ROLES;
    }
    return result;
}

enum result person_update(struct api_call *call, struct view key, struct user *out)
{
    struct users_input input = input_of(call->body);
    enum result result = drop_same_role(call, key, &input);
    if (result == RESULT_OK) {
        result = users_update(&call->service, key, &input, out);
        person_rename_fault(call, "roles", "role");
    }
    return result;
}

/* --- lists -------------------------------------------------------------------------------------
 */

static const struct field window_fields[] = {
    {.name = "skip",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct person_window_in, skip),
     .max = INT64_MAX,
     .description = "So many are left out at the beginning.",
     .default_text = "0"},
    {.name = "limit",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct person_window_in, limit),
     .min = 1,
     .max = PERSON_LIST_MAX,
     .description = "So many at most. `X-Total-Count` says how many there are.",
     .default_text = "10000"},
};

const struct table person_window_query = {
    .name = "Window",
    .size = sizeof(struct person_window_in),
    .lax = true,
    FIELDS(window_fields),
};

struct person_window person_window_of(const struct person_window_in *in)
{
    return (struct person_window){
        .skip = in->skip.given ? in->skip.number : 0,
        .limit = in->limit.given ? in->limit.number : PERSON_LIST_MAX,
    };
}

static int64_t at_most(int64_t number, int64_t most)
{
    return number < most ? number : most;
}

/* Page by page, each from where the one before ended. */
static enum result gather(struct api_call *call, struct user_list_request *request,
                          struct person *people, int64_t limit, size_t *count)
{
    struct user_page page = {.more = true};
    while (page.more && (int64_t)*count < limit) {
        request->limit = at_most(limit - (int64_t)*count, LIST_LIMIT_MAX);
        enum result result = users_page(&call->service, request, &page);
        if (result != RESULT_OK) {
            return result;
        }
        for (size_t i = 0; i < page.count; i++) {
            people[(*count)++] = person_of(&page.items[i]);
        }
        if (page.count == 0) {
            break;
        }
        request->position = &page.items[page.count - 1];
        request->offset = 0;
    }
    return RESULT_OK;
}

enum result person_list(struct api_call *call, const struct user_list_request *request,
                        const struct person_window *window, struct out_list *out)
{
    struct user_list_request wanted = *request;
    struct user_page first;
    wanted.limit = 1;
    wanted.counted = true;
    enum result result = users_page(&call->service, &wanted, &first);
    if (result != RESULT_OK) {
        return result;
    }
    int64_t left = first.total > window->skip ? first.total - window->skip : 0;
    int64_t limit = at_most(left, window->limit);
    struct person *people =
        arena_take_array(call->service.arena, (size_t)limit + 1, sizeof *people);
    size_t count = 0;
    if (people == NULL) {
        return RESULT_INTERNAL;
    }
    wanted.counted = false;
    wanted.offset = window->skip;
    if (limit > 0) {
        result = gather(call, &wanted, people, limit, &count);
    }
    *out = (struct out_list){.items = people, .count = count};
    reply_header_int(call->reply, call->service.arena, "X-Total-Count", first.total);
    return result;
}
