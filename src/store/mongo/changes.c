#include "store/mongo/changes.h"

#include "model/limits.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/epochs.h"
#include "store/mongo/told.h"

#define OVERLAP_S UINT64_C(10)
#define STAMP_SECONDS_SHIFT 32

/* One read. */
struct reading {
    struct mongo_handle *handle;
    struct told_read told;
    uint64_t from;     /* stamps */
    int64_t since_ms;  /* 0: not looked at */
    uint64_t position; /* the latest stamp so far */
    bool is_stopped;
    bool (*visit)(void *context, const struct change *change);
    void *context;
};

/* Where the stamps are, and what they are about. */
static const struct {
    enum mongo_collection collection;
    enum change_kind kind;
} sources[] = {
    {MONGO_USERS, CHANGE_USER},
    {MONGO_SESSIONS, CHANGE_SESSION_ENDED},
    {MONGO_ROLES, CHANGE_ROLE},
    {MONGO_KEYS, CHANGE_KEY},
};

static void tell(struct reading *reading, const struct change *change)
{
    reading->is_stopped = reading->is_stopped || !reading->visit(reading->context, change);
}

/* --- what a person's stamp tells -------------------------------------------------------------- */

/* Names are borrowed from the document. */
static size_t peek_roles(const bson_t *user, struct view names[USER_ROLES_MAX])
{
    bson_t list;
    bson_iter_t at;
    size_t count = 0;
    doc_peek(user, "roles", &list);
    (void)bson.iter_init(&at, &list);
    while (count < USER_ROLES_MAX && bson.iter_next(&at)) {
        bson_t role;
        doc_peek(&list, bson.iter_key(&at), &role);
        names[count++] = doc_peek_text(&role, "name");
    }
    return count;
}

static void tell_user(struct reading *reading, const bson_t *user, struct change change)
{
    struct view names[USER_ROLES_MAX];
    change.user_gone = doc_get_bool(user, "purged");
    change.user_status = USER_DISABLED;
    (void)!user_status_of(doc_peek_text(user, "status"), &change.user_status);
    change.user_deleted_ms = doc_get_instant(user, "deleted_at");
    change.user_roles = names;
    change.user_role_count = peek_roles(user, names);
    tell(reading, &change);
}

/* The sessions that the person has ended, and that are not marked yet: who ended them is about to
   do that, or has crashed. */
static enum result tell_ended(struct reading *reading, const struct epochs_state *state)
{
    DOC_LOCAL(filter);
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    mongo_epochs_left(state, &filter);
    CLEANUP(call_close)
    struct call_rows rows = call_find(reading->handle, MONGO_SESSIONS, &filter, NULL);
    while (!reading->is_stopped && (result = call_next(&rows, &found)) == RESULT_OK) {
        const struct change change = {.kind = CHANGE_SESSION_ENDED,
                                      .subject = doc_get_id(found, "_id"),
                                      .at_ms = state->ending_ms};
        tell(reading, &change);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- one document ----------------------------------------------------------------------------- */

static enum result read_doc(struct reading *reading, const bson_t *doc, enum change_kind kind)
{
    static const struct id nobody;
    uint64_t stamp = doc_get_stamp(doc, "chg");
    struct change change = {.kind = kind,
                            .subject = kind == CHANGE_KEY ? nobody : doc_get_id(doc, "_id"),
                            .at_ms = doc_get_instant(doc, "changed_at")};
    const struct epochs_state state = mongo_epochs_of(doc);
    bool is_new = told_is_new(&reading->told, stamp, &change.subject);
    if (stamp > reading->position) {
        reading->position = stamp;
    }
    if (is_new && kind == CHANGE_USER) {
        tell_user(reading, doc, change);
    } else if (is_new) {
        tell(reading, &change);
    }
    bool is_ending = kind == CHANGE_USER && state.ending_ms != 0 && !reading->is_stopped;
    return is_ending ? tell_ended(reading, &state) : RESULT_OK;
}

/* --- all -------------------------------------------------------------------------------------- */

static void write_options(enum change_kind kind, bson_t *out)
{
    doc_make(out, DOC(doc_open("sort"), doc_number("chg", 1), doc_close()));
    if (kind == CHANGE_SESSION_ENDED) { /* all of it is in the index */
        doc_add(out, DOC(doc_open("projection"), doc_bool("chg", true),
                         doc_bool("changed_at", true), doc_close()));
    }
    if (kind == CHANGE_KEY) {
        doc_add(out, DOC(doc_open("projection"), doc_bool("keys", false), doc_close()));
    }
}

static enum result read_source(struct reading *reading, size_t i)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    doc_make(&filter, DOC(doc_open("chg"), doc_stamp("$gte", reading->from), doc_close()));
    if (reading->since_ms != 0) {
        doc_add(&filter,
                DOC(doc_open("changed_at"), doc_date("$gte", reading->since_ms), doc_close()));
    }
    write_options(sources[i].kind, &options);
    CLEANUP(call_close)
    struct call_rows rows = call_find(reading->handle, sources[i].collection, &filter, &options);
    while (!reading->is_stopped && result == RESULT_OK &&
           (result = call_next(&rows, &found)) == RESULT_OK) {
        result = read_doc(reading, found, sources[i].kind);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static uint64_t start_of(const struct change_cursor *cursor)
{
    uint64_t position = (uint64_t)cursor->position;
    uint64_t overlap = OVERLAP_S << STAMP_SECONDS_SHIFT;
    return position > overlap ? position - overlap : 1;
}

enum result mongo_changes_read(struct store_handle *base, struct change_cursor *cursor,
                               int64_t since_ms, struct arena *arena,
                               bool (*visit)(void *context, const struct change *change),
                               void *context)
{
    (void)arena;
    struct mongo_handle *handle = mongo_handle_of(base);
    bool is_first = cursor->position == 0;
    struct reading reading = {.handle = handle,
                              .from = start_of(cursor),
                              .since_ms = is_first ? since_ms : 0,
                              .position = (uint64_t)cursor->position,
                              .visit = visit,
                              .context = context};
    enum result result = RESULT_OK;
    told_begin(&reading.told, &handle->store->told, cursor->extra);
    for (size_t i = 0; result == RESULT_OK && !reading.is_stopped && i < ARRAY_LEN(sources); i++) {
        result = read_source(&reading, i);
    }
    if (result == RESULT_OK && !reading.is_stopped) {
        cursor->position = (int64_t)reading.position;
        cursor->extra = told_done(&reading.told, cursor->extra);
    }
    told_clear(&reading.told);
    return result;
}
