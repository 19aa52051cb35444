/* The SQLite back end. Its parts share what is declared here; outsiders use sqlite_backend only. */
#ifndef LATCHKEY_STORE_SQLITE_SQLITE_H
#define LATCHKEY_STORE_SQLITE_SQLITE_H

#include "store/backend.h"

/* The record of functions for sqlite:PATH. Constant. */
extern const struct store_backend sqlite_backend;

#endif
