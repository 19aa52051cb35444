/* Texts of addresses. Of clients: their bytes, and the network that counts as one client (CHECKLIST
   E09), since whoever has one IPv6 address has a whole /64 of them. Of our own: where to listen.
   Pure. */
#ifndef LATCHKEY_BASE_NETWORK_H
#define LATCHKEY_BASE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"

#define NETWORK_ADDRESS_BYTES 16
#define NETWORK_ADDRESS_SIZE 46 /* the longest text of an address and its NUL */
#define NETWORK_SIZE 50         /* the same with "/64" */

/* Bytes of an address text, IPv4 as ::ffff:a.b.c.d. False when it is none; out is undefined then.
 */
MUST_CHECK bool network_parse(struct view address, uint8_t out[NETWORK_ADDRESS_BYTES]);
/* Canonical text of an address, mapped IPv4 as IPv4 (RFC 5952 section 5). */
struct view network_format(const uint8_t address[NETWORK_ADDRESS_BYTES],
                           char room[NETWORK_ADDRESS_SIZE]);
/* What counts as one client, as canonical text: an IPv4 address whole, also a mapped one; of an
   IPv6 address its /64 ("2001:db8:1:2::/64"); else the text as it is, cut. The view is in room, or
   borrows the address. */
struct view network_of(struct view address, char room[NETWORK_SIZE]);
/* Where to listen: "host:port", "[v6]:port", ":port", "*:port". False when it is none of these. The
   host is without brackets and borrows the text, "" for all; whether there is one of that name
   shows when it is opened. */
MUST_CHECK bool network_parse_place(struct view text, struct view *host, uint16_t *port);

#endif
