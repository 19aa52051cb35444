#include "api/row.h"

#include <stdint.h>
#include <string.h>

void *row_out(struct api_call *call, size_t size)
{
    void *out = arena_take(call->service.arena, size);
    call->out = out;
    return out;
}

static const struct field *find_field(const struct table *table, const char *name)
{
    for (size_t i = 0; table != NULL && i < table->field_count; i++) {
        if (strcmp(table->fields[i].name, name) == 0) {
            return &table->fields[i];
        }
    }
    return NULL;
}

bool row_asks_guarded(const struct row *row, const void *query, const void *body)
{
    const char *member = row->guarded.member;
    const struct field *in_body =
        member != NULL && body != NULL ? find_field(row->body, member) : NULL;
    const struct field *in_query =
        member != NULL && query != NULL ? find_field(row->query, member) : NULL;
    if (in_body != NULL) {
        const struct in_flags *in = (const void *)((const char *)body + in_body->offset);
        return in->given && !in->null;
    }
    if (in_query != NULL) {
        const struct in_boolean *in = (const void *)((const char *)query + in_query->offset);
        return in->value;
    }
    return false;
}

struct view row_text(const struct table *table, const char *name, const void *decoded)
{
    const struct field *field = name != NULL && decoded != NULL ? find_field(table, name) : NULL;
    if (field == NULL || field->kind != FIELD_TEXT) {
        return (struct view){NULL, 0};
    }
    const struct in_text *in = (const void *)((const char *)decoded + field->offset);
    return in->text;
}

const struct row_case *row_case_of(const struct row *row, const void *body)
{
    struct view value = row_text(row->body, row->cases.member, body);
    for (size_t i = 0; i < row->cases.count; i++) {
        if (view_is(value, row->cases.items[i].value)) {
            return &row->cases.items[i];
        }
    }
    return NULL;
}

const struct style *row_style(const struct row *row, const struct row_set *set)
{
    return row->style != NULL ? row->style : set->style;
}

bool row_takes_client(const struct row *row)
{
    return row->auth == ROW_CLIENT_OR_BEARER || row->auth == ROW_CLIENT_OPTIONAL;
}

size_t row_set_count(const struct row_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->group_count; i++) {
        count += set->groups[i]->count;
    }
    return count;
}

bool row_reads_query(const struct row *row)
{
    bool strict = row->auth != ROW_PUBLIC || row->method != METHOD_GET;
    return row->query != NULL || (strict && !row->ignore_query);
}

bool row_takes_version(const struct row *row)
{
    bool creates = row->method == METHOD_POST && row->params == NULL;
    return row->versioned && row->method != METHOD_GET && !creates;
}

/* --- what a row can answer -------------------------------------------------------------------- */

struct answers {
    enum result *out;
    size_t count;
};

static void add(struct answers *answers, enum result result)
{
    for (size_t i = 0; i < answers->count; i++) {
        if (answers->out[i] == result) {
            return;
        }
    }
    answers->out[answers->count++] = result;
}

static void add_all(struct answers *answers, const enum result *results)
{
    for (; *results != RESULT_COUNT; results++) {
        add(answers, *results);
    }
}

static const enum result of_token[] = {RESULT_MISSING_TOKEN, RESULT_INVALID_TOKEN, RESULT_STALE,
                                       RESULT_COUNT};
static const enum result of_client[] = {RESULT_INVALID_CLIENT, RESULT_RATE_LIMITED, RESULT_COUNT};
static const enum result of_body[] = {RESULT_MALFORMED_JSON, RESULT_BODY_TOO_LARGE,
                                      RESULT_UNSUPPORTED_MEDIA_TYPE, RESULT_INVALID, RESULT_COUNT};
static const enum result of_lane[] = {RESULT_BUSY, RESULT_STORE_UNAVAILABLE, RESULT_COUNT};

static void add_params(struct answers *answers, const struct table *params)
{
    for (size_t i = 0; params != NULL && i < params->field_count; i++) {
        if (params->fields[i].kind == FIELD_INTEGER) {
            add(answers, RESULT_INVALID);
        } else if (params->fields[i].format != NULL) {
            add(answers, RESULT_NOT_FOUND);
        }
    }
}

