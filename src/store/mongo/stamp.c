#include "store/mongo/stamp.h"

static struct doc_part embed_unless_empty(const char *key, const bson_t *document)
{
    return document != NULL && !doc_is_empty(document) ? doc_embed(key, document) : doc_none();
}

void mongo_stamp_update(bson_t *set, const bson_t *unset, const bson_t *inc, int64_t now_ms,
                        bson_t *out)
{
    doc_add(set, DOC(doc_date("changed_at", now_ms)));
    doc_make(out, DOC(doc_embed("$set", set), embed_unless_empty("$unset", unset),
                      embed_unless_empty("$inc", inc), doc_open("$currentDate"), doc_open("chg"),
                      doc_word("$type", "timestamp"), doc_close(), doc_close()));
}

void mongo_stamp_insert(bson_t *doc, int64_t now_ms)
{
    doc_add(doc, DOC(doc_date("changed_at", now_ms), doc_stamp("chg", 0)));
}
