#include "store/postgres/product_list.h"

#include "model/limits.h"
#include "store/decide.h"
#include "store/postgres/products.h"
#include "store/postgres/text.h"
#include "store/postgres/transaction.h"

/* Behind PRODUCT_COLUMNS: how many rows the page has before it is cut. */
#define WHOLE_COLUMN 10

static const char *const sort_columns[PRODUCT_SORT_FIELD_COUNT] = {
    [PRODUCT_SORT_NUMBER] = "p.number",      [PRODUCT_SORT_NAME] = "p.name_key",
    [PRODUCT_SORT_PRICE] = "p.price_units",  [PRODUCT_SORT_CREATED] = "p.created_ms",
    [PRODUCT_SORT_UPDATED] = "p.updated_ms",
};

/* What is looked for, made ready once for both statements. */
struct wanted {
    const struct product_list_request *request; /* with a sort, always */
    size_t key_count;            /* nothing after the number, which nothing shares, can matter */
    bool has_tie;                /* the id decides between equals */
    struct decide_search search; /* for short ones */
    struct view like;            /* for the others: a description may have several lines */
    struct view position_name;   /* folded */
};

static bool prepare(struct wanted *wanted, struct arena *arena)
{
    const struct product_list_request *request = wanted->request;
    const struct product_filter *filter = &request->filter;
    wanted->has_tie = true;
    while (wanted->key_count < request->sort_count && wanted->has_tie) {
        wanted->has_tie = request->sort[wanted->key_count++].field != PRODUCT_SORT_NUMBER;
    }
    struct view part;
    if (filter->q.len > 0 && (!decide_search(filter->q, arena, &wanted->search) ||
                              !postgres_products_fold(filter->q, arena, &part) ||
                              !postgres_text_like(part, arena, &wanted->like))) {
        return false;
    }
    return request->position == NULL ||
           postgres_products_fold(request->position->name, arena, &wanted->position_name);
}

/* --- the statements --------------------------------------------------------------------------- */

static void add_search(struct postgres_text *text, const struct wanted *wanted)
{
    if (wanted->search.prefix) {
        postgres_text_with(text, " AND p.name_key >= ", pgsql_wanted(wanted->search.part));
        postgres_text_with(text, " AND p.name_key < ", pgsql_wanted(wanted->search.part_end));
        return;
    }
    postgres_text_with(text, " AND (p.name_key LIKE ", pgsql_wanted(wanted->like));
    postgres_text_with(text, " OR p.description_key LIKE ", pgsql_wanted(wanted->like));
    postgres_text_add(text, ")");
}

