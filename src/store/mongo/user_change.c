#include "store/mongo/user_change.h"

#include "base/utf8_fold.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/stamp.h"
#include "store/mongo/user_document.h"
#include "store/mongo/user_write.h"

void mongo_user_change_start(struct user_change *change, const bson_t *before)
{
    change->before = before;
    bson.init(&change->set);
    bson.init(&change->unset);
    bson.init(&change->inc);
    doc_add(&change->inc, DOC(doc_number("version", 1)));
}

void mongo_user_change_clear(struct user_change *change)
{
    bson.destroy(&change->set);
    bson.destroy(&change->unset);
    bson.destroy(&change->inc);
}

static bool has(const struct user_patch *patch, enum user_field field)
{
    return (patch->mask & (unsigned)field) != 0;
}

struct name {
    enum user_field field;
    const char *key;
    size_t max_bytes;
};

static const struct name of_username = {USER_FIELD_USERNAME, "username", USERNAME_MAX_BYTES};
static const struct name of_email = {USER_FIELD_EMAIL, "email", EMAIL_MAX_BYTES};
static const struct name of_name = {USER_FIELD_NAME, "name", USER_NAME_MAX_BYTES};

/* What it will be: as the patch says, else as it is. Another program may have written more than
   there is room for. */
static struct view text_after(const struct user_change *change, const struct user_patch *patch,
                              const struct name *name, struct view patched)
{
    struct view is = doc_peek_text(change->before, name->key);
    return has(patch, name->field) ? patched : view_sub(is, 0, name->max_bytes);
}

static void set_or_unset(struct user_change *change, const char *key, struct view text)
{
    if (text.at != NULL) {
        doc_add(&change->set, DOC(doc_text(key, text)));
    } else {
        doc_add(&change->unset, DOC(doc_bool(key, true)));
    }
}

/* --- names ------------------------------------------------------------------------------------ */

static void set_username(struct user_change *change, struct view username)
{
    char key[EMAIL_MAX_BYTES];
    struct view folded = user_fold(username, key);
    doc_add(&change->set, DOC(doc_text("username", username), doc_text("username_key", folded),
                              doc_text("order.username", folded)));
}

static void set_email(struct user_change *change, struct view email)
{
    char key[EMAIL_MAX_BYTES];
    struct user_order_room room;
    struct id id = doc_get_id(change->before, "_id");
    set_or_unset(change, "email", email);
    doc_add(&change->set, DOC(doc_text("email_key", mongo_user_document_key(email, &id, true, key)),
                              mongo_user_document_order_text(
                                  "order.email", mongo_user_document_fold_email(email, &room))));
}

static void set_name(struct user_change *change, struct view name)
{
    struct user_order_room room;
    set_or_unset(change, "name", name);
    doc_add(&change->set, DOC(mongo_user_document_order_text(
                              "order.name", mongo_user_document_fold_name(name, &room))));
}

/* A new address is not verified, unless the patch says so. */
static void set_verified(struct user_change *change, const struct user_patch *patch)
{
    struct view before = doc_peek_text(change->before, "email");
    bool is_same =
        (before.at != NULL) == (patch->email.at != NULL) && view_equal_nocase(before, patch->email);
    if (has(patch, USER_FIELD_EMAIL_VERIFIED)) {
        doc_add(&change->set, DOC(doc_bool("email_verified", patch->email_verified)));
    } else if (has(patch, USER_FIELD_EMAIL) && !is_same) {
        doc_add(&change->set, DOC(doc_bool("email_verified", false)));
    }
}

static void add_names(struct user_change *change, const struct user_patch *patch)
{
    if (has(patch, USER_FIELD_USERNAME)) {
        set_username(change, patch->username);
    }
    if (has(patch, USER_FIELD_EMAIL)) {
        set_email(change, patch->email);
    }
    if (has(patch, USER_FIELD_NAME)) {
        set_name(change, patch->name);
    }
    if ((patch->mask & (USER_FIELD_USERNAME | USER_FIELD_EMAIL | USER_FIELD_NAME)) != 0) {
        mongo_user_document_add_search(&change->set,
                                       text_after(change, patch, &of_username, patch->username),
                                       text_after(change, patch, &of_email, patch->email),
                                       text_after(change, patch, &of_name, patch->name));
    }
}

void mongo_user_change_take_names(struct user_change *change, const struct user_patch *patch)
{
    struct user_patch all = *patch;
    all.username = text_after(change, patch, &of_username, patch->username);
    all.email = text_after(change, patch, &of_email, patch->email);
    all.mask = USER_FIELD_USERNAME | USER_FIELD_EMAIL;
    add_names(change, &all);
    set_verified(change, &all);
}

/* --- the rest --------------------------------------------------------------------------------- */

static void set_age(struct user_change *change, int age)
{
    if (age != USER_AGE_UNKNOWN) {
        doc_add(&change->set, DOC(doc_number("age", age)));
    } else {
        doc_add(&change->unset, DOC(doc_bool("age", true)));
    }
    doc_add(&change->set, DOC(mongo_user_document_order_age("order.age", age)));
}

static void set_roles(struct user_change *change, const struct grants *grants)
{
    DOC_LOCAL(roles);
    mongo_grants_write(grants, &roles);
    doc_add(&change->set, DOC(doc_embed_list("roles", &roles)));
}

void mongo_user_change_add_patch(struct user_change *change, const struct user_patch *patch,
                                 const struct grants *grants)
{
    add_names(change, patch);
    set_verified(change, patch);
    if (has(patch, USER_FIELD_AGE)) {
        set_age(change, patch->age);
    }
    if (has(patch, USER_FIELD_METADATA)) {
        struct view metadata = patch->metadata.len > 0 ? patch->metadata : VIEW("{}");
        doc_add(&change->set, DOC(doc_text("metadata", metadata)));
    }
    if (has(patch, USER_FIELD_STATUS)) {
        doc_add(&change->set, DOC(mongo_user_document_status("status", patch->status)));
    }
    if (has(patch, USER_FIELD_PASSWORD)) {
        set_or_unset(change, "password_hash", patch->password_hash);
    }
    if (has(patch, USER_FIELD_ROLES)) {
        set_roles(change, grants);
    }
}

/* --- applying --------------------------------------------------------------------------------- */

static void write_filter(const struct user_change *change, const struct id *op, bson_t *out)
{
    struct id id = doc_get_id(change->before, "_id");
    doc_make(out,
             DOC(doc_uuid("_id", &id), doc_bool("deleted", doc_get_bool(change->before, "deleted")),
                 doc_number("version", doc_get_number(change->before, "version", 0)),
                 doc_id("leaving.op", op)));
}

enum result mongo_user_change_apply(struct mongo_handle *handle, struct user_change *change,
                                    const struct id *op, int64_t now_ms, bson_t *out)
{
    struct call_refusal refusal;
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    write_filter(change, op, &filter);
    if (op != NULL) {
        doc_add(&change->unset, DOC(doc_bool("leaving", true)));
    }
    doc_add(&change->set, DOC(doc_date("updated_at", now_ms)));
    mongo_stamp_update(&change->set, &change->unset, &change->inc, now_ms, &update);
    enum result result = call_modify(handle, MONGO_USERS, &filter, &update, 0, &refusal, out);
    return result == RESULT_CONFLICT ? mongo_user_write_refusal(refusal.key) : result;
}
