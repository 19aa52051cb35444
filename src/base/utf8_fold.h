/* Comparing text without regard to case: Unicode simple case folding (The Unicode Standard, section
   5.18), one code point to one, by a table in the binary, so that every node and every language
   setting agrees. Pure. */
#ifndef LATCHKEY_BASE_UTF8_FOLD_H
#define LATCHKEY_BASE_UTF8_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

/* What a folded text of len bytes may need: a two-byte letter can become one of three. */
#define UTF8_FOLD_SIZE(len) ((len) / 2 * 3 + 1)

/* The code point under which c is compared. */
uint32_t utf8_fold_code_point(uint32_t c);
/* The folded text, written to out (UTF8_FOLD_SIZE(text.len) bytes); bytes that are no UTF-8 stay
   as they are. */
struct view utf8_fold(struct view text, char *out);

#endif
