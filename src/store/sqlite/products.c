#include "store/sqlite/products.h"

#include "store/sqlite/transaction.h"

/* The order of PRODUCT_COLUMNS (statements.h). */
enum product_column {
    PRODUCT_ID,
    PRODUCT_NUMBER,
    PRODUCT_NAME,
    PRODUCT_DESCRIPTION,
    PRODUCT_PRICE_UNITS,
    PRODUCT_PRICE_PLACES,
    PRODUCT_OWNER,
    PRODUCT_CREATED,
    PRODUCT_UPDATED,
    PRODUCT_VERSION
};

enum result sqlite_products_of_row(struct sql_query *query, struct arena *arena,
                                   struct product *out)
{
    *out = (struct product){
        .id = sql_get_id(query, PRODUCT_ID),
        .number = sql_get_number(query, PRODUCT_NUMBER),
        .name = sql_copy_view(query, PRODUCT_NAME, arena),
        .description = sql_copy_view(query, PRODUCT_DESCRIPTION, arena),
        .price = {.units = sql_get_number(query, PRODUCT_PRICE_UNITS),
                  .places = (int)sql_get_number(query, PRODUCT_PRICE_PLACES)},
        .owner_id = sql_get_id(query, PRODUCT_OWNER),
        .created_ms = sql_get_number(query, PRODUCT_CREATED),
        .updated_ms = sql_get_number(query, PRODUCT_UPDATED),
        .version = sql_get_number(query, PRODUCT_VERSION),
    };
    return query->failure;
}

/* One of the two is NULL, which equals nothing. */
static struct sql_value id_value(const struct product_key *key)
{
    return sql_id(key->kind == PRODUCT_BY_ID ? &key->id : NULL);
}

static struct sql_value number_value(const struct product_key *key)
{
    return key->kind == PRODUCT_BY_NUMBER ? sql_number(key->number) : sql_id(NULL);
}

static enum result read_only_row(struct sql_query *query, struct arena *arena, struct product *out)
{
    enum result result = sql_row(query);
    return result == RESULT_OK ? sqlite_products_of_row(query, arena, out) : result;
}

enum result sqlite_products_get(struct store_handle *base, const struct product_key *key,
                                struct arena *arena, struct product *out)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(sqlite_handle_of(base), STATEMENT_PRODUCT_GET,
                                      SQL_BIND(id_value(key), number_value(key)));
    return read_only_row(&query, arena, out);
}

/* --- changes ---------------------------------------------------------------------------------- */

/* Each of these runs in a transaction: product and index of texts change together. */

static enum result index_texts(struct sqlite_handle *handle, int64_t number)
{
    return sql_run(handle, STATEMENT_PRODUCT_INDEX, SQL_BIND(sql_number(number)));
}

static enum result unindex_texts(struct sqlite_handle *handle, const struct product_key *key,
                                 int64_t if_version)
{
    return sql_run(handle, STATEMENT_PRODUCT_UNINDEX,
                   SQL_BIND(id_value(key), number_value(key), sql_number(if_version)));
}

/* Nothing was changed: because it is not there, or because it is of another version? */
static enum result why_not(struct sqlite_handle *handle, const struct product_key *key)
{
    int64_t number = 0;
    enum result result = sql_run_number(handle, STATEMENT_PRODUCT_NUMBER,
                                        SQL_BIND(id_value(key), number_value(key)), &number);
    return result == RESULT_OK ? RESULT_CONFLICT : result;
}

static enum result insert_row(struct sqlite_handle *handle, const struct product_draft *draft,
                              struct arena *arena, struct product *out)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_PRODUCT_INSERT,
                 SQL_BIND(sql_id(&draft->id), sql_text(draft->name), sql_text(draft->description),
                          sql_number(draft->price.units), sql_number(draft->price.places),
                          sql_id(&draft->owner_id), sql_number(draft->now_ms)));
    return read_only_row(&query, arena, out);
}

static enum result insert(struct sqlite_handle *handle, const struct product_draft *draft,
                          struct arena *arena, struct product *out)
{
    enum result result = insert_row(handle, draft, arena, out);
    return result == RESULT_OK ? index_texts(handle, out->number) : result;
}

enum result sqlite_products_create(struct store_handle *base, const struct product_draft *draft,
                                   struct arena *arena, struct product *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, insert(handle, draft, arena, out));
}

static enum result update_row(struct sqlite_handle *handle, const struct product_key *key,
                              const struct product_patch *patch, struct arena *arena,
                              struct product *out)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_PRODUCT_UPDATE,
                 SQL_BIND(id_value(key), number_value(key), sql_number(patch->if_version),
                          sql_number(patch->mask), sql_text(patch->name),
                          sql_text(patch->description), sql_number(patch->price.units),
                          sql_number(patch->price.places), sql_number(patch->now_ms)));
    enum result result = read_only_row(&query, arena, out);
    return result == RESULT_NOT_FOUND ? why_not(handle, key) : result;
}

static enum result update(struct sqlite_handle *handle, const struct product_key *key,
                          const struct product_patch *patch, struct arena *arena,
                          struct product *out)
{
    bool texts = (patch->mask & (PRODUCT_FIELD_NAME | PRODUCT_FIELD_DESCRIPTION)) != 0;
    enum result result = texts ? unindex_texts(handle, key, patch->if_version) : RESULT_OK;
    if (result == RESULT_OK) {
        result = update_row(handle, key, patch, arena, out);
    }
    return result == RESULT_OK && texts ? index_texts(handle, out->number) : result;
}

enum result sqlite_products_update(struct store_handle *base, const struct product_key *key,
                                   const struct product_patch *patch, struct arena *arena,
                                   struct product *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, update(handle, key, patch, arena, out));
}

static enum result delete_row(struct sqlite_handle *handle, const struct product_key *key,
                              int64_t if_version, struct arena *arena, struct product *out)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_PRODUCT_DELETE,
                 SQL_BIND(id_value(key), number_value(key), sql_number(if_version)));
    enum result result = read_only_row(&query, arena, out);
    return result == RESULT_NOT_FOUND ? why_not(handle, key) : result;
}

enum result sqlite_products_delete(struct store_handle *base, const struct product_key *key,
                                   int64_t if_version, struct arena *arena, struct product *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result == RESULT_OK) {
        result = unindex_texts(handle, key, if_version);
    }
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, delete_row(handle, key, if_version, arena, out));
}
