#include "api/import_record.h"

#include <string.h>

#include "api/decode_json.h"
#include "api/import_credential.h"
#include "api/import_fastapi.h"
#include "api/import_password.h"
#include "api/import_table.h"
#include "base/clock.h"
#include "base/json_depth.h"
#include "base/utf8.h"

#define INSTANT_MAX_BYTES 40
#define BEFORE_ALL_MS (-1) /* 0 would be: not given */
/* The mark of a SQL table's row: an `id` that is a number. Ours are texts. */
#define NUMBERED "id: number"

static void release_json(json_t **json)
{
    json_decref(*json);
}

/* --- formats ---------------------------------------------------------------------------------- */

/* In the order in which a line is asked; each is known by members that only it has. */
static const struct format {
    enum import_format format;
    const char *name;
    const struct table *table;
    const char *marks[6]; /* any of them */
    const char *source;   /* of ids; NULL: only UUIDs are taken */
} formats[] = {
    {IMPORT_GOTRUE,
     "gotrue",
     &import_table_gotrue,
     {"encrypted_password", "raw_user_meta_data", "raw_app_meta_data"},
     "gotrue"},
    {IMPORT_FIREBASE, "firebase", &import_table_firebase, {"localId"}, "firebase"},
    {IMPORT_POCKETBASE,
     "pocketbase",
     &import_table_pocketbase,
     {"passwordHash", "tokenKey", "collectionId"},
     "pocketbase"},
    {IMPORT_KEYCLOAK,
     "keycloak",
     &import_table_keycloak,
     {"credentials", "createdTimestamp", "emailVerified"},
     "keycloak"},
    {IMPORT_FASTAPI,
     "fastapi",
     &import_table_fastapi,
     {"_id", "hashed_password", "userage", "is_deleted", "is_active", NUMBERED},
     "fastapi"},
    {IMPORT_LATCHKEY, "latchkey", &import_table_latchkey, {NULL}, NULL},
};

bool import_record_format_of(struct view name, enum import_format *out)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (view_is(name, formats[i].name)) {
            *out = formats[i].format;
            return true;
        }
    }
    return false;
}

/* NULL for IMPORT_AUTO, which is no format. */
/* Of a format; our own is the last one. */
static const struct format *row_of(enum import_format format)
{
    const struct format *row = formats;
    while (row->format != format && row->format != IMPORT_LATCHKEY) {
        row++;
    }
    return row;
}

static const struct format *format_of_members(const struct import_record_options *options,
                                              bool (*has)(const void *members, const char *name),
                                              const void *members)
{
    const struct format *asked = options->format != IMPORT_AUTO ? row_of(options->format) : NULL;
    for (size_t i = 0; asked == NULL && i < ARRAY_LEN(formats); i++) {
        const struct format *format = &formats[i];
        for (size_t m = 0; m < ARRAY_LEN(format->marks) && format->marks[m] != NULL; m++) {
            if (has(members, format->marks[m])) {
                asked = format;
            }
        }
    }
    return asked != NULL ? asked : row_of(IMPORT_LATCHKEY);
}

static bool has_member(const void *object, const char *name)
{
    return strcmp(name, NUMBERED) == 0 ? json_is_integer(json_object_get(object, "id"))
                                       : json_object_get(object, name) != NULL;
}

/* --- values as other programs write them ------------------------------------------------------ */

static json_t *boolean_of(const json_t *value)
{
    static const struct {
        const char *text;
        int value;
    } words[] = {{"true", 1}, {"t", 1}, {"1", 1}, {"false", 0}, {"f", 0}, {"0", 0}};
    const char *text = json_string_value(value);
    if (json_is_integer(value) &&
        (json_integer_value(value) == 0 || json_integer_value(value) == 1)) {
        return json_boolean(json_integer_value(value));
    }
    for (size_t i = 0; text != NULL && i < ARRAY_LEN(words); i++) {
        if (view_equal_nocase(view_of(text), view_of(words[i].text))) {
            return json_boolean(words[i].value);
        }
    }
    return NULL;
}

static json_t *integer_of(const json_t *value)
{
    int64_t number;
    return json_is_string(value) && view_to_int64(view_of(json_string_value(value)), &number)
               ? json_integer(number)
               : NULL;
}

/* No deeper, as a member of the line, than the line itself may be. */
static json_t *object_of(const json_t *value)
{
    struct view text = view_make(json_string_value(value), json_string_length(value));
    return json_is_string(value) && json_depth_is_within(text, DECODE_DEPTH_MAX - 1)
               ? json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL)
               : NULL;
}

