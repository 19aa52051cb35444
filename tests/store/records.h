/* Records to move: made up by number and seed, every field at its extremes now and then, and what
   compares them. */
#ifndef LATCHKEY_TESTS_RECORDS_H
#define LATCHKEY_TESTS_RECORDS_H

#include "fixture.h"

struct records {
    struct record *items;
    size_t count;
};

#define RECORDS_ROLES 5 /* two built-in ones among them */

/* Made-up records of that kind in the order of their positions, at most `wanted`: people hold those
   roles that are made up, sessions belong to the people of the same number of people. The same for
   the same seed. */
struct records records_make(enum record_kind kind, size_t wanted, unsigned seed,
                            struct arena *arena);
/* Everything of a store, page by page. */
struct records records_dump(struct store_handle *handle, enum record_kind kind, size_t limit,
                            struct arena *arena);
/* The canonical form. */
struct view records_bytes(const struct record *record, struct arena *arena);
/* Fails the test unless both are the same. */
void records_assert_same(const struct records *actual, const struct records *expected,
                         struct arena *arena);

#endif