size_t row_answers(const struct row *row, enum result out[RESULT_COUNT])
{
    struct answers answers = {.out = out};
    add_all(&answers, row->results);
    add(&answers, RESULT_BAD_REQUEST);
    if (row->rate != ROW_FREE) {
        add(&answers, RESULT_RATE_LIMITED);
    }
    if (row->auth != ROW_PUBLIC && row->auth != ROW_CLIENT_OPTIONAL) {
        add_all(&answers, of_token);
    }
    if (row_takes_client(row)) {
        add_all(&answers, of_client);
    }
    if (row->cases.member != NULL) {
        add(&answers, row->cases.otherwise);
    }
    if (row->permission != NULL || row->guarded.permission != NULL ||
        row->asked.permission != NULL || row->asked.role != NULL) {
        add(&answers, RESULT_FORBIDDEN);
    }
    if (row_takes_version(row)) {
        add(&answers, RESULT_PRECONDITION_FAILED);
    }
    if (row_reads_query(row)) {
        add(&answers, RESULT_INVALID);
    }
    if (row->body != NULL) {
        add_all(&answers, of_body);
    }
    if ((row->body_forms & (ROW_FORM | ROW_MULTIPART)) != 0) {
        add(&answers, RESULT_MALFORMED_FORM);
    }
    add_params(&answers, row->params);
    if (row->lane != ROW_INLINE) {
        add_all(&answers, of_lane);
    }
    return answers.count;
}

bool row_declares(const struct row *row, enum result result)
{
    enum result answers[RESULT_COUNT];
    size_t count = row_answers(row, answers);
    for (size_t i = 0; i < count; i++) {
        if (answers[i] == result) {
            return true;
        }
    }
    return false;
}

/* --- is a row sound? -------------------------------------------------------------------------- */

enum direction { IN, OUT };

/* Bytes of a kind's value in a struct; 0: not allowed in that direction. */
static const size_t value_sizes[][2] = {
    [FIELD_TEXT] = {sizeof(struct in_text), sizeof(struct view)},
    [FIELD_INTEGER] = {sizeof(struct in_integer), sizeof(int64_t)},
    [FIELD_BOOLEAN] = {sizeof(struct in_boolean), sizeof(bool)},
    [FIELD_OBJECT] = {sizeof(struct in_text), sizeof(struct view)},
    [FIELD_TEXT_LIST] = {sizeof(struct in_list), sizeof(struct out_list)},
    [FIELD_ID] = {0, sizeof(struct id)},
    [FIELD_INSTANT] = {0, sizeof(int64_t)},
    [FIELD_INT_OPTION] = {0, sizeof(int)},
    [FIELD_CHOICE] = {0, sizeof(int)},
    [FIELD_NESTED] = {0, 1},
    [FIELD_NESTED_LIST] = {0, sizeof(struct out_list)},
    [FIELD_DECIMAL] = {sizeof(struct in_decimal), sizeof(struct decimal)},
};

static const char *table_fault(const struct table *table, enum direction direction);

static const char *field_fault(const struct table *table, const struct field *field,
                               enum direction direction)
{
    if (field->name == NULL || (size_t)field->kind >= ARRAY_LEN(value_sizes)) {
        return "a field has no name or no kind";
    }
    size_t size = value_sizes[field->kind][direction];
    bool nested = field->kind == FIELD_NESTED || field->kind == FIELD_NESTED_LIST;
    if (size == 0) {
        return "a field's kind does not go in this direction";
    }
    bool can_be_omitted = field->kind == FIELD_TEXT || field->kind == FIELD_INTEGER ||
                          field->kind == FIELD_TEXT_LIST || field->kind == FIELD_NESTED_LIST;
    if ((field->flags & FIELD_OMITTED) != 0 && (direction == IN || !can_be_omitted)) {
        return "a field of this kind cannot be left out";
    }
    if (nested != (field->nested != NULL)) {
        return "a nested field has no table, or another has one";
    }
    if (field->kind == FIELD_NESTED) {
        size = field->nested->size;
    }
    if (field->offset > table->size || size > table->size - field->offset) {
        return "a field lies outside its struct";
    }
    if (field->kind == FIELD_CHOICE && field->choices == NULL) {
        return "a choice has no choices";
    }
    return nested ? table_fault(field->nested, direction) : NULL;
}

