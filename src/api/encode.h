/* Encoding by a table: a struct straight into JSON text, with no tree in between (every good answer
 * goes through here). */
#ifndef LATCHKEY_API_ENCODE_H
#define LATCHKEY_API_ENCODE_H

#include "api/table.h"
#include "base/builder.h"

/* Writes the struct at `value` as a JSON object: the fields of the table in their order. The
 * builder keeps the failure. Thread-safe. */
void encode_table(struct builder *out, const struct table *table, const void *value);
/* A JSON array of the list's structs. As encode_table. */
void encode_list(struct builder *out, const struct table *table, const struct out_list *list);

#endif
