/* The dialects: sets of rows by which clients of other back ends are served unchanged, over the
   same gate, decoder, services and rules as the native API (docs/dialects.md says how to add one).
 */
#ifndef LATCHKEY_DIALECTS_DIALECTS_H
#define LATCHKEY_DIALECTS_DIALECTS_H

#include <stddef.h>

#include "api/row.h"
#include "base/view.h"

/* One file each; named after the template whose document it keeps. */
extern const struct row_set dialect_fastapi_jwt_mongodb;
extern const struct row_set dialect_user_authentication_system;
extern const struct row_set dialect_pymongo_async;
extern const struct row_set dialect_fastapi_authentication;
extern const struct row_set dialect_fastapi_crud;

/* All of them, by name. */
extern const struct row_set *const dialects[];
extern const size_t dialect_count;

/* NULL when there is none of that name. Pure. */
const struct row_set *dialect_find(struct view name);

#endif
