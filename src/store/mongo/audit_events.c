#include "store/mongo/audit_events.h"

#include "store/decide.h"
#include "store/mongo/call.h"

static const char *const outcome_names[] = {
    [AUDIT_SUCCESS] = "success", [AUDIT_FAILURE] = "failure"};
static const char *const actor_names[] = {
    [AUDIT_BY_NOBODY] = "nobody", [AUDIT_BY_USER] = "user", [AUDIT_BY_SYSTEM] = "system"};

/* The index of the word; 0 when it is none of them. */
static int index_of(struct view word, const char *const *names, int count)
{
    for (int i = 1; i < count; i++) {
        if (view_is(word, names[i])) {
            return i;
        }
    }
    return 0;
}

static struct view text_or(struct view text, const char *otherwise)
{
    return text.len > 0 ? text : view_of(otherwise);
}

/* --- append ----------------------------------------------------------------------------------- */

/* `at` is the time in the id, for people who look. A name that nobody had is apart: it is looked
   for by itself. */
void mongo_audit_events_make(const struct audit_event *event, bson_t *out)
{
    bool is_unknown = id_is_nil(&event->user_id);
    doc_make(
        out,
        DOC(doc_uuid("_id", &event->id), doc_date("at", audit_event_time_ms(&event->id)),
            doc_text("event", event->event), doc_word("outcome", outcome_names[event->outcome]),
            doc_word("actor", actor_names[event->actor]), doc_id("actor_id", &event->actor_id),
            doc_text("actor_name", event->actor_name), doc_id("user_id", &event->user_id),
            doc_text(is_unknown ? "unknown_name" : "user_name", event->user_name),
            doc_text("address", text_or(event->address, "")),
            doc_text("user_agent", event->user_agent), doc_text("request_id", event->request_id),
            doc_text("reason", event->reason), doc_text("details", text_or(event->details, "{}"))));
}

