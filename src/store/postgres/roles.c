#include "store/postgres/roles.h"

#include "model/limits.h"
#include "store/postgres/changes.h"
#include "store/postgres/transaction.h"

/* The order of ROLE_COLUMNS (statements.c). */
enum role_column {
    ROLE_ID,
    ROLE_NAME,
    ROLE_DESCRIPTION,
    ROLE_BUILT_IN,
    ROLE_CREATED,
    ROLE_UPDATED,
    ROLE_VERSION,
    ROLE_PERMISSIONS
};

/* --- read ------------------------------------------------------------------------------------- */

enum result postgres_roles_of_row(const struct pgsql_row *row, struct arena *arena,
                                  struct role *out)
{
    bool good = true;
    *out = (struct role){
        .id = pgsql_get_id(row, ROLE_ID),
        .name = pgsql_copy_view(row, ROLE_NAME, arena, &good),
        .description = pgsql_copy_view(row, ROLE_DESCRIPTION, arena, &good),
        .built_in = pgsql_get_number(row, ROLE_BUILT_IN) != 0,
        .created_ms = pgsql_get_number(row, ROLE_CREATED),
        .updated_ms = pgsql_get_number(row, ROLE_UPDATED),
        .version = pgsql_get_number(row, ROLE_VERSION),
    };
    out->permissions =
        pgsql_copy_lines(row, ROLE_PERMISSIONS, arena, &out->permission_count, &good);
    return good ? RESULT_OK : RESULT_INTERNAL;
}

static enum result take_role(const struct pgsql_batch *batch, size_t statement, struct arena *arena,
                             struct role *out)
{
    if (pgsql_rows(batch, statement) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row row = pgsql_row(batch, statement, 0);
    return postgres_roles_of_row(&row, arena, out);
}

enum result postgres_roles_list(struct store_handle *base, struct arena *arena,
                                const struct role **out, size_t *count)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_ROLE_LIST, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    *count = pgsql_rows(&batch, 0);
    struct role *roles = arena_take_array(arena, *count, sizeof *roles);
    *out = roles;
    result = roles != NULL ? RESULT_OK : RESULT_INTERNAL;
    for (size_t i = 0; result == RESULT_OK && i < *count; i++) {
        struct pgsql_row row = pgsql_row(&batch, 0, i);
        result = postgres_roles_of_row(&row, arena, &roles[i]);
    }
    return result;
}

enum result postgres_roles_get(struct store_handle *base, struct view name, struct arena *arena,
                               struct role *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_ROLE_BY_NAME, PGSQL_BIND(pgsql_wanted(name)));
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK ? take_role(&batch, 0, arena, out) : result;
}

/* --- create, update --------------------------------------------------------------------------- */

/* Permissions as an array, with its bytes. */
struct permissions {
    char room[PGSQL_ARRAY_BYTES(ROLE_PERMISSIONS_MAX, ROLE_PERMISSIONS_MAX *PERMISSION_MAX_BYTES)];
    struct builder builder;
    struct pgsql_value value;
};

static void permissions_of(struct permissions *out, const struct view *permissions, size_t count)
{
    struct pgsql_array array;
    builder_init_fixed(&out->builder, out->room, sizeof out->room);
    pgsql_array_begin(&array, &out->builder, PGSQL_TEXT_ARRAY, count);
    for (size_t i = 0; i < count; i++) {
        pgsql_array_add(&array, pgsql_text(permissions[i]));
    }
    out->value = pgsql_array_end(&array);
}

static enum result create(struct postgres_handle *handle, const struct role_draft *draft,
                          struct arena *arena, struct role *out)
{
    struct permissions permissions;
    permissions_of(&permissions, draft->permissions, draft->permission_count);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_ROLE_CREATE,
                    PGSQL_BIND(pgsql_id(&draft->id), pgsql_text(draft->name),
                               pgsql_text(draft->description), pgsql_number(draft->now_ms),
                               permissions.value));
    size_t role = pgsql_add(&batch, STATEMENT_ROLE_BY_ID, PGSQL_BIND(pgsql_id(&draft->id)));
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK ? take_role(&batch, role, arena, out) : result;
}

