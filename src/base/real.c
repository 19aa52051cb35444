#include "base/real.h"

#define WHOLE_MAX 9007199254740992.0 /* 2^53 */

bool real_to_int64(double number, int64_t *out)
{
    bool fits = number >= -WHOLE_MAX && number <= WHOLE_MAX;
    if (!fits || (double)(int64_t)number != number) {
        return false;
    }
    *out = (int64_t)number;
    return true;
}