static bool names_twice(const struct table *table, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(table->fields[i].name, table->fields[index].name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *table_fault(const struct table *table, enum direction direction)
{
    if (table == NULL) {
        return NULL;
    }
    if (table->name == NULL || table->field_count == 0 || table->field_count > TABLE_FIELDS_MAX) {
        return "a table has no name, no fields or too many";
    }
    for (size_t i = 0; i < table->field_count; i++) {
        const char *fault = field_fault(table, &table->fields[i], direction);
        if (fault != NULL) {
            return fault;
        }
        if (names_twice(table, i)) {
            return "a table names a field twice";
        }
    }
    return NULL;
}

static const char *texts_fault(const struct table *table)
{
    for (size_t i = 0; table != NULL && i < table->field_count; i++) {
        enum field_kind kind = table->fields[i].kind;
        if (kind != FIELD_TEXT && kind != FIELD_INTEGER && kind != FIELD_BOOLEAN &&
            kind != FIELD_DECIMAL) {
            return "a parameter's kind cannot be written as a text";
        }
    }
    return NULL;
}

static const char *params_fault(const struct table *params)
{
    for (size_t i = 0; params != NULL && i < params->field_count; i++) {
        const struct field *field = &params->fields[i];
        if (field->kind != FIELD_TEXT && field->kind != FIELD_INTEGER) {
            return "a path parameter is a text or a whole number";
        }
        if (field->format != NULL && strcmp(field->format, "uuid") != 0 &&
            strcmp(field->format, "username") != 0) {
            return "a path parameter has a format that nothing checks";
        }
    }
    return NULL;
}

/* What forms must not switch on is looked for among the booleans of a query only. */
static const char *form_flag_fault(const struct table *table, bool query)
{
    for (size_t i = 0; table != NULL && i < table->field_count; i++) {
        const struct field *field = &table->fields[i];
        if ((field->flags & FIELD_NO_FORM) != 0 && (!query || field->kind != FIELD_BOOLEAN)) {
            return "only a boolean of a query can be kept from forms";
        }
    }
    return NULL;
}

static const char *owner_fault(const struct row *row)
{
    const struct row_owner *owner = &row->owner;
    if (owner->find == NULL && owner->param == NULL) {
        return NULL;
    }
    if (owner->find == NULL || owner->param == NULL ||
        find_field(row->params, owner->param) == NULL) {
        return "an owner needs a path parameter and a way to find them by it";
    }
    if (row->permission == NULL || row->lane == ROW_INLINE || row->self_param != NULL) {
        return "an owner needs a permission, a lane with a store and no self parameter";
    }
    return NULL;
}

/* The token is all that is looked at before it is exchanged: no caller may lose the right to that
   while waiting. A row of cases has none of its own. */
static const char *group_fault(const struct row *row, enum row_lane lane,
                               row_token_finder *presented)
{
    if ((lane == ROW_GROUP) != (presented != NULL)) {
        return "a group needs a token to exchange, and only a group does";
    }
    bool anybody = row->auth == ROW_PUBLIC || row->auth == ROW_CLIENT_OPTIONAL;
    return lane == ROW_GROUP && !anybody ? "a group is for what anybody may call" : NULL;
}

static const char *guard_fault(const struct row *row)
{
    if (row->auth < ROW_PUBLIC || row->auth > ROW_CLIENT_OPTIONAL) {
        return "no kind of authentication";
    }
    if (row->lane < ROW_INLINE || row->lane > ROW_HASH) {
        return "no lane";
    }
    if (row->rate < ROW_FREE || row->rate > ROW_RATE_PASSWORD) {
        return "no rate class";
    }
    bool bearer = row->auth == ROW_BEARER || row->auth == ROW_CLIENT_OR_BEARER;
    if (row->permission != NULL && !bearer) {
        return "a permission needs a live access token";
    }
    if (row->permission != NULL && strchr(row->permission, ':') == NULL) {
        return "a permission is resource:action";
    }
    if (row->permission == NULL && row->auth == ROW_CLIENT_OR_BEARER) {
        return "what a client may do needs a permission of others";
    }
    if (row->self_param != NULL && (row->permission == NULL || row->params == NULL)) {
        return "a self parameter needs a permission and a path parameter";
    }
    const char *fault = group_fault(row, row->lane, row->presented);
    return fault != NULL ? fault : owner_fault(row);
}

static const char *guarded_fault(const struct row *row)
{
    const struct row_guarded *guarded = &row->guarded;
    if (guarded->member == NULL && guarded->permission == NULL) {
        return NULL;
    }
    if (guarded->member == NULL || guarded->permission == NULL ||
        strchr(guarded->permission, ':') == NULL || row->auth != ROW_BEARER) {
        return "a guarded member needs a name, a permission and a live access token";
    }
    if (row->permission != NULL && strcmp(row->permission, guarded->permission) == 0) {
        return "a guarded member needs another permission than the rest";
    }
    const struct field *in_query = find_field(row->query, guarded->member);
    if (find_field(row->body, guarded->member) == NULL &&
        (in_query == NULL || in_query->kind != FIELD_BOOLEAN)) {
        return "a guarded member is one of the body or a boolean of the query";
    }
    return NULL;
}

static bool has_text(const struct table *table, const char *name)
{
    const struct field *field = name != NULL ? find_field(table, name) : NULL;
    return name == NULL || (field != NULL && field->kind == FIELD_TEXT);
}

static const char *asked_fault(const struct row *row)
{
    const struct row_asked *asked = &row->asked;
    bool any = asked->permission != NULL || asked->role != NULL;
    if (any && row->auth != ROW_BEARER) {
        return "a right that is asked for needs a live access token";
    }
    return has_text(row->query, asked->permission) && has_text(row->query, asked->role)
               ? NULL
               : "a right is asked for by a text of the query";
}

static const char *cases_fault(const struct row *row)
{
    const struct row_cases *cases = &row->cases;
    if (cases->member == NULL) {
        return row->handle != NULL ? NULL : "no handler";
    }
    const struct field *field = find_field(row->body, cases->member);
    if (field == NULL || field->kind != FIELD_TEXT || (field->flags & FIELD_REQUIRED) == 0) {
        return "cases need a required text of the body";
    }
    if (cases->count == 0 || row->handle != NULL || result_is_good(cases->otherwise)) {
        return "cases need a case, a refusal of others, and no other handler";
    }
    for (size_t i = 0; i < cases->count; i++) {
        const struct row_case *item = &cases->items[i];
        bool lane = item->lane >= ROW_INLINE && item->lane <= ROW_HASH;
        bool rate = item->rate >= ROW_FREE && item->rate <= ROW_RATE_PASSWORD;
        if (item->value == NULL || item->handle == NULL || !lane || !rate) {
            return "a case has no value, lane, rate class or handler";
        }
        const char *fault = group_fault(row, item->lane, item->presented);
        if (fault != NULL) {
            return fault;
        }
    }
    return NULL;
}

static const char *body_fault(const struct row *row)
{
    bool takes_body =
        row->method == METHOD_POST || row->method == METHOD_PUT || row->method == METHOD_PATCH;
    if (row->body != NULL && !takes_body) {
        return "this method takes no body";
    }
    if ((row->body != NULL) != (row->body_forms != 0)) {
        return "a body table and its media types come together";
    }
    if ((row->body_forms & (ROW_FORM | ROW_MULTIPART)) != 0) {
        return texts_fault(row->body);
    }
    return NULL;
}

static const char *results_fault(const struct row *row)
{
    if (row->results == NULL || row->results[0] == RESULT_COUNT) {
        return "no results";
    }
    if (!result_is_good(row->results[0])) {
        return "the first result must be the good one";
    }
    for (size_t i = 0; i <= RESULT_COUNT; i++) {
        if (row->results[i] == RESULT_COUNT) {
            bool two = row->reply != NULL && row->reply_type != NULL;
            return two                                     ? "two kinds of reply"
                   : row->reply_list && row->reply == NULL ? "a list of nothing"
                                                           : NULL;
        }
    }
    return "the results have no end";
}

const char *row_fault(const struct row *row)
{
    bool method = row->method != METHOD_UNKNOWN && row->method != METHOD_HEAD &&
                  row->method != METHOD_OPTIONS && row->method < METHOD_COUNT;
    if (row->id == NULL || row->path == NULL || row->path[0] != '/' || !method ||
        row->summary == NULL || row->tag == NULL) {
        return "no id, path, method, summary or tag";
    }
    const char *faults[] = {
        guard_fault(row),
        guarded_fault(row),
        asked_fault(row),
        cases_fault(row),
        results_fault(row),
        body_fault(row),
        params_fault(row->params),
        texts_fault(row->query),
        form_flag_fault(row->query, true),
        form_flag_fault(row->body, false),
        table_fault(row->params, IN),
        table_fault(row->query, IN),
        table_fault(row->body, IN),
        table_fault(row->reply, OUT),
    };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        if (faults[i] != NULL) {
            return faults[i];
        }
    }
    return NULL;
}
