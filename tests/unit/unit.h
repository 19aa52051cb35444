/* What every unit test includes: cmocka with what its header needs before it. */
#ifndef LATCHKEY_TESTS_UNIT_H
#define LATCHKEY_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/view.h"

/* The view holds exactly the text of that literal. */
#define assert_view(v, literal)                                                                    \
    do {                                                                                           \
        struct view assert_view_ = (v);                                                            \
        assert_int_equal(assert_view_.len, sizeof(literal) - 1);                                   \
        assert_memory_equal(assert_view_.at != NULL ? assert_view_.at : "", literal,               \
                            sizeof(literal) - 1);                                                  \
    } while (0)

#endif
