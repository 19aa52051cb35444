/* Tables of fields: one declaration serves decoding, encoding, the OpenAPI document and the tests'
 * recorder. */
#ifndef LATCHKEY_API_TABLE_H
#define LATCHKEY_API_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/id.h"
#include "base/view.h"

/* What a decoded member looks like in the input struct: each starts like this. */
struct in_flags {
    bool given;
    bool null;
};
struct in_text {
    bool given; /* false: absent */
    bool null;  /* given as null */
    struct view text;
};
struct in_integer {
    bool given;
    bool null;
    int64_t number;
};
struct in_boolean {
    bool given;
    bool null;
    bool value;
};
struct in_decimal {
    bool given;
    bool null;
    struct decimal value;
};
struct in_list { /* of texts */
    bool given;
    bool null;
    const struct view *items;
    size_t count;
};

enum field_kind {
    FIELD_TEXT = 1, /* in: in_text; out: view, at NULL is null */
    FIELD_INTEGER,  /* in: in_integer; out: int64_t, with FIELD_NULLABLE a negative one is null */
    FIELD_BOOLEAN,  /* in: in_boolean; out: bool */
    FIELD_OBJECT,   /* any JSON object. in: in_text with its compact text; out: view with JSON text,
                       empty is {} */
    FIELD_TEXT_LIST,   /* in: in_list; out: struct out_list */
    FIELD_ID,          /* out: struct id */
    FIELD_INSTANT,     /* out: int64_t ms, 0 is null; "date-time" */
    FIELD_INT_OPTION,  /* out: int, negative is null */
    FIELD_CHOICE,      /* out: int, an index into choices (1 is the first) */
    FIELD_NESTED,      /* out: a struct at offset, by the nested table */
    FIELD_NESTED_LIST, /* out: struct out_list of structs */
    FIELD_DECIMAL /* an exact amount, written as a JSON string. in: in_decimal; out: struct decimal
                   */
};

/* A list in an output struct: pointer and count, in this order (model's `roles, role_count`, page's
 * `items, count` fit). */
struct out_list {
    const void *items;
    size_t count;
};

enum field_flags {
    FIELD_REQUIRED = 1 << 0, /* in: must be there; out: always there (all out fields are) */
    FIELD_NULLABLE = 1 << 1,
    FIELD_SECRET = 1 << 2,  /* OpenAPI format "password", never echoed in an error */
    FIELD_FORM = 1 << 3,    /* only in forms; a JSON member of that name is unknown */
    FIELD_NUMBER = 1 << 5,  /* an amount that is a JSON number in and out, exact all the same */
    FIELD_OMITTED = 1 << 6, /* out: left out where it would be null: a text or list at NULL, a
                               negative integer */
    FIELD_NO_FORM = 1 << 4  /* boolean of a query: never true with a form, which any site's page can
                               send in its visitor's name without asking (CORS) */
};

struct table;

struct field {
    const char *name;
    enum field_kind kind;
    size_t offset; /* offsetof in the table's struct */
    unsigned flags;
    int64_t min;      /* text: code points; integer: value; list: items */
    int64_t max;      /* 0 with min 0: no limit beyond the body's */
    size_t max_bytes; /* text and object; 0: no limit of its own */
    const char *const
        *choices; /* NULL-terminated: allowed texts; for FIELD_CHOICE the names from 1 */
    const struct table *nested;
    const char *format;       /* OpenAPI: "uuid", "email"; NULL: from the kind */
    const char *description;  /* a sentence for the document */
    const char *example;      /* as it stands in JSON; NULL: none */
    const char *default_text; /* OpenAPI default, as it stands in JSON; NULL: none */
};

struct table {
    const char *name; /* schema name in OpenAPI: "SignUp", "User" */
    const char *description;
    size_t size; /* of the struct; decoding starts from zeros */
    const struct field *fields;
    size_t field_count;
    bool ignore_unknown; /* JSON members that no field names: refused unless set. Forms ignore them
                            always. */
    /* Read as FastAPI's models read JSON: unknown members are ignored, null of a member that need
       not be there counts as left out, whole numbers may come as texts or with a point, and no
       body is one that is missing. */
    bool lax;
    /* At least one of these must be given: a NULL-terminated list of names. NULL: no such rule. */
    const char *const *any_of;
};

/* A decoder keeps what it has seen in one word. */
#define TABLE_FIELDS_MAX 64

#define FIELDS(array) .fields = (array), .field_count = sizeof(array) / sizeof((array)[0])

#endif
