/* The steps of the schema, built in from migrations/mongo (tools/embed-migrations). */
#ifndef LATCHKEY_STORE_MONGO_MIGRATIONS_H
#define LATCHKEY_STORE_MONGO_MIGRATIONS_H

#include "store/migrate.h"

extern const struct migration_set migrations_mongo;

#endif
