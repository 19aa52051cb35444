#include "store/mongo/dump.h"

#include <string.h>

#include "store/mongo/call.h"
#include "store/mongo/counters.h"
#include "store/mongo/driver.h"
#include "store/mongo/epochs.h"
#include "store/mongo/keys.h"
#include "store/mongo/records.h"

#define ENDS_BATCH 500

/* One page. */
struct dumping {
    struct mongo_handle *handle;
    const struct record_query *query;
    struct arena *arena;
    struct record *records;
    size_t count;
    size_t full_bytes; /* of the arena: the page ends there */
};

static bool is_full(const struct dumping *dumping)
{
    return dumping->count == dumping->query->limit ||
           dumping->arena->used_bytes >= dumping->full_bytes;
}

/* --- documents of their own ------------------------------------------------------------------- */

static void write_filter(const struct record_query *query, bson_t *out)
{
    const struct record_position *after = &query->after;
    struct view name = view_not_null(after->name);
    bson.init(out);
    switch (query->kind) {
    case RECORD_SETTING:
        doc_add(out, DOC(doc_open("_id"), doc_text("$gt", name),
                         doc_word("$ne", BACKEND_LOADING_SETTING), doc_close()));
        return;
    case RECORD_USER:
        doc_add(out, DOC(doc_open("number"), doc_number("$gt", after->number), doc_close(),
                         doc_null("purged")));
        return;
    case RECORD_PRODUCT:
        doc_add(out, DOC(doc_open("number"), doc_number("$gt", after->number), doc_close()));
        return;
    case RECORD_ROLE:
        doc_add(out, DOC(doc_open("_id"), doc_uuid("$gt", &after->id), doc_close(),
                         doc_bool("deleted", false)));
        return;
    case RECORD_SESSION:
        doc_add(out,
                DOC(doc_open("_id"), doc_uuid("$gt", &after->id), doc_close(), doc_null("purged")));
        return;
    case RECORD_AUDIT_EVENT:
        doc_add(out, DOC(doc_open("_id"), doc_uuid("$gt", &after->id), doc_close()));
        return;
    case RECORD_NONE:
    case RECORD_KEY:
    case RECORD_CHANGE:
    case RECORD_COUNTER:
    case RECORD_KIND_END:
        break;
    }
}

