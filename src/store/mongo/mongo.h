/* The MongoDB back end. Its parts share what is declared here; outsiders use mongo_backend only. */
#ifndef LATCHKEY_STORE_MONGO_MONGO_H
#define LATCHKEY_STORE_MONGO_MONGO_H

#include "store/backend.h"

/* The record of functions for mongodb://… and mongodb+srv://…. Constant. */
extern const struct store_backend mongo_backend;

#endif
