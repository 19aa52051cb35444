#include "store/mongo/list.h"

void mongo_list_options(const bson_t *sort, int64_t limit, int64_t offset,
                        const struct mongo_snapshot *snapshot, bson_t *out)
{
    int64_t skip = offset < MONGO_LIST_SKIP_MAX ? offset : MONGO_LIST_SKIP_MAX;
    doc_make(out, DOC(doc_embed("sort", sort), doc_number("limit", limit), doc_number("skip", skip),
                      doc_number("batchSize", limit), doc_bool("allowDiskUse", true),
                      doc_number("maxTimeMS", MONGO_LIST_MAX_MS)));
    mongo_snapshot_add(snapshot, out);
}

void mongo_list_count_options(const struct mongo_snapshot *snapshot, bson_t *out)
{
    doc_make(out, DOC(doc_number("maxTimeMS", MONGO_LIST_MAX_MS)));
    mongo_snapshot_add(snapshot, out);
}
