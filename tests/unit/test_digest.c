#include "unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/secret.h"

static void hex(const uint8_t digest[DIGEST_BYTES], char out[2 * DIGEST_BYTES + 1])
{
    const char *digits = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * DIGEST_BYTES] = '\0';
}

/* FIPS 180-4 examples. */
static void test_sha256(void **state)
{
    uint8_t digest[DIGEST_BYTES];
    char text[2 * DIGEST_BYTES + 1];

    digest_sha256(VIEW("abc"), digest);
    hex(digest, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256((struct view){NULL, 0}, digest);
    hex(digest, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Each thread has a context of its own, which goes with it; what one computes is not the other's.
 */
static void *digest_many(void *number)
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyz";
    const size_t *len = number;
    uint8_t expected[DIGEST_BYTES];
    uint8_t other[DIGEST_BYTES];
    uint8_t again[DIGEST_BYTES];
    struct digest_stream *stream = digest_stream_new();
    bool good = stream != NULL;

    if (good) {
        digest_stream_add(stream, text, *len);
        good = digest_stream_end(stream, expected);
    }
    for (int i = 0; good && i < 1000; i++) {
        digest_sha256(view_make(text, (size_t)i % (sizeof text - 1)), other);
        digest_sha256(view_make(text, *len), again);
        good = memcmp(expected, again, DIGEST_BYTES) == 0;
    }
    digest_stream_free(stream);
    return good ? number : NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[8];
    size_t lengths[ARRAY_LEN(threads)];

    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        lengths[i] = 3 * i;
        assert_int_equal(pthread_create(&threads[i], NULL, digest_many, &lengths[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *good = NULL;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_ptr_equal(good, &lengths[i]);
    }
}

/* The same in pieces; the stream begins anew after each end. */
static void test_stream(void **state)
{
    struct digest_stream *stream = digest_stream_new();
    uint8_t whole[DIGEST_BYTES];
    uint8_t pieces[DIGEST_BYTES];

    assert_non_null(stream);
    for (int round = 0; round < 2; round++) {
        digest_sha256(VIEW("abc"), whole);
        digest_stream_add(stream, "a", 1);
        digest_stream_add(stream, "", 0);
        digest_stream_add(stream, "bc", 2);
        assert_true(digest_stream_end(stream, pieces));
        assert_memory_equal(whole, pieces, DIGEST_BYTES);
    }
    digest_sha256(VIEW(""), whole);
    assert_true(digest_stream_end(stream, pieces));
    assert_memory_equal(whole, pieces, DIGEST_BYTES);
    digest_stream_free(stream);
    digest_stream_free(NULL);
}

/* RFC 4231 test case 2, and a key longer than a block (case 6). */
static void test_hmac_sha256(void **state)
{
    uint8_t key[131];
    uint8_t digest[DIGEST_BYTES];
    char text[2 * DIGEST_BYTES + 1];

    digest_hmac_sha256(VIEW("Jefe"), VIEW("what do ya want for nothing?"), digest);
    hex(digest, text);
    assert_string_equal(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    digest_hmac_sha256(view_make(key, sizeof(key)),
                       VIEW("Test Using Larger Than Block-Size Key - Hash Key First"), digest);
    hex(digest, text);
    assert_string_equal(text, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_derive_is_the_mac_of_label_nul_context(void **state)
{
    struct secret master = {{7}};
    struct secret derived;
    uint8_t expected[DIGEST_BYTES];

    digest_derive(&master, "label", VIEW("context"), &derived);
    digest_hmac_sha256(view_make(master.bytes, sizeof(master.bytes)), VIEW("label\0context"),
                       expected);
    assert_memory_equal(derived.bytes, expected, sizeof(expected));
}

static void test_derive_keeps_labels_apart(void **state)
{
    struct secret master = {{7}};
    struct secret a;
    struct secret b;

    digest_derive(&master, "ab", VIEW("c"), &a);
    digest_derive(&master, "a", VIEW("bc"), &b);
    assert_memory_not_equal(&a, &b, sizeof(a));
    digest_derive(&master, "ab", VIEW(""), &b);
    assert_memory_not_equal(&a, &b, sizeof(a));
    digest_derive(&master, "ab", VIEW("c"), &b);
    assert_memory_equal(&a, &b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_derive_is_the_mac_of_label_nul_context),
        cmocka_unit_test(test_derive_keeps_labels_apart),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
