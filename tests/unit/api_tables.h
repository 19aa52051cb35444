/* What the tests of src/api share: a table with one field of every kind that can be decoded, and
 * how to look at faults. */
#ifndef LATCHKEY_TESTS_API_TABLES_H
#define LATCHKEY_TESTS_API_TABLES_H

#include "unit.h"

#include "api/decode.h"
#include "http/request.h"

struct thing_in {
    struct in_text name;
    struct in_text mail;
    struct in_integer age;
    struct in_boolean good;
    struct in_text extra;
    struct in_list tags;
    struct in_text colour;
    struct in_text hidden; /* in forms only */
    struct in_decimal price;
};

static const char *const thing_colours[] = {"red", "green", NULL};

static const struct field thing_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct thing_in, name),
     .flags = FIELD_REQUIRED,
     .min = 2,
     .max = 4},
    {.name = "mail",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct thing_in, mail),
     .flags = FIELD_NULLABLE,
     .max_bytes = 8},
    {.name = "age",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct thing_in, age),
     .flags = FIELD_NULLABLE,
     .max = 150},
    {.name = "good", .kind = FIELD_BOOLEAN, .offset = offsetof(struct thing_in, good)},
    {.name = "extra",
     .kind = FIELD_OBJECT,
     .offset = offsetof(struct thing_in, extra),
     .max_bytes = 40},
    {.name = "tags",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct thing_in, tags),
     .max = 2,
     .max_bytes = 3},
    {.name = "colour",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct thing_in, colour),
     .choices = thing_colours},
    {.name = "hidden",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct thing_in, hidden),
     .flags = FIELD_FORM},
    {.name = "price", .kind = FIELD_DECIMAL, .offset = offsetof(struct thing_in, price)},
};

static const struct table thing_table = {
    .name = "Thing",
    .size = sizeof(struct thing_in),
    FIELDS(thing_fields),
};

/* One decoding with all it needs. */
struct bench {
    struct arena arena;
    struct faults faults;
    struct decoding decoding;
};

static inline void bench_init(struct bench *bench, const struct table *table, const char *place)
{
    memset(bench, 0, sizeof *bench);
    arena_init(&bench->arena, 0);
    bench->decoding = (struct decoding){
        .table = table, .place = place, .arena = &bench->arena, .faults = &bench->faults};
}

static inline void bench_clear(struct bench *bench)
{
    arena_clear(&bench->arena);
}

/* Exactly one fault, about that member, with that code. */
#define assert_one_fault(bench, member, fault_code)                                                \
    do {                                                                                           \
        const struct faults *faults_ = &(bench)->faults;                                           \
        assert_int_equal(faults_->count, 1);                                                       \
        assert_string_equal(faults_->items[0].place, (bench)->decoding.place);                     \
        assert_true(view_is(faults_->items[0].path[0], member));                                   \
        assert_string_equal(faults_->items[0].code, fault_code);                                   \
        assert_true(faults_->items[0].message.len > 0);                                            \
    } while (0)

#endif
