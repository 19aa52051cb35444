#include "api/decode.h"

#include <stdlib.h>

#include "base/json_digits.h"
#include "base/real.h"
#include "base/utf8.h"

/* So much of an unknown name is said back. */
#define NAME_ECHO_MAX_BYTES 64

static void add_fault(struct decoding *d, const struct fault *fault)
{
    struct faults *faults = d->faults;
    if (faults->count < FAULTS_MAX) {
        faults->items[faults->count] = *fault;
        faults->items[faults->count].place = d->place;
    }
    faults->count++;
}

void decode_fault(struct decoding *d, const struct field *field, const char *code,
                  struct view message)
{
    add_fault(d, &(struct fault){.path = {view_of(field->name)}, .code = code, .message = message});
}

bool decode_begin(struct decoding *d)
{
    d->seen = 0;
    d->out = arena_take(d->arena, d->table->size);
    return d->out != NULL;
}

const struct field *decode_find(const struct decoding *d, struct view name)
{
    for (size_t i = 0; d->table != NULL && i < d->table->field_count; i++) {
        const struct field *field = &d->table->fields[i];
        if (view_is(name, field->name)) {
            return (field->flags & FIELD_FORM) == 0 || d->form ? field : NULL;
        }
    }
    return NULL;
}

static uint64_t bit_of(const struct decoding *d, const struct field *field)
{
    return UINT64_C(1) << (size_t)(field - d->table->fields);
}

bool decode_mark(struct decoding *d, const struct field *field)
{
    uint64_t bit = bit_of(d, field);
    bool first = (d->seen & bit) == 0;
    d->seen |= bit;
    return first;
}

void decode_unknown(struct decoding *d, struct view name)
{
    struct view copy = arena_copy_view(d->arena, view_sub(name, 0, NAME_ECHO_MAX_BYTES));
    add_fault(d, &(struct fault){.path = {copy},
                                 .code = "unknown_field",
                                 .message = VIEW("Nothing of this name is taken here.")});
}

static const struct {
    const char *expected;
    const char *message;
} type_faults[] = {
    [FIELD_TEXT] = {"string", "A text is expected."},
    [FIELD_INTEGER] = {"integer", "A whole number is expected."},
    [FIELD_BOOLEAN] = {"boolean", "True or false is expected."},
    [FIELD_OBJECT] = {"object", "An object is expected."},
    [FIELD_TEXT_LIST] = {"array", "A list of texts is expected."},
    [FIELD_DECIMAL] = {"number", "An amount is expected, as a text such as \"12.50\"."},
};

void decode_wrong_type(struct decoding *d, const struct field *field)
{
    add_fault(d, &(struct fault){.path = {view_of(field->name)},
                                 .code = "wrong_type",
                                 .expected = type_faults[field->kind].expected,
                                 .message = view_of(type_faults[field->kind].message)});
}

/* --- setters ---------------------------------------------------------------------------------- */

static void *slot(const struct decoding *d, const struct field *field)
{
    return (char *)d->out + field->offset;
}

void decode_null(struct decoding *d, const struct field *field)
{
    if (d->table->lax && (field->flags & FIELD_REQUIRED) == 0) {
        d->seen &= ~bit_of(d, field);
        return;
    }
    if ((field->flags & FIELD_NULLABLE) == 0) {
        decode_wrong_type(d, field);
        return;
    }
    *(struct in_flags *)slot(d, field) = (struct in_flags){.given = true, .null = true};
}

static bool is_limited(const struct field *field)
{
    return field->min != 0 || field->max != 0;
}

