/* UTF-8 after RFC 3629: validity, counting, and the characters that must not reach a log
   line. Pure. */
#ifndef LATCHKEY_BASE_UTF8_H
#define LATCHKEY_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"

/* Stands for bytes that are no UTF-8. */
#define UTF8_REPLACEMENT 0xFFFDu

/* Strictly valid: no overlong form, no surrogate, nothing above U+10FFFF (RFC 3629 section 3). */
bool utf8_is_valid(struct view v);
/* Code points in a valid text. */
size_t utf8_length(struct view v);
/* The code point at the start of v, which may be any bytes: returns its size in bytes, 0 when v is
   empty or starts with no valid UTF-8 (*code_point is untouched then). */
MUST_CHECK size_t utf8_decode(struct view v, uint32_t *code_point);
/* Writes the code point, up to U+10FFFF, to out (4 bytes); returns its size in bytes. */
size_t utf8_encode(uint32_t code_point, char *out);
/* Takes the next code point off *rest; a byte that is no UTF-8 counts as U+FFFD. False at the end.
 */
bool utf8_next(struct view *rest, uint32_t *code_point);
/* True for a code point that may change how a line reads: C0 and C1 controls, DEL, U+2028/9, bidi
   marks and overrides (U+061C, U+200E/F, U+202A-E, U+2066-9), zero-width U+200B-D, U+2060, U+FEFF.
 */
bool utf8_is_hidden(uint32_t code_point);

#endif