static void add_filters(struct postgres_text *text, const struct wanted *wanted)
{
    const struct product_filter *filter = &wanted->request->filter;
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

static bool goes_down(const struct wanted *wanted, size_t key)
{
    return wanted->request->sort[key].descending != wanted->request->backward;
}

static const char *column_of(const struct wanted *wanted, size_t key)
{
    return sort_columns[wanted->request->sort[key].field];
}

static struct pgsql_value value_of(const struct wanted *wanted, size_t key)
{
    const struct product *position = wanted->request->position;
    switch (wanted->request->sort[key].field) {
    case PRODUCT_SORT_NAME:
        return pgsql_wanted(wanted->position_name);
    case PRODUCT_SORT_PRICE:
        return pgsql_number(position->price.units);
    case PRODUCT_SORT_CREATED:
        return pgsql_number(position->created_ms);
    case PRODUCT_SORT_UPDATED:
        return pgsql_number(position->updated_ms);
    case PRODUCT_SORT_NUMBER:
    case PRODUCT_SORT_FIELD_COUNT:
        break;
    }
    return pgsql_number(position->number);
}

static void add_comparison(struct postgres_text *text, const struct wanted *wanted, size_t key,
                           const char *up, const char *down)
{
    postgres_text_add(text, column_of(wanted, key));
    postgres_text_with(text, goes_down(wanted, key) ? down : up, value_of(wanted, key));
}

/* Behind the position by one key and the id: in a form that is one stretch of an index. */
static void add_behind_pair(struct postgres_text *text, const struct wanted *wanted)
{
    postgres_text_add(text, " AND (");
    postgres_text_add(text, column_of(wanted, 0));
    postgres_text_with(text, goes_down(wanted, 0) ? ", p.id) < (" : ", p.id) > (",
                       value_of(wanted, 0));
    postgres_text_with(text, ", ", pgsql_id(&wanted->request->position->id));
    postgres_text_add(text, ")");
}

/* k1 >= ? AND (k1 > ? OR (k1 = ? AND (k2 > ? OR …))): the first part narrows an index. */
static void add_behind(struct postgres_text *text, const struct wanted *wanted)
{
    size_t count = wanted->key_count;
    if (count == 1 && wanted->has_tie) {
        add_behind_pair(text, wanted);
        return;
    }
    postgres_text_add(text, " AND ");
    add_comparison(text, wanted, 0, " >= ", " <= ");
    postgres_text_add(text, " AND (");
    for (size_t i = 0; i < count; i++) {
        add_comparison(text, wanted, i, " > ", " < ");
        if (i + 1 < count || wanted->has_tie) {
            postgres_text_add(text, " OR (");
            add_comparison(text, wanted, i, " = ", " = ");
            postgres_text_add(text, " AND (");
        }
    }
    if (wanted->has_tie) {
        postgres_text_with(text, goes_down(wanted, count - 1) ? "p.id < " : "p.id > ",
                           pgsql_id(&wanted->request->position->id));
    }
    for (size_t i = wanted->has_tie ? 0 : 1; i < count; i++) {
        postgres_text_add(text, "))");
    }
    postgres_text_add(text, ")");
}

static void add_order(struct postgres_text *text, const struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->key_count; i++) {
        postgres_text_add(text, i > 0 ? ", " : " ORDER BY ");
        postgres_text_add(text, column_of(wanted, i));
        postgres_text_add(text, goes_down(wanted, i) ? " DESC" : "");
    }
    if (wanted->has_tie) {
        postgres_text_add(text,
                          goes_down(wanted, wanted->key_count - 1) ? ", p.id DESC" : ", p.id");
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
   before reach PRODUCT_PAGE_BYTES. One more than asked for says whether there are more. */
static size_t add_page(struct pgsql_batch *batch, const struct wanted *wanted)
{
    const struct product_list_request *request = wanted->request;
    struct postgres_text text;
    postgres_text_begin(&text);
    postgres_text_add(&text, "SELECT " PRODUCT_COLUMNS(
                                 "") ", whole FROM (SELECT *,"
                                     " count(*) OVER () AS whole,"
                                     " sum(bytes) OVER (ROWS UNBOUNDED PRECEDING) - bytes AS before"
                                     " FROM (SELECT p.*, octet_length(p.name)"
                                     " + coalesce(octet_length(p.description), 0) AS bytes");
    add_filters(&text, wanted);
    if (request->position != NULL) {
        add_behind(&text, wanted);
    }
    add_order(&text, wanted);
    postgres_text_with(&text, " LIMIT ", pgsql_number(request->limit + 1));
    postgres_text_with(&text, " OFFSET ", pgsql_number(request->offset));
    postgres_text_with(&text, ") AS i) AS o WHERE before < ", pgsql_number(PRODUCT_PAGE_BYTES));
    return postgres_text_end(&text, batch);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Backward they come the other way round. */
static enum result take_items(const struct pgsql_batch *batch, size_t statement,
                              const struct product_list_request *request, struct arena *arena,
                              struct product_page *out)
{
    size_t rows = pgsql_rows(batch, statement);
    size_t count = rows < (size_t)request->limit ? rows : (size_t)request->limit;
    struct product *items = arena_take_array(arena, count, sizeof *items);
    enum result result = items != NULL || count == 0 ? RESULT_OK : RESULT_INTERNAL;
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        struct pgsql_row row = pgsql_row(batch, statement, i);
        size_t place = request->backward ? count - 1 - i : i;
        result = postgres_products_of_row(&row, arena, &items[place]);
        out->more = (int64_t)count < pgsql_get_number(&row, WHOLE_COLUMN);
    }
    out->items = items;
    out->count = count;
    return result;
}

static enum result read_list(struct postgres_handle *handle, const struct wanted *wanted,
                             struct arena *arena, struct product_page *out)
{
    bool counts = wanted->request->counted;
    /* One view of the data for the total and the items. */
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN_READ, PGSQL_NONE);
    size_t items = add_page(&batch, wanted);
    size_t counted = counts ? add_count(&batch, wanted) : 0;
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (counts) {
        struct pgsql_row row = pgsql_row(&batch, counted, 0);
        out->total = pgsql_get_number(&row, 0);
    }
    return take_items(&batch, items, wanted->request, arena, out);
}

enum result postgres_product_list(struct store_handle *base,
                                  const struct product_list_request *request, struct arena *arena,
                                  struct product_page *out)
{
    struct product_list_request sorted = *request;
    struct wanted wanted = {.request = &sorted};
    if (sorted.sort_count == 0) {
        sorted.sort[0] = (struct product_sort){.field = PRODUCT_SORT_NUMBER};
        sorted.sort_count = 1;
    }
    *out = (struct product_page){.total = PRODUCT_TOTAL_UNKNOWN};
    return prepare(&wanted, arena) ? read_list(postgres_handle_of(base), &wanted, arena, out)
                                   : RESULT_INTERNAL;
}
