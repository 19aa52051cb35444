#include "store/mongo/product_list.h"

#include "base/array.h"
#include "base/utf8.h"
#include "base/utf8_fold.h"
#include "model/limits.h"
#include "store/decide.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/list.h"
#include "store/mongo/parts.h"
#include "store/mongo/products.h"
#include "store/mongo/search.h"

static const char *const sort_keys[PRODUCT_SORT_FIELD_COUNT] = {
    [PRODUCT_SORT_NUMBER] = "number",      [PRODUCT_SORT_NAME] = "search.name",
    [PRODUCT_SORT_PRICE] = "price",        [PRODUCT_SORT_CREATED] = "created_at",
    [PRODUCT_SORT_UPDATED] = "updated_at",
};

/* --- what is asked for ------------------------------------------------------------------------ */

/* Three characters and more: without regard to case, by the index. */
static enum result add_indexed(struct mongo_handle *handle, struct view q, struct arena *arena,
                               bson_t *out)
{
    static const char *const texts[] = {"$search.name", "$search.description"};
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

/* One or two characters: how the name begins. */
static enum result add_short(struct view q, struct arena *arena, bson_t *out)
{
    struct decide_search search;
    if (!decide_search(q, arena, &search)) {
        return RESULT_INTERNAL;
    }
    doc_add(out, DOC(doc_open("search.name"), doc_text("$gte", search.part),
                     doc_text("$lt", search.part_end), doc_close()));
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

/* --- order ------------------------------------------------------------------------------------ */

/* Nothing after the number, which nothing shares, can matter. */
static size_t key_count(const struct product_list_request *request)
{
    for (size_t i = 0; i < request->sort_count; i++) {
        if (request->sort[i].field == PRODUCT_SORT_NUMBER) {
            return i + 1;
        }
    }
    return request->sort_count;
}

static bool has_tie(const struct product_list_request *request)
{
    return request->sort[key_count(request) - 1].field != PRODUCT_SORT_NUMBER;
}

static bool goes_down(const struct product_list_request *request, size_t i)
{
    return request->sort[i].descending != request->backward;
}

static void write_sort(const struct product_list_request *request, bson_t *out)
{
    size_t count = key_count(request);
    bson.init(out);
    for (size_t i = 0; i < count; i++) {
        doc_add(out,
                DOC(doc_number(sort_keys[request->sort[i].field], goes_down(request, i) ? -1 : 1)));
    }
    if (has_tie(request)) {
        doc_add(out, DOC(doc_number("_id", goes_down(request, count - 1) ? -1 : 1)));
    }
}

/* What the position has for a key, under the name given. Its name is folded. */
static struct doc_part key_of(const struct product *product, enum product_sort_field field,
                              const char *name)
{
    switch (field) {
    case PRODUCT_SORT_NAME:
        return doc_text(name, product->name);
    case PRODUCT_SORT_PRICE:
        return doc_decimal(name, product->price);
    case PRODUCT_SORT_CREATED:
        return doc_date(name, product->created_ms);
    case PRODUCT_SORT_UPDATED:
        return doc_date(name, product->updated_ms);
    case PRODUCT_SORT_NUMBER:
    case PRODUCT_SORT_FIELD_COUNT:
        break;
    }
    return doc_number(name, product->number);
}

/* The alternatives in which a product may be behind the position: the same in the first keys and
   beyond it in the next one. Each is one run of an index. */
static void add_alternative(const struct product_list_request *request,
                            const struct product *position, size_t same, const bson_t *filters,
                            bson_t *list)
{
    char room[16];
    const char *index;
    DOC_LOCAL(keys);
    doc_make(&keys, DOC(doc_none()));
    for (size_t i = 0; i < same; i++) {
        enum product_sort_field field = request->sort[i].field;
        doc_add(&keys, DOC(key_of(position, field, sort_keys[field])));
    }
    if (same < key_count(request)) {
        enum product_sort_field field = request->sort[same].field;
        doc_add(&keys, DOC(doc_open(sort_keys[field]),
                           key_of(position, field, goes_down(request, same) ? "$lt" : "$gt"),
                           doc_close()));
    } else {
        bool down = goes_down(request, same - 1);
        doc_add(&keys,
                DOC(doc_open("_id"), doc_uuid(down ? "$lt" : "$gt", &position->id), doc_close()));
    }
    (void)bson.uint32_to_string((uint32_t)same, &index, room, sizeof room);
    doc_add(list, DOC(doc_open(index), doc_list("$and"), doc_embed(NULL, filters),
                      doc_embed(NULL, &keys), doc_close(), doc_close()));
}

/* The filters, and behind the position. */
static enum result write_behind(const struct product_list_request *request, const bson_t *filters,
                                struct arena *arena, bson_t *out)
{
    struct product position = *request->position;
    char *room = arena_take(arena, UTF8_FOLD_SIZE(position.name.len));
    DOC_LOCAL(list);
    bson.init(&list);
    if (room == NULL) {
        bson.init(out);
        return RESULT_INTERNAL;
    }
    position.name = utf8_fold(position.name, room);
    size_t count = key_count(request) + (has_tie(request) ? 1 : 0);
    for (size_t i = 0; i < count; i++) {
        add_alternative(request, &position, i, filters, &list);
    }
    doc_make(out, DOC(doc_embed_list("$or", &list)));
    return RESULT_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Many long texts must not become an answer that is too large to be sent. */
static enum result read_items(struct call_rows *rows, size_t limit, struct arena *arena,
                              struct product *items, struct product_page *out)
{
    const bson_t *found = NULL;
    size_t bytes = 0;
    enum result result = call_next(rows, &found);
    while (result == RESULT_OK && !out->more) {
        struct product *item = &items[out->count++];
        result = mongo_products_of_doc(found, arena, item);
        bytes += item->name.len + item->description.len;
        if (result == RESULT_OK) {
            result = call_next(rows, &found);
        }
        out->more = result == RESULT_OK && (bytes >= PRODUCT_PAGE_BYTES || out->count == limit);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result read_page(struct mongo_handle *handle,
                             const struct product_list_request *request, const bson_t *conditions,
                             const struct mongo_snapshot *snapshot, struct arena *arena,
                             struct product_page *out)
{
    struct product *items = arena_take_array(arena, (size_t)request->limit, sizeof *items);
    DOC_LOCAL(sort);
    DOC_LOCAL(options);
    write_sort(request, &sort);
    /* One more says whether there are more. */
    mongo_list_options(&sort, request->limit + 1, request->offset, snapshot, &options);
    if (items == NULL) {
        return RESULT_INTERNAL;
    }
    out->items = items;
    CLEANUP(call_close)
    struct call_rows rows = call_find(handle, MONGO_PRODUCTS, conditions, &options);
    enum result result = read_items(&rows, (size_t)request->limit, arena, items, out);
    if (request->backward) {
        array_reverse(items, out->count, sizeof *items);
    }
    return result;
}

static enum result read_behind(struct mongo_handle *handle,
                               const struct product_list_request *request, const bson_t *filters,
                               const struct mongo_snapshot *snapshot, struct arena *arena,
                               struct product_page *out)
{
    DOC_LOCAL(behind);
    enum result result = write_behind(request, filters, arena, &behind);
    return result == RESULT_OK ? read_page(handle, request, &behind, snapshot, arena, out) : result;
}

static enum result read_list(struct mongo_handle *handle,
                             const struct product_list_request *request, struct arena *arena,
                             struct product_page *out)
{
    DOC_LOCAL(filters);
    DOC_LOCAL(options);
    CLEANUP(mongo_snapshot_close) struct mongo_snapshot snapshot = mongo_snapshot_open(handle);
    enum result result = write_filter(handle, &request->filter, arena, &filters);
    mongo_list_count_options(&snapshot, &options);
    if (result == RESULT_OK && request->counted) {
        result = call_count(handle, MONGO_PRODUCTS, &filters, &options, &out->total);
    }
    if (result != RESULT_OK) {
        return result;
    }
    return request->position != NULL ? read_behind(handle, request, &filters, &snapshot, arena, out)
                                     : read_page(handle, request, &filters, &snapshot, arena, out);
}

enum result mongo_product_list(struct store_handle *base,
                               const struct product_list_request *request, struct arena *arena,
                               struct product_page *out)
{
    struct product_list_request sorted = *request;
    if (sorted.sort_count == 0) {
        sorted.sort[0] = (struct product_sort){.field = PRODUCT_SORT_NUMBER};
        sorted.sort_count = 1;
    }
    *out = (struct product_page){.total = PRODUCT_TOTAL_UNKNOWN};
    return read_list(mongo_handle_of(base), &sorted, arena, out);
}
