/* The PostgreSQL back end. */
#ifndef LATCHKEY_STORE_POSTGRES_POSTGRES_H
#define LATCHKEY_STORE_POSTGRES_POSTGRES_H

#include "store/backend.h"

/* Every slot filled; constant. */
extern const struct store_backend postgres_backend;

#endif
