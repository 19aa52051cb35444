#include "model/user_list.h"

static const char *const names[USER_SORT_COUNT] = {
    [USER_SORT_NUMBER] = "number",
    [USER_SORT_USERNAME] = "username",
    [USER_SORT_EMAIL] = "email",
    [USER_SORT_NAME] = "name",
    [USER_SORT_AGE] = "age",
    [USER_SORT_CREATED] = "created_at",
    [USER_SORT_UPDATED] = "updated_at",
    [USER_SORT_LAST_LOGIN] = "last_login_at",
    [USER_SORT_STATUS] = "status",
};

bool user_sort_of(struct view name, enum user_sort_field *out)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (view_is(name, names[i])) {
            *out = (enum user_sort_field)i;
            return true;
        }
    }
    return false;
}
