/* Inside service/ only: cursors of the list of people. A cursor says behind (or before) whom a page
   begins: the id and the values sorted by, under a MAC that binds them to filters and order. It
   holds nothing its reader has not seen, and cannot be made or changed by anyone else. */
#ifndef LATCHKEY_SERVICE_USER_CURSOR_H
#define LATCHKEY_SERVICE_USER_CURSOR_H

#include <stdbool.h>

#include "base/attributes.h"
#include "service/service.h"

/* base64url, in the arena; position NULL: from the end. at NULL when out of memory. Thread-safe. */
struct view user_cursor_write(const struct service_call *call,
                              const struct user_list_request *request, const struct user *position,
                              bool backward);
/* Sets position (views in the arena, only what is sorted by is filled) and backward of the request.
   INVALID_CURSOR, INTERNAL. */
MUST_CHECK enum result user_cursor_read(const struct service_call *call, struct view cursor,
                                        struct user_list_request *request, struct user *position);

#endif
