#include "api/table_product.h"

#include "model/limits.h"

static const struct field product_fields[] = {
    {.name = "id",
     .kind = FIELD_ID,
     .offset = offsetof(struct product, id),
     .description = "Never used twice."},
    {.name = "number",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct product, number),
     .description = "Counts up from 1; for clients that expect a number."},
    {.name = "name", .kind = FIELD_TEXT, .offset = offsetof(struct product, name)},
    {.name = "description",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct product, description),
     .flags = FIELD_NULLABLE},
    {.name = "price",
     .kind = FIELD_DECIMAL,
     .offset = offsetof(struct product, price),
     .description = "Exact, with as many digits behind the point as were given.",
     .example = "\"12.50\""},
    {.name = "owner_id",
     .kind = FIELD_ID,
     .offset = offsetof(struct product, owner_id),
     .description = "The user who made it, who may be deleted."},
    {.name = "created_at", .kind = FIELD_INSTANT, .offset = offsetof(struct product, created_ms)},
    {.name = "updated_at", .kind = FIELD_INSTANT, .offset = offsetof(struct product, updated_ms)},
};

const struct table table_product = {
    .name = "Product",
    .description = "A thing of the application's own.",
    .size = sizeof(struct product),
    FIELDS(product_fields),
};

/* The fields of both bodies; needed_ is FIELD_REQUIRED or 0. */
#define FIELDS_IN(needed_)                                                                         \
    {.name = "name",                                                                               \
     .kind = FIELD_TEXT,                                                                           \
     .offset = offsetof(struct table_product_in, name),                                            \
     .flags = (needed_),                                                                           \
     .min = 1,                                                                                     \
     .max = PRODUCT_NAME_MAX_CHARS,                                                                \
     .example = "\"Difference engine\""},                                                          \
        {.name = "description",                                                                    \
         .kind = FIELD_TEXT,                                                                       \
         .offset = offsetof(struct table_product_in, description),                                 \
         .flags = FIELD_NULLABLE,                                                                  \
         .max = PRODUCT_DESCRIPTION_MAX_CHARS},                                                    \
    {                                                                                              \
        .name = "price", .kind = FIELD_DECIMAL,                                                    \
        .offset = offsetof(struct table_product_in, price), .flags = (needed_),                    \
        .description = "At most 12 digits, then at most 4 behind a point. A text, not a number: "  \
                       "numbers of JSON are not exact everywhere.",                                \
        .example = "\"12.50\""                                                                     \
    }

static const struct field create_fields[] = {FIELDS_IN(FIELD_REQUIRED)};

const struct table table_product_create = {
    .name = "ProductCreate",
    .size = sizeof(struct table_product_in),
    FIELDS(create_fields),
};

static const struct field change_fields[] = {FIELDS_IN(0)};

const struct table table_product_change = {
    .name = "ProductChange",
    .description = "What is left out stays as it is.",
    .size = sizeof(struct table_product_in),
    FIELDS(change_fields),
};

struct products_input table_product_input(const struct table_product_in *in)
{
    return (struct products_input){
        .mask = (in->name.given ? PRODUCT_FIELD_NAME : 0U) |
                (in->description.given ? PRODUCT_FIELD_DESCRIPTION : 0U) |
                (in->price.given ? PRODUCT_FIELD_PRICE : 0U),
        .name = in->name.text,
        .description = in->description.text,
        .price = in->price.value,
    };
}
