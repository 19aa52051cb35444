#include "api/openapi_schema.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 96

static const char *const kind_types[] = {
    [FIELD_TEXT] = "string",    [FIELD_INTEGER] = "integer",    [FIELD_BOOLEAN] = "boolean",
    [FIELD_OBJECT] = "object",  [FIELD_TEXT_LIST] = "array",    [FIELD_ID] = "string",
    [FIELD_INSTANT] = "string", [FIELD_INT_OPTION] = "integer", [FIELD_CHOICE] = "string",
    [FIELD_NESTED] = "object",  [FIELD_NESTED_LIST] = "array",  [FIELD_DECIMAL] = "string",
};

static const char *const kind_formats[] = {
    [FIELD_INTEGER] = "int64",    [FIELD_ID] = "uuid",    [FIELD_INSTANT] = "date-time",
    [FIELD_INT_OPTION] = "int32", [FIELD_DECIMAL] = NULL,
};

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL) {
        json_object_set_new(object, key, json_string(text));
    }
}

/* text is JSON. */
static void set_json(json_t *object, const char *key, const char *text)
{
    if (text != NULL) {
        json_object_set_new(object, key, json_loads(text, JSON_DECODE_ANY, NULL));
    }
}

static bool is_number(const struct field *field)
{
    return field->kind == FIELD_DECIMAL && (field->flags & FIELD_NUMBER) != 0;
}

static void set_type(json_t *schema, const struct field *field)
{
    const char *type = is_number(field) ? "number" : kind_types[field->kind];
    if ((field->flags & FIELD_NULLABLE) != 0) {
        json_object_set_new(schema, "type", json_pack("[s,s]", type, "null"));
    } else {
        set_text(schema, "type", type);
    }
    const char *format = field->format != NULL ? field->format : kind_formats[field->kind];
    set_text(schema, "format", (field->flags & FIELD_SECRET) != 0 ? "password" : format);
}

static void set_choices(json_t *schema, const struct field *field)
{
    if (field->choices == NULL) {
        return;
    }
    json_t *names = json_array();
    for (const char *const *name = field->choices; *name != NULL; name++) {
        json_array_append_new(names, json_string(*name));
    }
    if ((field->flags & FIELD_NULLABLE) != 0) {
        json_array_append_new(names, json_null());
    }
    json_object_set_new(schema, "enum", names);
}

static void set_range(json_t *schema, const struct field *field, const char *min, const char *max)
{
    if (field->min == 0 && field->max == 0) {
        return;
    }
    json_object_set_new(schema, min, json_integer(field->min));
    if (field->max != INT64_MAX) {
        json_object_set_new(schema, max, json_integer(field->max));
    }
}

static void set_limits(json_t *schema, const struct field *field)
{
    switch (field->kind) {
    case FIELD_TEXT:
        set_range(schema, field, "minLength", "maxLength");
        /* A text of so many bytes has no more characters. */
        if (field->max == 0 && field->max_bytes != 0) {
            json_object_set_new(schema, "maxLength", json_integer((json_int_t)field->max_bytes));
        }
        return;
    case FIELD_INTEGER:
        set_range(schema, field, "minimum", "maximum");
        return;
    case FIELD_TEXT_LIST:
        set_range(schema, field, "minItems", "maxItems");
        return;
    case FIELD_DECIMAL:
        set_text(schema, "pattern", is_number(field) ? NULL : DECIMAL_PATTERN);
        return;
    case FIELD_BOOLEAN:
    case FIELD_OBJECT:
    case FIELD_ID:
    case FIELD_INSTANT:
    case FIELD_INT_OPTION:
    case FIELD_CHOICE:
    case FIELD_NESTED:
    case FIELD_NESTED_LIST:
        return;
    }
}

static void set_items(json_t *schema, const struct field *field, struct openapi_schemas *schemas)
{
    if (field->kind == FIELD_TEXT_LIST) {
        json_t *items = json_pack("{s:s}", "type", "string");
        if (field->max_bytes != 0) {
            json_object_set_new(items, "maxLength", json_integer((json_int_t)field->max_bytes));
        }
        json_object_set_new(schema, "items", items);
    } else if (field->kind == FIELD_NESTED_LIST) {
        json_object_set_new(schema, "items",
                            openapi_schema_ref(field->nested, OPENAPI_OUT, schemas));
    }
}

