#include "store/postgres/bulk.h"

#include "store/postgres/user_write.h"

static const enum pgsql_element elements[BULK_COLUMN_COUNT] = {
    [BULK_ID] = PGSQL_UUID_ARRAY,           [BULK_USERNAME] = PGSQL_TEXT_ARRAY,
    [BULK_USERNAME_KEY] = PGSQL_TEXT_ARRAY, [BULK_EMAIL] = PGSQL_TEXT_ARRAY,
    [BULK_EMAIL_KEY] = PGSQL_TEXT_ARRAY,    [BULK_NAME] = PGSQL_TEXT_ARRAY,
    [BULK_NAME_KEY] = PGSQL_TEXT_ARRAY,     [BULK_AGE] = PGSQL_INT8_ARRAY,
    [BULK_METADATA] = PGSQL_TEXT_ARRAY,     [BULK_STATUS] = PGSQL_INT8_ARRAY,
    [BULK_VERIFIED] = PGSQL_BOOL_ARRAY,     [BULK_PASSWORD_HASH] = PGSQL_TEXT_ARRAY,
    [BULK_CREATED] = PGSQL_INT8_ARRAY,      [BULK_UPDATED] = PGSQL_INT8_ARRAY,
    [BULK_LAST_LOGIN] = PGSQL_INT8_ARRAY,   [BULK_DELETED] = PGSQL_INT8_ARRAY,
};

/* --- the transaction -------------------------------------------------------------------------- */

enum result postgres_bulk_begin(struct postgres_handle *handle, struct transaction *transaction)
{
    *transaction = postgres_transaction_open(handle);
    handle->answer_ms = CONNECTION_BULK_ANSWER_MS;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN, PGSQL_NONE);
    (void)pgsql_add(&batch, STATEMENT_PATIENCE,
                    PGSQL_BIND(pgsql_number(CONNECTION_BULK_MS), pgsql_number(CONNECTION_BULK_MS)));
    return pgsql_run(&batch);
}

void postgres_bulk_end(struct postgres_handle **handle)
{
    (*handle)->answer_ms = CONNECTION_ANSWER_MS;
}

/* --- columns ---------------------------------------------------------------------------------- */

void postgres_bulk_open(struct bulk *bulk, struct arena *arena, size_t count)
{
    for (size_t i = 0; i < BULK_COLUMN_COUNT; i++) {
        builder_init(&bulk->builders[i], arena, SIZE_MAX / 4);
        pgsql_array_begin(&bulk->arrays[i], &bulk->builders[i], elements[i], count);
    }
}

enum result postgres_bulk_add(struct bulk *bulk, const struct bulk_person *person)
{
    const struct user_draft *draft = person->draft;
    struct postgres_user_keys keys;
    if (!postgres_user_write_fold(draft->username, draft->email, draft->name, &keys)) {
        return RESULT_INVALID;
    }
    const struct pgsql_value values[BULK_COLUMN_COUNT] = {
        [BULK_ID] = pgsql_id(&draft->id),
        [BULK_USERNAME] = pgsql_text(draft->username),
        [BULK_USERNAME_KEY] = pgsql_text(keys.username),
        [BULK_EMAIL] = pgsql_text(draft->email),
        [BULK_EMAIL_KEY] = pgsql_text(keys.email),
        [BULK_NAME] = pgsql_text(draft->name),
        [BULK_NAME_KEY] = pgsql_text(keys.name),
        [BULK_AGE] = postgres_user_write_age(draft->age),
        [BULK_METADATA] = pgsql_text(view_is_empty(draft->metadata) ? VIEW("{}") : draft->metadata),
        [BULK_STATUS] = pgsql_number(draft->status),
        [BULK_VERIFIED] = pgsql_number(draft->email_verified),
        [BULK_PASSWORD_HASH] = pgsql_text(draft->password_hash),
        [BULK_CREATED] = pgsql_number(person->created_ms),
        [BULK_UPDATED] = pgsql_number(person->updated_ms),
        [BULK_LAST_LOGIN] = pgsql_instant(person->last_login_ms),
        [BULK_DELETED] = pgsql_instant(person->deleted_ms),
    };
    for (size_t i = 0; i < BULK_COLUMN_COUNT; i++) {
        pgsql_array_add(&bulk->arrays[i], values[i]);
    }
    return RESULT_OK;
}

struct pgsql_value postgres_bulk_value(const struct bulk *bulk, enum bulk_column column)
{
    return pgsql_array_end(&bulk->arrays[column]);
}

/* --- roles ------------------------------------------------------------------------------------ */

static size_t count_roles(const struct user_draft *const *drafts, size_t count)
{
    size_t roles = 0;
    for (size_t i = 0; i < count; i++) {
        roles += drafts[i]->role_count;
    }
    return roles;
}

/* A pair an element: who, and the role by name and, where said, id. */
struct pairs {
    struct builder builders[3];
    struct pgsql_array who;
    struct pgsql_array names;
    struct pgsql_array ids;
};

static void add_pairs(struct pairs *pairs, const struct user_draft *draft)
{
    for (size_t i = 0; i < draft->role_count; i++) {
        pgsql_array_add(&pairs->who, pgsql_id(&draft->id));
        pgsql_array_add(&pairs->names, pgsql_text(draft->roles[i]));
        pgsql_array_add(&pairs->ids,
                        pgsql_id(draft->role_ids != NULL ? &draft->role_ids[i] : NULL));
    }
}

enum result postgres_bulk_roles(struct postgres_handle *handle, struct arena *arena,
                                const struct user_draft *const *drafts, size_t count)
{
    struct pairs pairs;
    size_t roles = count_roles(drafts, count);
    for (size_t i = 0; i < ARRAY_LEN(pairs.builders); i++) {
        builder_init(&pairs.builders[i], arena, SIZE_MAX / 4);
    }
    pgsql_array_begin(&pairs.who, &pairs.builders[0], PGSQL_UUID_ARRAY, roles);
    pgsql_array_begin(&pairs.names, &pairs.builders[1], PGSQL_TEXT_ARRAY, roles);
    pgsql_array_begin(&pairs.ids, &pairs.builders[2], PGSQL_UUID_ARRAY, roles);
    for (size_t i = 0; i < count; i++) {
        add_pairs(&pairs, drafts[i]);
    }
    int64_t missing = 0;
    enum result result =
        pgsql_do_number(handle, STATEMENT_BULK_ROLES,
                        PGSQL_BIND(pgsql_array_end(&pairs.who), pgsql_array_end(&pairs.names),
                                   pgsql_array_end(&pairs.ids)),
                        &missing);
    return result == RESULT_OK && missing > 0 ? RESULT_INVALID : result;
}
