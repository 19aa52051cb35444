#include "store/postgres/user_seed.h"

#include "store/postgres/bulk.h"

static enum result insert(struct postgres_handle *handle, const struct bulk *bulk)
{
#define COLUMN(name) postgres_bulk_value(bulk, BULK_##name)
    return pgsql_do(handle, STATEMENT_SEED_INSERT,
                    PGSQL_BIND(COLUMN(ID), COLUMN(USERNAME), COLUMN(USERNAME_KEY), COLUMN(EMAIL),
                               COLUMN(EMAIL_KEY), COLUMN(NAME), COLUMN(NAME_KEY), COLUMN(AGE),
                               COLUMN(STATUS), COLUMN(VERIFIED), COLUMN(CREATED), COLUMN(UPDATED),
                               COLUMN(LAST_LOGIN), COLUMN(DELETED)));
#undef COLUMN
}

static enum result seed_chunk(struct postgres_handle *handle, const struct user_seed *people,
                              size_t count)
{
    CLEANUP(arena_clear) struct arena arena;
    const struct user_draft *drafts[BULK_CHUNK];
    struct bulk bulk;
    enum result result = RESULT_OK;
    arena_init(&arena, 0);
    postgres_bulk_open(&bulk, &arena, count);
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        drafts[i] = &people[i].draft;
        const struct bulk_person person = {drafts[i], drafts[i]->now_ms, people[i].updated_ms,
                                           people[i].last_login_ms, people[i].deleted_ms};
        result = postgres_bulk_add(&bulk, &person);
    }
    if (result == RESULT_OK) {
        result = insert(handle, &bulk);
    }
    return result == RESULT_OK ? postgres_bulk_roles(handle, &arena, drafts, count) : result;
}

static enum result seed(struct postgres_handle *handle, const struct user_seed *people,
                        size_t count)
{
    CLEANUP(postgres_bulk_end) struct postgres_handle *patient = handle;
    CLEANUP(postgres_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = postgres_bulk_begin(patient, &transaction);
    for (size_t at = 0; at < count && result == RESULT_OK; at += BULK_CHUNK) {
        size_t left = count - at;
        result = seed_chunk(handle, people + at, left < BULK_CHUNK ? left : BULK_CHUNK);
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_user_seed(struct store_handle *base, const struct user_seed *people,
                               size_t count)
{
    enum result result;
    POSTGRES_TRY(result, seed(postgres_handle_of(base), people, count));
    return result;
}
