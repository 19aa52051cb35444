/* What the first start decides for all nodes. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_SETTINGS_H
#define LATCHKEY_STORE_MONGO_SETTINGS_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

enum result mongo_settings_keep(struct store_handle *handle, struct view name, struct view value,
                                struct arena *arena, struct view *out);

/* The member "value": text where it is text, else binary. */
struct doc_part mongo_settings_value(struct view value);

#endif
