#include "store/mongo/counters.h"

#include "store/mongo/call.h"

static struct doc_part id_of(enum counter_name name)
{
    return doc_word("_id", name == COUNTER_USERS ? "users" : "products");
}

/* Two may make the document at the same instant: the second finds it then. */
static enum result change(struct mongo_handle *handle, enum counter_name name, const char *operator,
                          int64_t value, int64_t *last)
{
    enum result result = RESULT_CONFLICT;
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(id_of(name)));
    doc_make(&update, DOC(doc_open(operator), doc_number("last", value), doc_close()));
    for (int tries = 0; result == RESULT_CONFLICT && tries < 2; tries++) {
        DOC_LOCAL(after);
        result = call_modify(handle, MONGO_COUNTERS, &filter, &update, CALL_UPSERT, NULL, &after);
        *last = doc_get_number(&after, "last", 0);
    }
    return result;
}

enum result mongo_counters_take(struct mongo_handle *handle, enum counter_name name, int64_t count,
                                int64_t *first)
{
    int64_t last = 0;
    enum result result = change(handle, name, "$inc", count, &last);
    *first = last - count + 1;
    return result;
}

enum result mongo_counters_raise(struct mongo_handle *handle, enum counter_name name, int64_t value)
{
    int64_t last;
    return change(handle, name, "$max", value, &last);
}

enum result mongo_counters_read(struct mongo_handle *handle, enum counter_name name, int64_t *out)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(id_of(name)));
    enum result result = call_find_one(handle, MONGO_COUNTERS, &filter, NULL, &found);
    *out = doc_get_number(&found, "last", 0);
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
