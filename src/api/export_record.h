/* Records of an export: one line of JSON or CSV a person, such as an import takes back. Pure. */
#ifndef LATCHKEY_API_EXPORT_RECORD_H
#define LATCHKEY_API_EXPORT_RECORD_H

#include <stdbool.h>

#include "base/builder.h"
#include "model/user.h"

/* A JSON object and a line feed; the hash only when asked for. */
void export_record_json(struct builder *out, const struct user_credentials *user, bool with_hash);
/* A line of CSV; NULL: the names of the columns. */
void export_record_csv(struct builder *out, const struct user_credentials *user, bool with_hash);

#endif
