/* Decoding by a table: applies what a client sent, as JSON, form or query, to a struct in the
   arena. All faults of a request are collected (FAULTS_MAX), not only the first. No function keeps
   anything between calls; one decoding belongs to one thread. */
#ifndef LATCHKEY_API_DECODE_H
#define LATCHKEY_API_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/table.h"
#include "base/arena.h"
#include "base/attributes.h"
#include "base/fault.h"
#include "base/result.h"
#include "base/view.h"

/* Deeper JSON is refused before it is parsed (CHECKLIST J04). */
#define DECODE_DEPTH_MAX 32

struct decoding {
    const struct table *table;
    const char *place; /* "body" or "query" */
    struct arena *arena;
    struct faults *faults;
    bool form;          /* fields with FIELD_FORM are known */
    void *out;          /* the decoded struct, table->size bytes */
    uint64_t seen;      /* a bit for each field */
    struct view detail; /* why it cannot be read, when it cannot */
    struct view text;   /* of JSON: what is being read */
};

/* The ways in. Each takes a decoding with table, place, arena and faults set, and fills out.
   OK; INVALID with faults added; when it cannot be read MALFORMED_JSON, MALFORMED_FORM or
   BAD_REQUEST with detail set; INTERNAL when out of memory. The struct refers to the arena only,
   not to the text. */
MUST_CHECK enum result decode_json(struct decoding *decoding, struct view body);
MUST_CHECK enum result decode_form(struct decoding *decoding, struct view body);
/* multipart/form-data (RFC 7578) with that boundary: parts of text only, no files. */
MUST_CHECK enum result decode_multipart(struct decoding *decoding, struct view body,
                                        struct view boundary);
/* Here table may be NULL: then every parameter is unknown, and out is NULL. */
MUST_CHECK enum result decode_query(struct decoding *decoding, struct view query);

/* --- for the three above: the one place that applies a field ---------------------------------- */

/* Takes the struct. False when out of memory. */
MUST_CHECK bool decode_begin(struct decoding *decoding);
/* The field of that name; NULL when there is none, or none for this media type. */
const struct field *decode_find(const struct decoding *decoding, struct view name);
/* Notes that the field came. False when it came before. */
MUST_CHECK bool decode_mark(struct decoding *decoding, const struct field *field);
void decode_unknown(struct decoding *decoding, struct view name);
void decode_wrong_type(struct decoding *decoding, const struct field *field);
void decode_fault(struct decoding *decoding, const struct field *field, const char *code,
                  struct view message);
/* Each checks the field's limits and stores the value, or adds a fault. Texts are UTF-8 in the
 * arena. */
void decode_null(struct decoding *decoding, const struct field *field);
void decode_text(struct decoding *decoding, const struct field *field, struct view text);
void decode_integer(struct decoding *decoding, const struct field *field, int64_t number);
/* A JSON number with a point or an exponent: for amounts that are numbers, up to 15 digits in
   decoding->text; in a lax table also for integers that it is one of. */
void decode_real(struct decoding *decoding, const struct field *field, double number);
void decode_boolean(struct decoding *decoding, const struct field *field, bool value);
/* text: compact JSON of an object */
void decode_object(struct decoding *decoding, const struct field *field, struct view text);
void decode_list(struct decoding *decoding, const struct field *field, const struct view *items,
                 size_t count);
/* A value that came as a text, typed by the field: "10", "true". */
void decode_typed(struct decoding *decoding, const struct field *field, struct view text);
/* Looks for what is missing. OK or INVALID. */
MUST_CHECK enum result decode_end(struct decoding *decoding);

#endif
