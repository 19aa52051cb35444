/* A table of all kinds that forms and queries can hold. */
#ifndef LATCHKEY_TESTS_FUZZ_TABLE_H
#define LATCHKEY_TESTS_FUZZ_TABLE_H

#include "fuzz.h"

#include <string.h>

#include "api/decode.h"
#include "base/utf8.h"

#define FUZZ_TEXT_MAX 8

struct fuzz_in {
    struct in_text text;
    struct in_integer number;
    struct in_boolean yes;
    struct in_text colour;
};

static const char *const fuzz_colours[] = {"red", "green", NULL};

static const struct field fuzz_fields[] = {
    {.name = "text",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct fuzz_in, text),
     .flags = FIELD_REQUIRED,
     .min = 1,
     .max = FUZZ_TEXT_MAX},
    {.name = "number",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct fuzz_in, number),
     .min = -10,
     .max = 10},
    {.name = "yes", .kind = FIELD_BOOLEAN, .offset = offsetof(struct fuzz_in, yes)},
    {.name = "colour",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct fuzz_in, colour),
     .choices = fuzz_colours},
};

static const struct table fuzz_table = {
    .name = "Fuzz", .size = sizeof(struct fuzz_in), FIELDS(fuzz_fields)};

/* Decodes with one of the decoders and checks what must hold of its answer. */
static inline void fuzz_decode(enum result (*decode)(struct decoding *, struct view),
                               enum result malformed, const uint8_t *data, size_t size)
{
    struct arena arena;
    struct faults faults = {.count = 0};
    arena_init(&arena, 0);
    struct decoding decoding = {
        .table = &fuzz_table, .place = "body", .arena = &arena, .faults = &faults};
    enum result result = decode(&decoding, view_make(data, size));
    FUZZ_CHECK(result == RESULT_OK || result == RESULT_INVALID || result == malformed);
    if (result == RESULT_OK) {
        const struct fuzz_in *in = decoding.out;
        FUZZ_CHECK(in->text.given && utf8_is_valid(in->text.text));
        FUZZ_CHECK(memchr(in->text.text.at, '\0', in->text.text.len) == NULL);
        FUZZ_CHECK(utf8_length(in->text.text) <= FUZZ_TEXT_MAX);
        FUZZ_CHECK(in->number.number >= -10 && in->number.number <= 10);
        FUZZ_CHECK(!in->colour.given || view_is(in->colour.text, "red") ||
                   view_is(in->colour.text, "green"));
    }
    arena_clear(&arena);
}

#endif
