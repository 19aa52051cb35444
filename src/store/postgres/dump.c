#include "store/postgres/dump.h"

#include "store/postgres/audit_events.h"
#include "store/postgres/bulk.h"
#include "store/postgres/keys.h"
#include "store/postgres/pgsql.h"
#include "store/postgres/products.h"
#include "store/postgres/roles.h"
#include "store/postgres/sessions.h"
#include "store/postgres/users.h"

/* An answer is in memory as a whole, with records of up to some 40 KiB. */
#define ROWS_MAX 500

/* --- one row ---------------------------------------------------------------------------------- */

static enum result read_setting(const struct pgsql_row *row, struct arena *arena,
                                struct setting_record *out)
{
    bool good = true;
    out->name = pgsql_copy_view(row, 0, arena, &good);
    out->value = pgsql_copy_view(row, 1, arena, &good);
    return good ? RESULT_OK : RESULT_INTERNAL;
}

static enum result read_change(const struct pgsql_row *row, struct change_record *out)
{
    *out = (struct change_record){
        .kind = (enum change_kind)pgsql_get_number(row, 0),
        .subject = pgsql_get_id(row, 1),
        .at_ms = pgsql_get_number(row, 2),
    };
    return RESULT_OK;
}

static enum result read_counter(const struct pgsql_row *row, struct counter_record *out)
{
    *out = (struct counter_record){
        .name = (enum counter_name)pgsql_get_number(row, 0),
        .value = pgsql_get_number(row, 1),
    };
    return RESULT_OK;
}

static enum result read_record(const struct pgsql_row *row, struct arena *arena, struct record *out)
{
    switch (out->kind) {
    case RECORD_SETTING:
        return read_setting(row, arena, &out->setting);
    case RECORD_KEY:
        return postgres_keys_of_row(row, arena, &out->key);
    case RECORD_ROLE:
        return postgres_roles_of_row(row, arena, &out->role);
    case RECORD_USER:
        return postgres_users_record_of_row(row, arena, &out->user);
    case RECORD_SESSION:
        return postgres_sessions_of_row(row, arena, &out->session);
    case RECORD_PRODUCT:
        return postgres_products_of_row(row, arena, &out->product);
    case RECORD_AUDIT_EVENT:
        return postgres_audit_events_of_row(row, arena, &out->audit_event);
    case RECORD_CHANGE:
        return read_change(row, &out->change);
    case RECORD_COUNTER:
        return read_counter(row, &out->counter);
    case RECORD_NONE:
    case RECORD_KIND_END:
        break;
    }
    return RESULT_INTERNAL;
}

/* --- a page ----------------------------------------------------------------------------------- */

/* The position as the statement of that kind takes it: a name, an id, or a number. */
static struct pgsql_value position_of(const struct record_query *query)
{
    const struct record_position *after = &query->after;
    switch (query->kind) {
    case RECORD_SETTING:
    case RECORD_KEY:
        return pgsql_text(view_not_null(after->name));
    case RECORD_ROLE:
    case RECORD_SESSION:
    case RECORD_AUDIT_EVENT:
        return pgsql_id(&after->id);
    case RECORD_USER:
    case RECORD_PRODUCT:
    case RECORD_CHANGE:
    case RECORD_COUNTER:
    case RECORD_NONE:
    case RECORD_KIND_END:
        break;
    }
    return pgsql_number(after->number);
}

static void add_page(struct pgsql_batch *batch, const struct record_query *query)
{
    enum statement statement = (enum statement)(STATEMENT_DUMP + (int)query->kind);
    size_t most = query->limit < ROWS_MAX ? query->limit : ROWS_MAX;
    struct pgsql_value position = position_of(query);
    struct pgsql_value limit = pgsql_number((int64_t)most);
    if (query->kind == RECORD_SETTING) {
        (void)pgsql_add(batch, statement,
                        PGSQL_BIND(position, limit, pgsql_text(VIEW(BACKEND_LOADING_SETTING))));
    } else if (query->kind == RECORD_CHANGE) {
        (void)pgsql_add(batch, statement,
                        PGSQL_BIND(position, limit, pgsql_id(&query->after.id),
                                   pgsql_number(query->changes_since_ms)));
    } else {
        (void)pgsql_add(batch, statement, PGSQL_BIND(position, limit));
    }
}

enum result postgres_dump(struct store_handle *base, const struct record_query *query,
                          struct arena *arena, struct record_page *out)
{
    *out = (struct record_page){.count = 0};
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    add_page(&batch, query);
    enum result result = pgsql_run(&batch);
    size_t rows = result == RESULT_OK ? pgsql_rows(&batch, 0) : 0;
    struct record *records = arena_take_array(arena, rows, sizeof *records);
    if (records == NULL && rows > 0) {
        return RESULT_INTERNAL;
    }
    out->items = records;
    size_t full_bytes = arena->used_bytes + STORE_DUMP_PAGE_BYTES;
    while (result == RESULT_OK && out->count < rows && arena->used_bytes < full_bytes) {
        struct pgsql_row row = pgsql_row(&batch, 0, out->count);
        records[out->count].kind = query->kind;
        result = read_record(&row, arena, &records[out->count]);
        out->count++;
    }
    return result;
}

/* The order of STATEMENT_DUMP_COUNTS is that of enum record_kind. It looks at every row: as long as
   for a bulk may it take. */
enum result postgres_dump_counts(struct store_handle *base, int64_t changes_since_ms,
                                 int64_t counts[RECORD_KIND_END])
{
    struct postgres_handle *handle = postgres_handle_of(base);
    CLEANUP(postgres_bulk_end) struct postgres_handle *patient = handle;
    CLEANUP(postgres_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = postgres_bulk_begin(patient, &transaction);
    if (result != RESULT_OK) {
        return result;
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_DUMP_COUNTS, PGSQL_BIND(pgsql_number(changes_since_ms)));
    result = pgsql_run(&batch);
    counts[RECORD_NONE] = 0;
    for (int kind = RECORD_NONE + 1; result == RESULT_OK && kind < RECORD_KIND_END; kind++) {
        struct pgsql_row row = pgsql_row(&batch, 0, 0);
        counts[kind] = pgsql_get_number(&row, kind - 1);
    }
    return postgres_transaction_finish(&transaction, result);
}
