#include "store/postgres/product_list.h"

#include "base/utf8.h"
#include "model/limits.h"
#include "store/decide.h"
#include "store/postgres/products.h"
#include "store/postgres/text.h"
#include "store/postgres/transaction.h"

/* Behind PRODUCT_COLUMNS: how many rows the page has before it is cut. */
#define WHOLE_COLUMN 10

/* With the collation "C" lower() knows ASCII letters only. */
static const char *const sort_columns[PRODUCT_SORT_FIELD_COUNT] = {
    [PRODUCT_SORT_NUMBER] = "p.number",      [PRODUCT_SORT_NAME] = "lower(p.name)",
    [PRODUCT_SORT_PRICE] = "p.price_units",  [PRODUCT_SORT_CREATED] = "p.created_ms",
    [PRODUCT_SORT_UPDATED] = "p.updated_ms",
};

/* What is looked for, made ready once for both statements. */
struct wanted {
    const struct product_filter *filter;
    struct view part; /* of three characters and more: folded, for LIKE; else as it is */
    bool is_indexed;
};

static bool prepare(const struct product_filter *filter, struct arena *arena, struct wanted *out)
{
    struct view folded;
    *out = (struct wanted){.filter = filter, .part = filter->q};
    out->is_indexed = utf8_length(filter->q) >= DECIDE_SEARCH_INDEXED_CHARS;
    return !out->is_indexed || (postgres_products_fold(filter->q, arena, &folded) &&
                                postgres_text_like(folded, arena, &out->part));
}

/* --- the statements --------------------------------------------------------------------------- */

static void add_search(struct postgres_text *text, const struct wanted *wanted)
{
    if (wanted->is_indexed) {
        postgres_text_with(text, " AND (p.name_key LIKE ", pgsql_wanted(wanted->part));
        postgres_text_with(text, " OR p.description_key LIKE ", pgsql_wanted(wanted->part));
        postgres_text_add(text, ")");
        return;
    }
    postgres_text_with(text, " AND (strpos(lower(p.name), lower(", pgsql_wanted(wanted->part));
    postgres_text_with(text, "::text COLLATE \"C\")) > 0 OR strpos(lower(p.description), lower(",
                       pgsql_wanted(wanted->part));
    postgres_text_add(text, "::text COLLATE \"C\")) > 0)");
}

static void add_filters(struct postgres_text *text, const struct wanted *wanted)
{
    const struct product_filter *filter = wanted->filter;
    postgres_text_add(text, " FROM products AS p WHERE true");
    if (filter->q.len > 0) {
        add_search(text, wanted);
    }
    if (filter->has_min_price) {
        postgres_text_with(text, " AND p.price_units >= ", pgsql_number(filter->min_price.units));
    }
    if (filter->has_max_price) {
        postgres_text_with(text, " AND p.price_units <= ", pgsql_number(filter->max_price.units));
    }
    if (filter->has_owner) {
        postgres_text_with(text, " AND p.owner_id = ", pgsql_id(&filter->owner_id));
    }
}

static void add_order(struct postgres_text *text, const struct product_filter *filter)
{
    static const struct product_sort by_number = {.field = PRODUCT_SORT_NUMBER};
    const struct product_sort *sorts = filter->sort_count > 0 ? filter->sorts : &by_number;
    size_t count = filter->sort_count > 0 ? filter->sort_count : 1;
    bool unique = false;
    postgres_text_add(text, " ORDER BY ");
    for (size_t i = 0; i < count && !unique; i++) {
        postgres_text_add(text, i > 0 ? ", " : "");
        postgres_text_add(text, sort_columns[sorts[i].field]);
        postgres_text_add(text, sorts[i].descending ? " DESC" : "");
        unique = sorts[i].field == PRODUCT_SORT_NUMBER;
    }
    if (!unique) {
        postgres_text_add(text, sorts[count - 1].descending ? ", p.id DESC" : ", p.id");
    }
}

static size_t add_count(struct pgsql_batch *batch, const struct wanted *wanted)
{
    struct postgres_text text;
    postgres_text_begin(&text);
    postgres_text_add(&text, "SELECT count(*)");
    add_filters(&text, wanted);
    return postgres_text_end(&text, batch);
}

/* Many long texts must not become an answer that is too large to be sent: rows end where those
   before reach PRODUCT_PAGE_BYTES. */
static size_t add_page(struct pgsql_batch *batch, const struct wanted *wanted,
                       const struct page_request *page)
{
    struct postgres_text text;
    postgres_text_begin(&text);
    postgres_text_add(&text, "SELECT " PRODUCT_COLUMNS(
                                 "") ", whole FROM (SELECT *,"
                                     " count(*) OVER () AS whole,"
                                     " sum(bytes) OVER (ROWS UNBOUNDED PRECEDING) - bytes AS before"
                                     " FROM (SELECT p.*, octet_length(p.name)"
                                     " + coalesce(octet_length(p.description), 0) AS bytes");
    add_filters(&text, wanted);
    add_order(&text, wanted->filter);
    postgres_text_with(&text, " LIMIT ", pgsql_number(page->limit));
    postgres_text_with(&text, " OFFSET ", pgsql_number(page->offset));
    postgres_text_with(&text, ") AS i) AS o WHERE before < ", pgsql_number(PRODUCT_PAGE_BYTES));
    return postgres_text_end(&text, batch);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum result take_items(const struct pgsql_batch *batch, size_t statement,
                              struct arena *arena, struct product_page *out)
{
    size_t rows = pgsql_rows(batch, statement);
    struct product *items = arena_take_array(arena, rows, sizeof *items);
    enum result result = items != NULL || rows == 0 ? RESULT_OK : RESULT_INTERNAL;
    out->items = items;
    for (; result == RESULT_OK && out->count < rows; out->count++) {
        struct pgsql_row row = pgsql_row(batch, statement, out->count);
        result = postgres_products_of_row(&row, arena, &items[out->count]);
        out->is_cut = (int64_t)rows < pgsql_get_number(&row, WHOLE_COLUMN);
    }
    return result;
}

enum result postgres_product_list(struct store_handle *base, const struct product_filter *filter,
                                  const struct page_request *page, struct arena *arena,
                                  struct product_page *out)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    struct wanted wanted;
    size_t counted = 0;
    *out = (struct product_page){.total = PRODUCT_UNCOUNTED};
    if (!prepare(filter, arena, &wanted)) {
        return RESULT_INTERNAL;
    }
    /* One view of the data for the total and the items. */
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN_READ, PGSQL_NONE);
    size_t items = add_page(&batch, &wanted, page);
    if (!filter->uncounted) {
        counted = add_count(&batch, &wanted);
    }
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (!filter->uncounted) {
        struct pgsql_row row = pgsql_row(&batch, counted, 0);
        out->total = pgsql_get_number(&row, 0);
    }
    return take_items(&batch, items, arena, out);
}
