/* Who did what: audit events. */
#include "api/routes.h"
#include "base/clock.h"
#include "model/limits.h"
#include "service/audit_list.h"

#define TAG "Audit"
#define TEXT_OF(number) #number
#define DEFAULT_TEXT(number) TEXT_OF(number)
#define FILTER_MAX_BYTES 254
#define CURSOR_MAX_BYTES 2048

static const char *const outcomes[] = {"success", "failure", NULL};
static const char *const kinds[] = {"nobody", "user", "system", NULL};

/* --- the question ----------------------------------------------------------------------------- */

struct audit_in {
    struct in_text actor;
    struct in_text subject;
    struct in_text event;
    struct in_text outcome;
    struct in_text address;
    struct in_text after;
    struct in_text before;
    struct in_integer limit;
    struct in_text cursor;
    struct in_boolean count;
};

#define FILTER(name_, description_)                                                                \
    {                                                                                              \
        .name = #name_, .kind = FIELD_TEXT, .offset = offsetof(struct audit_in, name_), .min = 1,  \
        .max = FILTER_MAX_BYTES, .description = (description_)                                     \
    }
#define INSTANT(name_, description_)                                                               \
    {                                                                                              \
        .name = #name_, .kind = FIELD_TEXT, .offset = offsetof(struct audit_in, name_),            \
        .max_bytes = FILTER_MAX_BYTES, .format = "date-time", .description = (description_)        \
    }

static const struct field query_fields[] = {
    FILTER(actor, "Who did it: an id, number, username or e-mail address, or `system` for the "
                  "operator at the command line."),
    FILTER(subject, "Whom it was done to: an id, number, username or e-mail address; a name nobody "
                    "has finds the log-ins tried with it."),
    FILTER(event, "Such as `login_failed`."),
    {.name = "outcome",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct audit_in, outcome),
     .choices = outcomes},
    FILTER(address, "Of the client, exactly as it is shown."),
    INSTANT(after, "At this instant or later."),
    INSTANT(before, "Earlier than this instant."),
    {.name = "limit",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct audit_in, limit),
     .min = 1,
     .max = LIST_LIMIT_MAX,
     .description = "So many items at most.",
     .default_text = DEFAULT_TEXT(LIST_LIMIT_DEFAULT)},
    {.name = "cursor",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct audit_in, cursor),
     .max_bytes = CURSOR_MAX_BYTES,
     .description = "The `next_cursor` of the page before, with the same filters."},
    {.name = "count",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct audit_in, count),
     .description = "Whether to count the items on all pages.",
     .default_text = "false"},
};

static const struct table query_table = {
    .name = "AuditQuery",
    .size = sizeof(struct audit_in),
    FIELDS(query_fields),
};

/* --- the answer ------------------------------------------------------------------------------- */

struct audit_person {
    int kind; /* of an actor */
    struct view id;
    struct view username;
};

struct audit_item {
    struct id id;
    int64_t at_ms;
    struct view event;
    int outcome;
    struct view reason;
    struct audit_person actor;
    struct audit_person subject;
    struct view address;
    struct view user_agent;
    struct view request_id;
    struct view details;
};

#define PERSON_FIELDS                                                                              \
    {.name = "id",                                                                                 \
     .kind = FIELD_TEXT,                                                                           \
     .offset = offsetof(struct audit_person, id),                                                  \
     .flags = FIELD_NULLABLE,                                                                      \
     .format = "uuid"},                                                                            \
    {                                                                                              \
        .name = "username", .kind = FIELD_TEXT, .offset = offsetof(struct audit_person, username), \
        .flags = FIELD_NULLABLE, .description = "At that time."                                    \
    }

static const struct field actor_fields[] = {
    {.name = "kind",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct audit_person, kind),
     .choices = kinds,
     .description = "`nobody`: without an access token; `system`: the operator at the command "
                    "line."},
    PERSON_FIELDS,
};

static const struct table actor_table = {
    .name = "AuditActor",
    .size = sizeof(struct audit_person),
    FIELDS(actor_fields),
};

static const struct field subject_fields[] = {PERSON_FIELDS};

static const struct table subject_table = {
    .name = "AuditSubject",
    .description = "Without an id: a name nobody had.",
    .size = sizeof(struct audit_person),
    FIELDS(subject_fields),
};

static const struct field item_fields[] = {
    {.name = "id",
     .kind = FIELD_ID,
     .offset = offsetof(struct audit_item, id),
     .description = "Counts up with time."},
    {.name = "at", .kind = FIELD_INSTANT, .offset = offsetof(struct audit_item, at_ms)},
    {.name = "event",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct audit_item, event),
     .example = "\"login_failed\""},
    {.name = "outcome",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct audit_item, outcome),
     .choices = outcomes},
    {.name = "reason",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct audit_item, reason),
     .flags = FIELD_NULLABLE,
     .example = "\"wrong_password\""},
    {.name = "actor",
     .kind = FIELD_NESTED,
     .offset = offsetof(struct audit_item, actor),
     .nested = &actor_table},
    {.name = "subject",
     .kind = FIELD_NESTED,
     .offset = offsetof(struct audit_item, subject),
     .nested = &subject_table},
    {.name = "address",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct audit_item, address),
     .description = "Of the client; `local` for the command line."},
    {.name = "user_agent",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct audit_item, user_agent),
     .flags = FIELD_NULLABLE},
    {.name = "request_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct audit_item, request_id),
     .flags = FIELD_NULLABLE,
     .description = "As in the log and in `X-Request-Id`."},
    {.name = "details",
     .kind = FIELD_OBJECT,
     .offset = offsetof(struct audit_item, details),
     .description = "What else belongs to that event."},
};

