/* Records (model/record.h) as documents, and back. */
#ifndef LATCHKEY_STORE_MONGO_RECORDS_H
#define LATCHKEY_STORE_MONGO_RECORDS_H

#include "model/record.h"
#include "store/mongo/connection.h"
#include "store/mongo/doc.h"
#include "store/mongo/grants.h"

/* Where records of a kind are that are a document each: settings, roles, users, sessions, products,
   audit events. */
enum mongo_collection mongo_records_collection(enum record_kind kind);
/* Makes the document. choice: all roles, for a user. INVALID: a user holds a role that is not
   there, or a text is no UTF-8. */
MUST_CHECK enum result mongo_records_make(const struct record *record,
                                          const struct grant_choice *choice, bson_t *out);
/* Reads it; record->kind says which. INTERNAL when the arena is full. */
MUST_CHECK enum result mongo_records_read(const bson_t *doc, struct arena *arena,
                                          struct record *record);
/* The same in every field. */
bool mongo_records_are_same(const struct record *a, const struct record *b);

#endif
