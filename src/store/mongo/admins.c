#include "store/mongo/admins.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/grants.h"
#include "store/mongo/roles.h"

/* A mark of one who crashed counts for this long, by the server's clock; longer than the calls of
   one who did not may take. */
#define MARK_MS 10000
#define WAIT_MS 5000 /* as measured here; so long that a busy server can carry the call out */
#define POLL_MS 3

/* How others stand to one who leaves. */
enum others {
    NOBODY,           /* there is no other admin */
    SOMEBODY_STAYS,   /* and will see the mark of the one who leaves */
    SOMEBODY_YIELDED, /* was leaving, and has to begin anew: look again */
    SOMEBODY_LEAVES   /* and goes first */
};

static void pause_a_little(void)
{
    static const struct timespec pause = {.tv_nsec = POLL_MS * INT64_C(1000000)};
    (void)nanosleep(&pause, NULL);
}

static struct doc_part holds_role(void)
{
    return doc_id("roles.id", &mongo_roles_admin);
}

bool mongo_admins_is_one(const bson_t *user)
{
    bson_t roles;
    bson_iter_t at;
    if (doc_get_bool(user, "deleted") || !view_is(doc_peek_text(user, "status"), "active")) {
        return false;
    }
    doc_peek(user, "roles", &roles);
    (void)bson.iter_init(&at, &roles);
    while (bson.iter_next(&at)) {
        bson_t role;
        doc_peek(&roles, bson.iter_key(&at), &role);
        struct id id = doc_get_id(&role, "id");
        if (id_equal(&id, &mongo_roles_admin)) {
            return true;
        }
    }
    return false;
}

/* --- marks ------------------------------------------------------------------------------------ */

/* Over the mark of another one too: whose mark it was finds it gone, and begins anew. */
static enum result mark(struct mongo_handle *handle, const bson_t *user, const struct id *op)
{
    struct id user_id = doc_get_id(user, "_id");
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(doc_id("_id", &user_id), doc_bool("deleted", false),
                          doc_number("version", doc_get_number(user, "version", 0))));
    doc_make(&update, DOC(doc_open("$set"), doc_id("leaving.op", op), doc_close(),
                          doc_open("$currentDate"), doc_bool("leaving.at", true), doc_close()));
    return call_update(handle, MONGO_USERS, &filter, &update, NULL);
}

/* {$lt: ["$leaving.at", {$subtract: ["$$NOW", MARK_MS]}]} */
static void add_is_old(bson_t *filter)
{
    doc_add(filter,
            DOC(doc_open("$expr"), doc_list("$lt"), doc_word(NULL, "$leaving.at"), doc_open(NULL),
                doc_list("$subtract"), doc_word(NULL, "$$NOW"), doc_number(NULL, MARK_MS),
                doc_close(), doc_close(), doc_close(), doc_close()));
}

/* NOT_FOUND when it is not there any more, or not old. */
static enum result unmark(struct mongo_handle *handle, const struct id *user_id,
                          const struct id *op, bool only_old)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(doc_id("_id", user_id), doc_id("leaving.op", op)));
    if (only_old) {
        add_is_old(&filter);
    }
    doc_make(&update, DOC(doc_open("$unset"), doc_bool("leaving", true), doc_close()));
    return call_update(handle, MONGO_USERS, &filter, &update, NULL);
}

void mongo_admins_stay(struct mongo_handle *handle, const struct id *user_id, const struct id *op)
{
    enum result result = unmark(handle, user_id, op, false);
    (void)result; /* at worst it stands for MARK_MS */
}

/* --- looking ---------------------------------------------------------------------------------- */

static void write_others(const struct id *user_id, bson_t *filter)
{
    doc_make(filter, DOC(doc_bool("deleted", false), doc_word("status", "active"), holds_role(),
                         doc_open("_id"), doc_id("$ne", user_id), doc_close()));
}

/* NOT_FOUND when there is none. */
static enum result find_staying(struct mongo_handle *handle, const struct id *user_id)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    write_others(user_id, &filter);
    doc_add(&filter, DOC(doc_null("leaving")));
    return call_find_one(handle, MONGO_USERS, &filter, NULL, &found);
}

/* The one with the lowest id; nil: none. */
static enum result find_other(struct mongo_handle *handle, const struct id *user_id,
                              struct id *other, struct id *other_op)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    DOC_LOCAL(found);
    write_others(user_id, &filter);
    doc_make(&options, DOC(doc_open("sort"), doc_number("_id", 1), doc_close()));
    enum result result = call_find_one(handle, MONGO_USERS, &filter, &options, &found);
    *other = doc_get_id(&found, "_id");
    *other_op = doc_get_id(&found, "leaving.op");
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* Takes the mark of the other one away, if that is to begin anew: what it belonged to cannot happen
   then. One who crashed while leaving is an admin still. */
static enum result push_aside(struct mongo_handle *handle, const struct id *user_id,
                              const struct id *other, const struct id *other_op, enum others *out)
{
    bool goes_first = memcmp(user_id->bytes, other->bytes, sizeof other->bytes) < 0;
    *out = SOMEBODY_YIELDED;
    if (id_is_nil(other_op)) {
        return RESULT_OK;
    }
    enum result result = unmark(handle, other, other_op, !goes_first);
    if (result == RESULT_NOT_FOUND) {
        *out = goes_first ? SOMEBODY_YIELDED : SOMEBODY_LEAVES;
        return RESULT_OK;
    }
    return result;
}

static enum result look(struct mongo_handle *handle, const struct id *user_id, enum others *out)
{
    struct id other;
    struct id other_op;
    enum result result = find_staying(handle, user_id);
    *out = SOMEBODY_STAYS;
    if (result != RESULT_NOT_FOUND) {
        return result;
    }
    result = find_other(handle, user_id, &other, &other_op);
    *out = NOBODY;
    if (result != RESULT_OK || id_is_nil(&other)) {
        return result;
    }
    return push_aside(handle, user_id, &other, &other_op, out);
}

/* --- leaving ---------------------------------------------------------------------------------- */

static enum result try_to_leave(struct mongo_handle *handle, const bson_t *user,
                                const struct id *op, enum others *others)
{
    struct id user_id = doc_get_id(user, "_id");
    enum result result = mark(handle, user, op);
    if (result != RESULT_OK) {
        return result;
    }
    do {
        result = look(handle, &user_id, others);
    } while (result == RESULT_OK && *others == SOMEBODY_YIELDED);
    if (result != RESULT_OK || *others != SOMEBODY_STAYS) {
        mongo_admins_stay(handle, &user_id, op);
    }
    return result;
}

enum result mongo_admins_leave(struct mongo_handle *handle, const bson_t *user, struct id *op)
{
    *op = id_new(doc_get_instant(user, "created_at")); /* the rest of it is random */
    int64_t until_us = clock_monotonic_us() + WAIT_MS * US_PER_MS;
    do {
        enum others others = NOBODY;
        enum result result = try_to_leave(handle, user, op, &others);
        if (result != RESULT_OK || others == SOMEBODY_STAYS) {
            return result;
        }
        if (others == NOBODY) {
            return RESULT_LAST_ADMIN;
        }
        pause_a_little();
    } while (clock_monotonic_us() < until_us);
    return RESULT_STORE_UNAVAILABLE;
}