static const struct table item_table = {
    .name = "AuditEvent",
    .description = "Something that happened.",
    .size = sizeof(struct audit_item),
    FIELDS(item_fields),
};

struct audit_reply {
    struct out_list items;
    int total;
    struct view next_cursor;
};

static const struct field list_fields[] = {
    {.name = "items",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct audit_reply, items),
     .nested = &item_table},
    {.name = "total",
     .kind = FIELD_INT_OPTION,
     .offset = offsetof(struct audit_reply, total),
     .flags = FIELD_NULLABLE,
     .description = "Of all pages, with `count=true`."},
    {.name = "next_cursor",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct audit_reply, next_cursor),
     .flags = FIELD_NULLABLE,
     .description = "For the page of older ones."},
};

static const struct table list_table = {
    .name = "AuditEventList",
    .size = sizeof(struct audit_reply),
    FIELDS(list_fields),
};

/* --- handler ---------------------------------------------------------------------------------- */

static void read_instant(struct api_call *call, const struct in_text *in, const char *name,
                         int64_t *out)
{
    if (in->given && !clock_parse(in->text, out)) {
        faults_add_query(&call->service.faults, name, "malformed",
                         VIEW("An instant is expected, such as 2026-11-21T02:45:53Z."));
    }
}

static struct audit_list_input input_of(struct api_call *call)
{
    const struct audit_in *in = call->query;
    struct audit_list_input input = {
        .actor = in->actor.text,
        .subject = in->subject.text,
        .event = in->event.text,
        .address = in->address.text,
        .cursor = in->cursor.text,
        .has_before = in->before.given,
        .limit = in->limit.given ? in->limit.number : LIST_LIMIT_DEFAULT,
        .count = in->count.value,
    };

    if (in->outcome.given) {
        input.outcome = view_is(in->outcome.text, outcomes[0]) ? AUDIT_SUCCESS : AUDIT_FAILURE;
    }
    read_instant(call, &in->after, "after", &input.after_ms);
    read_instant(call, &in->before, "before", &input.before_ms);
    return input;
}

static struct view text_of(struct arena *arena, const struct id *id)
{
    char text[ID_TEXT_SIZE];

    if (id_is_nil(id)) {
        return (struct view){NULL, 0};
    }
    id_format(id, text);
    return arena_copy_view(arena, view_of(text));
}

static struct audit_item item_of(struct arena *arena, const struct audit_event *event)
{
    return (struct audit_item){
        .id = event->id,
        .at_ms = audit_event_time_ms(&event->id),
        .event = event->event,
        .outcome = (int)event->outcome,
        .reason = event->reason,
        .actor = {(int)event->actor, text_of(arena, &event->actor_id), event->actor_name},
        .subject = {0, text_of(arena, &event->user_id), event->user_name},
        .address = event->address,
        .user_agent = event->user_agent,
        .request_id = event->request_id,
        .details = event->details,
    };
}

static enum result fill(struct api_call *call, const struct audit_list_page *page,
                        struct audit_reply *out)
{
    struct arena *arena = call->service.arena;
    size_t count = page->events.count;
    struct audit_item *items = arena_take_array(arena, count + 1, sizeof *items);

    if (items == NULL) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = item_of(arena, &page->events.items[i]);
    }
    *out = (struct audit_reply){
        .items = {items, count},
        .total = page->events.total < INT32_MAX ? (int)page->events.total : INT32_MAX,
        .next_cursor = page->next_cursor,
    };
    return RESULT_OK;
}

static enum result list(struct api_call *call)
{
    struct audit_reply *out = row_out(call, sizeof *out);
    struct audit_list_input input = input_of(call);
    struct audit_list_page page;
    enum result result;

    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    if (call->service.faults.count > 0) {
        return RESULT_INVALID;
    }
    result = audit_list_read(&call->service, &input, &page);
    if (result != RESULT_OK) {
        return result;
    }
    if (page.events.total != AUDIT_NOT_COUNTED) {
        reply_header_int(call->reply, call->service.arena, "X-Total-Count", page.events.total);
    }
    return fill(call, &page, out);
}

static const enum result list_results[] = {RESULT_OK, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "listAuditEvents",
     .method = METHOD_GET,
     .path = "/v1/audit",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "audit:read",
     .rate = ROW_FREE,
     .query = &query_table,
     .reply = &list_table,
     .results = list_results,
     .tag = TAG,
     .summary = "List audit events",
     .description = "Who did what, to whom, from where: the newest first. All filters that are "
                    "given must hold. A cursor belongs to its filters.",
     .handle = list},
};

const struct row_group routes_audit = {ROWS(rows)};
