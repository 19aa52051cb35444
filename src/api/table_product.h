/* How a product looks from outside, and what of one can be sent in. */
#ifndef LATCHKEY_API_TABLE_PRODUCT_H
#define LATCHKEY_API_TABLE_PRODUCT_H

#include "api/table.h"
#include "service/products.h"

/* Encodes struct product. */
extern const struct table table_product;

/* What clients send of a product; both tables below decode it. */
struct table_product_in {
    struct in_text name;
    struct in_text description;
    struct in_decimal price;
};

extern const struct table table_product_create; /* POST /v1/products */
extern const struct table table_product_change; /* PATCH /v1/products/{id} */

/* The service's form of it; borrows the views. Pure. */
struct products_input table_product_input(const struct table_product_in *in);

#endif
