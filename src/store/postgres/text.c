#include "store/postgres/text.h"

void postgres_text_begin(struct postgres_text *out)
{
    out->count = 0;
    out->is_full = false;
    builder_init_fixed(&out->builder, out->text, sizeof out->text);
}

void postgres_text_add(struct postgres_text *out, const char *constant)
{
    builder_text(&out->builder, constant);
}

static bool is_same(const struct pgsql_value *a, const struct pgsql_value *b)
{
    return a->type == b->type && a->number == b->number && a->bytes.at == b->bytes.at &&
           a->bytes.len == b->bytes.len;
}

/* Numbers say what they are: else one could be taken for a smaller integer than it fits. */
void postgres_text_value(struct postgres_text *out, struct pgsql_value value)
{
    size_t i = 0;
    while (i < out->count && !is_same(&out->values[i], &value)) {
        i++;
    }
    if (i == PGSQL_VALUES_MAX) {
        out->is_full = true;
        return;
    }
    out->values[i] = value;
    out->count = i < out->count ? out->count : i + 1;
    builder_format(&out->builder, value.type == PGSQL_NUMBER ? "$%zu::bigint" : "$%zu", i + 1);
}

void postgres_text_with(struct postgres_text *out, const char *constant, struct pgsql_value value)
{
    postgres_text_add(out, constant);
    postgres_text_value(out, value);
}

size_t postgres_text_end(struct postgres_text *text, struct pgsql_batch *batch)
{
    struct view whole = {"", 0};
    builder_char(&text->builder, '\0');
    bool fits = builder_end(&text->builder, &whole) && !text->is_full;
    static const struct pgsql_value unstorable = {.type = PGSQL_UNSTORABLE};
    if (!fits) {
        return pgsql_add_text(batch, VIEW(""), (struct pgsql_values){&unstorable, 1});
    }
    return pgsql_add_text(batch, view_sub(whole, 0, whole.len - 1),
                          (struct pgsql_values){text->values, text->count});
}

bool postgres_text_like(struct view part, struct arena *arena, struct view *out)
{
    struct builder builder;
    builder_init(&builder, arena, 2 * part.len + 2);
    builder_char(&builder, '%');
    for (size_t i = 0; i < part.len; i++) {
        if (part.at[i] == '%' || part.at[i] == '_' || part.at[i] == '\\') {
            builder_char(&builder, '\\');
        }
        builder_char(&builder, part.at[i]);
    }
    builder_char(&builder, '%');
    return builder_end(&builder, out);
}
