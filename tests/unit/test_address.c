#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "http/address.h"

static void test_networks(void **state)
{
    static const char *const good[] = {"10.0.0.0/8",    "::1/128",   "127.0.0.1",
                                       "2001:db8::/32", "0.0.0.0/0", "::/0"};
    static const char *const bad[] = {"",          "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1",
                                      "10.0.0.0/", "10.0.0/8",   "::1/64",      "::/129",
                                      "host/8",    "10.0.0.0/08"};
    struct address_network network;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!address_network_parse(view_of(good[i]), &network))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (address_network_parse(view_of(bad[i]), &network))
            fail_msg("taken: %s", bad[i]);
}

static void test_socket_addresses(void **state)
{
    char text[ADDRESS_TEXT_SIZE];
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
    assert_true(address_format((struct sockaddr *)&v4, text));
    assert_string_equal(text, "10.0.0.1");
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    assert_int_equal(inet_pton(AF_INET6, "::ffff:10.0.0.2", &v6.sin6_addr), 1);
    assert_true(address_format((struct sockaddr *)&v6, text));
    assert_string_equal(text, "10.0.0.2");
    assert_int_equal(inet_pton(AF_INET6, "2001:DB8:0::1", &v6.sin6_addr), 1);
    assert_true(address_format((struct sockaddr *)&v6, text));
    assert_string_equal(text, "2001:db8::1");
    assert_false(address_format(NULL, text));
    assert_string_equal(text, "unix");
}

static void test_clients(void **state)
{
    static const struct {
        const char *peer;
        const char *forwarded;
        const char *client;
    } rows[] = {
        {"9.9.9.9", "1.1.1.1", "9.9.9.9"},  /* not a proxy: forged */
        {"10.0.0.1", NULL, "10.0.0.1"},     /* no header */
        {"10.0.0.1", "1.1.1.1", "1.1.1.1"}, /* one hop */
        {"10.0.0.1", "6.6.6.6, 1.1.1.1",
         "1.1.1.1"}, /* what the client put before is not believed */
        {"10.0.0.1", "6.6.6.6, 1.1.1.1 ,10.2.3.4", "1.1.1.1"}, /* two proxies */
        {"10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"},        /* all trusted: the leftmost */
        {"10.0.0.1", "1.1.1.1, junk", "10.0.0.1"},             /* malformed: the last trusted */
        {"10.0.0.1", "1.1.1.1, junk, 10.2.3.4", "10.2.3.4"},
        {"10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.1", "1.1.1.1:4711", "1.1.1.1"},
        {"10.0.0.1", "[2001:db8::7]:80", "2001:db8::7"},
        {"10.0.0.1", "[", "10.0.0.1"},
        {"10.0.0.1", "::ffff:1.1.1.1", "1.1.1.1"},
        {"fd00::1", "1.1.1.1", "1.1.1.1"},
        {"unix", "1.1.1.1", "unix"},
    };
    struct address_network trusted[2];
    assert_true(address_network_parse(VIEW("10.0.0.0/8"), &trusted[0]));
    assert_true(address_network_parse(VIEW("fd00::/8"), &trusted[1]));
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct view client = address_of_client(view_of(rows[i].peer), view_of(rows[i].forwarded),
                                               trusted, 2, &arena);
        if (!view_is(client, rows[i].client))
            fail_msg("row %zu: %.*s", i, VIEW_ARG(client));
    }
    assert_view(address_of_client(VIEW("10.0.0.1"), VIEW("1.1.1.1"), NULL, 0, &arena), "10.0.0.1");
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_socket_addresses),
        cmocka_unit_test(test_clients),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
