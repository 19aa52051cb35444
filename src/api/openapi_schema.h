/* JSON schemas (OpenAPI 3.1 takes JSON Schema 2020-12) of tables. */
#ifndef LATCHKEY_API_OPENAPI_SCHEMA_H
#define LATCHKEY_API_OPENAPI_SCHEMA_H

#include <jansson.h>

#include "api/table.h"
#include "base/attributes.h"

enum openapi_use { OPENAPI_JSON_IN, OPENAPI_FORM_IN, OPENAPI_OUT };

/* components/schemas of a document, as one set of rows fills it. */
struct openapi_schemas {
    json_t *json;       /* an object */
    const char *prefix; /* before the name of each, "" for none */
};

/* Each returns a new reference, NULL when out of memory. Not thread-safe for one `schemas`. */

/* The schema of one field. Nested tables are added to schemas (components/schemas) and referred to.
 */
MUST_CHECK json_t *openapi_schema_field(const struct field *field, struct openapi_schemas *schemas);
/* {"$ref": …} to the schema of that name. */
MUST_CHECK json_t *openapi_schema_named(const char *name);
/* {"$ref": …} to the table's schema in schemas, made there when it is not yet; forms get a name of
 * their own. */
MUST_CHECK json_t *openapi_schema_ref(const struct table *table, enum openapi_use use,
                                      struct openapi_schemas *schemas);

#endif
