/* Case folding: every code point against Unicode's own file, and texts. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8_fold.h"

#define CODE_POINTS 0x110000

static uint32_t expected[CODE_POINTS];

/* Lines "0041; C; 0061; # LATIN CAPITAL LETTER A"; C and S are simple folding. */
static int read_file(void)
{
    char line[512];
    int count = 0;
    FILE *file = fopen(CASE_FOLDING, "r");
    assert_non_null(file);
    for (uint32_t c = 0; c < CODE_POINTS; c++)
        expected[c] = c;
    while (fgets(line, sizeof line, file) != NULL) {
        char *end = NULL;
        unsigned long code = strtoul(line, &end, 16);
        if (end != line && (strncmp(end, "; C; ", 5) == 0 || strncmp(end, "; S; ", 5) == 0)) {
            expected[code] = (uint32_t)strtoul(end + 5, NULL, 16);
            count++;
        }
    }
    assert_int_equal(fclose(file), 0);
    return count;
}

static void test_every_code_point(void **state)
{
    assert_true(read_file() > 1400);
    for (uint32_t c = 0; c < CODE_POINTS; c++) {
        if (utf8_fold_code_point(c) != expected[c])
            fail_msg("U+%04X folds to U+%04X, not to U+%04X", c, utf8_fold_code_point(c),
                     expected[c]);
    }
}

/* Folding again changes nothing: a key that is kept can be searched for by itself. */
static void test_folded_stays(void **state)
{
    for (uint32_t c = 0; c < CODE_POINTS; c++)
        assert_int_equal(utf8_fold_code_point(utf8_fold_code_point(c)), utf8_fold_code_point(c));
}

static void test_texts(void **state)
{
    static const struct {
        struct view text;
        struct view folded;
    } cases[] = {
        {VIEW_INIT(""), VIEW_INIT("")},
        {VIEW_INIT("Bob O'NEIL"), VIEW_INIT("bob o'neil")},
        {VIEW_INIT("\xC3\x89 \xCE\xA3\xCF\x82"), VIEW_INIT("\xC3\xA9 \xCF\x83\xCF\x83")},
        {VIEW_INIT("\xC3\x9F"), VIEW_INIT("\xC3\x9F")}, /* sharp s stays one letter */
        {VIEW_INIT("\xE1\xBA\x9E"), VIEW_INIT("\xC3\x9F")},
        {VIEW_INIT("\xC8\xBA"), VIEW_INIT("\xE2\xB1\xA5")}, /* two bytes become three */
        {VIEW_INIT("\xF0\x90\x90\x80"), VIEW_INIT("\xF0\x90\x90\xA8")},
        {VIEW_INIT("A\xFF\x42"), VIEW_INIT("a\xFF\x62")}, /* no UTF-8: bytes stay */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[64];
        struct view folded = utf8_fold(cases[i].text, out);
        assert_true(folded.len <= UTF8_FOLD_SIZE(cases[i].text.len));
        assert_true(view_equal(folded, cases[i].folded));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_folded_stays),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
