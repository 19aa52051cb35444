#include "store/sqlite/product_list.h"

#include "base/utf8.h"
#include "model/limits.h"
#include "store/sqlite/products.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/transaction.h"

/* The index of the texts knows parts of three characters and more. */
#define INDEXED_CHARS 3

static const char *const sort_columns[PRODUCT_SORT_FIELD_COUNT] = {
    [PRODUCT_SORT_NUMBER] = "p.number",      [PRODUCT_SORT_NAME] = "p.name COLLATE NOCASE",
    [PRODUCT_SORT_PRICE] = "p.price_units",  [PRODUCT_SORT_CREATED] = "p.created_ms",
    [PRODUCT_SORT_UPDATED] = "p.updated_ms",
};

/* --- the statement ---------------------------------------------------------------------------- */

static void add_value(struct product_list_sql *sql, struct sql_value value)
{
    if (sql->count < PRODUCT_LIST_VALUES_MAX) {
        sql->values[sql->count++] = value;
    } else {
        sql->builder.failed = true;
    }
}

/* condition is constant; value is for its first '?'. */
static void add_condition(struct product_list_sql *sql, const char *condition,
                          struct sql_value value)
{
    builder_text(&sql->builder, " AND ");
    builder_text(&sql->builder, condition);
    add_value(sql, value);
}

static bool is_indexed(struct view q)
{
    return utf8_length(q) >= INDEXED_CHARS;
}

/* As one string of the index's language, in which only the quote means something. */
static struct view quote(struct view q, struct arena *arena)
{
    struct builder quoted;
    struct view out = {NULL, 0};
    builder_init(&quoted, arena, 2 * q.len + 2);
    builder_char(&quoted, '"');
    for (size_t i = 0; i < q.len; i++) {
        if (q.at[i] == '"') {
            builder_char(&quoted, '"');
        }
        builder_char(&quoted, q.at[i]);
    }
    builder_char(&quoted, '"');
    return builder_end(&quoted, &out) ? out : (struct view){NULL, 0};
}

/* CROSS: the texts are looked up first, then the products of those found. */
static bool write_source(struct product_list_sql *sql, struct view q, struct arena *arena)
{
    if (!is_indexed(q)) {
        builder_text(&sql->builder, " FROM products AS p WHERE 1");
        return true;
    }
    struct view match = quote(q, arena);
    builder_text(&sql->builder, " FROM products_text AS t CROSS JOIN products AS p"
                                " ON p.number = t.rowid WHERE 1");
    add_condition(sql, "t.products_text MATCH ?", sql_text(match));
    return match.at != NULL;
}

static void write_filters(struct product_list_sql *sql, const struct product_filter *filter)
{
    if (filter->q.len > 0 && !is_indexed(filter->q)) {
        add_condition(sql,
                      "(instr(lower(p.name), lower(?)) > 0"
                      " OR instr(lower(p.description), lower(?)) > 0)",
                      sql_text(filter->q));
        add_value(sql, sql_text(filter->q));
    }
    if (filter->has_min_price) {
        add_condition(sql, "p.price_units >= ?", sql_number(filter->min_price.units));
    }
    if (filter->has_max_price) {
        add_condition(sql, "p.price_units <= ?", sql_number(filter->max_price.units));
    }
    if (filter->has_owner) {
        add_condition(sql, "p.owner_id = ?", sql_id(&filter->owner_id));
    }
}

static void write_order(struct product_list_sql *sql, const struct product_filter *filter)
{
    static const struct product_sort by_number = {.field = PRODUCT_SORT_NUMBER};
    const struct product_sort *sorts = filter->sort_count > 0 ? filter->sorts : &by_number;
    size_t count = filter->sort_count > 0 ? filter->sort_count : 1;
    bool unique = false;
    builder_text(&sql->builder, " ORDER BY ");
    for (size_t i = 0; i < count && !unique; i++) {
        builder_text(&sql->builder, i > 0 ? ", " : "");
        builder_text(&sql->builder, sort_columns[sorts[i].field]);
        builder_text(&sql->builder, sorts[i].descending ? " DESC" : "");
        unique = sorts[i].field == PRODUCT_SORT_NUMBER;
    }
    if (!unique) {
        builder_text(&sql->builder, sorts[count - 1].descending ? ", p.id DESC" : ", p.id");
    }
}

