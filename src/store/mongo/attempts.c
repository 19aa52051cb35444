#include "store/mongo/attempts.h"

#include <assert.h>

#include "store/mongo/audit_events.h"
#include "store/mongo/call.h"
#include "store/mongo/doc.h"
#include "store/mongo/driver.h"

/* Each time the key must have been made or forgotten by somebody else in between. */
#define COUNT_TRIES 20
#define INDEX_SIZE 16

/* One call: its keys and what it finds. */
struct counting {
    struct mongo_handle *handle;
    const struct attempt *attempts;
    size_t count;
    int64_t now_ms;
    int64_t window_ms;
    int64_t locked_until_ms;
};

static void write_key(struct view key, bson_t *filter)
{
    doc_make(filter, DOC(doc_bytes("_id", key)));
}

/* Until when a key lets nothing through, by its document; 0: it does. A full key that is not locked
   has its attempts still at work: soon some have failed, or one was good. */
static int64_t closed_until(const struct counting *counting, const struct attempt *attempt,
                            const bson_t *doc)
{
    int64_t ends_ms = doc_get_instant(doc, "ends_at");
    if (ends_ms <= counting->now_ms) {
        return 0;
    }
    if (doc_get_bool(doc, "locked")) {
        return ends_ms;
    }
    return doc_get_number(doc, "attempts", 0) >= attempt->limit
               ? counting->now_ms + STORE_ATTEMPT_WAIT_MS
               : 0;
}

static enum result look(const struct counting *counting, const struct attempt *attempt,
                        int64_t *until_ms)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    write_key(attempt->key, &filter);
    enum result result = call_find_one(counting->handle, MONGO_ATTEMPTS, &filter, NULL, &found);
    *until_ms = closed_until(counting, attempt, &found);
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* Who hammers at a locked door writes nothing. The first key is looked at by the update that
   counts; here only when another one is closed, to tell the later of both ends. */
static enum result look_at_others(struct counting *counting)
{
    enum result result = RESULT_OK;
    for (size_t i = counting->count; result == RESULT_OK && i > 0; i--) {
        int64_t until_ms = 0;
        if (i == 1 && counting->locked_until_ms == 0) {
            break;
        }
        result = look(counting, &counting->attempts[i - 1], &until_ms);
        if (until_ms > counting->locked_until_ms) {
            counting->locked_until_ms = until_ms;
        }
    }
    return result;
}

/* {key: {$cond: [{$gt: ["$ends_at", now]}, open, begins]}}: what it is while the window is open,
   and what it begins with. */
static void add_by_window(bson_t *set, const struct counting *counting, const char *key,
                          struct doc_part open, struct doc_part begins)
{
    doc_add(set, DOC(doc_open(key), doc_list("$cond"), doc_open(NULL), doc_list("$gt"),
                     doc_word(NULL, "$ends_at"), doc_date(NULL, counting->now_ms), doc_close(),
                     doc_close(), open, begins, doc_close(), doc_close()));
}

static void write_count(const struct counting *counting, bson_t *update)
{
    DOC_LOCAL(set);
    DOC_LOCAL(one_more);
    doc_make(&one_more,
             DOC(doc_list("$add"), doc_word(NULL, "$attempts"), doc_number(NULL, 1), doc_close()));
    add_by_window(&set, counting, "attempts", doc_embed(NULL, &one_more), doc_number(NULL, 1));
    add_by_window(&set, counting, "failures", doc_word(NULL, "$failures"), doc_number(NULL, 0));
    add_by_window(&set, counting, "ends_at", doc_word(NULL, "$ends_at"),
                  doc_date(NULL, counting->now_ms + counting->window_ms));
    doc_add(&set, DOC(doc_bool("locked", false)));
    doc_make(update, DOC(doc_open("0"), doc_embed("$set", &set), doc_close()));
}

/* Counts where the key lets something through. CONFLICT: it does not, or was made at this moment.
 */
static enum result count_one(const struct counting *counting, const struct attempt *attempt)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    DOC_LOCAL(after);
    write_key(attempt->key, &filter);
    doc_add(&filter, DOC(doc_list("$or"), doc_open(NULL), doc_open("ends_at"),
                         doc_date("$lte", counting->now_ms), doc_close(), doc_close(),
                         doc_open(NULL), doc_bool("locked", false), doc_open("attempts"),
                         doc_number("$lt", attempt->limit), doc_close(), doc_close(), doc_close()));
    write_count(counting, &update);
    return call_modify(counting->handle, MONGO_ATTEMPTS, &filter, &update, CALL_UPSERT, NULL,
                       &after);
}

/* *until_ms 0: counted. */
static enum result count_or_look(const struct counting *counting, const struct attempt *attempt,
                                 int64_t *until_ms)
{
    *until_ms = 0;
    for (int tries = 0; tries < COUNT_TRIES; tries++) {
        enum result result = count_one(counting, attempt);
        if (result != RESULT_CONFLICT) {
            return result;
        }
        result = look(counting, attempt, until_ms);
        if (result != RESULT_OK || *until_ms != 0) {
            return result;
        }
    }
    return RESULT_STORE_UNAVAILABLE;
}

