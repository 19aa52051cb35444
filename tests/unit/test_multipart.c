/* multipart/form-data: what browsers write is read, everything else is refused. */
#include "api_tables.h"

#include <stdio.h>

#define B "--B\r\n"
#define END "--B--\r\n"
#define NAME(text) "Content-Disposition: form-data; name=\"" text "\"\r\n"
#define PART(name, text) B NAME(name) "\r\n" text "\r\n"

static enum result read_with(struct bench *bench, struct view body, struct view boundary)
{
    bench_init(bench, &thing_table, "body");
    return decode_multipart(&bench->decoding, body, boundary);
}

static enum result read_form(struct bench *bench, struct view body)
{
    return read_with(bench, body, VIEW("B"));
}

static void check_taken(struct view body)
{
    struct bench bench;
    if (read_form(&bench, body) != RESULT_OK) {
        fail_msg("refused: %.*s", VIEW_ARG(body));
    }
    const struct thing_in *in = bench.decoding.out;
    assert_view(in->name.text, "ab");
    bench_clear(&bench);
}

static void check_refused(struct view body)
{
    struct bench bench;
    if (read_form(&bench, body) != RESULT_MALFORMED_FORM) {
        fail_msg("taken: %.*s", VIEW_ARG(body));
    }
    assert_true(bench.decoding.detail.len > 0);
    bench_clear(&bench);
}

/* --- what is read ----------------------------------------------------------------------------- */

static void test_every_kind(void **state)
{
    struct bench bench;
    assert_int_equal(read_form(&bench, VIEW(PART("name", "\xC3\xA4"
                                                         "b") PART("age", "42") PART("good", "true")
                                                PART("colour", "red") PART("hidden", "x y\r\nz")
                                                    PART("price", "1.50") END)),
                     RESULT_OK);
    const struct thing_in *in = bench.decoding.out;
    assert_view(in->name.text, "\xC3\xA4"
                               "b");
    assert_int_equal(in->age.number, 42);
    assert_true(in->good.value);
    assert_view(in->colour.text, "red");
    assert_view(in->hidden.text, "x y\r\nz");
    assert_true(in->price.given);
    assert_false(in->mail.given);
    bench_clear(&bench);
}

/* As browsers, curl, requests, OkHttp and Dart write it. */
static void test_spellings(void **state)
{
    static const char *const bodies[] = {
        PART("name", "ab") END,
        PART("name", "ab") "--B--",
        B "content-disposition:form-data; name=\"name\"\r\n\r\nab\r\n" END,
        B NAME("name") "Content-Type: text/plain\r\n\r\nab\r\n" END,
        B NAME("name") "Content-Type: text/plain; charset=UTF-8\r\n\r\nab\r\n" END,
        B "Content-Type: text/plain;charset=us-ascii\r\n" NAME("name") "\r\nab\r\n" END,
        B NAME("name") "Content-Length: 2\r\n\r\nab\r\n" END,
        B NAME("name") "Content-Transfer-Encoding: binary\r\n\r\nab\r\n" END,
        B NAME("name") "X-Other: text/html\r\n\r\nab\r\n" END,
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        check_taken(view_of(bodies[i]));
    }
}

static void test_unknown_and_empty_are_left_out(void **state)
{
    struct bench bench;
    assert_int_equal(read_form(&bench, VIEW(PART("name", "ab") PART("no_such", "x") PART(
                                           "no_such", "y") PART("mail", "") PART("", "x") END)),
                     RESULT_OK);
    const struct thing_in *in = bench.decoding.out;
    assert_false(in->mail.given);
    bench_clear(&bench);
    assert_int_equal(read_form(&bench, VIEW(PART("name", "") END)), RESULT_INVALID);
    assert_one_fault(&bench, "name", "missing");
    bench_clear(&bench);
}

/* What only looks like the end of a part belongs to the text. */
static void test_texts_like_boundaries(void **state)
{
    static const char *const texts[] = {"--B",         "\r\n--A", "\r\n-B", "--B--",
                                        "\r\n--\r\nB", "\r",      "\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct bench bench;
        char body[200];
        (void)snprintf(body, sizeof body, "%s" B NAME("hidden") "\r\n%s\r\n" END,
                       PART("name", "ab"), texts[i]);
        assert_int_equal(read_form(&bench, view_of(body)), RESULT_OK);
        const struct thing_in *in = bench.decoding.out;
        assert_true(view_is(in->hidden.text, texts[i]));
        bench_clear(&bench);
    }
}

