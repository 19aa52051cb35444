#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define MAPPED_BYTES 12
#define PREFIX_BYTES 8
#define PREFIX_TEXT "/64"

static const uint8_t mapped[MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};

static bool is_ipv4(const uint8_t address[NETWORK_ADDRESS_BYTES])
{
    return memcmp(address, mapped, MAPPED_BYTES) == 0;
}

bool network_parse(struct view address, uint8_t out[NETWORK_ADDRESS_BYTES])
{
    char text[NETWORK_ADDRESS_SIZE];

    if (address.len == 0 || address.len >= sizeof(text) ||
        memchr(address.at, '\0', address.len) != NULL) {
        return false;
    }
    memcpy(text, address.at, address.len);
    text[address.len] = '\0';
    if (inet_pton(AF_INET, text, out + MAPPED_BYTES) == 1) {
        memcpy(out, mapped, MAPPED_BYTES);
        return true;
    }
    return inet_pton(AF_INET6, text, out) == 1;
}

struct view network_format(const uint8_t address[NETWORK_ADDRESS_BYTES],
                           char room[NETWORK_ADDRESS_SIZE])
{
    bool v4 = is_ipv4(address);

    /* The room is large enough for either, so it cannot fail. */
    return view_of(inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + MAPPED_BYTES : address, room,
                             NETWORK_ADDRESS_SIZE));
}

struct view network_of(struct view address, char room[NETWORK_SIZE])
{
    uint8_t bytes[NETWORK_ADDRESS_BYTES];
    struct view text;

    if (!network_parse(address, bytes)) {
        return view_sub(address, 0, NETWORK_SIZE);
    }
    if (is_ipv4(bytes)) {
        return network_format(bytes, room);
    }
    memset(bytes + PREFIX_BYTES, 0, NETWORK_ADDRESS_BYTES - PREFIX_BYTES);
    text = network_format(bytes, room);
    memcpy(room + text.len, PREFIX_TEXT, sizeof(PREFIX_TEXT));
    return view_of(room);
}

bool network_parse_place(struct view text, struct view *host, uint16_t *port)
{
    size_t colon = view_find_last(text, ':');
    struct view name = view_sub(text, 0, colon);
    int64_t number;

    if (colon == text.len || !view_to_int64(view_sub(text, colon + 1, text.len), &number) ||
        number < 0 || number > UINT16_MAX) {
        return false;
    }
    if (name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']') {
        name = view_sub(name, 1, name.len - 2);
    } else if (view_find(name, ':', 0) != name.len) {
        return false;
    }
    *host = view_is(name, "*") ? VIEW("") : name;
    *port = (uint16_t)number;
    return true;
}