/* Texts with semicolons between them. */
static json_t *list_of(const json_t *value)
{
    struct view rest = view_of(json_string_value(value));
    struct view part;
    json_t *list = json_is_string(value) ? json_array() : NULL;
    while (list != NULL && rest.len > 0 && view_split(&rest, ';', &part)) {
        if (json_array_append_new(list, json_stringn(part.at, part.len)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* A new value of the field's type; NULL: it stays as it is. */
static json_t *typed(const struct field *field, const json_t *value)
{
    static json_t *(*const makers[])(const json_t *value) = {
        [FIELD_INTEGER] = integer_of,
        [FIELD_BOOLEAN] = boolean_of,
        [FIELD_OBJECT] = object_of,
        [FIELD_TEXT_LIST] = list_of,
    };
    size_t kind = (size_t)field->kind;
    return kind < ARRAY_LEN(makers) && makers[kind] != NULL ? makers[kind](value) : NULL;
}

/* Types what came as a text; where an empty text means nothing, takes it out. */
static bool adapt(const struct table *table, bool empty_is_nothing, json_t *object)
{
    for (size_t i = 0; i < table->field_count; i++) {
        const struct field *field = &table->fields[i];
        json_t *value = json_object_get(object, field->name);
        json_t *other = value != NULL ? typed(field, value) : NULL;
        if (empty_is_nothing && json_is_string(value) && json_string_length(value) == 0) {
            (void)json_object_del(object, field->name);
            json_decref(other);
        } else if (other != NULL && json_object_set_new(object, field->name, other) != 0) {
            return false;
        }
    }
    return true;
}

static bool adapt_format(const struct format *format, bool csv, json_t *object)
{
    bool other = format->format != IMPORT_LATCHKEY;
    if (format->format == IMPORT_FASTAPI && !import_fastapi_adapt(object)) {
        return false;
    }
    return (!other && !csv) || adapt(format->table, other, object);
}

/* --- instants --------------------------------------------------------------------------------- */

/* RFC 3339, or as databases print it: a space for the T, an offset of hours alone, none for UTC. */
static bool parse_instant(struct view text, int64_t *out)
{
    char copy[INSTANT_MAX_BYTES + sizeof(":00")];
    size_t len = text.len;
    if (len <= sizeof("2026-01-01") || len > INSTANT_MAX_BYTES) {
        return false;
    }
    memcpy(copy, text.at, len);
    copy[10] = copy[10] == ' ' ? 'T' : copy[10];
    char sign = copy[len - 3];
    if (sign == '+' || sign == '-') {
        memcpy(copy + len, ":00", 3);
        len += 3;
    } else if (copy[len - 1] != 'Z' && copy[len - 1] != 'z' && sign != ':') {
        copy[len++] = 'Z';
    } else if (sign == ':' && copy[len - 6] != '+' && copy[len - 6] != '-') {
        copy[len++] = 'Z'; /* the colon of the seconds */
    }
    return clock_parse(view_make(copy, len), out);
}

static int64_t instant_of(const struct in_text *text, const char *name, struct faults *faults)
{
    int64_t instant_ms = 0;
    if (text->text.at == NULL) {
        return 0;
    }
    if (!parse_instant(text->text, &instant_ms)) {
        faults_add(faults, name, "malformed", VIEW("The instant is not one of RFC 3339."));
        return 0;
    }
    return instant_ms != 0 ? instant_ms : BEFORE_ALL_MS;
}

/* --- the service's form ----------------------------------------------------------------------- */

static void set_text(struct users_input *fields, enum user_field field, struct view *slot,
                     const struct in_text *text)
{
    if (text->text.at != NULL) {
        *slot = text->text;
        fields->mask |= (unsigned)field;
    }
}

static struct view whole_name(const struct import_line *line, struct arena *arena)
{
    if (line->first_name.text.at == NULL || line->last_name.text.at == NULL) {
        return line->first_name.text.at != NULL ? line->first_name.text : line->last_name.text;
    }
    return arena_format(arena, "%.*s %.*s", VIEW_ARG(line->first_name.text),
                        VIEW_ARG(line->last_name.text));
}

/* Some programs use the e-mail address as the username. */
static bool is_email_again(const struct import_line *line)
{
    return view_find(line->username.text, '@', 0) < line->username.text.len &&
           view_equal_nocase(line->username.text, line->email.text);
}

static void set_names(const struct import_line *line, struct arena *arena,
                      struct users_input *fields)
{
    struct in_text name = {.text = whole_name(line, arena)};
    if (!is_email_again(line)) {
        set_text(fields, USER_FIELD_USERNAME, &fields->username, &line->username);
    }
    set_text(fields, USER_FIELD_EMAIL, &fields->email, &line->email);
    set_text(fields, USER_FIELD_NAME, &fields->name,
             line->name.text.at != NULL ? &line->name : &name);
    set_text(fields, USER_FIELD_METADATA, &fields->metadata, &line->metadata);
    set_text(fields, USER_FIELD_PASSWORD, &fields->password, &line->password);
    if (line->age.given && !line->age.null) {
        /* Beyond what an int holds is beyond every age too. */
        fields->age =
            line->age.number < 0 ? -2 : (int)(line->age.number > 1000 ? 1000 : line->age.number);
        fields->mask |= USER_FIELD_AGE;
    }
}

static bool is_banned(const struct import_line *line, int64_t now_ms, struct faults *faults)
{
    return view_is(line->banned_until.text, "infinity") ||
           instant_of(&line->banned_until, "banned_until", faults) > now_ms;
}

static void set_standing(const struct import_line *line,
                         const struct import_record_options *options, struct faults *faults,
                         struct users_input *fields)
{
    bool is_disabled = (line->enabled.given && !line->enabled.null && !line->enabled.value) ||
                       line->disabled.value || is_banned(line, options->now_ms, faults) ||
                       view_is(line->status.text, "disabled");
    fields->status = is_disabled ? USER_DISABLED : USER_ACTIVE;
    fields->email_verified = line->email_verified.value || line->confirmed_at.text.at != NULL;
    fields->mask |= USER_FIELD_STATUS | USER_FIELD_EMAIL_VERIFIED;
    if (line->roles.given && !line->roles.null) {
        fields->roles = line->roles.items;
        fields->role_count = line->roles.count;
        fields->mask |= USER_FIELD_ROLES;
    }
}

static struct view hash_of(const struct format *format, const struct import_record_options *options,
                           const struct import_line *line, const json_t *object,
                           struct arena *arena)
{
    if (format->format == IMPORT_KEYCLOAK) {
        return import_credential_keycloak(json_object_get(object, "credentials"), arena);
    }
    if (format->format == IMPORT_FIREBASE && line->password_hash.text.at != NULL) {
        return import_credential_firebase(&options->firebase, line->password_hash.text,
                                          line->salt.text, arena);
    }
    return line->password_hash.text;
}

/* A column of hashes of a kind we do not know must not become the passwords. */
static void check_password(const struct import_record_options *options,
                           const struct users_input *fields, struct faults *faults)
{
    if ((fields->mask & USER_FIELD_PASSWORD) == 0) {
        return;
    }
    if (import_password_is_hash(fields->password)) {
        faults_add(faults, "password", "malformed",
                   VIEW("It looks like a hash: such a one belongs into password_hash."));
    } else if (!options->clear_passwords) {
        faults_add(faults, "password", "not_allowed",
                   VIEW("If these are passwords in clear, not hashes, give --clear-passwords."));
    }
}

static enum result convert(const struct format *format, const struct import_record_options *options,
                           const struct import_line *line, const json_t *object,
                           struct arena *arena, struct faults *faults, struct import_record *out)
{
    struct users_import_record *user = &out->user;
    user->id = line->id.text;
    user->source = view_of(format->source);
    user->created_ms = line->created_ms.number;
    if (line->created_at.text.at != NULL) {
        user->created_ms = instant_of(&line->created_at, "created_at", faults);
    }
    user->password_hash = hash_of(format, options, line, object, arena);
    out->is_deleted = line->deleted_at.text.at != NULL || line->deleted.value;
    set_names(line, arena, &user->fields);
    set_standing(line, options, faults, &user->fields);
    if (format->format == IMPORT_FASTAPI) {
        import_fastapi_finish(line, arena, user);
    }
    check_password(options, &user->fields, faults);
    if (user->password_hash.at != NULL && user->password_hash.len == 0) {
        faults_add(faults, "password_hash", "malformed",
                   format->format == IMPORT_FIREBASE
                       ? VIEW("Firebase's parameters are needed: --firebase-config.")
                       : VIEW("The stored password cannot be read."));
    }
    return faults->count == 0 ? RESULT_OK : RESULT_INVALID;
}

static enum result decode_object_of(struct decoding *d, const struct format *format,
                                    const struct import_record_options *options, json_t *object,
                                    struct import_record *out)
{
    enum result result;
    d->table = format->table;
    result = decode_json_value(d, object);
    return result == RESULT_OK ? convert(format, options, d->out, object, d->arena, d->faults, out)
                               : result;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static struct view without_list(struct view line)
{
    size_t from = 0;
    size_t to = line.len;
    while (from < to && strchr(" \t\r\n[,", line.at[from]) != NULL && line.at[from] != '\0') {
        from++;
    }
    while (to > from && strchr(" \t\r\n],", line.at[to - 1]) != NULL && line.at[to - 1] != '\0') {
        to--;
    }
    return view_sub(line, from, to - from);
}

bool import_record_is_blank(struct view line)
{
    return without_list(line).len == 0;
}

enum result import_record_json(const struct import_record_options *options, struct view line,
                               struct arena *arena, struct faults *faults,
                               struct import_record *out)
{
    struct decoding d = {.place = "body", .arena = arena, .faults = faults};
    CLEANUP(release_json) json_t *object = NULL;
    enum result result = decode_json_load(&d, without_list(line), &object);
    *out = (struct import_record){.detail = d.detail};
    if (result != RESULT_OK) {
        return result;
    }
    if (!json_is_object(object)) {
        out->detail = VIEW("The line is not a JSON object.");
        return RESULT_MALFORMED_JSON;
    }
    const struct format *format = format_of_members(options, has_member, object);
    if (!adapt_format(format, false, object)) {
        return RESULT_INTERNAL;
    }
    return decode_object_of(&d, format, options, object, out);
}

/* --- CSV -------------------------------------------------------------------------------------- */

struct columns {
    const struct csv_cell *names;
    size_t count;
};

static bool has_column(const void *context, const char *name)
{
    const struct columns *columns = context;
    for (size_t i = 0; i < columns->count; i++) {
        if (view_is(columns->names[i].text, name)) {
            return true;
        }
    }
    return false;
}

static const struct field *field_of(const struct table *table, struct view name)
{
    for (size_t i = 0; i < table->field_count; i++) {
        if (view_is(name, table->fields[i].name)) {
            return &table->fields[i];
        }
    }
    return NULL;
}

struct view import_record_wrong_column(const struct import_record_options *options,
                                       const struct csv_cell *names, size_t count)
{
    struct columns columns = {names, count};
    const struct format *format = format_of_members(options, has_column, &columns);
    for (size_t i = 0; i < count; i++) {
        struct columns before = {names, i};
        const struct field *field = field_of(format->table, names[i].text);
        if (field == NULL ? format->format == IMPORT_LATCHKEY : has_column(&before, field->name)) {
            return names[i].text;
        }
    }
    return (struct view){NULL, 0};
}

/* Without the cells that hold nothing, and without columns we do not know. NULL when out of memory.
 */
static json_t *object_of_cells(const struct table *table, const struct csv_cell *names,
                               const struct csv_cell *cells, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; object != NULL && i < count; i++) {
        const struct field *field = field_of(table, names[i].text);
        if (field == NULL || (cells[i].text.len == 0 && !cells[i].quoted)) {
            continue;
        }
        if (json_object_set_new(object, field->name,
                                json_stringn(cells[i].text.at, cells[i].text.len)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* A row of a SQL table that no column gives away: its id counts up. Not where a column is ours
   alone, as what it says would be left out. */
static bool is_numbered(const struct columns *columns, const struct csv_cell *cells)
{
    bool numbered = false;
    for (size_t i = 0; i < columns->count; i++) {
        struct view name = columns->names[i].text;
        int64_t number;
        if (field_of(&import_table_fastapi, name) == NULL) {
            return false;
        }
        numbered = numbered || (view_is(name, "id") && view_to_int64(cells[i].text, &number));
    }
    return numbered;
}

static bool are_texts(const struct csv_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct view text = cells[i].text;
        if (!utf8_is_valid(text) || (text.len > 0 && memchr(text.at, '\0', text.len) != NULL)) {
            return false;
        }
    }
    return true;
}

enum result import_record_csv(const struct import_record_options *options,
                              const struct csv_cell *names, const struct csv_cell *cells,
                              size_t count, struct arena *arena, struct faults *faults,
                              struct import_record *out)
{
    struct columns columns = {names, count};
    const struct format *format = format_of_members(options, has_column, &columns);
    struct decoding d = {.place = "body", .arena = arena, .faults = faults};
    *out = (struct import_record){.is_deleted = false};
    if (!are_texts(cells, count)) {
        faults_add(faults, NULL, "malformed", VIEW("The line is not UTF-8, or holds a NUL byte."));
        return RESULT_INVALID;
    }
    if (format->format == IMPORT_LATCHKEY && options->format == IMPORT_AUTO &&
        is_numbered(&columns, cells)) {
        format = row_of(IMPORT_FASTAPI);
    }
    CLEANUP(release_json)
    json_t *object = format == NULL ? NULL : object_of_cells(format->table, names, cells, count);
    if (format == NULL || object == NULL || !adapt_format(format, true, object)) {
        return RESULT_INTERNAL;
    }
    return decode_object_of(&d, format, options, object, out);
}
