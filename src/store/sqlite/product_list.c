#include "store/sqlite/product_list.h"

#include "base/array.h"
#include "base/utf8.h"
#include "base/utf8_fold.h"
#include "model/limits.h"
#include "store/sqlite/keyset.h"
#include "store/sqlite/products.h"
#include "store/sqlite/search_text.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/time_limit.h"
#include "store/sqlite/transaction.h"

/* The numbers of the parameters. */
enum parameter {
    PARAMETER_LIMIT = 1,
    PARAMETER_OFFSET,
    PARAMETER_MATCH,
    PARAMETER_PART,
    PARAMETER_PART_END,
    PARAMETER_MIN_PRICE,
    PARAMETER_MAX_PRICE,
    PARAMETER_OWNER,
    PARAMETER_ID,  /* of the position */
    PARAMETER_KEY, /* its first sort key; the others follow */
    PARAMETER_END = PARAMETER_KEY + PRODUCT_SORT_FIELD_COUNT
};

static const char *const sort_columns[PRODUCT_SORT_FIELD_COUNT] = {
    [PRODUCT_SORT_NUMBER] = "p.number",      [PRODUCT_SORT_NAME] = "p.name_key",
    [PRODUCT_SORT_PRICE] = "p.price_units",  [PRODUCT_SORT_CREATED] = "p.created_ms",
    [PRODUCT_SORT_UPDATED] = "p.updated_ms",
};

/* --- the statement ---------------------------------------------------------------------------- */

/* CROSS: the texts are looked up first, then the products of those found. */
static void add_source(struct builder *b, const struct product_filter *filter)
{
    if (search_text_is_indexed(filter->q)) {
        builder_text(b, " FROM products_text AS t CROSS JOIN products AS p ON p.number = t.rowid"
                        " WHERE t.products_text MATCH ?3");
        builder_text(b,
                     search_text_is_one_trigram(filter->q)
                         ? ""
                         : " AND (instr(p.name_key, ?4) > 0 OR instr(p.description_key, ?4) > 0)");
    } else {
        builder_text(b, " FROM products AS p WHERE true");
    }
}

static void add_filters(struct builder *b, const struct product_filter *filter)
{
    if (filter->q.len > 0 && !search_text_is_indexed(filter->q)) {
        builder_text(b, " AND p.name_key >= ?4 AND p.name_key < ?5");
    }
    if (filter->has_min_price) {
        builder_text(b, " AND p.price_units >= ?6");
    }
    if (filter->has_max_price) {
        builder_text(b, " AND p.price_units <= ?7");
    }
    if (filter->has_owner) {
        builder_text(b, " AND p.owner_id = ?8");
    }
}

/* Nothing after the number, which nothing shares, can matter. */
static struct keyset keyset_of(const struct product_list_request *request)
{
    struct keyset keyset = {.tie = "p.id"};
    while (keyset.count < request->sort_count && keyset.tie != NULL) {
        const struct product_sort *sort = &request->sort[keyset.count];
        keyset.keys[keyset.count++] =
            (struct keyset_key){sort_columns[sort->field], sort->descending != request->backward};
        keyset.tie = sort->field == PRODUCT_SORT_NUMBER ? NULL : keyset.tie;
    }
    return keyset;
}

void sqlite_product_list_write_page(struct builder *b, const struct product_list_request *request)
{
    struct keyset keyset = keyset_of(request);
    builder_text(b, "SELECT " PRODUCT_COLUMNS("p."));
    add_source(b, &request->filter);
    add_filters(b, &request->filter);
    if (request->position != NULL) {
        keyset_add_behind(b, &keyset, PARAMETER_KEY, PARAMETER_ID);
    }
    keyset_add_order(b, &keyset);
    builder_text(b, " LIMIT ?1 OFFSET ?2");
}

