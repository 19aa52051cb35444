#include "service/users_import.h"

#include <string.h>

#include "crypto/digest.h"
#include "service/audit.h"
#include "service/hashing.h"
#include "service/service_state.h"
#include "service/user_make.h"
#include "service/user_rules.h"

/* A clock elsewhere may be ahead a little. */
#define FUTURE_MAX_MS (MS_PER_SECOND * S_PER_DAY)
/* A made-up username: as it is, then with more and more of a digest of the e-mail address. */
#define SUFFIX_STEP ((size_t)6)
#define TRIES 4
#define UUID_VERSION_8 0x80 /* RFC 9562 section 5.8: what the bytes mean is our own affair */
#define UUID_VARIANT 0x80

static const struct view default_roles[] = {{ROLE_USER, sizeof(ROLE_USER) - 1}};

static bool has(const struct users_input *input, enum user_field field)
{
    return (input->mask & (unsigned)field) != 0;
}

/* --- usernames -------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_kept(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* What can be used of the part before the @; begins with a letter. */
static void write_local_part(struct builder *b, struct view email, size_t max)
{
    size_t end = view_find(email, '@', 0);

    for (size_t i = 0; i < end && b->len < max; i++) {
        char c = email.at[i];
        if (b->len > 0 || is_letter(c)) {
            builder_char(b, is_kept(c) ? c : '-');
        }
    }
    builder_text(b, b->len == 0 ? "user" : "");
}

static void write_suffix(struct builder *b, struct view email, size_t chars)
{
    char folded[EMAIL_MAX_BYTES];
    uint8_t digest[DIGEST_BYTES];

    digest_sha256(user_fold(email, folded), digest);
    builder_char(b, '-');
    for (size_t i = 0; i < chars / 2; i++) {
        builder_format(b, "%02x", digest[i]);
    }
}

static enum result make_username(struct arena *arena, struct user_draft *draft, size_t tried)
{
    size_t suffix = tried == 0 ? 0 : SUFFIX_STEP << (tried - 1);
    struct builder b;

    builder_init(&b, arena, USERNAME_MAX_BYTES);
    write_local_part(&b, draft->email, USERNAME_MAX_BYTES - (suffix == 0 ? 0 : suffix + 1));
    if (suffix > 0) {
        write_suffix(&b, draft->email, suffix);
    }
    return builder_end(&b, &draft->username) ? RESULT_OK : RESULT_INTERNAL;
}

/* The first one that is a username at all; empty when out of memory. */
static struct view first_username(struct arena *arena, struct view email)
{
    struct user_draft draft = {.email = email};
    enum result result = make_username(arena, &draft, 0);

    if (result == RESULT_OK && user_username_fault(draft.username) != NULL) {
        result = make_username(arena, &draft, 1);
    }
    return result == RESULT_OK ? draft.username : (struct view){NULL, 0};
}

/* --- preparing -------------------------------------------------------------------------------- */

static struct id id_of_text(struct view source, struct view text)
{
    struct secret label = {{0}};
    uint8_t digest[DIGEST_BYTES];
    struct id id;

    digest_sha256(source, label.bytes);
    digest_hmac_sha256(view_make(label.bytes, SECRET_BYTES), text, digest);
    memcpy(id.bytes, digest, sizeof(id.bytes));
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0F) | UUID_VERSION_8);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3F) | UUID_VARIANT);
    return id;
}

static void set_id(struct service_call *call, const struct users_import_record *record,
                   struct user_import *out)
{
    struct id *id = &out->draft.id;

    if (record->id.at == NULL) {
        *id = id_new(call->now_ms);
        out->identity = out->made_username ? USER_IMPORT_BY_EMAIL : USER_IMPORT_BY_NAMES;
        return;
    }
    out->identity = USER_IMPORT_BY_ID;
    if (id_parse(record->id, id) && !id_is_nil(id)) {
        return;
    }
    if (record->source.len == 0 || record->id.len == 0) {
        faults_add(&call->faults, "id", "malformed", VIEW("The id is not a UUID."));
        return;
    }
    *id = id_of_text(record->source, record->id);
}

