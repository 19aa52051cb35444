/* Lists of people. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_USER_LIST_H
#define LATCHKEY_STORE_SQLITE_USER_LIST_H

#include "store/sqlite/connection.h"

enum result sqlite_user_list_read(struct store_handle *handle,
                                  const struct user_list_request *request, struct arena *arena,
                                  struct user_page *out);

#endif
