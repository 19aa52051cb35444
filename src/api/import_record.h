/* Records of an import: a line of JSON or CSV, of ours or of another program, into what
   users_import_prepare takes. Not thread-safe; no state is kept between calls. */
#ifndef LATCHKEY_API_IMPORT_RECORD_H
#define LATCHKEY_API_IMPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/csv.h"
#include "base/fault.h"
#include "base/result.h"
#include "base/view.h"
#include "service/users_import.h"

enum import_format {
    IMPORT_AUTO, /* told by the members of each line */
    IMPORT_LATCHKEY,
    IMPORT_GOTRUE,
    IMPORT_POCKETBASE,
    IMPORT_KEYCLOAK,
    IMPORT_FIREBASE,
    IMPORT_FASTAPI
};

/* A Firebase project's password hash parameters; an empty signer key: not known. */
struct import_firebase {
    struct view signer_key; /* base64 */
    struct view salt_separator;
    int64_t rounds;
    int64_t mem_cost;
};

struct import_record_options {
    enum import_format format;
    struct import_firebase firebase;
    bool clear_passwords; /* take what stands under `password` and is no hash; else it is refused */
    int64_t now_ms;
};

/* A decoded line; views are in the arena, or static. */
struct import_record {
    struct users_import_record user;
    bool is_deleted;    /* there: to be left out */
    struct view detail; /* with MALFORMED_JSON: why */
};

#define IMPORT_COLUMNS_MAX 128

/* "latchkey", "gotrue", "pocketbase", "keycloak", "firebase", "fastapi". */
MUST_CHECK bool import_record_format_of(struct view name, enum import_format *out);
/* One object; a comma or bracket around it (a list with one object a line) does not matter. True
   when there is nothing on the line at all. */
bool import_record_is_blank(struct view line);
/* OK; INVALID with faults; MALFORMED_JSON with out->detail; INTERNAL. */
MUST_CHECK enum result import_record_json(const struct import_record_options *options,
                                          struct view line, struct arena *arena,
                                          struct faults *faults, struct import_record *out);
/* A name of the first line that no column may have (unknown to our own format, or there twice), or
   at NULL. Of other programs' columns, those we do not know are left out. */
struct view import_record_wrong_column(const struct import_record_options *options,
                                       const struct csv_cell *names, size_t count);
/* Cells by the names of the first line. As import_record_json; MALFORMED_JSON never. */
MUST_CHECK enum result import_record_csv(const struct import_record_options *options,
                                         const struct csv_cell *names, const struct csv_cell *cells,
                                         size_t count, struct arena *arena, struct faults *faults,
                                         struct import_record *out);

#endif