bool sqlite_product_list_write(const struct product_filter *filter, const struct page_request *page,
                               struct arena *arena, struct product_list_sql *out)
{
    struct view end;
    out->count = 0;
    builder_init_fixed(&out->builder, out->text, sizeof out->text);
    builder_text(&out->builder, page != NULL ? "SELECT " PRODUCT_COLUMNS("p.") : "SELECT count(*)");
    if (!write_source(out, filter->q, arena)) {
        return false;
    }
    write_filters(out, filter);
    if (page != NULL) {
        write_order(out, filter);
        builder_text(&out->builder, " LIMIT ? OFFSET ?");
        add_value(out, sql_number(page->limit));
        add_value(out, sql_number(page->offset));
    }
    builder_char(&out->builder, '\0');
    return builder_end(&out->builder, &end);
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct sql_query open_list(struct sqlite_handle *handle, const struct product_list_sql *sql)
{
    return sql_open_text(handle, sql->text, (struct sql_values){sql->values, sql->count});
}

static enum result count_all(struct sqlite_handle *handle, const struct product_filter *filter,
                             struct arena *arena, int64_t *total)
{
    struct product_list_sql sql;
    if (!sqlite_product_list_write(filter, NULL, arena, &sql)) {
        return RESULT_INTERNAL;
    }
    CLEANUP(sql_close) struct sql_query query = open_list(handle, &sql);
    enum result result = sql_row(&query);
    *total = result == RESULT_OK ? sql_get_number(&query, 0) : 0;
    return result;
}

/* Many long texts must not become an answer that is too large to be sent. */
static enum result read_items(struct sqlite_handle *handle, const struct product_list_sql *sql,
                              struct arena *arena, struct product *items, struct product_page *out)
{
    CLEANUP(sql_close) struct sql_query query = open_list(handle, sql);
    size_t bytes = 0;
    enum result result = sql_row(&query);
    for (out->count = 0; result == RESULT_OK && !out->is_cut; out->count++) {
        struct product *item = &items[out->count];
        result = sqlite_products_of_row(&query, arena, item);
        bytes += item->name.len + item->description.len;
        if (result == RESULT_OK) {
            result = sql_row(&query);
        }
        out->is_cut = result == RESULT_OK && bytes >= PRODUCT_PAGE_BYTES;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result read_page(struct sqlite_handle *handle, const struct product_filter *filter,
                             const struct page_request *page, struct arena *arena,
                             struct product_page *out)
{
    struct product_list_sql sql;
    struct product *items = arena_take_array(arena, (size_t)page->limit, sizeof *items);
    if (items == NULL || !sqlite_product_list_write(filter, page, arena, &sql)) {
        return RESULT_INTERNAL;
    }
    out->items = items;
    return read_items(handle, &sql, arena, items, out);
}

enum result sqlite_product_list(struct store_handle *base, const struct product_filter *filter,
                                const struct page_request *page, struct arena *arena,
                                struct product_page *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    /* One view of the data for the total and the items. */
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    *out = (struct product_page){.total = PRODUCT_UNCOUNTED};
    enum result result = sqlite_transaction_begin_read(&transaction, handle);
    if (result == RESULT_OK && !filter->uncounted) {
        result = count_all(handle, filter, arena, &out->total);
    }
    if (result != RESULT_OK) {
        return result;
    }
    if (filter->uncounted || out->total > page->offset) {
        result = read_page(handle, filter, page, arena, out);
    }
    return sqlite_transaction_finish(&transaction, result);
}
