#include "store/postgres/users.h"

#include "model/limits.h"
#include "store/decide.h"

/* The order of USER_COLUMNS (statements.h). */
enum user_column {
    USER_ID,
    USER_NUMBER,
    USER_USERNAME,
    USER_EMAIL,
    USER_NAME,
    USER_AGE,
    USER_METADATA,
    USER_STATUS,
    USER_EMAIL_VERIFIED,
    USER_CREATED,
    USER_UPDATED,
    USER_LAST_LOGIN,
    USER_DELETED,
    USER_EPOCH,
    USER_VERSION,
    USER_PASSWORD_HASH,
    USER_ROLES
};

/* --- a row ------------------------------------------------------------------------------------ */

static int read_age(const struct pgsql_row *row, int column)
{
    return pgsql_get_view(row, column).at != NULL ? (int)pgsql_get_number(row, column)
                                                  : USER_AGE_UNKNOWN;
}

/* All but the roles. */
static bool read_plain(const struct pgsql_row *row, int first, struct arena *arena,
                       struct user *out)
{
    bool good = true;
    *out = (struct user){
        .id = pgsql_get_id(row, first + USER_ID),
        .number = pgsql_get_number(row, first + USER_NUMBER),
        .username = pgsql_copy_view(row, first + USER_USERNAME, arena, &good),
        .email = pgsql_copy_view(row, first + USER_EMAIL, arena, &good),
        .name = pgsql_copy_view(row, first + USER_NAME, arena, &good),
        .age = read_age(row, first + USER_AGE),
        .metadata = pgsql_copy_view(row, first + USER_METADATA, arena, &good),
        .status = (enum user_status)pgsql_get_number(row, first + USER_STATUS),
        .email_verified = pgsql_get_number(row, first + USER_EMAIL_VERIFIED) != 0,
        .created_ms = pgsql_get_number(row, first + USER_CREATED),
        .updated_ms = pgsql_get_number(row, first + USER_UPDATED),
        .last_login_ms = pgsql_get_number(row, first + USER_LAST_LOGIN),
        .deleted_ms = pgsql_get_number(row, first + USER_DELETED),
        .epoch = pgsql_get_number(row, first + USER_EPOCH),
        .version = pgsql_get_number(row, first + USER_VERSION),
    };
    return good;
}

enum result postgres_users_of_row(const struct pgsql_row *row, int first, struct arena *arena,
                                  struct user *out)
{
    bool good = read_plain(row, first, arena, out);
    out->roles = pgsql_copy_lines(row, first + USER_ROLES, arena, &out->role_count, &good);
    return good ? RESULT_OK : RESULT_INTERNAL;
}

enum result postgres_users_record_of_row(const struct pgsql_row *row, struct arena *arena,
                                         struct user_record *out)
{
    bool good = read_plain(row, 0, arena, &out->user);
    out->password_hash = pgsql_copy_view(row, USER_PASSWORD_HASH, arena, &good);
    out->role_ids = pgsql_copy_ids(row, USER_ROLES, arena, &out->role_count, &good);
    return good ? RESULT_OK : RESULT_INTERNAL;
}

static enum result credentials_of_row(const struct pgsql_row *row, struct arena *arena,
                                      struct user_credentials *out)
{
    bool good = true;
    out->password_hash = pgsql_copy_view(row, USER_PASSWORD_HASH, arena, &good);
    enum result result = postgres_users_of_row(row, 0, arena, &out->user);
    return good ? result : RESULT_INTERNAL;
}

size_t postgres_users_add_read(struct pgsql_batch *batch, const struct id *id)
{
    return pgsql_add(batch, STATEMENT_USER_BY_ID,
                     PGSQL_BIND(pgsql_id(id), pgsql_number(USER_PRESENT)));
}

