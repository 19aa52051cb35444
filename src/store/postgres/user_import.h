/* People of an import. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_USER_IMPORT_H
#define LATCHKEY_STORE_POSTGRES_USER_IMPORT_H

#include "store/postgres/connection.h"

enum result postgres_user_import_rows(struct store_handle *handle, struct user_import *rows,
                                      size_t count);

#endif