/* All, or what was counted is taken back. */
static enum result count_all(struct counting *counting)
{
    enum result result = RESULT_OK;
    size_t i = 0;
    while (result == RESULT_OK && i < counting->count) {
        result = count_or_look(counting, &counting->attempts[i], &counting->locked_until_ms);
        if (result != RESULT_OK || counting->locked_until_ms != 0) {
            break;
        }
        i++;
    }
    if (i == counting->count) {
        return result;
    }
    enum result back = mongo_attempts_return(&counting->handle->base, counting->attempts, i);
    return result == RESULT_OK ? back : result;
}

enum result mongo_attempts_count(struct store_handle *base, const struct attempt *attempts,
                                 size_t count, int64_t now_ms, int64_t window_ms,
                                 int64_t *locked_until_ms)
{
    struct counting counting = {.handle = mongo_handle_of(base),
                                .attempts = attempts,
                                .count = count,
                                .now_ms = now_ms,
                                .window_ms = window_ms};
    *locked_until_ms = 0;
    enum result result = look_at_others(&counting);
    if (result == RESULT_OK && counting.locked_until_ms == 0) {
        result = count_all(&counting);
    }
    if (result == RESULT_OK) {
        *locked_until_ms = counting.locked_until_ms;
    }
    return result;
}

/* --- failures --------------------------------------------------------------------------------- */

/* {$gte: [{$add: ["$failures", 1]}, limit]}: this one locks. */
static void write_locks(int64_t limit, bson_t *out)
{
    doc_make(out, DOC(doc_list("$gte"), doc_open(NULL), doc_list("$add"),
                      doc_word(NULL, "$failures"), doc_number(NULL, 1), doc_close(), doc_close(),
                      doc_number(NULL, limit), doc_close()));
}

static enum result fail_one(const struct counting *counting, const struct attempt *attempt,
                            bool *locked)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(locks);
    DOC_LOCAL(update);
    DOC_LOCAL(after);
    write_key(attempt->key, &filter);
    doc_add(&filter, DOC(doc_bool("locked", false), doc_open("ends_at"),
                         doc_date("$gt", counting->now_ms), doc_close()));
    write_locks(attempt->limit, &locks);
    doc_make(&update,
             DOC(doc_open("0"), doc_open("$set"), doc_open("failures"), doc_list("$add"),
                 doc_word(NULL, "$failures"), doc_number(NULL, 1), doc_close(), doc_close(),
                 doc_embed("locked", &locks), doc_open("ends_at"), doc_list("$cond"),
                 doc_embed(NULL, &locks), doc_date(NULL, counting->now_ms + counting->window_ms),
                 doc_word(NULL, "$ends_at"), doc_close(), doc_close(), doc_close(), doc_close()));
    enum result result =
        call_modify(counting->handle, MONGO_ATTEMPTS, &filter, &update, 0, NULL, &after);
    *locked = *locked || doc_get_bool(&after, "locked");
    /* Not counted, forgotten or locked already: nothing to note. */
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result mongo_attempts_fail(struct store_handle *base, const struct attempt *attempts,
                                size_t count, int64_t now_ms, int64_t window_ms,
                                const struct attempt_events *events, bool *locked)
{
    const struct counting counting = {
        .handle = mongo_handle_of(base), .now_ms = now_ms, .window_ms = window_ms};
    enum result result = RESULT_OK;
    *locked = false;
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        result = fail_one(&counting, &attempts[i], locked);
    }
    if (result != RESULT_OK || events == NULL) {
        return result;
    }
    mongo_audit_events_follow(counting.handle, events->failed);
    if (*locked) {
        mongo_audit_events_follow(counting.handle, events->locked);
    }
    return RESULT_OK;
}

/* --- taking back ------------------------------------------------------------------------------ */

enum result mongo_attempts_forget(struct mongo_handle *handle, const struct view *keys,
                                  size_t count)
{
    DOC_LOCAL(filters);
    for (size_t i = 0; i < count; i++) {
        char room[INDEX_SIZE];
        const char *index = NULL;
        DOC_LOCAL(filter);
        write_key(keys[i], &filter);
        (void)bson.uint32_to_string((uint32_t)i, &index, room, sizeof room);
        doc_add(&filters, DOC(doc_embed(index, &filter)));
    }
    return call_delete_each(handle, MONGO_ATTEMPTS, &filters);
}

enum result mongo_attempts_clear(struct store_handle *base, const struct attempt *attempts,
                                 size_t count)
{
    struct view keys[STORE_ATTEMPTS_MAX];
    assert(count <= STORE_ATTEMPTS_MAX);
    for (size_t i = 0; i < count; i++) {
        keys[i] = attempts[i].key;
    }
    return mongo_attempts_forget(mongo_handle_of(base), keys, count);
}

enum result mongo_attempts_return(struct store_handle *base, const struct attempt *attempts,
                                  size_t count)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        DOC_LOCAL(filter);
        DOC_LOCAL(update);
        write_key(attempts[i].key, &filter);
        doc_add(&filter, DOC(doc_open("attempts"), doc_number("$gt", 0), doc_close()));
        doc_make(&update, DOC(doc_open("$inc"), doc_number("attempts", -1), doc_close()));
        result = call_update(mongo_handle_of(base), MONGO_ATTEMPTS, &filter, &update, NULL);
        result = result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    return result;
}
