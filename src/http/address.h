/* Client addresses: text form, networks, and whom to believe about forwarding (CHECKLIST E09).
 * Pure. */
#ifndef LATCHKEY_HTTP_ADDRESS_H
#define LATCHKEY_HTTP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

struct address_network {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;     /* 0 to 128 */
};

/* "10.0.0.0/8", "::1/128", or a bare address. False when malformed or host bits are set. */
MUST_CHECK bool address_network_parse(struct view text, struct address_network *out);
/* The longest address text and its NUL. */
#define ADDRESS_TEXT_SIZE 46

/* Canonical text of a peer; IPv4-mapped as IPv4. False with "unix" for other families and NULL. */
bool address_format(const struct sockaddr *peer, char out[ADDRESS_TEXT_SIZE]);
/* The client: the peer, unless it lies in a trusted network; then X-Forwarded-For read right to
   left up to the first address that is not trusted. A malformed entry ends the walk: the last
   trusted one counts. */
struct view address_of_client(struct view peer, struct view forwarded_for,
                              const struct address_network *trusted, size_t trusted_count,
                              struct arena *arena);

#endif
