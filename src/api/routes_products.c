/* Products: the example of an application's own protected resource (docs/extending.md). */
#include "api/paging.h"
#include "api/routes.h"
#include "api/table_product.h"
#include "api/version.h"
#include "model/limits.h"
#include "service/products.h"
#include "service/products_list.h"

#define TAG "Products"

/* --- tables ----------------------------------------------------------------------------------- */

static const struct field list_fields[] = {
    {.name = "items",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct products_list, products.items),
     .nested = &table_product},
    {.name = "total",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct products_list, products.total),
     .flags = FIELD_NULLABLE,
     .description = "Of all pages; null with `count=false`."},
    {.name = "next_cursor",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct products_list, cursors.next),
     .flags = FIELD_NULLABLE},
};

static const struct table list_table = {
    .name = "ProductList",
    .size = sizeof(struct products_list),
    FIELDS(list_fields),
};

struct list_in {
    struct paging_in paging;
    struct in_text q;
    struct in_decimal min_price;
    struct in_decimal max_price;
    struct in_text owner;
    struct in_text sort;
};

static const struct field query_fields[] = {
    PAGING_FIELDS(struct list_in, paging),
    {.name = "q",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct list_in, q),
     .max = SEARCH_MAX_CHARS,
     .description = "A part of name or description, literally, without regard to case; of one or "
                    "two characters: how the name begins.",
     .example = "\"engine\""},
    {.name = "min_price",
     .kind = FIELD_DECIMAL,
     .offset = offsetof(struct list_in, min_price),
     .description = "This price or a higher one."},
    {.name = "max_price",
     .kind = FIELD_DECIMAL,
     .offset = offsetof(struct list_in, max_price),
     .description = "This price or a lower one."},
    {.name = "owner",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct list_in, owner),
     .description = "The id, the number or the username of the owner.",
     .example = "\"alice\""},
    {.name = "sort",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct list_in, sort),
     .description = "Fields in order of weight, separated by commas, with `-` for descending: "
                    "`number`, `name`, `price`, `created_at`, `updated_at`. Ties are broken by id.",
     .example = "\"-price,name\"",
     .default_text = "\"number\""},
};

static const struct table list_query = {
    .name = "ProductQuery",
    .size = sizeof(struct list_in),
    FIELDS(query_fields),
};

static const struct field key_fields[] = {
    PATH_PARAM("id", "The id or the number.", "\"1\""),
};

static const struct table key_params = {
    .name = "ProductPath",
    .size = sizeof(struct path_params),
    FIELDS(key_fields),
};

/* --- handlers --------------------------------------------------------------------------------- */

static enum result create(struct api_call *call)
{
    struct product *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    struct products_input input = table_product_input(call->body);
    return version_answer(call, products_create(&call->service, &input, out), &out->version);
}

static enum result get_one(struct api_call *call)
{
    struct product *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = products_get(&call->service, call->request->params[0], out);
    return version_answer(call, result, &out->version);
}

static enum result change_one(struct api_call *call)
{
    struct product *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    struct products_input input = table_product_input(call->body);
    enum result result =
        products_update(&call->service, call->request->params[0], &input, call->if_version, out);
    return version_answer(call, result, &out->version);
}

static enum result delete_one(struct api_call *call)
{
    return products_delete(&call->service, call->request->params[0], call->if_version);
}

static struct product_filter filter_of(const struct list_in *in)
{
    return (struct product_filter){
        .q = in->q.text,
        .has_min_price = in->min_price.given,
        .has_max_price = in->max_price.given,
        .min_price = in->min_price.value,
        .max_price = in->max_price.value,
    };
}

static enum result read_request(struct api_call *call, const struct list_in *in,
                                struct product_list_request *out)
{
    struct faults *faults = &call->service.faults;
    struct paging page = paging_request(call, &in->paging);
    *out = (struct product_list_request){
        .filter = filter_of(in),
        .limit = page.limit,
        .offset = page.offset,
        .counted = page.counted,
    };
    if (in->sort.given && !product_sorts_of(in->sort.text, out->sort, &out->sort_count)) {
        faults_add_query(faults, "sort", "not_allowed",
                         VIEW("It takes number, name, price, created_at and updated_at, each once, "
                              "separated by commas, with '-' in front for descending."));
    }
    return faults->count == 0 ? RESULT_OK : RESULT_INVALID;
}

static enum result list(struct api_call *call)
{
    const struct list_in *in = call->query;
    struct product_list_request request;
    struct products_list *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = read_request(call, in, &request);
    if (result == RESULT_OK) {
        result =
            products_list(&call->service, &request, in->owner.text, in->paging.cursor.text, out);
    }
    if (result == RESULT_OK) {
        paging_headers(call, &in->paging, out->products.count, out->products.total, &out->cursors);
    }
    return result;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result list_results[] = {RESULT_OK, RESULT_INVALID_CURSOR, RESULT_COUNT};
static const enum result create_results[] = {RESULT_CREATED, RESULT_COUNT};
static const enum result get_results[] = {RESULT_OK, RESULT_NOT_FOUND, RESULT_COUNT};
static const enum result delete_results[] = {RESULT_NO_CONTENT, RESULT_NOT_FOUND, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "listProducts",
     .method = METHOD_GET,
     .path = "/v1/products",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "products:read",
     .rate = ROW_FREE,
     .query = &list_query,
     .reply = &list_table,
     .paged = true,
     .results = list_results,
     .tag = TAG,
     .summary = "List products",
     .handle = list},
    {.id = "createProduct",
     .method = METHOD_POST,
     .path = "/v1/products",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "products:create",
     .rate = ROW_FREE,
     .body = &table_product_create,
     .body_forms = ROW_JSON,
     .reply = &table_product,
     .versioned = true,
     .results = create_results,
     .tag = TAG,
     .summary = "Create a product",
     .description = "Whoever makes it owns it.",
     .handle = create},
    {.id = "getProduct",
     .method = METHOD_GET,
     .path = "/v1/products/{id}",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .permission = "products:read",
     .owner = {.param = "id", .find = products_owner},
     .rate = ROW_FREE,
     .params = &key_params,
     .reply = &table_product,
     .versioned = true,
     .results = get_results,
     .tag = TAG,
     .summary = "Read a product",
     .handle = get_one},
    {.id = "changeProduct",
     .method = METHOD_PATCH,
     .path = "/v1/products/{id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "products:update",
     .owner = {.param = "id", .find = products_owner},
     .rate = ROW_FREE,
     .params = &key_params,
     .body = &table_product_change,
     .body_forms = ROW_JSON,
     .reply = &table_product,
     .versioned = true,
     .results = get_results,
     .tag = TAG,
     .summary = "Change a product",
     .handle = change_one},
    {.id = "deleteProduct",
     .method = METHOD_DELETE,
     .path = "/v1/products/{id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "products:delete",
     .owner = {.param = "id", .find = products_owner},
     .rate = ROW_FREE,
     .params = &key_params,
     .versioned = true,
     .results = delete_results,
     .tag = TAG,
     .summary = "Delete a product",
     .handle = delete_one},
};

const struct row_group routes_products = {ROWS(rows)};
