/* People: many at once. A slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_USER_IMPORT_H
#define LATCHKEY_STORE_SQLITE_USER_IMPORT_H

#include "store/sqlite/connection.h"

enum result sqlite_user_import_rows(struct store_handle *handle, struct user_import *rows,
                                    size_t count);

#endif