enum result postgres_roles_create(struct store_handle *base, const struct role_draft *draft,
                                  struct arena *arena, struct role *out)
{
    enum result result;
    POSTGRES_TRY(result, create(postgres_handle_of(base), draft, arena, out));
    return postgres_changes_tell(postgres_handle_of(base), result);
}

static enum result update(struct postgres_handle *handle, const struct id *role_id,
                          const struct role_patch *patch, struct arena *arena, struct role *out)
{
    struct permissions permissions;
    permissions_of(&permissions, patch->permissions, patch->permission_count);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    size_t changed = pgsql_add(&batch, STATEMENT_ROLE_UPDATE,
                               PGSQL_BIND(pgsql_id(role_id), pgsql_number(patch->if_version),
                                          pgsql_text(patch->description),
                                          pgsql_number(patch->now_ms), permissions.value));
    size_t role = pgsql_add(&batch, STATEMENT_ROLE_BY_ID, PGSQL_BIND(pgsql_id(role_id)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    result = take_role(&batch, role, arena, out);
    return result == RESULT_OK && pgsql_rows(&batch, changed) == 0 ? RESULT_CONFLICT : result;
}

enum result postgres_roles_update(struct store_handle *base, const struct id *role_id,
                                  const struct role_patch *patch, struct arena *arena,
                                  struct role *out)
{
    enum result result;
    POSTGRES_TRY(result, update(postgres_handle_of(base), role_id, patch, arena, out));
    return postgres_changes_tell(postgres_handle_of(base), result);
}

/* --- delete ----------------------------------------------------------------------------------- */

/* With the lock nobody can be given the role; who was given it before is seen. */
static enum result lock(struct postgres_handle *handle, const struct id *role_id,
                        int64_t if_version, int64_t *number)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN, PGSQL_NONE);
    size_t role = pgsql_add(&batch, STATEMENT_ROLE_LOCK, PGSQL_BIND(pgsql_id(role_id)));
    size_t held = pgsql_add(&batch, STATEMENT_ROLE_IS_HELD, PGSQL_BIND(pgsql_id(role_id)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (pgsql_rows(&batch, role) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row standing = pgsql_row(&batch, role, 0);
    struct pgsql_row is_held = pgsql_row(&batch, held, 0);
    *number = pgsql_get_number(&standing, 0);
    if (pgsql_get_number(&standing, 1) != if_version) {
        return RESULT_CONFLICT;
    }
    return pgsql_get_number(&is_held, 0) != 0 ? RESULT_ROLE_IN_USE : RESULT_OK;
}

/* A person who holds it and was restored in between is in the way of the key of user_roles. */
static enum result write_delete(struct postgres_handle *handle, const struct id *role_id,
                                int64_t number, int64_t now_ms)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_ROLE_FREE, PGSQL_BIND(pgsql_number(number)));
    size_t deleted = pgsql_add(&batch, STATEMENT_ROLE_DELETE, PGSQL_BIND(pgsql_number(number)));
    (void)postgres_changes_add(&batch, CHANGE_ROLE, role_id, now_ms);
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    return result == RESULT_INVALID && batch.failed == deleted ? RESULT_ROLE_IN_USE : result;
}

static enum result remove_role(struct postgres_handle *handle, const struct id *role_id,
                               int64_t if_version, int64_t now_ms)
{
    int64_t number = 0;
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    enum result result = lock(handle, role_id, if_version, &number);
    return result == RESULT_OK ? write_delete(handle, role_id, number, now_ms) : result;
}

enum result postgres_roles_delete(struct store_handle *base, const struct id *role_id,
                                  int64_t if_version, int64_t now_ms, int64_t *holders)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    enum result result;
    *holders = 0;
    POSTGRES_TRY(result, remove_role(handle, role_id, if_version, now_ms));
    if (result != RESULT_ROLE_IN_USE) {
        return postgres_changes_tell(handle, result);
    }
    /* Counting may take long: not while the role is locked. */
    enum result counted =
        pgsql_do_number(handle, STATEMENT_ROLE_HOLDERS, PGSQL_BIND(pgsql_id(role_id)), holders);
    return counted == RESULT_OK ? result : counted;
}
