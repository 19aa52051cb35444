/* What the first start decides for all nodes. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_SETTINGS_H
#define LATCHKEY_STORE_POSTGRES_SETTINGS_H

#include "store/postgres/connection.h"

enum result postgres_settings_keep(struct store_handle *handle, struct view name, struct view value,
                                   struct arena *arena, struct view *out);

#endif