void sqlite_product_list_write_count(struct builder *b, const struct product_list_request *request)
{
    builder_text(b, "SELECT count(*)");
    add_source(b, &request->filter);
    add_filters(b, &request->filter);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* One run. */
struct listing {
    struct sqlite_handle *handle;
    struct arena *arena;
    const struct product_list_request *request; /* with a sort, always */
    struct sql_value values[PARAMETER_END];
};

static void set(struct listing *listing, int parameter, struct sql_value value)
{
    listing->values[parameter - 1] = value;
}

static enum result set_search(struct listing *listing)
{
    struct search_text text;
    if (!search_text_make(listing->request->filter.q, listing->arena, &text)) {
        return RESULT_INTERNAL;
    }
    set(listing, PARAMETER_PART, sql_text(text.folded));
    set(listing, PARAMETER_PART_END, sql_text(text.end));
    if (!search_text_is_indexed(text.folded)) {
        return RESULT_OK;
    }
    struct view match = search_text_match_some(text.folded, listing->arena);
    set(listing, PARAMETER_MATCH, sql_text(match));
    return match.at != NULL ? RESULT_OK : RESULT_INTERNAL;
}

static enum result set_filters(struct listing *listing)
{
    const struct product_filter *filter = &listing->request->filter;
    set(listing, PARAMETER_MIN_PRICE, sql_number(filter->min_price.units));
    set(listing, PARAMETER_MAX_PRICE, sql_number(filter->max_price.units));
    set(listing, PARAMETER_OWNER, sql_id(&filter->owner_id));
    return filter->q.len > 0 ? set_search(listing) : RESULT_OK;
}

static enum result set_position(struct listing *listing)
{
    const struct product_list_request *request = listing->request;
    const struct product *position = request->position;
    if (position == NULL) {
        return RESULT_OK;
    }
    char *folded = arena_take(listing->arena, UTF8_FOLD_SIZE(position->name.len));
    if (folded == NULL) {
        return RESULT_INTERNAL;
    }
    const struct sql_value keys[PRODUCT_SORT_FIELD_COUNT] = {
        [PRODUCT_SORT_NUMBER] = sql_number(position->number),
        [PRODUCT_SORT_NAME] = sql_text(utf8_fold(position->name, folded)),
        [PRODUCT_SORT_PRICE] = sql_number(position->price.units),
        [PRODUCT_SORT_CREATED] = sql_number(position->created_ms),
        [PRODUCT_SORT_UPDATED] = sql_number(position->updated_ms),
    };
    set(listing, PARAMETER_ID, sql_id(&position->id));
    for (size_t i = 0; i < request->sort_count; i++) {
        set(listing, PARAMETER_KEY + (int)i, keys[request->sort[i].field]);
    }
    return RESULT_OK;
}

static struct sql_query open_list(struct listing *listing,
                                  void (*write)(struct builder *,
                                                const struct product_list_request *))
{
    char buffer[PRODUCT_LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view text;
    builder_init_fixed(&b, buffer, sizeof buffer);
    write(&b, listing->request);
    if (!builder_end(&b, &text)) {
        return (struct sql_query){.handle = listing->handle, .failure = RESULT_INTERNAL};
    }
    return sql_open_shape(listing->handle, text,
                          (struct sql_values){listing->values, ARRAY_LEN(listing->values)});
}

static enum result count_all(struct listing *listing, int64_t *total)
{
    CLEANUP(sql_close)
    struct sql_query query = open_list(listing, sqlite_product_list_write_count);
    enum result result = sql_row(&query);
    *total = result == RESULT_OK ? sql_get_number(&query, 0) : 0;
    return result;
}

/* Many long texts must not become an answer that is too large to be sent. */
static enum result read_items(struct listing *listing, struct product *items,
                              struct product_page *out)
{
    CLEANUP(sql_close)
    struct sql_query query = open_list(listing, sqlite_product_list_write_page);
    size_t bytes = 0;
    enum result result = sql_row(&query);
    while (result == RESULT_OK && !out->more) {
        struct product *item = &items[out->count++];
        result = sqlite_products_of_row(&query, listing->arena, item);
        bytes += item->name.len + item->description.len;
        if (result == RESULT_OK) {
            result = sql_row(&query);
        }
        out->more = result == RESULT_OK &&
                    (bytes >= PRODUCT_PAGE_BYTES || out->count == (size_t)listing->request->limit);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result read_page(struct listing *listing, struct product_page *out)
{
    size_t limit = (size_t)listing->request->limit;
    struct product *items = arena_take_array(listing->arena, limit, sizeof *items);
    if (items == NULL) {
        return RESULT_INTERNAL;
    }
    out->items = items;
    /* One more says whether there are more. */
    set(listing, PARAMETER_LIMIT, sql_number(listing->request->limit + 1));
    set(listing, PARAMETER_OFFSET, sql_number(listing->request->offset));
    enum result result = read_items(listing, items, out);
    if (listing->request->backward) {
        array_reverse(items, out->count, sizeof *items);
    }
    return result;
}

static enum result read_listing(struct listing *listing, struct product_page *out)
{
    enum result result = set_filters(listing);
    if (result == RESULT_OK) {
        result = set_position(listing);
    }
    if (result == RESULT_OK && listing->request->counted) {
        result = count_all(listing, &out->total);
    }
    return result == RESULT_OK ? read_page(listing, out) : result;
}

static enum result read_in_time(struct listing *listing, struct product_page *out)
{
    CLEANUP(time_limit_end) struct time_limit limit = {.db = NULL};
    time_limit_start(&limit, listing->handle->db, TIME_LIMIT_LIST_MS);
    return time_limit_result(read_listing(listing, out));
}

enum result sqlite_product_list(struct store_handle *base,
                                const struct product_list_request *request, struct arena *arena,
                                struct product_page *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    struct product_list_request sorted = *request;
    struct listing listing = {.handle = handle, .arena = arena, .request = &sorted};
    if (sorted.sort_count == 0) {
        sorted.sort[0] = (struct product_sort){.field = PRODUCT_SORT_NUMBER};
        sorted.sort_count = 1;
    }
    *out = (struct product_page){.total = PRODUCT_TOTAL_UNKNOWN};
    /* One view of the data for the total and the items. */
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_read(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, read_in_time(&listing, out));
}