static struct view limit_message(struct decoding *d, const char *format, int64_t limit)
{
    /* The formats are the literals below. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return arena_format(d->arena, format, (long long)limit);
#pragma GCC diagnostic pop
}

static bool is_chosen(const char *const *choices, struct view text)
{
    for (; *choices != NULL; choices++) {
        if (view_is(text, *choices)) {
            return true;
        }
    }
    return false;
}

static struct view choices_message(struct decoding *d, const char *const *choices)
{
    struct view list = view_of(*choices);
    while (*++choices != NULL) {
        list = arena_format(d->arena, "%.*s, %s", VIEW_ARG(list), *choices);
    }
    return arena_format(d->arena, "It must be one of: %.*s.", VIEW_ARG(list));
}

/* True when the lengths fit. */
static bool check_length(struct decoding *d, const struct field *field, struct view text)
{
    if (field->max_bytes != 0 && text.len > field->max_bytes) {
        decode_fault(
            d, field, "too_long",
            limit_message(d, "It may have at most %lld bytes.", (int64_t)field->max_bytes));
        return false;
    }
    if (!is_limited(field)) {
        return true;
    }
    int64_t length = (int64_t)utf8_length(text);
    if (length < field->min) {
        decode_fault(d, field, "too_short",
                     limit_message(d, "It must have at least %lld characters.", field->min));
        return false;
    }
    if (length > field->max) {
        decode_fault(d, field, "too_long",
                     limit_message(d, "It may have at most %lld characters.", field->max));
        return false;
    }
    return true;
}

static void decode_decimal(struct decoding *d, const struct field *field, struct view text)
{
    struct decimal value;
    if (!decimal_parse(text, &value)) {
        decode_fault(d, field, "malformed",
                     VIEW("It must be an amount such as 12 or 12.50: at most 12 digits, then at "
                          "most 4 behind a point."));
        return;
    }
    *(struct in_decimal *)slot(d, field) = (struct in_decimal){.given = true, .value = value};
}

void decode_text(struct decoding *d, const struct field *field, struct view text)
{
    if (field->kind == FIELD_DECIMAL) {
        decode_decimal(d, field, text);
        return;
    }
    int64_t number;
    if (field->kind == FIELD_INTEGER && d->table->lax && view_to_int64(text, &number)) {
        decode_integer(d, field, number);
        return;
    }
    if (field->kind != FIELD_TEXT) {
        decode_wrong_type(d, field);
        return;
    }
    if (!check_length(d, field, text)) {
        return;
    }
    if (field->choices != NULL && !is_chosen(field->choices, text)) {
        decode_fault(d, field, "not_allowed", choices_message(d, field->choices));
        return;
    }
    *(struct in_text *)slot(d, field) = (struct in_text){.given = true, .text = text};
}

void decode_integer(struct decoding *d, const struct field *field, int64_t number)
{
    if (field->kind == FIELD_DECIMAL && (field->flags & FIELD_NUMBER) != 0) {
        decode_decimal(d, field, arena_format(d->arena, "%lld", (long long)number));
        return;
    }
    if (field->kind != FIELD_INTEGER) {
        decode_wrong_type(d, field);
        return;
    }
    if (is_limited(field) && number < field->min) {
        decode_fault(d, field, "too_small",
                     limit_message(d, "It must be at least %lld.", field->min));
        return;
    }
    if (is_limited(field) && number > field->max) {
        decode_fault(d, field, "too_large",
                     limit_message(d, "It may be at most %lld.", field->max));
        return;
    }
    *(struct in_integer *)slot(d, field) = (struct in_integer){.given = true, .number = number};
}

/* Up to so many digits a decimal comes back from a double as it was written (IEEE 754). */
#define DOUBLE_DIGITS 15

void decode_real(struct decoding *d, const struct field *field, double number)
{
    int64_t whole;
    if (field->kind == FIELD_INTEGER && d->table->lax && real_to_int64(number, &whole)) {
        decode_integer(d, field, whole);
        return;
    }
    struct view text = arena_format(d->arena, "%.*g", DOUBLE_DIGITS, number);
    if (field->kind != FIELD_DECIMAL || (field->flags & FIELD_NUMBER) == 0 || text.at == NULL) {
        decode_wrong_type(d, field);
    } else if (json_digits_of_member(d->text, view_of(field->name)) > DOUBLE_DIGITS ||
               strtod(text.at, NULL) != number) {
        decode_fault(d, field, "malformed",
                     VIEW("A number of more than 15 digits is not exact: send it as a text."));
    } else {
        decode_decimal(d, field, text);
    }
}

void decode_boolean(struct decoding *d, const struct field *field, bool value)
{
    if (field->kind != FIELD_BOOLEAN) {
        decode_wrong_type(d, field);
        return;
    }
    *(struct in_boolean *)slot(d, field) = (struct in_boolean){.given = true, .value = value};
}

void decode_object(struct decoding *d, const struct field *field, struct view text)
{
    *(struct in_text *)slot(d, field) = (struct in_text){.given = true, .text = text};
}

/* True when every item fits the field's max_bytes and choices. */
static bool check_items(struct decoding *d, const struct field *field, const struct view *items,
                        size_t count)
{
    size_t before = d->faults->count;
    for (size_t i = 0; i < count; i++) {
        const char *code = NULL;
        struct view message = {NULL, 0};
        if (field->max_bytes != 0 && items[i].len > field->max_bytes) {
            code = "too_long";
            message =
                limit_message(d, "It may have at most %lld bytes.", (int64_t)field->max_bytes);
        } else if (field->choices != NULL && !is_chosen(field->choices, items[i])) {
            code = "not_allowed";
            message = choices_message(d, field->choices);
        }
        if (code != NULL) {
            add_fault(
                d, &(struct fault){.path = {view_of(field->name), arena_format(d->arena, "%zu", i)},
                                   .code = code,
                                   .message = message});
        }
    }
    return d->faults->count == before;
}

void decode_list(struct decoding *d, const struct field *field, const struct view *items,
                 size_t count)
{
    if (is_limited(field) && (int64_t)count < field->min) {
        decode_fault(d, field, "too_short",
                     limit_message(d, "It must have at least %lld items.", field->min));
        return;
    }
    if (is_limited(field) && (int64_t)count > field->max) {
        decode_fault(d, field, "too_long",
                     limit_message(d, "It may have at most %lld items.", field->max));
        return;
    }
    if (check_items(d, field, items, count)) {
        *(struct in_list *)slot(d, field) =
            (struct in_list){.given = true, .items = items, .count = count};
    }
}

void decode_typed(struct decoding *d, const struct field *field, struct view text)
{
    int64_t number = 0;
    if (field->kind == FIELD_TEXT || field->kind == FIELD_DECIMAL) {
        decode_text(d, field, text);
    } else if (field->kind == FIELD_INTEGER && view_to_int64(text, &number)) {
        decode_integer(d, field, number);
    } else if (field->kind == FIELD_BOOLEAN && (view_is(text, "true") || view_is(text, "false"))) {
        decode_boolean(d, field, view_is(text, "true"));
    } else {
        decode_wrong_type(d, field);
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static void check_required(struct decoding *d)
{
    for (size_t i = 0; i < d->table->field_count; i++) {
        const struct field *field = &d->table->fields[i];
        if ((field->flags & FIELD_REQUIRED) != 0 && (d->seen & bit_of(d, field)) == 0) {
            decode_fault(d, field, "missing", VIEW("It is needed."));
        }
    }
}

static void check_any_of(struct decoding *d)
{
    const char *const *names = d->table->any_of;
    for (const char *const *name = names; name != NULL && *name != NULL; name++) {
        const struct field *field = decode_find(d, view_of(*name));
        if (field != NULL && (d->seen & bit_of(d, field)) != 0) {
            return;
        }
    }
    if (names != NULL) {
        const struct field *first = decode_find(d, view_of(names[0]));
        struct view message = choices_message(d, names);
        decode_fault(d, first != NULL ? first : d->table->fields, "missing",
                     arena_format(d->arena, "One of these is needed. %.*s", VIEW_ARG(message)));
    }
}

enum result decode_end(struct decoding *d)
{
    if (d->table != NULL) {
        check_required(d);
        check_any_of(d);
    }
    return d->faults->count == 0 ? RESULT_OK : RESULT_INVALID;
}
