#include "service/products_list.h"

#include "base/builder.h"
#include "service/service_state.h"

#define QUESTION_MAX_BYTES 8192

/* --- cursors ---------------------------------------------------------------------------------- */

/* Everything that decides which products a page has, and in which order. at NULL when out of
   memory. */
static struct view question_of(struct arena *arena, const struct product_list_request *request)
{
    const struct product_filter *filter = &request->filter;
    char owner[ID_TEXT_SIZE];
    struct builder b;
    struct view question;

    id_format(&filter->owner_id, owner);
    builder_init(&b, arena, QUESTION_MAX_BYTES);
    builder_format(&b, "products %d%lld,%d%lld,%s,", filter->has_min_price,
                   (long long)filter->min_price.units, filter->has_max_price,
                   (long long)filter->max_price.units, filter->has_owner ? owner : "");
    builder_format(&b, "%zu:", filter->q.len);
    builder_add(&b, filter->q);
    for (size_t i = 0; i < request->sort_count; i++) {
        builder_format(&b, "%d%c", (int)request->sort[i].field,
                       request->sort[i].descending ? '-' : '+');
    }
    return builder_end(&b, &question) ? question : view_make(NULL, 0);
}

/* Whatever the order: products have few values that can be sorted by. */
enum { AT_ID, AT_NUMBER, AT_NAME, AT_PRICE, AT_CREATED, AT_UPDATED };

static bool sorts_by_name(const struct product_list_request *request)
{
    for (size_t i = 0; i < request->sort_count; i++) {
        if (request->sort[i].field == PRODUCT_SORT_NAME) {
            return true;
        }
    }
    return false;
}

static void write_position(const void *request, const void *item, struct cursor *out)
{
    const struct product *product = item;

    cursor_add_id(out, &product->id);
    cursor_add_number(out, product->number);
    cursor_add_text(out, sorts_by_name(request) ? product->name : view_make(NULL, 0));
    cursor_add_number(out, product->price.units);
    cursor_add_number(out, product->created_ms);
    cursor_add_number(out, product->updated_ms);
}

static void go_on(const struct cursor *cursor, struct product_list_request *request,
                  struct product *position)
{
    request->backward = cursor->backward;
    request->position = cursor->count > 0 ? position : NULL;
    *position = (struct product){
        .id = cursor_id(cursor, AT_ID),
        .number = cursor_number(cursor, AT_NUMBER),
        .name = cursor_text(cursor, AT_NAME),
        .price = {.units = cursor_number(cursor, AT_PRICE), .places = DECIMAL_PLACES_MAX},
        .created_ms = cursor_number(cursor, AT_CREATED),
        .updated_ms = cursor_number(cursor, AT_UPDATED),
    };
}

/* --- pages ------------------------------------------------------------------------------------ */

/* NOT_FOUND: it names nobody. An e-mail address is no name here: the list must not tell whose it
   is. */
static enum result find_owner(struct service_call *call, struct view text, struct id *owner)
{
    struct user_key key = user_key_of(text);
    struct user user;
    if (key.kind == USER_BY_ID) {
        *owner = key.id;
        return RESULT_OK;
    }
    if (key.kind == USER_BY_EMAIL) {
        return RESULT_NOT_FOUND;
    }
    enum result result = store_user_get(call->store, &key, call->arena, &user);
    if (result == RESULT_OK) {
        *owner = user.id;
    }
    return result;
}

enum result products_page(struct service_call *call, const struct product_list_request *request,
                          struct product_page *out)
{
    return store_product_list(call->store, request, call->arena, out);
}

static enum result add_cursors(struct service_call *call, struct view question,
                               const struct product_list_request *request,
                               struct products_list *out)
{
    const struct product_page *page = &out->products;
    const struct list_walk walk = {
        .request = request,
        .write = write_position,
        .position = request->position,
        .offset = request->offset,
        .backward = request->backward,
        .more = page->more,
        .first = page->count > 0 ? &page->items[0] : NULL,
        .last = page->count > 0 ? &page->items[page->count - 1] : NULL,
    };

    return list_cursors_make(call, question, &walk, &out->cursors);
}

static enum result read_page(struct service_call *call, struct product_list_request *request,
                             struct view cursor_text, struct products_list *out)
{
    struct view question = question_of(call->arena, request);
    struct cursor cursor;
    struct product position;
    enum result result;

    if (question.at == NULL) {
        return RESULT_INTERNAL;
    }
    if (cursor_text.at != NULL) {
        if (!cursor_read(&call->service->master, question, cursor_text, call->arena, &cursor)) {
            return RESULT_INVALID_CURSOR;
        }
        go_on(&cursor, request, &position);
    }
    result = products_page(call, request, &out->products);
    return result == RESULT_OK ? add_cursors(call, question, request, out) : result;
}

enum result products_list(struct service_call *call, const struct product_list_request *request,
                          struct view owner, struct view cursor, struct products_list *out)
{
    struct product_list_request full = *request;
    enum result result = RESULT_OK;

    *out =
        (struct products_list){.products = {.total = request->counted ? 0 : PRODUCT_TOTAL_UNKNOWN}};
    if (owner.at != NULL) {
        full.filter.has_owner = true;
        result = find_owner(call, owner, &full.filter.owner_id);
    }
    if (result == RESULT_NOT_FOUND) {
        return RESULT_OK;
    }
    return result == RESULT_OK ? read_page(call, &full, cursor, out) : result;
}
