/* Products: the example of an application's own protected resource (docs/extending.md). The caller
   has passed the gate, which let through who holds the permission, and owners to what is theirs. */
#ifndef LATCHKEY_SERVICE_PRODUCTS_H
#define LATCHKEY_SERVICE_PRODUCTS_H

#include "model/product.h"
#include "service/service.h"

/* What a client gives; validated here, once for every way in. */
struct products_input {
    unsigned mask; /* of enum product_field: what is given; for a create too */
    struct view name;
    struct view description; /* at NULL with its bit set: clear */
    struct decimal price;
};

/* CREATED: the actor is the owner. INVALID with faults; FORBIDDEN for an actor who is no user. */
MUST_CHECK enum result products_create(struct service_call *call,
                                       const struct products_input *input, struct product *out);
/* key: id or number. OK, NOT_FOUND. */
MUST_CHECK enum result products_get(struct service_call *call, struct view key,
                                    struct product *out);
/* if_version: 0 for any. OK, NOT_FOUND, INVALID, PRECONDITION_FAILED for another version. */
MUST_CHECK enum result products_update(struct service_call *call, struct view key,
                                       const struct products_input *input, int64_t if_version,
                                       struct product *out);
/* NO_CONTENT, NOT_FOUND, PRECONDITION_FAILED. */
MUST_CHECK enum result products_delete(struct service_call *call, struct view key,
                                       int64_t if_version);
/* For the gate (row_owner_finder in api/row.h). OK, NOT_FOUND. */
MUST_CHECK enum result products_owner(struct service_call *call, struct view key, struct id *owner);

#endif