static void set_username(struct service_call *call, struct users_input *fields,
                         struct user_import *out)
{
    if (has(fields, USER_FIELD_USERNAME)) {
        return;
    }
    if (!has(fields, USER_FIELD_EMAIL) || fields->email.at == NULL ||
        user_email_fault(fields->email) != NULL) {
        faults_add(&call->faults, "username", "missing",
                   VIEW("There is neither a username nor an e-mail address to make one from."));
        return;
    }
    fields->username = first_username(call->arena, fields->email);
    fields->mask |= USER_FIELD_USERNAME;
    out->made_username = true;
}

static void set_created(struct service_call *call, const struct users_import_record *record,
                        struct user_import *out)
{
    out->created_ms = record->created_ms;
    if (record->created_ms < 0 || record->created_ms > call->now_ms + FUTURE_MAX_MS) {
        faults_add(&call->faults, "created_at", "not_allowed",
                   VIEW("The instant is not after the beginning of 1970, or in the future."));
    }
}

static void set_hash(struct service_call *call, const struct users_import_record *record,
                     struct user_import *out)
{
    char stored[PASSWORD_HASH_SIZE];
    const char *fault = "Give a password or its hash, not both.";

    if (record->password_hash.at == NULL) {
        return;
    }
    if (!has(&record->fields, USER_FIELD_PASSWORD)) {
        fault = password_hash_import(record->password_hash, stored);
    }
    if (fault != NULL) {
        faults_add(&call->faults, "password_hash", "not_allowed", view_of(fault));
        return;
    }
    out->draft.password_hash = arena_copy_view(call->arena, view_of(stored));
}

static enum result compute_hash(struct service_call *call, const struct users_input *fields,
                                struct user_import *out)
{
    char stored[PASSWORD_HASH_SIZE];
    enum result result = hashing_make(call->service, fields->password, stored);

    if (result == RESULT_OK) {
        out->draft.password_hash = arena_copy_view(call->arena, view_of(stored));
    }
    return result;
}

static void set_fields(const struct service_call *call, const struct users_input *fields,
                       struct user_draft *draft)
{
    const struct view none = {NULL, 0};

    draft->username = fields->username;
    draft->email = has(fields, USER_FIELD_EMAIL) ? fields->email : none;
    draft->name = has(fields, USER_FIELD_NAME) ? fields->name : none;
    draft->age = has(fields, USER_FIELD_AGE) ? fields->age : USER_AGE_UNKNOWN;
    draft->metadata = has(fields, USER_FIELD_METADATA) ? fields->metadata : none;
    draft->email_verified = has(fields, USER_FIELD_EMAIL_VERIFIED) && fields->email_verified;
    draft->status = has(fields, USER_FIELD_STATUS) ? fields->status : USER_ACTIVE;
    draft->roles = has(fields, USER_FIELD_ROLES) ? fields->roles : default_roles;
    draft->role_count =
        has(fields, USER_FIELD_ROLES) ? fields->role_count : ARRAY_LEN(default_roles);
    draft->now_ms = call->now_ms;
}

enum result users_import_prepare(struct service_call *call,
                                 const struct users_import_record *record, bool computes,
                                 struct user_import *out)
{
    struct users_input fields = record->fields;
    struct password_owner owner;

    *out = (struct user_import){.created_ms = 0};
    call->faults.count = 0;
    if (call->actor == NULL || !call->actor->system) {
        return RESULT_EXCEEDS_RIGHTS;
    }
    set_username(call, &fields, out);
    set_id(call, record, out);
    set_created(call, record, out);
    set_hash(call, record, out);
    owner = (struct password_owner){fields.username, fields.email};
    if (user_make_check(call, &fields, &owner) != RESULT_OK || call->faults.count > 0) {
        return RESULT_INVALID;
    }
    set_fields(call, &fields, &out->draft);
    return computes && has(&fields, USER_FIELD_PASSWORD) ? compute_hash(call, &fields, out)
                                                         : RESULT_OK;
}

/* --- running ---------------------------------------------------------------------------------- */

static bool wants_other_name(const struct user_import *row)
{
    return row->made_username && row->outcome == USER_IMPORT_USERNAME_TAKEN;
}

