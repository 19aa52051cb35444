#include "unit.h"

#include <stdio.h>

#include "base/csv.h"

#define CELLS_MAX 8

struct split {
    char text[256];
    struct csv_cell cells[CELLS_MAX];
    size_t count;
    const char *fault;
};

static struct split *split(const char *text)
{
    static struct split s;

    snprintf(s.text, sizeof(s.text), "%s", text);
    s.fault = csv_split(s.text, strlen(s.text), s.cells, CELLS_MAX, &s.count);
    return &s;
}

static void test_plain(void **state)
{
    struct split *s = split("a, b ,,d\r\n");

    assert_null(s->fault);
    assert_int_equal(s->count, 4);
    assert_view(s->cells[0].text, "a");
    assert_view(s->cells[1].text, " b ");
    assert_int_equal(s->cells[2].text.len, 0);
    assert_false(s->cells[2].quoted);
    assert_view(s->cells[3].text, "d");
}

static void test_quoted(void **state)
{
    struct split *s = split("\"a,b\",\"\",\"say \"\"hi\"\"\",\"two\r\nlines\",\n");

    assert_null(s->fault);
    assert_int_equal(s->count, 5);
    assert_view(s->cells[0].text, "a,b");
    assert_int_equal(s->cells[1].text.len, 0);
    assert_true(s->cells[1].quoted);
    assert_view(s->cells[2].text, "say \"hi\"");
    assert_view(s->cells[3].text, "two\r\nlines");
    assert_int_equal(s->cells[4].text.len, 0);
    assert_false(s->cells[4].quoted);
}

static void test_one_cell(void **state)
{
    assert_int_equal(split("")->count, 1);
    assert_int_equal(split("a")->count, 1);
    assert_int_equal(split("\"\"\n")->count, 1);
    assert_int_equal(split(",")->count, 2);
    assert_int_equal(split("\"\",")->count, 2);
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "a\"b,c", "\"a\"b,c", "\"a,b", "\"a\"\"", "a,\"", "1,2,3,4,5,6,7,8,9",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_non_null(split(texts[i])->fault);
    }
}

/* The end of a record does not depend on where the text was cut when it was looked for. */
static void test_find_end_in_parts(void **state)
{
    static const struct {
        const char *text;
        size_t end; /* 0: none */
    } rows[] = {
        {"a,b\nc", 4},
        {"\"a\nb\",c\nd", 8},
        {"\"a\"\"\n\",c\nd", 9},
        {"a\"b\n\"c\nd", 4}, /* no quoted field: the line ends, and is refused */
        {"\"a\"b\"\nc", 6},
        {"\n", 1},
        {"\"a\nb", 0},
        {"ab", 0},
        {"", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct view text = view_of(rows[i].text);

        for (size_t cut = 0; cut <= text.len; cut++) {
            struct csv_scan scan = {0};
            size_t end = 0;
            bool found = csv_find_end(view_sub(text, 0, cut), &scan, &end) ||
                         csv_find_end(text, &scan, &end);

            assert_int_equal(found, rows[i].end != 0);
            assert_int_equal(end, rows[i].end);
        }
    }
}

/* What is written is read again. */
static void test_round(void **state)
{
    static const char *const texts[] = {"a", "", " a", "a,b", "\"", "a\"b", "x\r\ny", "\xC3\x85"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char room[64];
        struct builder b;
        struct view text;
        struct csv_cell cells[2];
        size_t count;

        builder_init_fixed(&b, room, sizeof(room));
        csv_write(&b, view_of(texts[i]));
        builder_char(&b, ',');
        csv_write(&b, (struct view){NULL, 0});
        builder_char(&b, '\n');
        assert_true(builder_end(&b, &text));
        assert_null(csv_split(room, text.len, cells, 2, &count));
        assert_int_equal(count, 2);
        assert_true(view_is(cells[0].text, texts[i]));
        assert_true(cells[0].quoted || cells[0].text.len > 0);
        assert_true(!cells[1].quoted && cells[1].text.len == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_quoted),
        cmocka_unit_test(test_one_cell),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_find_end_in_parts),
        cmocka_unit_test(test_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
