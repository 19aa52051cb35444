#include "service/audit_list.h"

#include "base/builder.h"
#include "service/cursor.h"
#include "service/service_state.h"

#define LIST_NAME "audit"
#define SYSTEM "system"
#define QUESTION_MAX_BYTES ((size_t)64 * 1024)

int64_t audit_list_kept_from_ms(const struct service *service, int64_t now_ms)
{
    int64_t retention_s = service->options.audit_retention_s;

    return retention_s > 0 ? now_ms - retention_s * MS_PER_SECOND : 0;
}

/* What a cursor is good for: the same filters, written the same way. */
static struct view question_of(struct arena *arena, const struct audit_list_input *input)
{
    const struct view texts[] = {input->actor, input->subject, input->event, input->address};
    struct builder b;
    struct view question;

    builder_init(&b, arena, QUESTION_MAX_BYTES);
    builder_text(&b, LIST_NAME);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        builder_char(&b, ' ');
        builder_json(&b, texts[i]);
    }
    builder_format(&b, " %d %lld %lld", (int)input->outcome, (long long)input->after_ms,
                   (long long)input->before_ms);
    return builder_end(&b, &question) ? question : (struct view){NULL, 0};
}

/* --- whom a filter means ---------------------------------------------------------------------- */

/* OK; NOT_FOUND when there is nobody of that name now. Ids need not be looked up. */
static enum result find_id(struct service_call *call, struct view text, struct id *out)
{
    struct user_key key = user_key_of(text);
    struct user user;
    enum result result;

    if (key.kind == USER_BY_ID) {
        *out = key.id;
        return RESULT_OK;
    }
    result = store_user_get(call->store, &key, call->arena, &user);
    if (result == RESULT_OK) {
        *out = user.id;
    }
    return result;
}

/* NOT_FOUND: nothing can match. */
static enum result set_actor(struct service_call *call, struct view actor,
                             struct audit_query *query)
{
    if (view_is_empty(actor)) {
        return RESULT_OK;
    }
    if (view_is(actor, SYSTEM)) {
        query->by_system = true;
        return RESULT_OK;
    }
    return find_id(call, actor, &query->actor_id);
}

static enum result set_subject(struct service_call *call, struct view subject,
                               struct audit_query *query)
{
    enum result result;
    char *folded;

    if (view_is_empty(subject)) {
        return RESULT_OK;
    }
    result = find_id(call, subject, &query->user_id);
    if (result != RESULT_NOT_FOUND) {
        return result;
    }
    folded = arena_take(call->arena, subject.len);
    if (folded == NULL) {
        return RESULT_INTERNAL;
    }
    query->user_name = user_fold(subject, folded);
    return RESULT_OK;
}

static enum result make_query(struct service_call *call, const struct audit_list_input *input,
                              struct audit_query *out)
{
    int64_t kept_from_ms = audit_list_kept_from_ms(call->service, call->now_ms);
    int64_t from_ms = input->after_ms > kept_from_ms ? input->after_ms : kept_from_ms;
    enum result result;

    *out = (struct audit_query){
        .from = audit_event_floor(from_ms),
        .before = audit_event_floor(input->before_ms),
        .event = input->event,
        .address = input->address,
        .outcome = input->outcome,
        .count = input->count,
        .limit = input->limit,
    };
    if (input->has_before && input->before_ms <= 0) {
        return RESULT_NOT_FOUND;
    }
    result = set_actor(call, input->actor, out);
    return result == RESULT_OK ? set_subject(call, input->subject, out) : result;
}

/* --- pages ------------------------------------------------------------------------------------ */

static enum result go_on(struct service_call *call, struct view question, struct view cursor,
                         struct id *next)
{
    struct cursor position;

    if (cursor.at == NULL) {
        return RESULT_OK;
    }
    if (!cursor_read(&call->service->master, question, cursor, call->arena, &position)) {
        call->detail = VIEW("The cursor is not one of this list with these filters.");
        return RESULT_BAD_REQUEST;
    }
    *next = cursor_id(&position, 0);
    return RESULT_OK;
}

static enum result set_next(struct service_call *call, struct view question,
                            struct audit_list_page *page)
{
    struct cursor position = {.backward = false};

    if (!page->events.more || page->events.count == 0) {
        return RESULT_OK;
    }
    cursor_add_id(&position, &page->events.items[page->events.count - 1].id);
    page->next_cursor = cursor_write(&call->service->master, question, &position, call->arena);
    return page->next_cursor.at != NULL ? RESULT_OK : RESULT_INTERNAL;
}

enum result audit_list_read(struct service_call *call, const struct audit_list_input *input,
                            struct audit_list_page *out)
{
    struct view question = question_of(call->arena, input);
    struct audit_query query;
    struct id next = {{0}};
    enum result result;

    *out = (struct audit_list_page){.events = {.total = input->count ? 0 : AUDIT_NOT_COUNTED}};
    if (question.at == NULL) {
        return RESULT_INTERNAL;
    }
    result = go_on(call, question, input->cursor, &next);
    if (result != RESULT_OK) {
        return result;
    }
    result = make_query(call, input, &query);
    if (result == RESULT_NOT_FOUND) {
        return RESULT_OK;
    }
    query.next = next;
    if (result == RESULT_OK) {
        result = store_audit_list(call->store, &query, call->arena, &out->events);
    }
    return result == RESULT_OK ? set_next(call, question, out) : result;
}