static void test_faults_of_members(void **state)
{
    struct bench bench;
    assert_int_equal(read_form(&bench, VIEW(PART("name", "abcde") END)), RESULT_INVALID);
    assert_one_fault(&bench, "name", "too_long");
    bench_clear(&bench);
    assert_int_equal(read_form(&bench, VIEW(PART("name", "ab") PART("age", "x") END)),
                     RESULT_INVALID);
    assert_one_fault(&bench, "age", "wrong_type");
    bench_clear(&bench);
    /* Nothing at all is a form, without what is needed. */
    assert_int_equal(read_form(&bench, VIEW(END)), RESULT_INVALID);
    assert_one_fault(&bench, "name", "missing");
    bench_clear(&bench);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void test_malformed(void **state)
{
    static const char *const bodies[] = {
        "",
        "x",
        "--",
        "--B",
        B,
        "B\r\n",
        "--C\r\n" NAME("name") "\r\nab\r\n--C--\r\n",
        "\r\n" PART("name", "ab") END,
        "preamble\r\n" PART("name", "ab") END,
        PART("name", "ab") END "epilogue",
        PART("name", "ab") END "\r\n",
        PART("name", "ab"),
        PART("name", "ab") "--B",
        PART("name", "ab") "--B-",
        PART("name", "ab") "--BB--\r\n",
        "--B\n" NAME("name") "\nab\n--B--\n",
        "--B " NAME("name") "\r\nab\r\n" END,
        B "\r\nab\r\n" END,
        B NAME("name") "ab\r\n" END,
        B NAME("name") NAME("name") "\r\nab\r\n" END,
        B "no colon\r\n" NAME("name") "\r\nab\r\n" END,
        B ": x\r\n" NAME("name") "\r\nab\r\n" END,
        B "Content-Disposition: attachment; name=\"name\"\r\n\r\nab\r\n" END,
        B "Content-Disposition: form-data\r\n\r\nab\r\n" END,
        B "Content-Disposition: form-data; name=name\r\n\r\nab\r\n" END,
        B "Content-Disposition: form-data; name=\"name\r\n\r\nab\r\n" END,
        B "Content-Disposition: form-data; name=\"name\" x\r\n\r\nab\r\n" END,
        B "Content-Disposition: form-data; filename=\"x\"; name=\"name\"\r\n\r\nab\r\n" END,
        B "Content-Disposition: form-data; name=\"name\"; filename=\"x\"\r\n\r\nab\r\n" END,
        B "Content-Type: text/plain\r\n\r\nab\r\n" END,
        B NAME("name") "Content-Type: text/plainer\r\n\r\nab\r\n" END,
        B NAME("name") "Content-Type: application/json\r\n\r\nab\r\n" END,
        B NAME("name") "Content-Type: text/plain; charset=utf-16\r\n\r\nab\r\n" END,
        B NAME("name") "Content-Type:\r\n\r\nab\r\n" END,
        B NAME("name") "Content-Transfer-Encoding: base64\r\n\r\nYWI=\r\n" END,
        B NAME("name") "Content-Transfer-Encoding: quoted-printable\r\n\r\nab\r\n" END,
        PART("name", "ab") PART("name", "ab") END,
        PART("name", "a\xFF") END,
        PART("name", "\xC3") END,
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        check_refused(view_of(bodies[i]));
    }
    check_refused(VIEW(B NAME("name") "\r\na\0b\r\n" END));
}

static void test_every_cut_is_refused(void **state)
{
    static const char whole[] = PART("name", "ab") PART("age", "7") "--B--";
    for (size_t len = 0; len + 1 < sizeof whole; len++) {
        check_refused(view_make(whole, len));
    }
    check_taken(view_make(whole, sizeof whole - 1));
}

static void test_boundaries(void **state)
{
    char longest[72];
    char body[200];
    struct bench bench;
    memset(longest, 'b', sizeof longest);
    for (int len = 70; len <= 71; len++) {
        (void)snprintf(body, sizeof body, "--%.*s\r\n" NAME("name") "\r\nab\r\n--%.*s--", len,
                       longest, len, longest);
        assert_int_equal(read_with(&bench, view_of(body), view_make(longest, (size_t)len)),
                         len == 70 ? RESULT_OK : RESULT_MALFORMED_FORM);
        bench_clear(&bench);
    }
    assert_int_equal(read_with(&bench, VIEW(PART("name", "ab") END), (struct view){NULL, 0}),
                     RESULT_MALFORMED_FORM);
    bench_clear(&bench);
    /* Nothing in a boundary is more than a character. */
    assert_int_equal(read_with(&bench, VIEW("--a.b*%s\r\n" NAME("name") "\r\nab\r\n--a.b*%s--\r\n"),
                               VIEW("a.b*%s")),
                     RESULT_OK);
    bench_clear(&bench);
}

/* CHECKLIST J04: a body of nothing but beginnings is read once. */
static void test_a_hard_body(void **state)
{
    static char body[64 * 1024];
    struct bench bench;
    for (size_t i = 0; i < sizeof body; i += 4) {
        memcpy(body + i, "\r\n--", 4);
    }
    memcpy(body, B NAME("name") "\r\n", sizeof(B NAME("name") "\r\n") - 1);
    assert_int_equal(read_form(&bench, view_make(body, sizeof body)), RESULT_MALFORMED_FORM);
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_unknown_and_empty_are_left_out),
        cmocka_unit_test(test_texts_like_boundaries),
        cmocka_unit_test(test_faults_of_members),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_a_hard_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
