#include "store/postgres/user_import.h"

#include <stdlib.h>

#include "store/decide.h"
#include "store/postgres/bulk.h"
#include "store/postgres/user_write.h"

/* A chunk: its rows in order, and of each whether its roles are there, and the number it got. */
struct chunk {
    struct user_import *rows;
    size_t count;
    int64_t numbers[BULK_CHUNK]; /* 0: not created */
    struct arena arena;
};

static void clear_chunk(struct chunk *chunk)
{
    arena_clear(&chunk->arena);
}

/* --- roles ------------------------------------------------------------------------------------ */

static struct pgsql_value names_of_all(struct chunk *chunk, struct builder *builder)
{
    struct pgsql_array array;
    size_t count = 0;
    for (size_t i = 0; i < chunk->count; i++) {
        count += chunk->rows[i].draft.role_count;
    }
    builder_init(builder, &chunk->arena, SIZE_MAX / 4);
    pgsql_array_begin(&array, builder, PGSQL_TEXT_ARRAY, count);
    for (size_t i = 0; i < chunk->count; i++) {
        const struct user_draft *draft = &chunk->rows[i].draft;
        for (size_t j = 0; j < draft->role_count; j++) {
            pgsql_array_add(&array, pgsql_text(draft->roles[j]));
        }
    }
    return pgsql_array_end(&array);
}

static bool is_there(const struct pgsql_batch *batch, struct view name)
{
    for (size_t i = 0; i < pgsql_rows(batch, 0); i++) {
        struct pgsql_row row = pgsql_row(batch, 0, i);
        if (view_equal(pgsql_get_view(&row, 0), name)) {
            return true;
        }
    }
    return false;
}

static bool are_there(const struct pgsql_batch *batch, const struct user_draft *draft)
{
    bool all = true;
    for (size_t i = 0; i < draft->role_count; i++) {
        all = all && is_there(batch, draft->roles[i]);
    }
    return all;
}

/* Outcome 0: to be created, if nobody is in the way. */
static enum result find_roles(struct postgres_handle *handle, struct chunk *chunk)
{
    struct builder builder;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_IMPORT_ROLES, PGSQL_BIND(names_of_all(chunk, &builder)));
    enum result result = pgsql_run(&batch);
    for (size_t i = 0; i < chunk->count && result == RESULT_OK; i++) {
        struct user_import *row = &chunk->rows[i];
        row->outcome = are_there(&batch, &row->draft) ? 0 : USER_IMPORT_NO_SUCH_ROLE;
    }
    return result;
}

/* --- create ----------------------------------------------------------------------------------- */

/* Rows that are still to be decided; their places in out. */
static size_t undecided(const struct chunk *chunk, size_t out[BULK_CHUNK])
{
    size_t count = 0;
    for (size_t i = 0; i < chunk->count; i++) {
        if (chunk->rows[i].outcome == 0) {
            out[count++] = i;
        }
    }
    return count;
}

static enum result fill(struct chunk *chunk, const size_t *places, size_t count, struct bulk *bulk)
{
    enum result result = RESULT_OK;
    postgres_bulk_open(bulk, &chunk->arena, count);
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        const struct user_import *row = &chunk->rows[places[i]];
        const struct bulk_person person = {
            .draft = &row->draft,
            .created_ms = row->created_ms != 0 ? row->created_ms : row->draft.now_ms,
            .updated_ms = row->draft.now_ms,
        };
        result = postgres_bulk_add(bulk, &person);
    }
    return result;
}

/* The rows made come in the order of those given: each is the next one that it can be. Of rows that
   are alike the first was made, and the others found it there. */
static bool is_made(const struct user_import *row, const struct pgsql_row *made)
{
    char username[USERNAME_MAX_BYTES];
    char email[EMAIL_MAX_BYTES];
    struct id id = pgsql_get_id(made, 1);
    struct view key = pgsql_get_view(made, 3);
    const struct user_draft *draft = &row->draft;
    if (!id_equal(&id, &draft->id) ||
        !view_equal(user_fold(draft->username, username), pgsql_get_view(made, 2))) {
        return false;
    }
    return draft->email.at != NULL ? view_equal(user_fold(draft->email, email), key)
                                   : key.at == NULL;
}

static void note_made(struct chunk *chunk, const size_t *places, size_t count,
                      const struct pgsql_batch *batch)
{
    size_t made = 0;
    for (size_t i = 0; i < count && made < pgsql_rows(batch, 0); i++) {
        struct pgsql_row row = pgsql_row(batch, 0, made);
        struct user_import *asked = &chunk->rows[places[i]];
        if (is_made(asked, &row)) {
            asked->outcome = USER_IMPORT_CREATED;
            chunk->numbers[places[i]] = pgsql_get_number(&row, 0);
            made++;
        }
    }
}

