#include "unit.h"

#include <string.h>

#include "base/base64url.h"

/* RFC 4648 section 10, without the padding. */
static const struct {
    struct view bytes;
    struct view text;
} vectors[] = {
    {VIEW_INIT(""), VIEW_INIT("")},
    {VIEW_INIT("f"), VIEW_INIT("Zg")},
    {VIEW_INIT("fo"), VIEW_INIT("Zm8")},
    {VIEW_INIT("foo"), VIEW_INIT("Zm9v")},
    {VIEW_INIT("foob"), VIEW_INIT("Zm9vYg")},
    {VIEW_INIT("fooba"), VIEW_INIT("Zm9vYmE")},
    {VIEW_INIT("foobar"), VIEW_INIT("Zm9vYmFy")},
    {VIEW_INIT("\xFB\xEF\xFF"), VIEW_INIT("--__")},
};

static void test_vectors(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        char text[16];
        char bytes[16];
        size_t len = base64url_encode(vectors[i].bytes.at, vectors[i].bytes.len, text);
        assert_int_equal(len, BASE64URL_LENGTH(vectors[i].bytes.len));
        assert_true(view_equal(view_make(text, len), vectors[i].text));
        assert_true(base64url_decode(vectors[i].text, bytes, &len));
        assert_true(view_equal(view_make(bytes, len), vectors[i].bytes));
    }
}

static void test_every_length_round_trips(void **state)
{
    unsigned char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        char text[BASE64URL_LENGTH(sizeof bytes)];
        unsigned char back[sizeof bytes];
        size_t back_len;
        size_t text_len = base64url_encode(bytes, len, text);
        assert_true(base64url_decode(view_make(text, text_len), back, &back_len));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, bytes, len);
    }
}

static void test_refused(void **state)
{
    static const struct view bad[] = {
        VIEW_INIT("Z"),       /* impossible length */
        VIEW_INIT("Zm9vY"),   /* impossible length */
        VIEW_INIT("Zg=="),    /* padding */
        VIEW_INIT("Zm8="),    /* padding */
        VIEW_INIT("Zh"),      /* unused bits */
        VIEW_INIT("Zm9"),     /* unused bits */
        VIEW_INIT("Zm9v\n"),  /* white space */
        VIEW_INIT("Zm 9"),    /* white space */
        VIEW_INIT("--_+"),    /* the other alphabet */
        VIEW_INIT("--_/"),    /* the other alphabet */
        VIEW_INIT("Zm\0v"),   /* NUL */
        VIEW_INIT("Zm9\xFF"), /* not ASCII */
        VIEW_INIT("Zm9@"),    /* next to A */
        VIEW_INIT("Zm9["),    /* next to Z */
        VIEW_INIT("Zm9`"),    /* next to a */
        VIEW_INIT("Zm9{"),    /* next to z */
        VIEW_INIT("Zm9:"),    /* next to 9 */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char bytes[16];
        size_t len;
        assert_false(base64url_decode(bad[i], bytes, &len));
    }
}

/* Each octet at each place of a group and of both kinds of ends. */
static void test_octets_outside_are_refused_at_all_places(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (unsigned c = 0; c <= 0xFF; c++) {
        bool inside = c != 0 && strchr(alphabet, (int)c) != NULL;
        for (size_t len = 4; len <= 7; len += len == 4 ? 2 : 1) {
            for (size_t place = 0; place < len; place++) {
                char text[] = "AAAAAAA";
                char bytes[8];
                size_t back;
                text[place] = (char)c;
                bool unused_bits = len > 4 && place == len - 1 && c != 'A';
                if (!inside || !unused_bits)
                    assert_int_equal(base64url_decode(view_make(text, len), bytes, &back), inside);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_every_length_round_trips),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_octets_outside_are_refused_at_all_places),
    };
    return cmocka_run_group_tests_name("base64url", tests, NULL, NULL);
}
