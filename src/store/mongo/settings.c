#include "store/mongo/settings.h"

#include <string.h>

#include "base/utf8.h"
#include "store/mongo/call.h"

struct doc_part mongo_settings_value(struct view value)
{
    bool is_text =
        value.len > 0 && utf8_is_valid(value) && memchr(value.at, '\0', value.len) == NULL;
    return is_text ? doc_text("value", value) : doc_bytes("value", value);
}

static enum result read_setting(struct mongo_handle *handle, struct view name, struct arena *arena,
                                struct view *out)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(doc_text("_id", name)));
    enum result result = call_find_one(handle, MONGO_SETTINGS, &filter, NULL, &found);
    if (result != RESULT_OK) {
        return result;
    }
    struct doc_reader reader = {.doc = &found, .arena = arena};
    *out = doc_get_bytes(&reader, "value");
    return reader.failure;
}

enum result mongo_settings_keep(struct store_handle *base, struct view name, struct view value,
                                struct arena *arena, struct view *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    enum result result = read_setting(handle, name, arena, out);
    if (result != RESULT_NOT_FOUND) {
        return result;
    }
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_text("_id", name), mongo_settings_value(value)));
    result = call_insert(handle, MONGO_SETTINGS, &doc, NULL);
    /* Whoever comes second reads what is kept. */
    return result == RESULT_OK || result == RESULT_CONFLICT ? read_setting(handle, name, arena, out)
                                                            : result;
}
