#include "unit.h"

#include "base/network.h"

static const char *of(const char *address)
{
    static char out[NETWORK_SIZE + 1];
    char room[NETWORK_SIZE];
    struct view network = network_of(view_of(address), room);

    memcpy(out, network.at, network.len);
    out[network.len] = '\0';
    return out;
}

static void test_ipv4_is_taken_whole(void **state)
{
    assert_string_equal(of("192.0.2.1"), "192.0.2.1");
    assert_string_equal(of("::ffff:192.0.2.1"), "192.0.2.1");
    assert_string_equal(of("::FFFF:c000:201"), "192.0.2.1");
}

/* CHECKLIST E09: one customer, one network, however the address is spelt. */
static void test_ipv6_is_its_64(void **state)
{
    assert_string_equal(of("2001:db8:1:2::1"), "2001:db8:1:2::/64");
    assert_string_equal(of("2001:0DB8:1:2:ffff:ffff:ffff:ffff"), "2001:db8:1:2::/64");
    assert_string_equal(of("2001:db8:1:3::1"), "2001:db8:1:3::/64");
    assert_string_equal(of("::1"), "::/64");
}

static void test_other_text_is_itself(void **state)
{
    char room[NETWORK_SIZE];
    static const char nul[] = "192.0.2.1\0x";
    struct view network = network_of(view_make(nul, sizeof(nul) - 1), room);

    assert_string_equal(of("unix"), "unix");
    assert_string_equal(of("192.0.2.300"), "192.0.2.300");
    assert_int_equal(network.len, sizeof(nul) - 1);
    assert_int_equal(network_of((struct view){NULL, 0}, room).len, 0);
    assert_int_equal(
        strlen(of("a text that is no address and longer than the longest of them all is")),
        NETWORK_SIZE);
}

static void test_parse_and_format(void **state)
{
    static const char *const bad[] = {"", "1.2.3", "1.2.3.4 ", "1.2.3.4/8", "fe80::1%eth0", ":::"};
    static const char *const same[] = {"0.0.0.0", "255.255.255.255", "::", "2001:db8::1",
                                       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
    uint8_t bytes[NETWORK_ADDRESS_BYTES];
    char room[NETWORK_ADDRESS_SIZE];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(network_parse(view_of(bad[i]), bytes));
    }
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_true(network_parse(view_of(same[i]), bytes));
        assert_true(view_is(network_format(bytes, room), same[i]));
    }
}

static void test_places_to_listen(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } good[] = {{"127.0.0.1:0", "127.0.0.1", 0},
                {"[::1]:65535", "::1", 65535},
                {":80", "", 80},
                {"*:80", "", 80},
                {"localhost:1", "localhost", 1}};
    static const char *const bad[] = {"",          "80",    "a:",       "a:-1",
                                      "a:65536",   "a:x",   "::1:8000", "[::1:8000",
                                      "::1]:8000", "a:80 ", "a:80:"};
    struct view host;
    uint16_t port;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(network_parse_place(view_of(good[i].text), &host, &port));
        assert_true(view_is(host, good[i].host));
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(network_parse_place(view_of(bad[i]), &host, &port));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4_is_taken_whole),  cmocka_unit_test(test_ipv6_is_its_64),
        cmocka_unit_test(test_other_text_is_itself), cmocka_unit_test(test_parse_and_format),
        cmocka_unit_test(test_places_to_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
