#include "dialects/person.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "dialects/fastapi.h"
#include "dialects/window.h"
#include "model/limits.h"
#include "service/auth.h"
#include "service/users.h"
#include "service/users_list.h"

static const struct field user_fields[] = {
    PERSON_OUT_ID,
    PERSON_OUT_USERNAME,
    PERSON_OUT_EMAIL,
    PERSON_OUT_ROLE,
};

const struct table person_table = {
    .name = "User",
    .size = sizeof(struct person),
    FIELDS(user_fields),
};

static const struct field create_fields[] = {
    PERSON_USERNAME(FIELD_REQUIRED),
    PERSON_EMAIL(FIELD_REQUIRED),
    PERSON_PASSWORD(FIELD_REQUIRED),
    PERSON_ROLE,
};

const struct table person_create_table = {
    .name = "UserCreate",
    .size = sizeof(struct person_in),
    .lax = true,
    FIELDS(create_fields),
};

static const struct field update_fields[] = {
    PERSON_USERNAME(0),
    PERSON_EMAIL(0),
    PERSON_PASSWORD(0),
    PERSON_ROLE,
};

const struct table person_update_table = {
    .name = "UserUpdate",
    .size = sizeof(struct person_in),
    .lax = true,
    FIELDS(update_fields),
};

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

/* --- changes ---------------------------------------------------------------------------------- */

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

/* Clients send back the whole record: a role that is the same is no change. Who holds more than the
   one that is shown loses the others, but nobody their own. */
