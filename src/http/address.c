#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define V4_MAPPED_BYTES 12
#define BITS_PER_BYTE 8
#define ADDRESS_BITS 128

static const uint8_t v4_mapped[V4_MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};

/* Text to 16 bytes, IPv4 as ::ffff:a.b.c.d. */
static bool parse_bytes(struct view text, uint8_t out[16], bool *is_v4)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    struct in_addr v4;
    *is_v4 = inet_pton(AF_INET, copy, &v4) == 1;
    if (!*is_v4)
        return inet_pton(AF_INET6, copy, out) == 1;
    memcpy(out, v4_mapped, sizeof v4_mapped);
    memcpy(out + sizeof v4_mapped, &v4, sizeof v4);
    return true;
}

static bool format_bytes(const uint8_t bytes[16], char out[ADDRESS_TEXT_SIZE])
{
    bool is_v4 = memcmp(bytes, v4_mapped, sizeof v4_mapped) == 0;
    return inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? bytes + V4_MAPPED_BYTES : bytes, out,
                     ADDRESS_TEXT_SIZE) != NULL;
}

/* No bit set after the first `bits`. */
static bool host_bits_are_zero(const struct address_network *network)
{
    for (unsigned bit = network->bits; bit < ADDRESS_BITS; bit++) {
        unsigned mask = 0x80u >> (bit % BITS_PER_BYTE);
        if ((network->bytes[bit / BITS_PER_BYTE] & mask) != 0)
            return false;
    }
    return true;
}

bool address_network_parse(struct view text, struct address_network *out)
{
    size_t slash = view_find(text, '/', 0);
    bool is_v4;
    if (!parse_bytes(view_sub(text, 0, slash), out->bytes, &is_v4))
        return false;
    int64_t bits = is_v4 ? 32 : ADDRESS_BITS;
    if (slash < text.len) {
        int64_t most = bits;
        if (!view_to_int64(view_sub(text, slash + 1, text.len), &bits) || bits < 0 || bits > most)
            return false;
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
        return format_bytes(bytes, out);
    }
    if (peer != NULL && peer->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, peer, sizeof v6);
        memcpy(bytes, &v6.sin6_addr, sizeof bytes);
        return format_bytes(bytes, out);
    }
    memcpy(out, "unix", sizeof "unix");
    return false;
}

struct view address_of_socket(const struct sockaddr *peer, struct arena *arena)
{
    char text[ADDRESS_TEXT_SIZE];
    if (!address_format(peer, text))
        return VIEW("unix");
    return arena_copy_view(arena, view_of(text));
}

static bool is_within(const uint8_t bytes[16], const struct address_network *network)
{
    unsigned whole = network->bits / BITS_PER_BYTE;
    unsigned rest = network->bits % BITS_PER_BYTE;
    if (memcmp(bytes, network->bytes, whole) != 0)
        return false;
    unsigned mask = (0xff00u >> rest) & 0xffu;
    return rest == 0 || ((bytes[whole] ^ network->bytes[whole]) & mask) == 0;
}

static bool is_trusted(const uint8_t bytes[16], const struct address_network *trusted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_within(bytes, &trusted[i]))
            return true;
    return false;
}

/* Proxies also write "1.2.3.4:5678" and "[::1]:5678". */
static struct view without_port(struct view entry)
{
    if (entry.len > 0 && entry.at[0] == '[')
        return view_sub(entry, 1, view_find(entry, ']', 0) - 1);
    size_t colon = view_find(entry, ':', 0);
    bool has_port = colon < entry.len && view_find(entry, ':', colon + 1) == entry.len;
    return has_port ? view_sub(entry, 0, colon) : entry;
}

/* Cuts the last entry off the list; false when it is empty. */
static bool take_last(struct view *list, struct view *entry)
{
    if (list->at == NULL)
        return false;
    size_t comma = list->len;
    while (comma > 0 && list->at[comma - 1] != ',')
        comma--;
    *entry = without_port(view_trim(view_sub(*list, comma, list->len)));
    *list = comma > 0 ? view_sub(*list, 0, comma - 1) : (struct view){NULL, 0};
    return true;
}

struct view address_of_client(struct view peer, struct view forwarded_for,
                              const struct address_network *trusted, size_t trusted_count,
                              struct arena *arena)
{
    uint8_t client[16];
    bool is_v4;
    if (trusted_count == 0 || !parse_bytes(peer, client, &is_v4))
        return peer;
    struct view entry;
    while (is_trusted(client, trusted, trusted_count) && take_last(&forwarded_for, &entry)) {
        uint8_t next[16];
        if (!parse_bytes(entry, next, &is_v4))
            break;
        memcpy(client, next, sizeof client);
    }
    char text[ADDRESS_TEXT_SIZE];
    struct view copy = {NULL, 0};
    if (format_bytes(client, text))
        copy = arena_copy_view(arena, view_of(text));
    return copy.at != NULL ? copy : peer;
}
