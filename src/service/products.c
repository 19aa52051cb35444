#include "service/products.h"

#include "base/utf8.h"
#include "service/audit.h"

static bool has(const struct products_input *input, enum product_field field)
{
    return (input->mask & (unsigned)field) != 0;
}

/* --- rules ------------------------------------------------------------------------------------ */

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

static bool has_control(struct view text)
{
    uint32_t c;
    while (utf8_next(&text, &c)) {
        if (is_control(c)) {
            return true;
        }
    }
    return false;
}

static void check_name(struct service_call *call, struct view name)
{
    if (view_is_empty(view_trim(name))) {
        faults_add(&call->faults, "name", "too_short", VIEW("A product has a name."));
    } else if (!utf8_is_valid(name) || has_control(name)) {
        faults_add(&call->faults, "name", "malformed",
                   VIEW("The name contains a control character."));
    } else if (utf8_length(name) > PRODUCT_NAME_MAX_CHARS) {
        faults_add(&call->faults, "name", "too_long",
                   VIEW("The name is longer than 200 characters."));
    }
}

static void check_description(struct service_call *call, struct view description)
{
    if (!utf8_is_valid(description)) {
        faults_add(&call->faults, "description", "malformed",
                   VIEW("The description is not valid UTF-8."));
    } else if (utf8_length(description) > PRODUCT_DESCRIPTION_MAX_CHARS) {
        faults_add(&call->faults, "description", "too_long",
                   VIEW("The description is longer than 10000 characters."));
    }
}

/* The price cannot be wrong: struct decimal holds no other amounts. */
static enum result check_input(struct service_call *call, const struct products_input *input)
{
    if (has(input, PRODUCT_FIELD_NAME)) {
        check_name(call, input->name);
    }
    if (has(input, PRODUCT_FIELD_DESCRIPTION)) {
        check_description(call, input->description);
    }
    return call->faults.count == 0 ? RESULT_OK : RESULT_INVALID;
}

/* The store's word for another version is that of a race; here the client asked for that version.
 */
static enum result answer_of(enum result result)
{
    return result == RESULT_CONFLICT ? RESULT_PRECONDITION_FAILED : result;
}

static void note(const struct service_call *call, const char *event, const struct product *product)
{
    char id[ID_TEXT_SIZE];
    id_format(&product->id, id);
    const struct log_field fields[] = {LOG_FIELD_TEXT("product_id", view_of(id))};
    audit_fields(call, LOG_INFO, event, &product->owner_id, fields, ARRAY_LEN(fields));
}

/* --- use cases -------------------------------------------------------------------------------- */

enum result products_create(struct service_call *call, const struct products_input *input,
                            struct product *out)
{
    if (call->actor == NULL || call->actor->system) {
        return RESULT_FORBIDDEN;
    }
    enum result result = check_input(call, input);
    if (result != RESULT_OK) {
        return result;
    }
    const struct product_draft draft = {
        .id = id_new(call->now_ms),
        .name = input->name,
        .description = input->description,
        .price = input->price,
        .owner_id = call->actor->user_id,
        .now_ms = call->now_ms,
    };
    result = store_product_create(call->store, &draft, call->arena, out);
    if (result != RESULT_OK) {
        return result;
    }
    note(call, "product_created", out);
    return RESULT_CREATED;
}

enum result products_get(struct service_call *call, struct view key_text, struct product *out)
{
    struct product_key key;
    if (!product_key_of(key_text, &key)) {
        return RESULT_NOT_FOUND;
    }
    return store_product_get(call->store, &key, call->arena, out);
}

enum result products_update(struct service_call *call, struct view key_text,
                            const struct products_input *input, int64_t if_version,
                            struct product *out)
{
    struct product_key key;
    if (!product_key_of(key_text, &key)) {
        return RESULT_NOT_FOUND;
    }
    enum result result = check_input(call, input);
    if (result != RESULT_OK) {
        return result;
    }
    const struct product_patch patch = {
        .mask = input->mask,
        .name = input->name,
        .description = input->description,
        .price = input->price,
        .if_version = if_version,
        .now_ms = call->now_ms,
    };
    result = store_product_update(call->store, &key, &patch, call->arena, out);
    if (result != RESULT_OK) {
        return answer_of(result);
    }
    note(call, "product_changed", out);
    return RESULT_OK;
}

enum result products_delete(struct service_call *call, struct view key_text, int64_t if_version)
{
    struct product_key key;
    struct product product;
    if (!product_key_of(key_text, &key)) {
        return RESULT_NOT_FOUND;
    }
    enum result result = store_product_delete(call->store, &key, if_version, call->arena, &product);
    if (result != RESULT_OK) {
        return answer_of(result);
    }
    note(call, "product_deleted", &product);
    return RESULT_NO_CONTENT;
}

enum result products_owner(struct service_call *call, struct view key, struct id *owner)
{
    struct product product;
    enum result result = products_get(call, key, &product);
    if (result == RESULT_OK) {
        *owner = product.owner_id;
    }
    return result;
}