static enum result drop_same_role(struct api_call *call, struct view key, struct users_input *input)
{
    struct user user;
    if (!users_input_has(input, USER_FIELD_ROLES)) {
        return RESULT_OK;
    }
    enum result result = users_get(&call->service, key, &user);
    if (result != RESULT_OK) {
        return result;
    }
    bool only = user.role_count == 1 || id_equal(&user.id, &call->service.actor->user_id);
    if (only && view_equal(person_of(&user).role, input->roles[0])) {
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

/* --- handlers --------------------------------------------------------------------------------- */

const enum result person_register_results[] = {
    RESULT_CREATED, RESULT_SIGNUP_CLOSED, RESULT_USERNAME_TAKEN, RESULT_EMAIL_TAKEN, RESULT_COUNT};
const enum result person_create_results[] = {
    RESULT_CREATED, RESULT_USERNAME_TAKEN, RESULT_EMAIL_TAKEN, RESULT_EXCEEDS_RIGHTS, RESULT_COUNT};
const enum result person_get_results[] = {RESULT_OK, RESULT_NOT_FOUND, RESULT_COUNT};
const enum result person_update_results[] = {
    RESULT_OK,           RESULT_FORBIDDEN,      RESULT_NOT_FOUND,  RESULT_USERNAME_TAKEN,
    RESULT_EMAIL_TAKEN,  RESULT_EXCEEDS_RIGHTS, RESULT_LAST_ADMIN, RESULT_CONFLICT,
    RESULT_RATE_LIMITED, RESULT_COUNT};
const enum result person_delete_results[] = {RESULT_OK,         RESULT_NOT_FOUND,
                                             RESULT_LAST_ADMIN, RESULT_EXCEEDS_RIGHTS,
                                             RESULT_CONFLICT,   RESULT_COUNT};

enum result person_register_one(struct api_call *call)
{
    struct user user;
    enum result result = person_register(call, &user);
    return result == RESULT_CREATED ? person_answer(call, result, &user) : result;
}

enum result person_get_self(struct api_call *call)
{
    struct user user;
    enum result result = users_get_self(&call->service, &user);
    return result == RESULT_OK ? person_answer(call, result, &user) : result;
}

enum result person_create_one(struct api_call *call)
{
    struct user user;
    enum result result = person_create(call, &user);
    return result == RESULT_CREATED ? person_answer(call, result, &user) : result;
}

enum result person_get_one(struct api_call *call)
{
    struct user user;
    enum result result = users_get(&call->service, call->request->params[0], &user);
    return result == RESULT_OK ? person_answer(call, result, &user) : result;
}

enum result person_update_one(struct api_call *call)
{
    struct user user;
    enum result result = person_update(call, call->request->params[0], &user);
    return result == RESULT_OK ? person_answer(call, result, &user) : result;
}

enum result person_delete_one(struct api_call *call)
{
    enum result result = users_delete(&call->service, call->request->params[0], 0);
    return result_is_good(result) ? fastapi_say(call, "User deleted successfully") : result;
}

/* --- lists ------------------------------------------------------------------------------------ */

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

/* Page by page, each from where the one before ended. */
static enum result read_people(struct service_call *call, void *state,
                               const struct window_slice *slice, struct window_page *out)
{
    struct user_list_request *request = state;
    struct user_page page;
    request->offset = request->position == NULL ? slice->offset : 0;
    request->limit = slice->limit;
    request->counted = slice->counted;
    enum result result = users_page(call, request, &page);
    if (result != RESULT_OK) {
        return result;
    }
    if (page.count > 0) {
        request->position = &page.items[page.count - 1];
    }
    *out = (struct window_page){
        .items = page.items, .count = page.count, .total = page.total, .more = page.more};
    return RESULT_OK;
}

/* What is shown of a user, and no more. */
static void take_person(const struct window_page *page, size_t index, struct window_keeper *keeper,
                        void *out)
{
    const struct user *users = page->items;
    struct person *person = out;
    *person = person_of(&users[index]);
    person->username = window_keep(keeper, person->username);
    person->email = window_keep(keeper, person->email);
    person->name = window_keep(keeper, person->name);
    person->role = window_keep(keeper, person->role);
}

static enum result read_window(struct api_call *call, const struct user_list_request *request,
                               int64_t skip, int64_t limit, struct window_list *out)
{
    struct user_list_request wanted = *request;
    const struct window_source source = {.read = read_people,
                                         .take = take_person,
                                         .item_size = sizeof(struct person),
                                         .state = &wanted};
    return window_read(call, &source, skip, limit, out);
}

enum result person_list(struct api_call *call, const struct user_list_request *request,
                        const struct person_window *window, struct out_list *out)
{
    struct window_list list;
    enum result result = read_window(call, request, window->skip, window->limit, &list);
    if (result == RESULT_OK) {
        *out = (struct out_list){.items = list.items, .count = list.count};
        window_say_total(call, &list);
    }
    return result;
}

enum result person_list_all(struct api_call *call)
{
    const struct user_list_request all = {.sort_count = 0};
    const struct person_window window = person_window_of(call->query);
    struct out_list *out = row_out(call, sizeof *out);
    return out != NULL ? person_list(call, &all, &window, out) : RESULT_INTERNAL;
}

/* --- lists sorted here ------------------------------------------------------------------------ */

int person_compare_id(const void *a, const void *b)
{
    const struct person *one = a;
    const struct person *other = b;
    return memcmp(one->id.bytes, other->id.bytes, sizeof one->id.bytes);
}

int person_compare_role(const void *a, const void *b)
{
    struct view one = ((const struct person *)a)->role;
    struct view other = ((const struct person *)b)->role;
    if (one.at == NULL || other.at == NULL) {
        return one.at != other.at ? (one.at == NULL) - (other.at == NULL) : person_compare_id(a, b);
    }
    size_t len = one.len < other.len ? one.len : other.len;
    int order = memcmp(one.at, other.at, len);
    if (order == 0 && one.len != other.len) {
        order = one.len < other.len ? -1 : 1;
    }
    return order != 0 ? order : person_compare_id(a, b);
}

/* All who match, counted first: too many are not read at all. */
static enum result read_all(struct api_call *call, const struct user_list_request *request,
                            struct window_list *out)
{
    enum result result = read_window(call, request, 0, 0, out);
    if (result == RESULT_OK && out->total <= PERSON_LIST_MAX) {
        result = read_window(call, request, 0, PERSON_LIST_MAX, out);
    }
    if (result != RESULT_OK) {
        return result;
    }
    return out->total > PERSON_LIST_MAX || out->cut ? RESULT_INVALID : RESULT_OK;
}

enum result person_list_sorted(struct api_call *call, const struct user_list_request *request,
                               const struct person_sort *sort, const struct person_window *window,
                               struct out_list *out)
{
    struct window_list all;
    enum result result = read_all(call, request, &all);
    if (result != RESULT_OK) {
        return result;
    }
    struct person *people = all.items;
    qsort(people, all.count, sizeof *people, sort->compare);
    if (sort->descending) {
        array_reverse(people, all.count, sizeof *people);
    }
    size_t skip = (size_t)window_at_most(window->skip, (int64_t)all.count);
    *out = (struct out_list){
        .items = people + skip,
        .count = (size_t)window_at_most((int64_t)(all.count - skip), window->limit)};
    window_say_total(call, &all);
    return RESULT_OK;
}