json_t *openapi_schema_field(const struct field *field, struct openapi_schemas *schemas)
{
    if (field->kind == FIELD_NESTED) {
        return openapi_schema_ref(field->nested, OPENAPI_OUT, schemas);
    }
    json_t *schema = json_object();
    set_type(schema, field);
    if (field->kind != FIELD_TEXT_LIST) {
        set_choices(schema, field);
    }
    set_limits(schema, field);
    set_items(schema, field, schemas);
    set_text(schema, "description", field->description);
    set_json(schema, "default", field->default_text);
    if (field->example != NULL) {
        json_t *examples = json_array();
        json_array_append_new(examples, json_loads(field->example, JSON_DECODE_ANY, NULL));
        json_object_set_new(schema, "examples", examples);
    }
    return schema;
}

static bool is_of_use(const struct field *field, enum openapi_use use)
{
    return (field->flags & FIELD_FORM) == 0 || use != OPENAPI_JSON_IN;
}

/* Those of table->any_of that this form of the body has, in the table's order. */
static json_t *any_of_names(const struct table *table, enum openapi_use use)
{
    json_t *names = json_array();
    for (size_t i = 0; table->any_of != NULL && use != OPENAPI_OUT && i < table->field_count; i++) {
        const struct field *field = &table->fields[i];
        for (const char *const *name = table->any_of; *name != NULL; name++) {
            if (strcmp(*name, field->name) == 0 && is_of_use(field, use)) {
                json_array_append_new(names, json_string(field->name));
            }
        }
    }
    return names;
}

/* At least one of the names from index on. Not as "anyOf": generators of clients would take the
   schema for a union then, and know none of its members. */
static json_t *some_of(const json_t *names, size_t index)
{
    json_t *needed = json_pack("{s:[O]}", "required", json_array_get(names, index));
    if (index + 1 == json_array_size(names)) {
        return needed;
    }
    return json_pack("{s:{s:o},s:o}", "if", "not", needed, "then", some_of(names, index + 1));
}

static void set_members(json_t *schema, const struct table *table, enum openapi_use use,
                        struct openapi_schemas *schemas)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    json_t *any_of = any_of_names(table, use);
    for (size_t i = 0; i < table->field_count; i++) {
        const struct field *field = &table->fields[i];
        if (!is_of_use(field, use)) {
            continue;
        }
        json_object_set_new(properties, field->name, openapi_schema_field(field, schemas));
        bool always = use == OPENAPI_OUT && (field->flags & FIELD_OMITTED) == 0;
        if (always || (field->flags & FIELD_REQUIRED) != 0) {
            json_array_append_new(required, json_string(field->name));
        }
    }
    if (json_array_size(any_of) == 1) {
        json_array_append(required, json_array_get(any_of, 0));
    } else if (json_array_size(any_of) > 1) {
        json_t *some = some_of(any_of, 0);
        json_object_update(schema, some);
        json_decref(some);
    }
    json_object_set_new(schema, "properties", properties);
    if (json_array_size(required) > 0) {
        json_object_set(schema, "required", required);
    }
    json_decref(required);
    json_decref(any_of);
}

static json_t *table_schema(const struct table *table, enum openapi_use use,
                            struct openapi_schemas *schemas)
{
    json_t *schema = json_pack("{s:s}", "type", "object");
    set_text(schema, "description", table->description);
    set_members(schema, table, use, schemas);
    if (use == OPENAPI_JSON_IN && !table->ignore_unknown && !table->lax) {
        json_object_set_new(schema, "additionalProperties", json_false());
    }
    return schema;
}

json_t *openapi_schema_named(const char *name)
{
    char target[NAME_SIZE + sizeof "#/components/schemas/"];
    (void)snprintf(target, sizeof target, "#/components/schemas/%s", name);
    return json_pack("{s:s}", "$ref", target);
}

json_t *openapi_schema_ref(const struct table *table, enum openapi_use use,
                           struct openapi_schemas *schemas)
{
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, "%s%s%s", schemas->prefix, table->name,
                   use == OPENAPI_FORM_IN ? "Form" : "");
    if (json_object_get(schemas->json, name) == NULL) {
        json_object_set_new(schemas->json, name, table_schema(table, use, schemas));
    }
    return openapi_schema_named(name);
}
