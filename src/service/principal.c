#include "service/principal.h"

static const struct principal the_system = {.system = true};

const struct principal *principal_system(void)
{
    return &the_system;
}
