#include "store/mongo/product_list.h"

#include "base/utf8.h"
#include "base/utf8_fold.h"
#include "model/limits.h"
#include "store/mongo/call.h"
#include "store/mongo/list.h"
#include "store/mongo/parts.h"
#include "store/mongo/products.h"
#include "store/mongo/search.h"

static const char *const sort_keys[PRODUCT_SORT_FIELD_COUNT] = {
    [PRODUCT_SORT_NUMBER] = "number",      [PRODUCT_SORT_NAME] = "order.name",
    [PRODUCT_SORT_PRICE] = "price",        [PRODUCT_SORT_CREATED] = "created_at",
    [PRODUCT_SORT_UPDATED] = "updated_at",
};

/* --- what is asked for ------------------------------------------------------------------------ */

/* Three characters and more: without regard to case, by the index. */
static enum result add_indexed(struct mongo_handle *handle, struct view q, struct arena *arena,
                               bson_t *out)
{
    static const struct mongo_search_text texts[] = {{"$search.name", false},
                                                     {"$search.description", false}};
    char *room = arena_take(arena, UTF8_FOLD_SIZE(q.len));
    bool exact = false;
    if (room == NULL) {
        return RESULT_INTERNAL;
    }
    struct view folded = utf8_fold(q, room);
    enum result result = mongo_search_add_part(handle, MONGO_PRODUCTS, folded, out, &exact);
    if (result == RESULT_OK && !exact) {
        mongo_search_add_literal(out, texts, ARRAY_LEN(texts), folded);
    }
    return result;
}

/* Shorter: product by product, without regard to the case of ASCII letters. */
static enum result add_short(struct view q, struct arena *arena, bson_t *out)
{
    static const struct mongo_search_text texts[] = {{"$name", true}, {"$description", true}};
    char *room = arena_take(arena, q.len + 1);
    if (room == NULL) {
        return RESULT_INTERNAL;
    }
    mongo_search_add_literal(out, texts, ARRAY_LEN(texts), user_fold(q, room));
    return RESULT_OK;
}

static enum result write_filter(struct mongo_handle *handle, const struct product_filter *filter,
                                struct arena *arena, bson_t *out)
{
    bool is_priced = filter->has_min_price || filter->has_max_price;
    doc_make(out, DOC(filter->has_owner ? doc_uuid("owner_id", &filter->owner_id) : doc_none()));
    if (is_priced) {
        doc_add(out,
                DOC(doc_open("price"),
                    filter->has_min_price ? doc_decimal("$gte", filter->min_price) : doc_none(),
                    filter->has_max_price ? doc_decimal("$lte", filter->max_price) : doc_none(),
                    doc_close()));
    }
    if (filter->q.len == 0) {
        return RESULT_OK;
    }
    return utf8_length(filter->q) >= PARTS_CHARS ? add_indexed(handle, filter->q, arena, out)
                                                 : add_short(filter->q, arena, out);
}

/* The number is nobody else's: nothing after it can matter. */
static void write_sort(const struct product_filter *filter, bson_t *out)
{
    int64_t way = 1;
    bson_init(out);
    for (size_t i = 0; i < filter->sort_count; i++) {
        way = filter->sorts[i].descending ? -1 : 1;
        doc_add(out, DOC(doc_number(sort_keys[filter->sorts[i].field], way)));
        if (filter->sorts[i].field == PRODUCT_SORT_NUMBER) {
            return;
        }
    }
    doc_add(out, DOC(doc_number(filter->sort_count > 0 ? "_id" : "number", way)));
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Many long texts must not become an answer that is too large to be sent. */
static enum result read_items(struct call_rows *rows, struct arena *arena, struct product *items,
                              struct product_page *out)
{
    const bson_t *found = NULL;
    size_t bytes = 0;
    enum result result = call_next(rows, &found);
    for (out->count = 0; result == RESULT_OK && !out->is_cut; out->count++) {
        struct product *item = &items[out->count];
        result = mongo_products_of_doc(found, arena, item);
        bytes += item->name.len + item->description.len;
        if (result == RESULT_OK) {
            result = call_next(rows, &found);
        }
        out->is_cut = result == RESULT_OK && bytes >= PRODUCT_PAGE_BYTES;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result read_page(struct mongo_handle *handle, const struct product_filter *filter,
                             const bson_t *conditions, const struct page_request *page,
                             const struct mongo_snapshot *snapshot, struct arena *arena,
                             struct product_page *out)
{
    struct product *items = arena_take_array(arena, (size_t)page->limit, sizeof *items);
    DOC_LOCAL(sort);
    DOC_LOCAL(options);
    write_sort(filter, &sort);
    mongo_list_options(&sort, page->limit, page->offset, snapshot, &options);
    if (items == NULL) {
        return RESULT_INTERNAL;
    }
    out->items = items;
    CLEANUP(call_close)
    struct call_rows rows = call_find(handle, MONGO_PRODUCTS, conditions, &options);
    return read_items(&rows, arena, items, out);
}

static enum result read_list(struct mongo_handle *handle, const struct product_filter *filter,
                             const struct page_request *page, struct arena *arena,
                             struct product_page *out)
{
    DOC_LOCAL(conditions);
    DOC_LOCAL(options);
    CLEANUP(mongo_snapshot_close) struct mongo_snapshot snapshot = mongo_snapshot_open(handle);
    enum result result = write_filter(handle, filter, arena, &conditions);
    mongo_list_count_options(&snapshot, &options);
    if (result == RESULT_OK && !filter->uncounted) {
        result = call_count(handle, MONGO_PRODUCTS, &conditions, &options, &out->total);
    }
    bool is_beyond = !filter->uncounted && out->total <= page->offset;
    if (result != RESULT_OK || is_beyond) {
        return result;
    }
    return read_page(handle, filter, &conditions, page, &snapshot, arena, out);
}

enum result mongo_product_list(struct store_handle *base, const struct product_filter *filter,
                               const struct page_request *page, struct arena *arena,
                               struct product_page *out)
{
    *out = (struct product_page){.total = PRODUCT_UNCOUNTED};
    return read_list(mongo_handle_of(base), filter, page, arena, out);
}
