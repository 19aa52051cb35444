#include "service/users_list.h"

#include "base/builder.h"
#include "service/service_state.h"

#define QUESTION_MAX_BYTES 8192

/* --- cursors ---------------------------------------------------------------------------------- */

static void add_text(struct builder *b, struct view text)
{
    builder_format(b, "%zu:", text.len);
    builder_add(b, text);
}

/* Everything that decides which people a page has, and in which order, so that no two differ only
   in how they are read. at NULL when out of memory. */
static struct view question_of(struct arena *arena, const struct user_list_request *request)
{
    const struct user_filter *filter = &request->filter;
    struct builder b;
    struct view question;

    builder_init(&b, arena, QUESTION_MAX_BYTES);
    builder_format(&b, "users %u,%d,%d,", filter->mask, (int)filter->presence, (int)filter->status);
    builder_format(&b, "%lld,%lld,", (long long)filter->min_age, (long long)filter->max_age);
    builder_format(&b, "%lld,%lld,", (long long)filter->created_after_ms,
                   (long long)filter->created_before_ms);
    add_text(&b, filter->search);
    add_text(&b, filter->username);
    add_text(&b, filter->username_part);
    add_text(&b, filter->email);
    add_text(&b, filter->role);
    for (size_t i = 0; i < request->sort_count; i++) {
        builder_format(&b, "%d%c", (int)request->sort[i].field,
                       request->sort[i].descending ? '-' : '+');
    }
    return builder_end(&b, &question) ? question : view_make(NULL, 0);
}

/* Before what is sorted by. */
enum { AT_ID, AT_NUMBER, AT_KEYS };

/* Where in struct user that is. */
static const struct {
    enum { KEY_TEXT, KEY_INT64, KEY_INT } kind;
    size_t offset;
} keys[USER_SORT_COUNT] = {
    [USER_SORT_NUMBER] = {KEY_INT64, offsetof(struct user, number)},
    [USER_SORT_USERNAME] = {KEY_TEXT, offsetof(struct user, username)},
    [USER_SORT_EMAIL] = {KEY_TEXT, offsetof(struct user, email)},
    [USER_SORT_NAME] = {KEY_TEXT, offsetof(struct user, name)},
    [USER_SORT_AGE] = {KEY_INT, offsetof(struct user, age)},
    [USER_SORT_CREATED] = {KEY_INT64, offsetof(struct user, created_ms)},
    [USER_SORT_UPDATED] = {KEY_INT64, offsetof(struct user, updated_ms)},
    [USER_SORT_LAST_LOGIN] = {KEY_INT64, offsetof(struct user, last_login_ms)},
    [USER_SORT_STATUS] = {KEY_INT, offsetof(struct user, status)},
};

_Static_assert(sizeof(enum user_status) == sizeof(int), "read as one");

static void write_key(struct cursor *out, const struct user *user, enum user_sort_field field)
{
    const void *at = (const char *)user + keys[field].offset;

    if (keys[field].kind == KEY_TEXT) {
        cursor_add_text(out, *(const struct view *)at);
    } else {
        cursor_add_number(out,
                          keys[field].kind == KEY_INT64 ? *(const int64_t *)at : *(const int *)at);
    }
}

static void read_key(const struct cursor *cursor, size_t index, enum user_sort_field field,
                     struct user *out)
{
    void *at = (char *)out + keys[field].offset;

    if (keys[field].kind == KEY_TEXT) {
        *(struct view *)at = cursor_text(cursor, index);
    } else if (keys[field].kind == KEY_INT64) {
        *(int64_t *)at = cursor_number(cursor, index);
    } else {
        *(int *)at = (int)cursor_number(cursor, index);
    }
}

static void write_position(const void *request, const void *item, struct cursor *out)
{
    const struct user_list_request *asked = request;
    const struct user *user = item;

    cursor_add_id(out, &user->id);
    cursor_add_number(out, user->number);
    for (size_t i = 0; i < asked->sort_count; i++) {
        write_key(out, user, asked->sort[i].field);
    }
}

static void go_on(const struct cursor *cursor, struct user_list_request *request,
                  struct user *position)
{
    request->backward = cursor->backward;
    request->position = cursor->count > 0 ? position : NULL;
    *position =
        (struct user){.id = cursor_id(cursor, AT_ID), .number = cursor_number(cursor, AT_NUMBER)};
    for (size_t i = 0; i < request->sort_count; i++) {
        read_key(cursor, AT_KEYS + i, request->sort[i].field, position);
    }
}

/* --- pages ------------------------------------------------------------------------------------ */

enum result users_page(struct service_call *call, const struct user_list_request *request,
                       struct user_page *out)
{
    return store_user_list(call->store, request, call->arena, out);
}

static enum result add_cursors(struct service_call *call, struct view question,
                               const struct user_list_request *request, struct users_list *out)
{
    const struct user_page *page = &out->users;
    const struct list_walk walk = {
        .request = request,
        .write = write_position,
        .position = request->position,
        .offset = request->offset,
        .backward = request->backward,
        .more = page->more,
        .first = page->count > 0 ? &page->items[0] : NULL,
        .last = page->count > 0 ? &page->items[page->count - 1] : NULL,
    };

    return list_cursors_make(call, question, &walk, &out->cursors);
}

enum result users_list(struct service_call *call, const struct user_list_request *request,
                       struct view cursor_text, struct users_list *out)
{
    struct user_list_request positioned = *request;
    struct view question = question_of(call->arena, request);
    struct cursor cursor;
    struct user position;
    enum result result;

    *out = (struct users_list){.users = {.count = 0}};
    if (question.at == NULL) {
        return RESULT_INTERNAL;
    }
    if (cursor_text.at != NULL) {
        if (!cursor_read(&call->service->master, question, cursor_text, call->arena, &cursor)) {
            return RESULT_INVALID_CURSOR;
        }
        go_on(&cursor, &positioned, &position);
    }
    result = users_page(call, &positioned, &out->users);
    return result == RESULT_OK ? add_cursors(call, question, &positioned, out) : result;
}