enum result postgres_users_take(const struct pgsql_batch *batch, size_t statement,
                                struct arena *arena, struct user *out)
{
    if (pgsql_rows(batch, statement) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row row = pgsql_row(batch, statement, 0);
    return postgres_users_of_row(&row, 0, arena, out);
}

/* --- by a key --------------------------------------------------------------------------------- */

static size_t add_folded(struct pgsql_batch *batch, enum statement statement, struct view text)
{
    char folded[EMAIL_MAX_BYTES];
    /* Longer than any name can be: NULL equals nothing. */
    struct view key = text.len <= EMAIL_MAX_BYTES ? user_fold(text, folded) : view_make(NULL, 0);
    return pgsql_add(batch, statement, PGSQL_BIND(pgsql_wanted(key)));
}

/* Of a name: those who have it now. */
static size_t add_by_key(struct pgsql_batch *batch, const struct user_key *key)
{
    int64_t presence = key->presence != 0 ? key->presence : USER_PRESENT;
    switch (key->kind) {
    case USER_BY_NUMBER:
        return pgsql_add(batch, STATEMENT_USER_BY_NUMBER,
                         PGSQL_BIND(pgsql_number(key->number), pgsql_number(presence)));
    case USER_BY_USERNAME:
        return add_folded(batch, STATEMENT_USER_BY_USERNAME, key->text);
    case USER_BY_EMAIL:
        return add_folded(batch, STATEMENT_USER_BY_EMAIL, key->text);
    case USER_BY_ID:
        break;
    }
    return pgsql_add(batch, STATEMENT_USER_BY_ID,
                     PGSQL_BIND(pgsql_id(&key->id), pgsql_number(presence)));
}

static size_t add_by_former(struct pgsql_batch *batch, const struct user_key *key)
{
    return add_folded(batch,
                      key->kind == USER_BY_EMAIL ? STATEMENT_USER_BY_FORMER_EMAIL
                                                 : STATEMENT_USER_BY_FORMER_USERNAME,
                      key->text);
}

/* By the name of one who has it or, else, of the only deleted one who had it. */
static enum result get_by_name(struct postgres_handle *handle, const struct user_key *key,
                               struct arena *arena, struct user *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    size_t now = add_by_key(&batch, key);
    size_t former = add_by_former(&batch, key);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (key->presence == USER_PRESENT_OR_GONE && pgsql_rows(&batch, now) > 0) {
        return postgres_users_take(&batch, now, arena, out);
    }
    return pgsql_rows(&batch, former) > 1 ? RESULT_AMBIGUOUS
                                          : postgres_users_take(&batch, former, arena, out);
}

enum result postgres_users_get(struct store_handle *base, const struct user_key *key,
                               struct arena *arena, struct user *out)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    bool is_name = key->kind == USER_BY_USERNAME || key->kind == USER_BY_EMAIL;
    if (is_name && key->presence != 0 && key->presence != USER_PRESENT) {
        return get_by_name(handle, key, arena, out);
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    size_t user = add_by_key(&batch, key);
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK ? postgres_users_take(&batch, user, arena, out) : result;
}

enum result postgres_users_get_credentials(struct store_handle *base, const struct user_key *key,
                                           struct arena *arena, struct user_credentials *out)
{
    const struct user_key present = {
        .kind = key->kind, .id = key->id, .number = key->number, .text = key->text};
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    size_t user = add_by_key(&batch, &present);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (pgsql_rows(&batch, user) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row row = pgsql_row(&batch, user, 0);
    return credentials_of_row(&row, arena, out);
}

/* --- pages ------------------------------------------------------------------------------------ */

enum result postgres_users_export(struct store_handle *base, int64_t after, size_t limit,
                                  struct arena *arena, struct user_credentials *out, size_t *count)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_EXPORT_PAGE,
                    PGSQL_BIND(pgsql_number(after), pgsql_number((int64_t)limit)));
    enum result result = pgsql_run(&batch);
    *count = result == RESULT_OK ? pgsql_rows(&batch, 0) : 0;
    for (size_t i = 0; result == RESULT_OK && i < *count; i++) {
        struct pgsql_row row = pgsql_row(&batch, 0, i);
        result = credentials_of_row(&row, arena, &out[i]);
    }
    return result;
}

enum result postgres_users_expired(struct store_handle *base, int64_t deleted_before_ms,
                                   size_t limit, struct arena *arena, struct user *out,
                                   size_t *count)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_USERS_EXPIRED,
                    PGSQL_BIND(pgsql_number(deleted_before_ms), pgsql_number((int64_t)limit)));
    enum result result = pgsql_run(&batch);
    *count = result == RESULT_OK ? pgsql_rows(&batch, 0) : 0;
    for (size_t i = 0; result == RESULT_OK && i < *count; i++) {
        struct pgsql_row row = pgsql_row(&batch, 0, i);
        result = postgres_users_of_row(&row, 0, arena, &out[i]);
    }
    return result;
}

enum result postgres_users_any(struct store_handle *base, bool *out)
{
    int64_t any = 0;
    enum result result =
        pgsql_do_number(postgres_handle_of(base), STATEMENT_USER_ANY, PGSQL_NONE, &any);
    *out = any != 0;
    return result;
}

enum result postgres_users_hash_kinds(struct store_handle *base, int64_t sample,
                                      struct arena *arena,
                                      struct store_hash_kind out[STORE_HASH_KINDS_MAX],
                                      size_t *count)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_USER_HASHES, PGSQL_BIND(pgsql_number(sample)));
    enum result result = pgsql_run(&batch);
    *count = 0;
    for (size_t i = 0; result == RESULT_OK && i < pgsql_rows(&batch, 0); i++) {
        struct pgsql_row row = pgsql_row(&batch, 0, i);
        struct view hash = pgsql_get_view(&row, 0);
        if (hash.at != NULL && !decide_tally_kind(hash, arena, out, count)) {
            return RESULT_INTERNAL;
        }
    }
    return result;
}
