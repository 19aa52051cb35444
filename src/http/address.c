#include "http/address.h"

#include <netinet/in.h>
#include <string.h>

#include "base/network.h"

_Static_assert(ADDRESS_TEXT_SIZE == NETWORK_ADDRESS_SIZE, "one size of texts");

#define V4_MAPPED_BYTES 12
#define V4_BITS 32
#define BITS_PER_BYTE 8
#define ADDRESS_BITS 128

static const uint8_t v4_mapped[V4_MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};

/* No bit set after the first `bits`. */
static bool host_bits_are_zero(const struct address_network *network)
{
    for (unsigned bit = network->bits; bit < ADDRESS_BITS; bit++) {
        unsigned mask = 0x80u >> (bit % BITS_PER_BYTE);
        if ((network->bytes[bit / BITS_PER_BYTE] & mask) != 0) {
            return false;
        }
    }
    return true;
}

bool address_network_parse(struct view text, struct address_network *out)
{
    size_t slash = view_find(text, '/', 0);
    if (!network_parse(view_sub(text, 0, slash), out->bytes)) {
        return false;
    }
    /* A mapped address is written in the bits of IPv6. */
    bool is_v4 = view_find(text, ':', 0) == text.len;
    int64_t bits = is_v4 ? V4_BITS : ADDRESS_BITS;
    if (slash < text.len) {
        int64_t most = bits;
        if (!view_to_int64(view_sub(text, slash + 1, text.len), &bits) || bits < 0 || bits > most) {
            return false;
        }
    }
    out->bits = (unsigned)bits + (is_v4 ? V4_MAPPED_BYTES * BITS_PER_BYTE : 0);
    return host_bits_are_zero(out);
}

bool address_format(const struct sockaddr *peer, char out[ADDRESS_TEXT_SIZE])
{
    uint8_t bytes[16];
    if (peer != NULL && peer->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, peer, sizeof v4);
        memcpy(bytes, v4_mapped, sizeof v4_mapped);
        memcpy(bytes + sizeof v4_mapped, &v4.sin_addr, sizeof v4.sin_addr);
        (void)network_format(bytes, out);
        return true;
    }
    if (peer != NULL && peer->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, peer, sizeof v6);
        memcpy(bytes, &v6.sin6_addr, sizeof bytes);
        (void)network_format(bytes, out);
        return true;
    }
    memcpy(out, "unix", sizeof "unix");
    return false;
}

static bool is_within(const uint8_t bytes[16], const struct address_network *network)
{
    unsigned whole = network->bits / BITS_PER_BYTE;
    unsigned rest = network->bits % BITS_PER_BYTE;
    if (memcmp(bytes, network->bytes, whole) != 0) {
        return false;
    }
    unsigned mask = (0xff00u >> rest) & 0xffu;
    return rest == 0 || ((bytes[whole] ^ network->bytes[whole]) & mask) == 0;
}

static bool is_trusted(const uint8_t bytes[16], const struct address_network *trusted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_within(bytes, &trusted[i])) {
            return true;
        }
    }
    return false;
}

/* Proxies also write "1.2.3.4:5678" and "[::1]:5678". */
static struct view without_port(struct view entry)
{
    if (entry.len > 0 && entry.at[0] == '[') {
        return view_sub(entry, 1, view_find(entry, ']', 0) - 1);
    }
    size_t colon = view_find(entry, ':', 0);
    bool has_port = colon < entry.len && view_find(entry, ':', colon + 1) == entry.len;
    return has_port ? view_sub(entry, 0, colon) : entry;
}

/* Cuts the last entry off the list; false when it is empty. */
static bool take_last(struct view *list, struct view *entry)
{
    if (list->at == NULL) {
        return false;
    }
    size_t comma = list->len;
    while (comma > 0 && list->at[comma - 1] != ',') {
        comma--;
    }
    *entry = without_port(view_trim(view_sub(*list, comma, list->len)));
    *list = comma > 0 ? view_sub(*list, 0, comma - 1) : (struct view){NULL, 0};
    return true;
}

struct view address_of_client(struct view peer, struct view forwarded_for,
                              const struct address_network *trusted, size_t trusted_count,
                              struct arena *arena)
{
    uint8_t client[16];
    if (trusted_count == 0 || !network_parse(peer, client)) {
        return peer;
    }
    struct view entry;
    while (is_trusted(client, trusted, trusted_count) && take_last(&forwarded_for, &entry)) {
        uint8_t next[16];
        if (!network_parse(entry, next)) {
            break;
        }
        memcpy(client, next, sizeof client);
    }
    char text[ADDRESS_TEXT_SIZE];
    struct view copy = arena_copy_view(arena, network_format(client, text));
    return copy.at != NULL ? copy : peer;
}
