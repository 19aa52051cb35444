#include "model/product.h"

static const char *const sort_names[PRODUCT_SORT_FIELD_COUNT] = {
    [PRODUCT_SORT_NUMBER] = "number",      [PRODUCT_SORT_NAME] = "name",
    [PRODUCT_SORT_PRICE] = "price",        [PRODUCT_SORT_CREATED] = "created_at",
    [PRODUCT_SORT_UPDATED] = "updated_at",
};

bool product_key_of(struct view text, struct product_key *out)
{
    struct product_key key = {.kind = PRODUCT_BY_ID};
    if (!id_parse(text, &key.id)) {
        key.kind = PRODUCT_BY_NUMBER;
        if (!view_to_int64(text, &key.number)) {
            return false;
        }
    }
    *out = key;
    return true;
}

static bool read_sort(struct view text, struct product_sort *out)
{
    out->descending = view_starts_with(text, VIEW("-"));
    struct view name = out->descending ? view_sub(text, 1, SIZE_MAX) : text;
    for (int i = 0; i < PRODUCT_SORT_FIELD_COUNT; i++) {
        if (view_is(name, sort_names[i])) {
            out->field = (enum product_sort_field)i;
            return true;
        }
    }
    return false;
}

static bool sorts_by(const struct product_sort *sorts, size_t count, enum product_sort_field field)
{
    for (size_t i = 0; i < count; i++) {
        if (sorts[i].field == field) {
            return true;
        }
    }
    return false;
}

bool product_sorts_of(struct view text, struct product_sort *sorts, size_t *count)
{
    struct view part;
    *count = 0;
    while (view_split(&text, ',', &part)) {
        struct product_sort sort;
        if (!read_sort(part, &sort) || sorts_by(sorts, *count, sort.field)) {
            return false;
        }
        sorts[*count] = sort;
        *count += 1;
    }
    return true;
}