static enum result dump_documents(struct dumping *dumping)
{
    enum record_kind kind = dumping->query->kind;
    bool by_number = kind == RECORD_USER || kind == RECORD_PRODUCT;
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    write_filter(dumping->query, &filter);
    doc_make(&options, DOC(doc_open("sort"), doc_number(by_number ? "number" : "_id", 1),
                           doc_close(), doc_number("limit", (int64_t)dumping->query->limit)));
    CLEANUP(call_close)
    struct call_rows rows =
        call_find(dumping->handle, mongo_records_collection(kind), &filter, &options);
    while (!is_full(dumping) && (result = call_next(&rows, &found)) == RESULT_OK) {
        struct record *record = &dumping->records[dumping->count];
        record->kind = kind;
        result = mongo_records_read(found, dumping->arena, record);
        if (result != RESULT_OK) {
            return result;
        }
        dumping->count++;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- keys and counters ------------------------------------------------------------------------ */

static int compare_names(struct view a, struct view b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.at, b.at, common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static enum result dump_keys(struct dumping *dumping)
{
    struct stored_key *keys = NULL;
    size_t count = 0;
    enum result result = mongo_keys_read(dumping->handle, dumping->arena, &keys, &count);
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        bool is_after = compare_names(keys[i].key_id, dumping->query->after.name) > 0;
        if (is_after && dumping->count < dumping->query->limit) {
            dumping->records[dumping->count++] =
                (struct record){.kind = RECORD_KEY, .key = keys[i]};
        }
    }
    return result;
}

static enum result dump_counters(struct dumping *dumping)
{
    enum result result = RESULT_OK;
    for (int64_t name = dumping->query->after.number + 1;
         result == RESULT_OK && name <= COUNTER_PRODUCTS && !is_full(dumping); name++) {
        struct record *record = &dumping->records[dumping->count++];
        *record = (struct record){.kind = RECORD_COUNTER};
        record->counter.name = (enum counter_name)name;
        result = mongo_counters_read(dumping->handle, record->counter.name, &record->counter.value);
    }
    return result;
}

/* --- changes ---------------------------------------------------------------------------------- */

static const struct {
    enum change_kind kind;
    enum mongo_collection collection;
} stamped[] = {{CHANGE_SESSION_ENDED, MONGO_SESSIONS}, {CHANGE_USER, MONGO_USERS}};

static enum result dump_stamped(struct dumping *dumping, size_t i)
{
    const struct record_query *query = dumping->query;
    static const struct id first;
    bool is_within = query->after.number == (int64_t)stamped[i].kind;
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    doc_make(&filter,
             DOC(doc_open("chg"), doc_bool("$exists", true), doc_close(), doc_open("changed_at"),
                 doc_date("$gte", query->changes_since_ms), doc_close(), doc_open("_id"),
                 doc_uuid("$gt", is_within ? &query->after.id : &first), doc_close()));
    doc_make(&options, DOC(doc_open("sort"), doc_number("_id", 1), doc_close(),
                           doc_number("limit", (int64_t)(query->limit - dumping->count)),
                           doc_open("projection"), doc_bool("changed_at", true), doc_close()));
    CLEANUP(call_close)
    struct call_rows rows = call_find(dumping->handle, stamped[i].collection, &filter, &options);
    while (!is_full(dumping) && (result = call_next(&rows, &found)) == RESULT_OK) {
        struct record *record = &dumping->records[dumping->count++];
        *record = (struct record){.kind = RECORD_CHANGE};
        record->change = (struct change_record){.kind = stamped[i].kind,
                                                .subject = doc_get_id(found, "_id"),
                                                .at_ms = doc_get_instant(found, "changed_at")};
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result dump_changes(struct dumping *dumping)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < ARRAY_LEN(stamped) && !is_full(dumping); i++) {
        if (dumping->query->after.number <= (int64_t)stamped[i].kind) {
            result = dump_stamped(dumping, i);
        }
    }
    return result;
}

/* --- all -------------------------------------------------------------------------------------- */

static enum result finish_ends(struct mongo_handle *handle)
{
    bool more = true;
    enum result result = RESULT_OK;
    while (result == RESULT_OK && more) {
        more = false;
        result = mongo_epochs_finish_due(handle, ENDS_BATCH, &more);
    }
    return result;
}

static enum result dump(struct dumping *dumping)
{
    enum record_kind kind = dumping->query->kind;
    enum result result = RESULT_OK;
    if (kind == RECORD_SESSION || kind == RECORD_CHANGE) {
        result = finish_ends(dumping->handle);
    }
    if (result != RESULT_OK) {
        return result;
    }
    if (kind == RECORD_CHANGE) {
        return dump_changes(dumping);
    }
    if (kind == RECORD_COUNTER) {
        return dump_counters(dumping);
    }
    return kind == RECORD_KEY ? dump_keys(dumping) : dump_documents(dumping);
}

enum result mongo_dump(struct store_handle *base, const struct record_query *query,
                       struct arena *arena, struct record_page *out)
{
    struct dumping dumping = {
        .handle = mongo_handle_of(base),
        .query = query,
        .arena = arena,
        .records = arena_take_array(arena, query->limit, sizeof(struct record)),
    };
    *out = (struct record_page){.items = dumping.records};
    if (dumping.records == NULL) {
        return RESULT_INTERNAL;
    }
    dumping.full_bytes = arena->used_bytes + STORE_DUMP_PAGE_BYTES;
    enum result result = dump(&dumping);
    out->count = result == RESULT_OK ? dumping.count : 0;
    return result;
}

/* --- how many --------------------------------------------------------------------------------- */

static enum result count_documents(struct mongo_handle *handle, int64_t counts[RECORD_KIND_END])
{
    static const enum record_kind kinds[] = {RECORD_SETTING, RECORD_ROLE,    RECORD_USER,
                                             RECORD_SESSION, RECORD_PRODUCT, RECORD_AUDIT_EVENT};
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < ARRAY_LEN(kinds); i++) {
        result = call_estimate(handle, mongo_records_collection(kinds[i]), &counts[kinds[i]]);
    }
    return result;
}

static enum result count_keys(struct mongo_handle *handle, int64_t *out)
{
    struct arena arena;
    struct stored_key *keys = NULL;
    size_t count = 0;
    arena_init(&arena, 0);
    enum result result = mongo_keys_read(handle, &arena, &keys, &count);
    *out = (int64_t)count;
    arena_reset(&arena); /* wipes the keys */
    arena_clear(&arena);
    return result;
}

static enum result count_changes(struct mongo_handle *handle, int64_t since_ms, int64_t *out)
{
    enum result result = RESULT_OK;
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_open("chg"), doc_bool("$exists", true), doc_close(),
                          doc_open("changed_at"), doc_date("$gte", since_ms), doc_close()));
    for (size_t i = 0; result == RESULT_OK && i < ARRAY_LEN(stamped); i++) {
        int64_t count = 0;
        result = call_count(handle, stamped[i].collection, &filter, NULL, &count);
        *out += count;
    }
    return result;
}

enum result mongo_dump_counts(struct store_handle *base, int64_t changes_since_ms,
                              int64_t counts[RECORD_KIND_END])
{
    struct mongo_handle *handle = mongo_handle_of(base);
    memset(counts, 0, RECORD_KIND_END * sizeof *counts);
    counts[RECORD_COUNTER] = COUNTER_PRODUCTS;
    enum result result = count_documents(handle, counts);
    if (result == RESULT_OK) {
        result = count_keys(handle, &counts[RECORD_KEY]);
    }
    return result == RESULT_OK ? count_changes(handle, changes_since_ms, &counts[RECORD_CHANGE])
                               : result;
}
