#include "store/mongo/user_document.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8_fold.h"
#include "store/mongo/parts.h"

/* --- what follows from other members ---------------------------------------------------------- */

struct view mongo_user_document_key(struct view text, const struct id *id, bool taken, char *room)
{
    char id_text[ID_TEXT_SIZE];
    if (taken && text.at != NULL) {
        return user_fold(text, room);
    }
    id_format(id, id_text);
    int len = snprintf(room, EMAIL_MAX_BYTES, MONGO_NOBODYS_KEY "%s", id_text);
    return view_make(room, (size_t)len);
}

struct view mongo_user_document_fold_name(struct view name, struct user_order_room *room)
{
    assert(name.len <= USER_NAME_MAX_BYTES);
    return name.at != NULL ? utf8_fold(name, room->name) : name;
}

struct view mongo_user_document_fold_email(struct view email, struct user_order_room *room)
{
    return email.at != NULL ? user_fold(email, room->email) : email;
}

struct doc_part mongo_user_document_order_text(const char *key, struct view folded)
{
    return folded.at != NULL ? doc_text(key, folded) : doc_last(key);
}

struct doc_part mongo_user_document_order_age(const char *key, int age)
{
    return age != USER_AGE_UNKNOWN ? doc_number(key, age) : doc_last(key);
}

struct doc_part mongo_user_document_status(const char *key, enum user_status status)
{
    return doc_word(key, user_status_name(status));
}

/* The folded texts, a line each, and their parts. */
void mongo_user_document_add_search(bson_t *out, struct view username, struct view email,
                                    struct view name)
{
    struct user_order_room room;
    char text[sizeof room + 2];
    CLEANUP(parts_clear) struct parts parts = {.items = NULL};
    DOC_LOCAL(list);
    const struct view folded[] = {user_fold(username, room.username),
                                  mongo_user_document_fold_email(email, &room),
                                  mongo_user_document_fold_name(name, &room)};
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(folded); i++) {
        if (i > 0) {
            text[len++] = '\n';
        }
        memcpy(text + len, folded[i].len > 0 ? folded[i].at : "", folded[i].len);
        len += folded[i].len;
        parts_add(&parts, folded[i]);
    }
    parts_settle(&parts);
    parts_write(&parts, &list);
    doc_add(out, DOC(doc_open("search"), doc_text("text", view_make(text, len)),
                     doc_embed_list("parts", &list), doc_close()));
}

/* --- writing ---------------------------------------------------------------------------------- */

static void add_order(bson_t *out, const struct new_user *made)
{
    const struct user_draft *draft = made->draft;
    struct user_order_room room;
    struct view email = mongo_user_document_fold_email(draft->email, &room);
    struct view name = mongo_user_document_fold_name(draft->name, &room);
    doc_add(out,
            DOC(doc_open("order"), doc_text("username", user_fold(draft->username, room.username)),
                mongo_user_document_order_text("email", email),
                mongo_user_document_order_text("name", name),
                mongo_user_document_order_age("age", draft->age),
                made->last_login_ms != 0 ? doc_date("last_login", made->last_login_ms)
                                         : doc_last("last_login"),
                doc_close()));
}

void mongo_user_document_make(const struct new_user *made, bson_t *out)
{
    const struct user_draft *draft = made->draft;
    bool taken = made->deleted_ms == 0;
    char username_key[EMAIL_MAX_BYTES];
    char email_key[EMAIL_MAX_BYTES];
    DOC_LOCAL(roles);
    mongo_grants_write(made->grants, &roles);
    doc_make(out,
             DOC(doc_id("_id", &draft->id), doc_number("number", made->number),
                 doc_text("username", draft->username), doc_text("email", draft->email),
                 doc_text("name", draft->name),
                 draft->age != USER_AGE_UNKNOWN ? doc_number("age", draft->age) : doc_none(),
                 doc_text("metadata", draft->metadata.len > 0 ? draft->metadata : VIEW("{}")),
                 mongo_user_document_status("status", draft->status),
                 doc_bool("email_verified", draft->email_verified),
                 doc_text("password_hash", draft->password_hash), doc_embed_list("roles", &roles),
                 doc_date("created_at", made->created_ms), doc_date("updated_at", made->updated_ms),
                 doc_instant("last_login_at", made->last_login_ms),
                 doc_instant("deleted_at", made->deleted_ms), doc_bool("deleted", !taken),
                 doc_number("epoch", made->epoch), doc_number("version", made->version),
                 doc_text("username_key", mongo_user_document_key(draft->username, &draft->id,
                                                                  taken, username_key)),
                 doc_text("email_key",
                          mongo_user_document_key(draft->email, &draft->id, taken, email_key))));
    add_order(out, made);
    mongo_user_document_add_search(out, draft->username, draft->email, draft->name);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum result read_roles(const bson_t *doc, struct arena *arena, struct user *user)
{
    struct grants grants;
    enum result result = mongo_grants_read(doc, arena, &grants);
    if (result != RESULT_OK || grants.count == 0) {
        return result;
    }
    struct view *names = arena_take_array(arena, grants.count, sizeof *names);
    if (names == NULL) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; i < grants.count; i++) {
        names[i] = grants.items[i].name;
    }
    user->roles = names;
    user->role_count = grants.count;
    return RESULT_OK;
}

enum result mongo_user_document_read(const bson_t *doc, struct arena *arena, struct user *user,
                                     struct view *password_hash)
{
    struct doc_reader reader = {.doc = doc, .arena = arena};
    enum user_status status = USER_DISABLED; /* what cannot be read lets nobody in */
    (void)!user_status_of(doc_peek_text(doc, "status"), &status);
    *user = (struct user){
        .id = doc_get_id(doc, "_id"),
        .number = doc_get_number(doc, "number", 0),
        .username = doc_get_text(&reader, "username"),
        .email = doc_get_text(&reader, "email"),
        .name = doc_get_text(&reader, "name"),
        .age = (int)doc_get_number(doc, "age", USER_AGE_UNKNOWN),
        .metadata = doc_get_text(&reader, "metadata"),
        .status = status,
        .email_verified = doc_get_bool(doc, "email_verified"),
        .created_ms = doc_get_instant(doc, "created_at"),
        .updated_ms = doc_get_instant(doc, "updated_at"),
        .last_login_ms = doc_get_instant(doc, "last_login_at"),
        .deleted_ms = doc_get_instant(doc, "deleted_at"),
        .epoch = doc_get_number(doc, "epoch", 0),
        .version = doc_get_number(doc, "version", 0),
    };
    if (password_hash != NULL) {
        *password_hash = doc_get_text(&reader, "password_hash");
    }
    return reader.failure == RESULT_OK ? read_roles(doc, arena, user) : reader.failure;
}
