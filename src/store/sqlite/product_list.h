/* The list of products: its statement is put together from constant parts, as filters and order
   ask. */
#ifndef LATCHKEY_STORE_SQLITE_PRODUCT_LIST_H
#define LATCHKEY_STORE_SQLITE_PRODUCT_LIST_H

#include "base/builder.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/sql.h"

/* Slot of the back end: see store.h. */
enum result sqlite_product_list(struct store_handle *handle, const struct product_filter *filter,
                                const struct page_request *page, struct arena *arena,
                                struct product_page *out);

#define PRODUCT_LIST_SQL_BYTES 1024
#define PRODUCT_LIST_VALUES_MAX 8

/* A statement with its values. Holds pointers into itself: not to be copied. */
struct product_list_sql {
    char text[PRODUCT_LIST_SQL_BYTES]; /* ends with a NUL */
    struct builder builder;
    struct sql_value values[PRODUCT_LIST_VALUES_MAX];
    size_t count;
};

/* Writes the statement of that page; with a NULL page the one that counts what matches. What a
   client sent becomes values only; they borrow from filter and arena. False when out of memory.
   Also for the test of the plans. */
MUST_CHECK bool sqlite_product_list_write(const struct product_filter *filter,
                                          const struct page_request *page, struct arena *arena,
                                          struct product_list_sql *out);

#endif
