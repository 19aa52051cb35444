/* A person as a document of the collection users (docs/stores.md): writing and reading it. */
#ifndef LATCHKEY_STORE_MONGO_USER_DOCUMENT_H
#define LATCHKEY_STORE_MONGO_USER_DOCUMENT_H

#include "base/utf8.h"
#include "base/utf8_fold.h"
#include "model/limits.h"
#include "model/user.h"
#include "store/mongo/doc.h"
#include "store/mongo/grants.h"

#define USER_NAME_MAX_BYTES (NAME_MAX_CHARS * UTF8_SIZE_MAX)

/* How the keys of nobody begin. A username starts with a letter, and an e-mail address is looked
   for with its @, which such a key lacks. */
#define MONGO_NOBODYS_KEY "~"

/* All that a new document is made of. */
struct new_user {
    const struct user_draft *draft;
    const struct grants *grants;
    int64_t number;
    int64_t created_ms;
    int64_t updated_ms;
    int64_t last_login_ms; /* 0: never */
    int64_t deleted_ms;    /* 0: not deleted */
    int64_t epoch;
    int64_t version;
};

void mongo_user_document_make(const struct new_user *made, bson_t *out);

/* The members that follow from others. */

/* The value of username_key or email_key: text folded; for a deleted person, or where there is no
   text, one that is in nobody's way. room: EMAIL_MAX_BYTES. */
struct view mongo_user_document_key(struct view text, const struct id *id, bool taken, char *room);
/* "search" of these texts, as a member of out. */
void mongo_user_document_add_search(bson_t *out, struct view username, struct view email,
                                    struct view name);
/* The members "order.email" and so on, as a part list for $set; folded texts in room. */
struct user_order_room {
    char name[UTF8_FOLD_SIZE(USER_NAME_MAX_BYTES)];
    char email[EMAIL_MAX_BYTES];
    char username[USERNAME_MAX_BYTES];
};
struct doc_part mongo_user_document_order_text(const char *key, struct view folded);
struct doc_part mongo_user_document_order_age(const char *key, int age);
/* .at is NULL where the text's is. */
struct view mongo_user_document_fold_name(struct view name, struct user_order_room *room);
struct view mongo_user_document_fold_email(struct view email, struct user_order_room *room);

/* "active" for the status in documents. */
struct doc_part mongo_user_document_status(const char *key, enum user_status status);

/* Reads the person, and the hash where wanted (NULL: not). INTERNAL when the arena is full. */
MUST_CHECK enum result mongo_user_document_read(const bson_t *doc, struct arena *arena,
                                                struct user *user, struct view *password_hash);

#endif
