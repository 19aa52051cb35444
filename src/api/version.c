#include "api/version.h"

#include "base/builder.h"

#define NO_VERSION INT64_MAX
#define TAG_MAX_BYTES 32 /* a number of 64 bits and two quotes */

static bool is_quoted(struct view tag)
{
    return tag.len >= 2 && tag.at[0] == '"' && view_find(tag, '"', 1) == tag.len - 1;
}

/* The version of one tag; NO_VERSION for a tag that we never gave out, weak ones among them: they
   never match here (RFC 9110 section 8.8.3.2). False when it is no tag. */
static bool read_tag(struct view tag, int64_t *version)
{
    bool weak = view_starts_with(tag, VIEW("W/"));
    struct view quoted = weak ? view_sub(tag, 2, SIZE_MAX) : tag;
    if (!is_quoted(quoted)) {
        return false;
    }
    int64_t number = 0;
    bool ours = !weak && view_to_int64(view_sub(quoted, 1, quoted.len - 2), &number) && number > 0;
    *version = ours ? number : NO_VERSION;
    return true;
}

static enum result refuse(struct api_call *call)
{
    call->service.detail = VIEW("If-Match takes * or the ETag of the record, with its quotes.");
    return RESULT_BAD_REQUEST;
}

enum result version_read(struct api_call *call)
{
    call->if_version = 0;
    struct view rest = row_takes_version(call->row) ? request_header(call->request, "If-Match")
                                                    : view_make(NULL, 0);
    if (rest.at == NULL || view_is(view_trim(rest), "*")) {
        return RESULT_OK;
    }
    int64_t highest = 0;
    struct view part;
    while (view_split(&rest, ',', &part)) {
        int64_t version = 0;
        if (!read_tag(view_trim(part), &version)) {
            return refuse(call);
        }
        if (version != NO_VERSION && version > highest) {
            highest = version;
        }
    }
    call->if_version = highest > 0 ? highest : NO_VERSION;
    return RESULT_OK;
}

enum result version_answer(struct api_call *call, enum result result, const int64_t *version)
{
    if (result_is_good(result)) {
        struct builder tag;
        struct view text = {NULL, 0};
        builder_init(&tag, call->service.arena, TAG_MAX_BYTES);
        builder_char(&tag, '"');
        builder_int(&tag, *version);
        builder_char(&tag, '"');
        if (!builder_end(&tag, &text)) {
            return RESULT_INTERNAL;
        }
        reply_header(call->reply, "ETag", text);
    }
    return result;
}
