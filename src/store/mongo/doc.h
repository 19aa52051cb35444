/* BSON documents: made from a list of parts, and read by name. Never from text, in which what a
   client sent could mean something. Not thread-safe; documents belong to one thread. */
#ifndef LATCHKEY_STORE_MONGO_DOC_H
#define LATCHKEY_STORE_MONGO_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <bson/bson.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/decimal.h"
#include "base/id.h"
#include "base/result.h"
#include "base/view.h"

/* Documents in documents. */
#define DOC_DEPTH_MAX 12

enum doc_kind {
    DOC_END,
    DOC_NONE, /* nothing is added */
    DOC_TEXT,
    DOC_NUMBER, /* int64 */
    DOC_INSTANT,
    DOC_ID, /* binary, subtype 4 (UUID) */
    DOC_BYTES,
    DOC_BOOL,
    DOC_NULL,
    DOC_LAST,    /* MaxKey: sorts behind everything */
    DOC_STAMP,   /* timestamp */
    DOC_DECIMAL, /* Decimal128 */
    DOC_OPEN,    /* a document; what follows is in it, to DOC_CLOSE */
    DOC_LIST,    /* an array, likewise; keys in it are counted, those given are ignored */
    DOC_CLOSE,
    DOC_EMBED,     /* a copy of a document */
    DOC_EMBED_LIST /* the same as an array */
};

/* One part; borrows what it names until it was added. */
struct doc_part {
    enum doc_kind kind;
    const char *key; /* a literal */
    int64_t number;
    struct view bytes;
    const bson_t *document;
    struct decimal decimal;
};

/* A list of parts, as one argument. */
#define DOC(...) ((const struct doc_part[]){__VA_ARGS__, {.kind = DOC_END}})

struct doc_part doc_none(void);
/* None when .at is NULL. */
struct doc_part doc_text(const char *key, struct view text);
/* A literal: an operator's operand, a path ("$ends_at"). */
struct doc_part doc_word(const char *key, const char *word);
struct doc_part doc_number(const char *key, int64_t number);
/* None when zero: an instant that has not come. */
struct doc_part doc_instant(const char *key, int64_t instant_ms);
/* The same for an instant that may well be zero. */
struct doc_part doc_date(const char *key, int64_t instant_ms);
/* None when id is NULL or nil. */
struct doc_part doc_id(const char *key, const struct id *id);
/* The same for one that may well be nil. */
struct doc_part doc_uuid(const char *key, const struct id *id);
struct doc_part doc_bytes(const char *key, struct view bytes);
struct doc_part doc_bool(const char *key, bool value);
struct doc_part doc_null(const char *key);
struct doc_part doc_last(const char *key);
/* Seconds in the upper half, a counter in the lower. Zero: the server's clock, in an insert. */
struct doc_part doc_stamp(const char *key, uint64_t stamp);
struct doc_part doc_decimal(const char *key, struct decimal decimal);
struct doc_part doc_open(const char *key);
struct doc_part doc_list(const char *key);
struct doc_part doc_close(void);
struct doc_part doc_embed(const char *key, const bson_t *document);
struct doc_part doc_embed_list(const char *key, const bson_t *list);

/* Ends a document that was made. */
void doc_clear(bson_t *doc);
/* An empty document that ends with its scope. Functions that make one may be given it. */
#define DOC_LOCAL(name) CLEANUP(doc_clear) bson_t name = BSON_INITIALIZER

/* Makes *out a document of the parts, to be destroyed. */
void doc_make(bson_t *out, const struct doc_part *parts);
/* Adds the parts at the end of a document. */
void doc_add(bson_t *doc, const struct doc_part *parts);
bool doc_is_empty(const bson_t *doc);

/* --- reading ---------------------------------------------------------------------------------- */

/* Reads a document into an arena. What is missing or of another type reads as nothing; when the
   arena is full, failure says so. */
struct doc_reader {
    const bson_t *doc;
    struct arena *arena;
    enum result failure; /* OK: none yet */
};

/* .at is NULL where there is no text. */
struct view doc_get_text(struct doc_reader *reader, const char *key);
/* Binary or text. */
struct view doc_get_bytes(struct doc_reader *reader, const char *key);
/* These need no arena. A key may be a path: "kept.since". */
int64_t doc_get_number(const bson_t *doc, const char *key, int64_t missing);
int64_t doc_get_instant(const bson_t *doc, const char *key);
bool doc_get_bool(const bson_t *doc, const char *key);
struct id doc_get_id(const bson_t *doc, const char *key);
uint64_t doc_get_stamp(const bson_t *doc, const char *key);
bool doc_has(const bson_t *doc, const char *key);
/* Borrows the text; .at is NULL where there is none. */
struct view doc_peek_text(const bson_t *doc, const char *key);
/* False when it is none that decimal_parse takes. */
MUST_CHECK bool doc_get_decimal(const bson_t *doc, const char *key, struct decimal *out);
/* Borrows a document or an array into *out, which need not be destroyed; empty where there is none.
 */
void doc_peek(const bson_t *doc, const char *key, bson_t *out);

#endif
