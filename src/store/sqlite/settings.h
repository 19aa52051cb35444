/* What the first start decided for all nodes. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_SETTINGS_H
#define LATCHKEY_STORE_SQLITE_SETTINGS_H

#include "store/sqlite/connection.h"

enum result sqlite_settings_keep(struct store_handle *handle, struct view name, struct view value,
                                 struct arena *arena, struct view *out);

#endif
