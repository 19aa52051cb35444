#include "api/encode.h"

#include "base/attributes.h"

typedef void writer(struct builder *out, const struct field *field, const void *at);

static void write_null(struct builder *out)
{
    builder_add(out, VIEW("null"));
}

static void write_text(struct builder *out, const struct field *field, const void *at)
{
    (void)field;
    const struct view *text = at;
    if (text->at == NULL) {
        write_null(out);
    } else {
        builder_json(out, *text);
    }
}

static void write_integer(struct builder *out, const struct field *field, const void *at)
{
    int64_t number = *(const int64_t *)at;
    if ((field->flags & FIELD_NULLABLE) != 0 && number < 0) {
        write_null(out);
    } else {
        builder_int(out, number);
    }
}

static void write_boolean(struct builder *out, const struct field *field, const void *at)
{
    (void)field;
    builder_add(out, *(const bool *)at ? VIEW("true") : VIEW("false"));
}

static void write_object(struct builder *out, const struct field *field, const void *at)
{
    (void)field;
    const struct view *json = at;
    builder_add(out, json->len == 0 ? VIEW("{}") : *json);
}

static void write_text_list(struct builder *out, const struct field *field, const void *at)
{
    (void)field;
    const struct out_list *list = at;
    const struct view *texts = list->items;
    builder_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) {
            builder_char(out, ',');
        }
        builder_json(out, texts[i]);
    }
    builder_char(out, ']');
}

static void write_id(struct builder *out, const struct field *field, const void *at)
{
    (void)field;
    builder_id(out, at);
}

static void write_instant(struct builder *out, const struct field *field, const void *at)
{
    (void)field;
    int64_t instant_ms = *(const int64_t *)at;
    if (instant_ms == 0) {
        write_null(out);
    } else {
        builder_instant(out, instant_ms);
    }
}

static void write_int_option(struct builder *out, const struct field *field, const void *at)
{
    (void)field;
    int number = *(const int *)at;
    if (number < 0) {
        write_null(out);
    } else {
        builder_int(out, number);
    }
}

static void write_choice(struct builder *out, const struct field *field, const void *at)
{
    int wanted = *(const int *)at;
    int index = 1;
    for (const char *const *name = field->choices; *name != NULL; name++, index++) {
        if (index == wanted) {
            builder_quoted(out, view_of(*name));
            return;
        }
    }
    write_null(out);
}

static void write_nested(struct builder *out, const struct field *field, const void *at)
{
    encode_table(out, field->nested, at);
}

static void write_nested_list(struct builder *out, const struct field *field, const void *at)
{
    encode_list(out, field->nested, at);
}

static void write_decimal(struct builder *out, const struct field *field, const void *at)
{
    char text[DECIMAL_TEXT_SIZE];
    struct view plain = decimal_format(at, text);
    if ((field->flags & FIELD_NUMBER) != 0) {
        builder_add(out, plain);
    } else {
        builder_quoted(out, plain);
    }
}

static writer *const writers[] = {
    [FIELD_TEXT] = write_text,
    [FIELD_INTEGER] = write_integer,
    [FIELD_BOOLEAN] = write_boolean,
    [FIELD_OBJECT] = write_object,
    [FIELD_TEXT_LIST] = write_text_list,
    [FIELD_ID] = write_id,
    [FIELD_INSTANT] = write_instant,
    [FIELD_INT_OPTION] = write_int_option,
    [FIELD_CHOICE] = write_choice,
    [FIELD_NESTED] = write_nested,
    [FIELD_NESTED_LIST] = write_nested_list,
    [FIELD_DECIMAL] = write_decimal,
};

/* True for what is left out. */
static bool is_omitted(const struct field *field, const void *at)
{
    if ((field->flags & FIELD_OMITTED) == 0) {
        return false;
    }
    if (field->kind == FIELD_INTEGER) {
        return *(const int64_t *)at < 0;
    }
    /* A view and a list both begin with a pointer. */
    return *(const void *const *)at == NULL;
}

void encode_table(struct builder *out, const struct table *table, const void *value)
{
    char before = '{';
    for (size_t i = 0; i < table->field_count; i++) {
        const struct field *field = &table->fields[i];
        if (is_omitted(field, (const char *)value + field->offset)) {
            continue;
        }
        builder_member(out, before, field->name);
        before = ',';
        writers[field->kind](out, field, (const char *)value + field->offset);
    }
    builder_text(out, before == '{' ? "{}" : "}");
}

void encode_list(struct builder *out, const struct table *table, const struct out_list *list)
{
    const char *item = list->items;
    builder_char(out, '[');
    for (size_t i = 0; i < list->count; i++, item += table->size) {
        if (i > 0) {
            builder_char(out, ',');
        }
        encode_table(out, table, item);
    }
    builder_char(out, ']');
}
