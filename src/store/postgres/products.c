#include "store/postgres/products.h"

#include "base/utf8_fold.h"

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

enum result postgres_products_of_row(const struct pgsql_row *row, struct arena *arena,
                                     struct product *out)
{
    bool good = true;
    *out = (struct product){
        .id = pgsql_get_id(row, PRODUCT_ID),
        .number = pgsql_get_number(row, PRODUCT_NUMBER),
        .name = pgsql_copy_view(row, PRODUCT_NAME, arena, &good),
        .description = pgsql_copy_view(row, PRODUCT_DESCRIPTION, arena, &good),
        .price = {.units = pgsql_get_number(row, PRODUCT_PRICE_UNITS),
                  .places = (int)pgsql_get_number(row, PRODUCT_PRICE_PLACES)},
        .owner_id = pgsql_get_id(row, PRODUCT_OWNER),
        .created_ms = pgsql_get_number(row, PRODUCT_CREATED),
        .updated_ms = pgsql_get_number(row, PRODUCT_UPDATED),
        .version = pgsql_get_number(row, PRODUCT_VERSION),
    };
    return good ? RESULT_OK : RESULT_INTERNAL;
}

bool postgres_products_fold(struct view text, struct arena *arena, struct view *out)
{
    *out = text;
    if (text.at == NULL) {
        return true;
    }
    char *room = arena_take(arena, UTF8_FOLD_SIZE(text.len));
    if (room != NULL) {
        *out = utf8_fold(text, room);
    }
    return room != NULL;
}

/* One of the two is NULL, which equals nothing. */
static struct pgsql_value id_value(const struct product_key *key)
{
    return pgsql_id(key->kind == PRODUCT_BY_ID ? &key->id : NULL);
}

static struct pgsql_value number_value(const struct product_key *key)
{
    return key->kind == PRODUCT_BY_NUMBER ? pgsql_number(key->number) : pgsql_id(NULL);
}

static enum result take_product(const struct pgsql_batch *batch, size_t statement,
                                struct arena *arena, struct product *out)
{
    if (pgsql_rows(batch, statement) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row row = pgsql_row(batch, statement, 0);
    return postgres_products_of_row(&row, arena, out);
}

static size_t add_get(struct pgsql_batch *batch, const struct product_key *key)
{
    return pgsql_add(batch, STATEMENT_PRODUCT_GET, PGSQL_BIND(id_value(key), number_value(key)));
}

enum result postgres_products_get(struct store_handle *base, const struct product_key *key,
                                  struct arena *arena, struct product *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    size_t product = add_get(&batch, key);
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK ? take_product(&batch, product, arena, out) : result;
}

/* --- changes ---------------------------------------------------------------------------------- */

enum result postgres_products_create(struct store_handle *base, const struct product_draft *draft,
                                     struct arena *arena, struct product *out)
{
    struct view name;
    struct view description;
    if (!postgres_products_fold(draft->name, arena, &name) ||
        !postgres_products_fold(draft->description, arena, &description)) {
        return RESULT_INTERNAL;
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_PRODUCT_INSERT,
                    PGSQL_BIND(pgsql_id(&draft->id), pgsql_text(draft->name), pgsql_text(name),
                               pgsql_text(draft->description), pgsql_text(description),
                               pgsql_number(draft->price.units), pgsql_number(draft->price.places),
                               pgsql_id(&draft->owner_id), pgsql_number(draft->now_ms)));
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK ? take_product(&batch, 0, arena, out) : result;
}

/* The first statement of the batch changed a product; the second one looks for it: nothing was
   changed because it is not there, or because it is of another version? */
static enum result run_conditional(struct pgsql_batch *batch, const struct product_key *key,
                                   struct arena *arena, struct product *out)
{
    size_t there = add_get(batch, key);
    enum result result = pgsql_run(batch);
    if (result != RESULT_OK) {
        return result;
    }
    result = take_product(batch, 0, arena, out);
    return result == RESULT_NOT_FOUND && pgsql_rows(batch, there) > 0 ? RESULT_CONFLICT : result;
}

enum result postgres_products_update(struct store_handle *base, const struct product_key *key,
                                     const struct product_patch *patch, struct arena *arena,
                                     struct product *out)
{
    struct view name;
    struct view description;
    if (!postgres_products_fold(patch->name, arena, &name) ||
        !postgres_products_fold(patch->description, arena, &description)) {
        return RESULT_INTERNAL;
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_PRODUCT_UPDATE,
                    PGSQL_BIND(id_value(key), number_value(key), pgsql_number(patch->if_version),
                               pgsql_number(patch->mask), pgsql_text(patch->name), pgsql_text(name),
                               pgsql_text(patch->description), pgsql_text(description),
                               pgsql_number(patch->price.units), pgsql_number(patch->price.places),
                               pgsql_number(patch->now_ms)));
    return run_conditional(&batch, key, arena, out);
}

enum result postgres_products_delete(struct store_handle *base, const struct product_key *key,
                                     int64_t if_version, struct arena *arena, struct product *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_PRODUCT_DELETE,
                    PGSQL_BIND(id_value(key), number_value(key), pgsql_number(if_version)));
    return run_conditional(&batch, key, arena, out);
}
