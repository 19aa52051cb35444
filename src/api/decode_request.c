#include "api/decode_request.h"

#include "api/decode.h"
#include "api/version.h"
#include "base/id.h"
#include "model/user.h"

static enum result refuse(struct api_call *call, enum result result, const char *detail)
{
    call->service.detail = view_of(detail);
    return result;
}

static enum result read_query(struct api_call *call)
{
    const struct row *row = call->row;
    if (!row_reads_query(row)) {
        return RESULT_OK;
    }
    struct decoding decoding = {.table = row->query,
                                .place = "query",
                                .arena = call->service.arena,
                                .faults = &call->service.faults};
    enum result result = decode_query(&decoding, call->request->query);
    call->query = decoding.out;
    call->service.detail = decoding.detail;
    return result;
}

/* True when such a thing could be there. */
static bool is_shaped(const struct field *field, struct view text)
{
    struct id id;
    if (field->format == NULL || field->kind != FIELD_TEXT) {
        return true;
    }
    return view_is(view_of(field->format), "uuid") ? id_parse(text, &id)
                                                   : user_username_fault(text) == NULL;
}

enum result decode_params(struct api_call *call)
{
    const struct table *params = call->row->params;
    struct decoding decoding = {.table = params, .place = "path", .faults = &call->service.faults};
    enum result result = RESULT_OK;
    for (size_t i = 0; params != NULL && i < params->field_count && i < HTTP_PARAMS_MAX; i++) {
        const struct field *field = &params->fields[i];
        struct view text = call->request->params[i];
        int64_t number;
        if (field->kind == FIELD_INTEGER && !view_to_int64(text, &number)) {
            decode_wrong_type(&decoding, field);
            return RESULT_INVALID;
        }
        if (!is_shaped(field, text)) {
            result = RESULT_NOT_FOUND;
        }
    }
    return result;
}

/* Which of the row's media types the body has; 0: none of them. */
static unsigned form_of(const struct api_call *call, struct view type, struct view charset)
{
    if (charset.at != NULL && !view_equal_nocase(charset, VIEW("utf-8"))) {
        return 0;
    }
    unsigned form = 0;
    if (view_is(type, "application/json")) {
        form = ROW_JSON;
    } else if (view_is(type, "application/x-www-form-urlencoded")) {
        form = ROW_FORM;
    } else if (view_is(type, "multipart/form-data")) {
        form = ROW_MULTIPART;
    }
    return form & call->row->body_forms;
}

static const char *expected_type(const struct row *row)
{
    static const char *const sentences[] = {
        [ROW_JSON] = "The body must be application/json in UTF-8.",
        [ROW_JSON | ROW_FORM] =
            "The body must be application/json or application/x-www-form-urlencoded, in UTF-8.",
        [ROW_FORM | ROW_MULTIPART] = "The body must be application/x-www-form-urlencoded or "
                                     "multipart/form-data, in UTF-8.",
        [ROW_JSON | ROW_FORM | ROW_MULTIPART] =
            "The body must be application/json, application/x-www-form-urlencoded or "
            "multipart/form-data, in UTF-8.",
    };
    unsigned forms = row->body_forms;
    return forms < ARRAY_LEN(sentences) && sentences[forms] != NULL
               ? sentences[forms]
               : "This media type is not taken here.";
}

static enum result decode_body(struct api_call *call, unsigned form)
{
    struct decoding decoding = {.table = call->row->body,
                                .place = "body",
                                .arena = call->service.arena,
                                .faults = &call->service.faults};
    struct view body = call->request->body;
    enum result result;
    if (form == ROW_FORM) {
        result = decode_form(&decoding, body);
    } else if (form == ROW_MULTIPART) {
        result =
            decode_multipart(&decoding, body, request_media_parameter(call->request, "boundary"));
    } else {
        result = decode_json(&decoding, body);
    }
    call->body = decoding.out;
    call->service.detail = decoding.detail;
    return result;
}

/* As FastAPI says it of a JSON body that is not there. */
static enum result miss_body(struct api_call *call)
{
    if (!call->row->body->lax) {
        return refuse(call, RESULT_MALFORMED_JSON, "A body is needed.");
    }
    faults_add(&call->service.faults, NULL, "missing", VIEW("A body is needed."));
    return RESULT_INVALID;
}

static enum result read_body(struct api_call *call)
{
    const struct row *row = call->row;
    const struct request *request = call->request;
    if (row->body == NULL || (row->body_optional && request->body.len == 0)) {
        return RESULT_OK;
    }
    struct view type;
    struct view charset;
    if (!request_media_type(request, &type, &charset) ||
        request_header(request, "Content-Encoding").at != NULL) {
        return refuse(call, RESULT_UNSUPPORTED_MEDIA_TYPE, expected_type(row));
    }
    unsigned form = form_of(call, type, charset);
    if (request->body.len == 0 && (type.len == 0 || (form == ROW_JSON && row->body->lax))) {
        return miss_body(call);
    }
    if (form == 0) {
        return refuse(call, RESULT_UNSUPPORTED_MEDIA_TYPE, expected_type(row));
    }
    call->form = form != ROW_JSON;
    return decode_body(call, form);
}

/* A cookie for the asking would let any site log its visitors in as somebody else. */
static enum result check_form(struct api_call *call)
{
    const struct table *query = call->row->query;
    if (!call->form || query == NULL || call->query == NULL) {
        return RESULT_OK;
    }
    struct decoding decoding = {.table = query, .place = "query", .faults = &call->service.faults};
    enum result result = RESULT_OK;
    for (size_t i = 0; i < query->field_count; i++) {
        const struct field *field = &query->fields[i];
        const struct in_boolean *in = (const void *)((const char *)call->query + field->offset);
        if ((field->flags & FIELD_NO_FORM) != 0 && in->value) {
            decode_fault(&decoding, field, "not_allowed",
                         VIEW("It cannot come with a form, which any site can send in the "
                              "browser of a visitor. Send JSON."));
            result = RESULT_INVALID;
        }
    }
    return result;
}

enum result decode_request(struct api_call *call)
{
    enum result query = read_query(call);
    if (query != RESULT_OK && query != RESULT_INVALID) {
        return query;
    }
    enum result body = read_body(call);
    if (body != RESULT_OK && body != RESULT_INVALID) {
        return body;
    }
    if (version_read(call) != RESULT_OK) {
        return RESULT_BAD_REQUEST;
    }
    enum result form = check_form(call);
    return query != RESULT_OK || body != RESULT_OK ? RESULT_INVALID : form;
}