static enum result insert(struct postgres_handle *handle, struct chunk *chunk, const size_t *places,
                          size_t count)
{
    struct bulk bulk;
    enum result result = fill(chunk, places, count, &bulk);
    if (result != RESULT_OK) {
        return result;
    }
#define COLUMN(name) postgres_bulk_value(&bulk, BULK_##name)
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_IMPORT_INSERT,
                    PGSQL_BIND(COLUMN(ID), COLUMN(USERNAME), COLUMN(USERNAME_KEY), COLUMN(EMAIL),
                               COLUMN(EMAIL_KEY), COLUMN(NAME), COLUMN(NAME_KEY), COLUMN(AGE),
                               COLUMN(METADATA), COLUMN(STATUS), COLUMN(VERIFIED),
                               COLUMN(PASSWORD_HASH), COLUMN(CREATED), COLUMN(UPDATED)));
#undef COLUMN
    result = pgsql_run(&batch);
    if (result == RESULT_OK) {
        note_made(chunk, places, count, &batch);
    }
    return result;
}

static enum result give_roles(struct postgres_handle *handle, struct chunk *chunk)
{
    const struct user_draft *drafts[BULK_CHUNK];
    size_t count = 0;
    for (size_t i = 0; i < chunk->count; i++) {
        if (chunk->rows[i].outcome == USER_IMPORT_CREATED && chunk->rows[i].draft.role_count > 0) {
            drafts[count++] = &chunk->rows[i].draft;
        }
    }
    return count > 0 ? postgres_bulk_roles(handle, &chunk->arena, drafts, count) : RESULT_OK;
}

/* --- why nothing was inserted ----------------------------------------------------------------- */

/* True when the person with that number was made of a row behind this one: not in its way. */
static bool is_later(const struct chunk *chunk, size_t place, int64_t number)
{
    for (size_t i = place + 1; i < chunk->count; i++) {
        if (chunk->numbers[i] == number) {
            return true;
        }
    }
    return false;
}

/* One person who is in the way of the row; what was found before may be told better by it. */
static void judge(struct user_import *row, const struct pgsql_row *found)
{
    bool same_id = pgsql_get_number(found, 2) != 0;
    bool same_username = pgsql_get_number(found, 3) != 0;
    bool same_email = pgsql_get_number(found, 4) != 0;
    if (same_id || decide_is_present(row, same_username, same_email)) {
        row->outcome = USER_IMPORT_PRESENT;
    } else if (row->outcome != USER_IMPORT_PRESENT && same_username) {
        row->outcome = USER_IMPORT_USERNAME_TAKEN;
    } else if (row->outcome == 0) {
        row->outcome = USER_IMPORT_EMAIL_TAKEN;
    }
}

static size_t add_names(struct pgsql_batch *batch, struct chunk *chunk, const size_t *places,
                        size_t count)
{
    struct bulk bulk;
    enum result result = fill(chunk, places, count, &bulk);
    (void)result; /* it went well before */
    return pgsql_add(batch, STATEMENT_IMPORT_NAMES,
                     PGSQL_BIND(postgres_bulk_value(&bulk, BULK_ID),
                                postgres_bulk_value(&bulk, BULK_USERNAME_KEY),
                                postgres_bulk_value(&bulk, BULK_EMAIL_KEY)));
}

static enum result judge_rest(struct postgres_handle *handle, struct chunk *chunk)
{
    size_t places[BULK_CHUNK];
    size_t count = undecided(chunk, places);
    if (count == 0) {
        return RESULT_OK;
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)add_names(&batch, chunk, places, count);
    enum result result = pgsql_run(&batch);
    for (size_t i = 0; result == RESULT_OK && i < pgsql_rows(&batch, 0); i++) {
        struct pgsql_row row = pgsql_row(&batch, 0, i);
        size_t place = places[pgsql_get_number(&row, 0) - 1];
        if (!is_later(chunk, place, pgsql_get_number(&row, 1))) {
            judge(&chunk->rows[place], &row);
        }
    }
    /* Who was in the way has gone meanwhile: the whole batch is tried again. */
    return result == RESULT_OK && undecided(chunk, places) > 0 ? RESULT_BUSY : result;
}

/* --- all -------------------------------------------------------------------------------------- */

static enum result import_chunk(struct postgres_handle *handle, struct user_import *rows,
                                size_t count)
{
    CLEANUP(clear_chunk) struct chunk chunk = {.rows = rows, .count = count};
    size_t places[BULK_CHUNK];
    arena_init(&chunk.arena, 0);
    enum result result = find_roles(handle, &chunk);
    size_t wanted = undecided(&chunk, places);
    if (result == RESULT_OK && wanted > 0) {
        result = insert(handle, &chunk, places, wanted);
    }
    if (result == RESULT_OK) {
        result = give_roles(handle, &chunk);
    }
    return result == RESULT_OK ? judge_rest(handle, &chunk) : result;
}

static enum result import_rows(struct postgres_handle *handle, struct user_import *rows,
                               size_t count)
{
    CLEANUP(postgres_bulk_end) struct postgres_handle *patient = handle;
    CLEANUP(postgres_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = postgres_bulk_begin(patient, &transaction);
    for (size_t at = 0; at < count && result == RESULT_OK; at += BULK_CHUNK) {
        size_t left = count - at;
        result = import_chunk(handle, rows + at, left < BULK_CHUNK ? left : BULK_CHUNK);
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_user_import_rows(struct store_handle *base, struct user_import *rows,
                                      size_t count)
{
    enum result result;
    POSTGRES_TRY(result, import_rows(postgres_handle_of(base), rows, count));
    return result;
}
