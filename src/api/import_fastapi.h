/* Inside api/ only: users of FastAPI templates, from a MongoDB collection or a SQL table. */
#ifndef LATCHKEY_API_IMPORT_FASTAPI_H
#define LATCHKEY_API_IMPORT_FASTAPI_H

#include <jansson.h>
#include <stdbool.h>

#include "api/import_table.h"
#include "base/arena.h"
#include "base/attributes.h"
#include "service/users_import.h"

/* Before decoding: MongoDB's values become plain ones, and ids that only count up go. False when
   out of memory. */
MUST_CHECK bool import_fastapi_adapt(json_t *object);
/* After decoding: id, role and password of the record, which has all else from the line. */
void import_fastapi_finish(const struct import_line *line, struct arena *arena,
                           struct users_import_record *record);

#endif
