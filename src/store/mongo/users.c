#include "store/mongo/users.h"

#include "model/limits.h"
#include "store/decide.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/user_document.h"

/* --- by a key --------------------------------------------------------------------------------- */

enum tense { NOW_HAS, ONCE_HAD };

/* What names of people are folded to; .at is NULL when it can be nobody's. */
static struct view fold_key(struct view text, char room[EMAIL_MAX_BYTES])
{
    bool is_nobodys =
        view_starts_with(text, VIEW(MONGO_NOBODYS_KEY)) && view_find(text, '@', 0) == text.len;
    bool may_be = text.len > 0 && text.len <= EMAIL_MAX_BYTES && !is_nobodys;
    return may_be ? user_fold(text, room) : view_make(NULL, 0);
}

/* One who is gone for good has no member `deleted`. */
static void add_presence(bson_t *filter, enum user_presence presence)
{
    if (presence == USER_PRESENT_OR_GONE) {
        doc_add(filter, DOC(doc_open("deleted"), doc_bool("$exists", true), doc_close()));
    } else {
        doc_add(filter, DOC(doc_bool("deleted", presence == USER_GONE)));
    }
}

/* False when there can be no such person. */
static bool write_name_filter(const struct user_key *key, enum tense tense, bson_t *out)
{
    static const char *const fields[2][2] = {{"username_key", "email_key"},
                                             {"order.username", "order.email"}};
    char room[EMAIL_MAX_BYTES];
    struct view folded = fold_key(key->text, room);
    const char *field = fields[tense][key->kind == USER_BY_EMAIL];
    doc_make(out, DOC(doc_text(field, folded), doc_bool("deleted", tense == ONCE_HAD)));
    return folded.at != NULL;
}

/* The ids and numbers of people stay theirs. */
static void write_filter(const struct user_key *key, bson_t *out)
{
    doc_make(out, DOC(key->kind == USER_BY_NUMBER ? doc_number("number", key->number)
                                                  : doc_uuid("_id", &key->id)));
    add_presence(out, key->presence);
}

static bool is_name(const struct user_key *key)
{
    return key->kind == USER_BY_USERNAME || key->kind == USER_BY_EMAIL;
}

/* NOT_FOUND, or AMBIGUOUS where there are several. */
static enum result find_only(struct mongo_handle *handle, const bson_t *filter, bson_t *out)
{
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    bson.init(out);
    doc_make(&options, DOC(doc_number("limit", 2)));
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_USERS, filter, &options);
    enum result result = call_next(&rows, &found);
    if (result != RESULT_OK) {
        return result;
    }
    (void)bson.concat(out, found);
    result = call_next(&rows, &found);
    if (result == RESULT_OK) {
        return RESULT_AMBIGUOUS;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result find_by_name(struct mongo_handle *handle, const struct user_key *key,
                                enum tense tense, bson_t *out)
{
    DOC_LOCAL(filter);
    if (!write_name_filter(key, tense, &filter)) {
        bson.init(out);
        return RESULT_NOT_FOUND;
    }
    return find_only(handle, &filter, out);
}

/* *out is always a document to destroy. */
static enum result find_by_key(struct mongo_handle *handle, const struct user_key *key, bson_t *out)
{
    if (!is_name(key)) {
        DOC_LOCAL(filter);
        write_filter(key, &filter);
        return call_find_one(handle, MONGO_USERS, &filter, NULL, out);
    }
    if (key->presence == USER_GONE) {
        return find_by_name(handle, key, ONCE_HAD, out);
    }
    enum result result = find_by_name(handle, key, NOW_HAS, out);
    if (result == RESULT_NOT_FOUND && key->presence == USER_PRESENT_OR_GONE) {
        bson.destroy(out);
        result = find_by_name(handle, key, ONCE_HAD, out);
    }
    return result;
}

enum result mongo_users_get(struct store_handle *base, const struct user_key *key,
                            struct arena *arena, struct user *out)
{
    DOC_LOCAL(found);
    enum result result = find_by_key(mongo_handle_of(base), key, &found);
    return result == RESULT_OK ? mongo_user_document_read(&found, arena, out, NULL) : result;
}

enum result mongo_users_get_credentials(struct store_handle *base, const struct user_key *key,
                                        struct arena *arena, struct user_credentials *out)
{
    DOC_LOCAL(found);
    struct user_key present = *key;
    present.presence = USER_PRESENT;
    enum result result = find_by_key(mongo_handle_of(base), &present, &found);
    return result == RESULT_OK
               ? mongo_user_document_read(&found, arena, &out->user, &out->password_hash)
               : result;
}

enum result mongo_users_find(struct mongo_handle *handle, const struct id *id,
                             enum user_presence presence, bson_t *out)
{
    const struct user_key key = {.kind = USER_BY_ID, .id = *id, .presence = presence};
    return find_by_key(handle, &key, out);
}

enum result mongo_users_any(struct store_handle *base, bool *out)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(doc_bool("deleted", false)));
    doc_make(&options, DOC(doc_open("projection"), doc_bool("_id", true), doc_close()));
    enum result result =
        call_find_one(mongo_handle_of(base), MONGO_USERS, &filter, &options, &found);
    *out = result == RESULT_OK;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- export ----------------------------------------------------------------------------------- */

enum result mongo_users_export(struct store_handle *base, int64_t after, size_t limit,
                               struct arena *arena, struct user_credentials *out, size_t *count)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result;
    doc_make(&filter, DOC(doc_bool("deleted", false), doc_open("number"), doc_number("$gt", after),
                          doc_close()));
    doc_make(&options,
             DOC(doc_open("sort"), doc_number("number", 1), doc_close(),
                 doc_number("limit", (int64_t)limit), doc_number("batchSize", (int64_t)limit)));
    *count = 0;
    CLEANUP(call_close)
    struct call_rows rows = call_find(mongo_handle_of(base), MONGO_USERS, &filter, &options);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        struct user_credentials *item = &out[*count];
        result = mongo_user_document_read(found, arena, &item->user, &item->password_hash);
        if (result != RESULT_OK) {
            return result;
        }
        *count += 1;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- kinds of hashes -------------------------------------------------------------------------- */

enum result mongo_users_hash_kinds(struct store_handle *base, int64_t sample, struct arena *arena,
                                   struct store_hash_kind out[STORE_HASH_KINDS_MAX], size_t *count)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result;
    doc_make(&filter, DOC(doc_bool("deleted", false)));
    doc_make(&options, DOC(doc_open("sort"), doc_number("number", -1), doc_close(),
                           doc_number("limit", sample), doc_open("projection"),
                           doc_bool("password_hash", true), doc_close()));
    *count = 0;
    CLEANUP(call_close)
    struct call_rows rows = call_find(mongo_handle_of(base), MONGO_USERS, &filter, &options);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        struct view hash = doc_peek_text(found, "password_hash");
        if (hash.at != NULL && !decide_tally_kind(hash, arena, out, count)) {
            return RESULT_INTERNAL;
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
