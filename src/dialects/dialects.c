#include "dialects/dialects.h"

#include "base/attributes.h"

const struct row_set *const dialects[] = {
    &dialect_fastapi_authentication,     &dialect_fastapi_crud,
    &dialect_fastapi_jwt_mongodb,        &dialect_pymongo_async,
    &dialect_user_authentication_system,
};
const size_t dialect_count = ARRAY_LEN(dialects);

const struct row_set *dialect_find(struct view name)
{
    for (size_t i = 0; i < dialect_count; i++) {
        if (view_is(name, dialects[i]->name)) {
            return dialects[i];
        }
    }
    return NULL;
}