/* The username of that person, deleted or not; .at is NULL when there is none. */
static enum result find_name(struct mongo_handle *handle, const struct id *id, struct arena *arena,
                             struct view *name)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(doc_uuid("_id", id)));
    doc_make(&options, DOC(doc_open("projection"), doc_bool("username", true), doc_close()));
    enum result result = call_find_one(handle, MONGO_USERS, &filter, &options, &found);
    struct doc_reader reader = {.doc = &found, .arena = arena};
    *name = doc_get_text(&reader, "username");
    if (result == RESULT_OK) {
        result = reader.failure;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result complete(struct mongo_handle *handle, struct arena *arena,
                            struct audit_event *event)
{
    enum result result = RESULT_OK;
    if (event->actor_name.at == NULL && !id_is_nil(&event->actor_id)) {
        result = find_name(handle, &event->actor_id, arena, &event->actor_name);
    }
    if (result != RESULT_OK || event->user_name.at != NULL || id_is_nil(&event->user_id)) {
        return result;
    }
    if (id_equal(&event->user_id, &event->actor_id)) {
        event->user_name = event->actor_name;
        return RESULT_OK;
    }
    return find_name(handle, &event->user_id, arena, &event->user_name);
}

static enum result append(struct mongo_handle *handle, const struct audit_event *given)
{
    struct arena arena;
    struct audit_event event = *given;
    arena_init(&arena, 0);
    enum result result = complete(handle, &arena, &event);
    if (result == RESULT_OK) {
        DOC_LOCAL(doc);
        mongo_audit_events_make(&event, &doc);
        result = call_insert(handle, MONGO_AUDIT, &doc, NULL);
    }
    arena_clear(&arena);
    return result;
}

enum result mongo_audit_events_append(struct store_handle *base, const struct audit_event *event)
{
    return append(mongo_handle_of(base), event);
}

void mongo_audit_events_follow(struct mongo_handle *handle, const struct audit_event *event)
{
    if (event != NULL && append(handle, event) != RESULT_OK) {
        const struct log_field fields[] = {LOG_FIELD_TEXT("audit_event", event->event)};
        log_event(handle->store->log, LOG_ERROR, "audit_not_written", fields, ARRAY_LEN(fields));
    }
}

/* --- list ------------------------------------------------------------------------------------- */

enum result mongo_audit_events_of_doc(const bson_t *doc, struct arena *arena,
                                      struct audit_event *out)
{
    struct doc_reader reader = {.doc = doc, .arena = arena};
    *out = (struct audit_event){
        .id = doc_get_id(doc, "_id"),
        .event = doc_get_text(&reader, "event"),
        .outcome = (enum audit_outcome)index_of(doc_peek_text(doc, "outcome"), outcome_names,
                                                ARRAY_LEN(outcome_names)),
        .actor = (enum audit_actor)index_of(doc_peek_text(doc, "actor"), actor_names,
                                            ARRAY_LEN(actor_names)),
        .actor_id = doc_get_id(doc, "actor_id"),
        .actor_name = doc_get_text(&reader, "actor_name"),
        .user_id = doc_get_id(doc, "user_id"),
        .user_name = doc_get_text(&reader, "user_name"),
        .address = doc_get_text(&reader, "address"),
        .user_agent = doc_get_text(&reader, "user_agent"),
        .request_id = doc_get_text(&reader, "request_id"),
        .reason = doc_get_text(&reader, "reason"),
        .details = doc_get_text(&reader, "details"),
    };
    if (out->user_name.at == NULL) {
        out->user_name = doc_get_text(&reader, "unknown_name");
    }
    return reader.failure;
}

static struct doc_part text_if_set(const char *key, struct view text)
{
    return text.len > 0 ? doc_text(key, text) : doc_none();
}

static void write_filter(const struct audit_query *query, const struct id *until, bson_t *out)
{
    doc_make(
        out,
        DOC(doc_id("user_id", &query->user_id), text_if_set("unknown_name", query->user_name),
            doc_id("actor_id", &query->actor_id), text_if_set("address", query->address),
            text_if_set("event", query->event),
            query->by_system ? doc_word("actor", actor_names[AUDIT_BY_SYSTEM]) : doc_none(),
            query->outcome != 0 ? doc_word("outcome", outcome_names[query->outcome]) : doc_none(),
            doc_open("_id"), doc_uuid("$gte", &query->from), doc_uuid("$lt", until), doc_close()));
}

/* One more than asked for tells that there are older ones. */
static enum result read_rows(struct call_rows *rows, int64_t limit, struct arena *arena,
                             struct audit_event *events, struct audit_page *out)
{
    const bson_t *found = NULL;
    enum result result = call_next(rows, &found);
    for (; result == RESULT_OK && (int64_t)out->count < limit; out->count++) {
        result = mongo_audit_events_of_doc(found, arena, &events[out->count]);
        if (result == RESULT_OK) {
            result = call_next(rows, &found);
        }
    }
    out->more = result == RESULT_OK;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result count_all(struct mongo_handle *handle, const struct audit_query *query,
                             int64_t *total)
{
    struct id until = decide_audit_end(&query->before, &query->before);
    DOC_LOCAL(filter);
    write_filter(query, &until, &filter);
    return call_count(handle, MONGO_AUDIT, &filter, NULL, total);
}

enum result mongo_audit_events_list(struct store_handle *base, const struct audit_query *query,
                                    struct arena *arena, struct audit_page *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    struct audit_event *events = arena_take_array(arena, (size_t)query->limit, sizeof *events);
    struct id until = decide_audit_end(&query->before, &query->next);
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    write_filter(query, &until, &filter);
    doc_make(&options, DOC(doc_open("sort"), doc_number("_id", -1), doc_close(),
                           doc_number("limit", query->limit + 1)));
    *out = (struct audit_page){.items = events, .total = AUDIT_NOT_COUNTED};
    if (events == NULL) {
        return RESULT_INTERNAL;
    }
    if (query->count) {
        enum result counted = count_all(handle, query, &out->total);
        if (counted != RESULT_OK) {
            return counted;
        }
    }
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_AUDIT, &filter, &options);
    return read_rows(&rows, query->limit, arena, events, out);
}
