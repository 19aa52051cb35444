/* Documents of the MongoDB back end, without a server. */
#include "unit.h"

#include "mongo_library.h"
#include "store/mongo/doc.h"

static void test_parts_become_members(void **state)
{
    static const struct id id = {{0x01, 0x90, [15] = 7}};
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_text("t", VIEW("a\0b")), doc_number("n", INT64_MIN), doc_date("d", -1),
                       doc_uuid("u", &id), doc_bytes("b", VIEW("\xff\x00")), doc_bool("y", true),
                       doc_null("z"), doc_last("l"), doc_stamp("s", 5)));
    struct arena arena;
    arena_init(&arena, 0);
    struct doc_reader reader = {.doc = &doc, .arena = &arena};
    assert_view(doc_get_text(&reader, "t"), "a\0b");
    assert_int_equal(doc_get_number(&doc, "n", 0), INT64_MIN);
    assert_int_equal(doc_get_instant(&doc, "d"), -1);
    struct id read = doc_get_id(&doc, "u");
    assert_true(id_equal(&read, &id));
    assert_view(doc_get_bytes(&reader, "b"), "\xff\x00");
    assert_true(doc_get_bool(&doc, "y"));
    assert_false(doc_has(&doc, "z"));
    assert_true(doc_has(&doc, "l"));
    assert_int_equal(doc_get_stamp(&doc, "s"), 5);
    assert_int_equal(reader.failure, RESULT_OK);
    arena_clear(&arena);
}

/* A person who opens the database sees a UUID, not twelve bytes of something. */
static void test_ids_are_uuids(void **state)
{
    static const struct id id = {{1}};
    bson_iter_t at;
    bson_subtype_t type;
    uint32_t len;
    const uint8_t *bytes;
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_uuid("_id", &id)));
    assert_true(bson_iter_init_find(&at, &doc, "_id"));
    bson_iter_binary(&at, &type, &len, &bytes);
    assert_int_equal(type, BSON_SUBTYPE_UUID);
    assert_int_equal(len, 16);
}

static void test_what_is_not_there_is_left_out(void **state)
{
    static const struct id nil;
    const struct view none = {NULL, 0};
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_text("a", none), doc_instant("b", 0), doc_id("c", &nil),
                       doc_id("d", NULL), doc_none()));
    assert_true(doc_is_empty(&doc));
    assert_null(doc_peek_text(&doc, "a").at);
    assert_int_equal(doc_get_number(&doc, "a", 9), 9);
    assert_int_equal(doc_get_instant(&doc, "b"), 0);
}

static void test_documents_in_documents(void **state)
{
    DOC_LOCAL(inner);
    DOC_LOCAL(list);
    DOC_LOCAL(doc);
    bson_t part;
    doc_make(&inner, DOC(doc_number("x", 1)));
    doc_make(&list, DOC(doc_number("0", 4)));
    doc_make(&doc, DOC(doc_open("a"), doc_list("b"), doc_number("ignored", 10), doc_none(),
                       doc_open(NULL), doc_number("c", 11), doc_close(), doc_close(), doc_close(),
                       doc_embed("e", &inner), doc_embed_list("f", &list)));
    assert_int_equal(doc_get_number(&doc, "a.b.0", 0), 10);
    assert_int_equal(doc_get_number(&doc, "a.b.1.c", 0), 11);
    assert_int_equal(doc_get_number(&doc, "e.x", 0), 1);
    assert_int_equal(doc_get_number(&doc, "f.0", 0), 4);
    doc_peek(&doc, "e", &part);
    assert_int_equal(doc_get_number(&part, "x", 0), 1);
    doc_peek(&doc, "nothing", &part);
    assert_true(doc_is_empty(&part));
    doc_add(&doc, DOC(doc_number("more", 2)));
    assert_int_equal(doc_get_number(&doc, "more", 0), 2);
}

/* What a client sends is a value, whatever it looks like. */
static void test_values_are_never_operators(void **state)
{
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_text("username", VIEW("{\"$gt\":\"\"}"))));
    assert_view(doc_peek_text(&doc, "username"), "{\"$gt\":\"\"}");
    assert_int_equal(bson_count_keys(&doc), 1);
}

static void test_prices_are_exact(void **state)
{
    static const char *const texts[] = {"0", "0.00", "12.50", "0.0001", "999999999999.9999"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct decimal in;
        struct decimal out = {0};
        DOC_LOCAL(doc);
        assert_true(decimal_parse(view_of(texts[i]), &in));
        doc_make(&doc, DOC(doc_decimal("price", in)));
        assert_true(doc_get_decimal(&doc, "price", &out));
        assert_int_equal(out.units, in.units);
        assert_int_equal(out.places, in.places);
    }
    struct decimal out;
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_text("price", VIEW("1"))));
    assert_false(doc_get_decimal(&doc, "price", &out));
}

static void test_a_full_arena_is_said(void **state)
{
    struct arena arena;
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_text("t", VIEW("some text"))));
    arena_init(&arena, 1);
    struct doc_reader reader = {.doc = &doc, .arena = &arena};
    assert_null(doc_get_text(&reader, "t").at);
    assert_int_equal(reader.failure, RESULT_INTERNAL);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_become_members),
        cmocka_unit_test(test_ids_are_uuids),
        cmocka_unit_test(test_what_is_not_there_is_left_out),
        cmocka_unit_test(test_documents_in_documents),
        cmocka_unit_test(test_values_are_never_operators),
        cmocka_unit_test(test_prices_are_exact),
        cmocka_unit_test(test_a_full_arena_is_said),
    };
    return cmocka_run_group_tests(tests, mongo_library, NULL);
}
