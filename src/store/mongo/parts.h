/* What a search for a part of a text is answered by: all parts of three characters of it, in an
   index that has a key for each. Texts are folded before (base/utf8_fold.h). */
#ifndef LATCHKEY_STORE_MONGO_PARTS_H
#define LATCHKEY_STORE_MONGO_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"
#include "base/view.h"
#include "store/mongo/doc.h"

#define PARTS_CHARS 3
#define PARTS_TEXT_SIZE (PARTS_CHARS * UTF8_SIZE_MAX + 1)

/* Parts so far, each in 63 bits. Zero it to start, clear it at the end: CLEANUP(parts_clear). */
struct parts {
    uint64_t *items;
    size_t count;
    size_t room;
};

/* Those of one text; a text of fewer characters has none. */
void parts_add(struct parts *parts, struct view folded);
/* Each once, in order. */
void parts_settle(struct parts *parts);
/* The text of one; room for a NUL. */
struct view parts_text(uint64_t part, char out[PARTS_TEXT_SIZE]);
/* An array of all of them, for a document. Settle before. */
void parts_write(const struct parts *parts, bson_t *out);
void parts_clear(struct parts *parts);

#endif