/* Tries those whose made-up names are taken under other ones. *left: how many there were. */
static enum result run_again(struct service_call *call, struct user_import *rows, size_t count,
                             size_t tried, size_t *left)
{
    struct user_import *again = arena_take_array(call->arena, count, sizeof(*again));
    enum result result = again != NULL ? RESULT_OK : RESULT_INTERNAL;
    size_t done = 0;

    *left = 0;
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        if (wants_other_name(&rows[i])) {
            again[*left] = rows[i];
            result = make_username(call->arena, &again[*left].draft, tried);
            *left += 1;
        }
    }
    if (result != RESULT_OK || *left == 0) {
        return result;
    }
    result = store_users_import(call->store, again, *left);
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        if (wants_other_name(&rows[i])) {
            rows[i] = again[done++];
        }
    }
    return result;
}

enum result users_import_run(struct service_call *call, struct user_import *rows, size_t count)
{
    enum result result = store_users_import(call->store, rows, count);
    size_t left = count;

    for (size_t tried = 1; result == RESULT_OK && tried < TRIES && left > 0; tried++) {
        result = run_again(call, rows, count, tried, &left);
    }
    return result;
}

/* --- looking ---------------------------------------------------------------------------------- */

/* OK with the person (id nil: nobody). */
static enum result find(struct service_call *call, const struct user_key *key, struct user *out)
{
    enum result result = RESULT_NOT_FOUND;

    if (key->kind == USER_BY_ID || key->text.at != NULL) {
        result = store_user_get(call->store, key, call->arena, out);
    }
    if (result == RESULT_NOT_FOUND) {
        *out = (struct user){.number = 0};
        return RESULT_OK;
    }
    return result;
}

static enum user_import_outcome judge(const struct user_import *row, const struct user *same_name,
                                      const struct user *same_email)
{
    bool names = !id_is_nil(&same_name->id) && row->identity == USER_IMPORT_BY_NAMES;
    bool both = row->draft.email.at == NULL ? same_name->email.at == NULL
                                            : id_equal(&same_name->id, &same_email->id);

    if ((names && both) || (row->identity == USER_IMPORT_BY_EMAIL && !id_is_nil(&same_email->id))) {
        return USER_IMPORT_PRESENT;
    }
    if (!id_is_nil(&same_name->id) && !row->made_username) {
        return USER_IMPORT_USERNAME_TAKEN;
    }
    return id_is_nil(&same_email->id) ? USER_IMPORT_CREATED : USER_IMPORT_EMAIL_TAKEN;
}

static enum result look(struct service_call *call, struct user_import *row)
{
    const struct user_key keys[] = {
        {.kind = USER_BY_ID, .id = row->draft.id, .presence = USER_PRESENT_OR_GONE},
        {.kind = USER_BY_USERNAME, .text = row->draft.username},
        {.kind = USER_BY_EMAIL, .text = row->draft.email},
    };
    struct user found[ARRAY_LEN(keys)];
    enum result result = RESULT_OK;

    for (size_t i = 0; i < ARRAY_LEN(keys) && result == RESULT_OK; i++) {
        result = find(call, &keys[i], &found[i]);
    }
    if (result == RESULT_OK) {
        row->outcome =
            id_is_nil(&found[0].id) ? judge(row, &found[1], &found[2]) : USER_IMPORT_PRESENT;
    }
    return result;
}

enum result users_import_look(struct service_call *call, struct user_import *rows, size_t count)
{
    enum result result = RESULT_OK;

    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        result = look(call, &rows[i]);
    }
    return result;
}

void users_import_note(struct service_call *call, const struct users_import_counts *counts)
{
    const struct log_field fields[] = {
        LOG_FIELD_NUMBER("created", counts->created),
        LOG_FIELD_NUMBER("present", counts->present),
        LOG_FIELD_NUMBER("refused", counts->refused),
        LOG_FIELD_NUMBER("left_out", counts->left_out),
    };

    audit_fields(call, LOG_INFO, "users_imported", NULL, fields, ARRAY_LEN(fields));
}
