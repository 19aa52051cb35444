#ifndef LATCHKEY_HTTP_LISTEN_H
#define LATCHKEY_HTTP_LISTEN_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/view.h"

#define LISTEN_ADDRESS_SIZE 64

/* Opens a listening socket on "HOST:PORT" ("[::1]:8000", ":8000" and "*:8000" for all,
   "localhost:8000"; port 0 takes a free one). Returns the descriptor and writes the real
   "HOST:PORT" to address; -1 with one line in message ("port 8000 is in use by another program").
 */
MUST_CHECK int listen_open(struct view host_port, char address[LISTEN_ADDRESS_SIZE], char *message,
                           size_t message_size);

#endif
