#include "store/mongo/search.h"

#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/parts.h"

/* How many parts of a long text are compared, and up to how many documents they are counted. */
#define PROBES_MAX 8
#define PROBE_LIMIT 1000

/* --- the rarest part -------------------------------------------------------------------------- */

static void write_probe(const struct parts *parts, size_t i, size_t tag, bson_t *out)
{
    char text[PARTS_TEXT_SIZE];
    doc_make(out, DOC(doc_open("0"), doc_open("$match"),
                      doc_text("search.parts", parts_text(parts->items[i], text)), doc_close(),
                      doc_close(), doc_open("1"), doc_number("$limit", PROBE_LIMIT), doc_close(),
                      doc_open("2"), doc_word("$count", "n"), doc_close(), doc_open("3"),
                      doc_open("$set"), doc_number("i", (int64_t)tag), doc_close(), doc_close()));
}

/* Evenly over the text's parts. */
static size_t index_of(const struct parts *parts, size_t probe, size_t probes)
{
    return probe * parts->count / probes;
}

static void write_probes(const struct parts *parts, size_t probes, enum mongo_collection collection,
                         bson_t *pipeline)
{
    write_probe(parts, index_of(parts, 0, probes), 0, pipeline);
    for (size_t i = 1; i < probes; i++) {
        char room[16];
        const char *key;
        DOC_LOCAL(probe);
        write_probe(parts, index_of(parts, i, probes), i, &probe);
        (void)bson.uint32_to_string((uint32_t)(3 + i), &key, room, sizeof room);
        doc_add(pipeline, DOC(doc_open(key), doc_open("$unionWith"),
                              doc_word("coll", mongo_connection_collection_name(collection)),
                              doc_embed_list("pipeline", &probe), doc_close(), doc_close()));
    }
}

/* One that nobody has is not in the answer: its count stays 0. */
static enum result find_rarest(struct mongo_handle *handle, enum mongo_collection collection,
                               const struct parts *parts, size_t *rarest)
{
    int64_t counts[PROBES_MAX] = {0};
    size_t probes = parts->count < PROBES_MAX ? parts->count : PROBES_MAX;
    const bson_t *found = NULL;
    enum result result;
    DOC_LOCAL(pipeline);
    write_probes(parts, probes, collection, &pipeline);
    CLEANUP(call_close) struct call_rows rows = call_aggregate(handle, collection, &pipeline, NULL);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        size_t i = (size_t)doc_get_number(found, "i", 0);
        if (i < probes) {
            counts[i] = doc_get_number(found, "n", 0);
        }
    }
    size_t least = 0;
    for (size_t i = 1; i < probes; i++) {
        least = counts[i] < counts[least] ? i : least;
    }
    *rarest = index_of(parts, least, probes);
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result mongo_search_add_part(struct mongo_handle *handle, enum mongo_collection collection,
                                  struct view folded, bson_t *filter, bool *exact)
{
    char text[PARTS_TEXT_SIZE];
    size_t rarest = 0;
    enum result result = RESULT_OK;
    CLEANUP(parts_clear) struct parts parts = {.items = NULL};
    parts_add(&parts, folded);
    *exact = parts.count == 1;
    parts_settle(&parts);
    if (parts.count > 1) {
        result = find_rarest(handle, collection, &parts, &rarest);
    }
    if (result == RESULT_OK && parts.count > 0) {
        doc_add(filter, DOC(doc_text("search.parts", parts_text(parts.items[rarest], text))));
    }
    return result;
}

/* --- literally -------------------------------------------------------------------------------- */

/* {$gte: [{$indexOfBytes: [{$ifNull: [path, ""]}, {$literal: part}]}, 0]} */
static void add_look(bson_t *list, const char *key, const char *path, struct view part)
{
    doc_add(list,
            DOC(doc_open(key), doc_list("$gte"), doc_open(NULL), doc_list("$indexOfBytes"),
                doc_open(NULL), doc_list("$ifNull"), doc_word(NULL, path), doc_word(NULL, ""),
                doc_close(), doc_close(), doc_open(NULL), doc_text("$literal", part), doc_close(),
                doc_close(), doc_close(), doc_number(NULL, 0), doc_close(), doc_close()));
}

void mongo_search_add_literal(bson_t *filter, const char *const *paths, size_t count,
                              struct view part)
{
    DOC_LOCAL(list);
    for (size_t i = 0; i < count; i++) {
        char room[16];
        const char *key;
        (void)bson.uint32_to_string((uint32_t)i, &key, room, sizeof room);
        add_look(&list, key, paths[i], part);
    }
    doc_add(filter, DOC(doc_open("$expr"), doc_embed_list("$or", &list), doc_close()));
}
