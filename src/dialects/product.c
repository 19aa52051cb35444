#include "dialects/product.h"

#include "api/table_product.h"
#include "dialects/person.h"
#include "dialects/window.h"
#include "model/limits.h"
#include "service/products.h"
#include "service/products_list.h"

/* --- tables ----------------------------------------------------------------------------------- */

static const struct field create_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct table_product_in, name),
     .flags = FIELD_REQUIRED,
     .min = 1,
     .max = PRODUCT_NAME_MAX_CHARS,
     .example = "\"Difference engine\""},
    {.name = "description",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct table_product_in, description),
     .flags = FIELD_NULLABLE,
     .max = PRODUCT_DESCRIPTION_MAX_CHARS},
    {.name = "price",
     .kind = FIELD_DECIMAL,
     .offset = offsetof(struct table_product_in, price),
     .flags = FIELD_REQUIRED | FIELD_NUMBER,
     .description = "At most 12 digits, then at most 4 behind a point. A number has 15 digits at "
                    "most, a text may have all 16.",
     .example = "12.5"},
};

const struct table product_create_table = {
    .name = "ProductCreate",
    .size = sizeof(struct table_product_in),
    .lax = true,
    FIELDS(create_fields),
};

static const struct field product_fields[] = {
    {.name = "id", .kind = FIELD_INTEGER, .offset = offsetof(struct product, number)},
    {.name = "name", .kind = FIELD_TEXT, .offset = offsetof(struct product, name)},
    {.name = "description",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct product, description),
     .flags = FIELD_NULLABLE},
    {.name = "price",
     .kind = FIELD_DECIMAL,
     .offset = offsetof(struct product, price),
     .flags = FIELD_NUMBER,
     .description = "Exact, with as many digits behind the point as were given.",
     .example = "12.5"},
};

const struct table product_table = {
    .name = "Product",
    .size = sizeof(struct product),
    FIELDS(product_fields),
};

/* --- handlers --------------------------------------------------------------------------------- */

const enum result product_create_results[] = {RESULT_CREATED, RESULT_COUNT};
const enum result product_get_results[] = {RESULT_OK, RESULT_NOT_FOUND, RESULT_COUNT};

enum result product_create_one(struct api_call *call)
{
    struct product *out = row_out(call, sizeof *out);
    const struct products_input input = table_product_input(call->body);
    return out != NULL ? products_create(&call->service, &input, out) : RESULT_INTERNAL;
}

enum result product_get_one(struct api_call *call)
{
    struct product *out = row_out(call, sizeof *out);
    return out != NULL ? products_get(&call->service, call->request->params[0], out)
                       : RESULT_INTERNAL;
}

/* Page by page, each from where the one before ended. */
static enum result read_products(struct service_call *call, void *state,
                                 const struct window_slice *slice, struct window_page *out)
{
    struct product_list_request *request = state;
    struct product_page page;
    request->offset = request->position == NULL ? slice->offset : 0;
    request->limit = slice->limit;
    request->counted = slice->counted;
    enum result result = products_page(call, request, &page);
    if (result != RESULT_OK) {
        return result;
    }
    if (page.count > 0) {
        request->position = &page.items[page.count - 1];
    }
    *out = (struct window_page){
        .items = page.items, .count = page.count, .total = page.total, .more = page.more};
    return RESULT_OK;
}

static void take_product(const struct window_page *page, size_t index, struct window_keeper *keeper,
                         void *out)
{
    const struct product *products = page->items;
    struct product *product = out;
    *product = products[index];
    product->name = window_keep(keeper, product->name);
    product->description = window_keep(keeper, product->description);
}

enum result product_list_all(struct api_call *call)
{
    const struct person_window window = person_window_of(call->query);
    struct product_list_request request = {.limit = 0};
    const struct window_source source = {.read = read_products,
                                         .take = take_product,
                                         .item_size = sizeof(struct product),
                                         .state = &request};
    struct out_list *out = row_out(call, sizeof *out);
    struct window_list list;
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = window_read(call, &source, window.skip, window.limit, &list);
    if (result == RESULT_OK) {
        *out = (struct out_list){.items = list.items, .count = list.count};
        window_say_total(call, &list);
    }
    return result;
}
