/* The change feed of documents (docs/adr/0006): what changed bears the server's clock in `chg`, set
   by the very update that changes it, and the instant as the caller knows it in `changed_at`. */
#ifndef LATCHKEY_STORE_MONGO_STAMP_H
#define LATCHKEY_STORE_MONGO_STAMP_H

#include <stdint.h>

#include "store/mongo/doc.h"

/* {$set: set + changed_at, $unset, $inc, $currentDate: {chg}}; unset and inc may be NULL or empty.
 */
void mongo_stamp_update(bson_t *set, const bson_t *unset, const bson_t *inc, int64_t now_ms,
                        bson_t *out);
/* Adds both to a document that is to be inserted: the server fills its clock in. */
void mongo_stamp_insert(bson_t *doc, int64_t now_ms);

#endif
