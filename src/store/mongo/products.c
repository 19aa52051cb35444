#include "store/mongo/products.h"

#include <string.h>

#include "base/utf8_fold.h"
#include "store/mongo/call.h"
#include "store/mongo/counters.h"
#include "store/mongo/driver.h"
#include "store/mongo/parts.h"

/* A change that lost against another one of the same product is made again. */
#define TRIES_MAX 100

enum result mongo_products_of_doc(const bson_t *doc, struct arena *arena, struct product *out)
{
    struct doc_reader reader = {.doc = doc, .arena = arena};
    *out = (struct product){
        .id = doc_get_id(doc, "_id"),
        .number = doc_get_number(doc, "number", 0),
        .name = doc_get_text(&reader, "name"),
        .description = doc_get_text(&reader, "description"),
        .owner_id = doc_get_id(doc, "owner_id"),
        .created_ms = doc_get_instant(doc, "created_at"),
        .updated_ms = doc_get_instant(doc, "updated_at"),
        .version = doc_get_number(doc, "version", 0),
    };
    bool has_price = doc_get_decimal(doc, "price", &out->price);
    return has_price ? reader.failure : RESULT_INTERNAL;
}

/* --- texts ------------------------------------------------------------------------------------ */

static struct view fold(struct view text, char **room)
{
    *room = bson.malloc(UTF8_FOLD_SIZE(text.len) + 1);
    return utf8_fold(text, *room);
}

static void add_search(bson_t *out, struct view name, struct view description)
{
    char *name_room;
    char *description_room;
    CLEANUP(parts_clear) struct parts parts = {.items = NULL};
    DOC_LOCAL(list);
    struct view texts[] = {fold(name, &name_room), fold(description, &description_room)};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        parts_add(&parts, texts[i]);
    }
    parts_settle(&parts);
    parts_write(&parts, &list);
    doc_add(out,
            DOC(doc_open("search"), doc_text("name", texts[0]), doc_text("description", texts[1]),
                doc_embed_list("parts", &list), doc_close()));
    bson.free(name_room);
    bson.free(description_room);
}

void mongo_products_make(const struct product *product, bson_t *out)
{
    doc_make(out,
             DOC(doc_uuid("_id", &product->id), doc_number("number", product->number),
                 doc_text("name", product->name), doc_text("description", product->description),
                 doc_decimal("price", product->price), doc_uuid("owner_id", &product->owner_id),
                 doc_date("created_at", product->created_ms),
                 doc_date("updated_at", product->updated_ms),
                 doc_number("version", product->version)));
    add_search(out, product->name, product->description);
}

/* --- create and read -------------------------------------------------------------------------- */

enum result mongo_products_create(struct store_handle *base, const struct product_draft *draft,
                                  struct arena *arena, struct product *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    struct product product = {.id = draft->id,
                              .name = draft->name,
                              .description = draft->description,
                              .price = draft->price,
                              .owner_id = draft->owner_id,
                              .created_ms = draft->now_ms,
                              .updated_ms = draft->now_ms,
                              .version = 1};
    enum result result = mongo_counters_take(handle, COUNTER_PRODUCTS, 1, &product.number);
    if (result != RESULT_OK) {
        return result;
    }
    DOC_LOCAL(doc);
    mongo_products_make(&product, &doc);
    result = call_insert(handle, MONGO_PRODUCTS, &doc, NULL);
    return result == RESULT_OK ? mongo_products_of_doc(&doc, arena, out) : result;
}

/* if_version 0: any. */
static void write_filter(const struct product_key *key, int64_t if_version, bson_t *out)
{
    doc_make(out, DOC(key->kind == PRODUCT_BY_ID ? doc_uuid("_id", &key->id)
                                                 : doc_number("number", key->number),
                      if_version != 0 ? doc_number("version", if_version) : doc_none()));
}

static enum result find(struct mongo_handle *handle, const struct product_key *key, bson_t *out)
{
    DOC_LOCAL(filter);
    write_filter(key, 0, &filter);
    return call_find_one(handle, MONGO_PRODUCTS, &filter, NULL, out);
}

enum result mongo_products_get(struct store_handle *base, const struct product_key *key,
                               struct arena *arena, struct product *out)
{
    DOC_LOCAL(found);
    enum result result = find(mongo_handle_of(base), key, &found);
    return result == RESULT_OK ? mongo_products_of_doc(&found, arena, out) : result;
}

/* Nothing was changed: because it is not there, or because it is of another version? */
static enum result why_not(struct mongo_handle *handle, const struct product_key *key)
{
    DOC_LOCAL(found);
    enum result result = find(handle, key, &found);
    return result == RESULT_OK ? RESULT_CONFLICT : result;
}

/* --- change ----------------------------------------------------------------------------------- */

static bool has(const struct product_patch *patch, enum product_field field)
{
    return (patch->mask & (unsigned)field) != 0;
}

static void add_texts(const struct product_patch *patch, const bson_t *before, bson_t *set)
{
    struct view name = has(patch, PRODUCT_FIELD_NAME) ? patch->name : doc_peek_text(before, "name");
    struct view description = has(patch, PRODUCT_FIELD_DESCRIPTION)
                                  ? patch->description
                                  : doc_peek_text(before, "description");
    doc_add(set, DOC(doc_text("name", name), doc_text("description", description)));
    add_search(set, name, description);
}

static void write_update(const struct product_patch *patch, const bson_t *before, bson_t *out)
{
    DOC_LOCAL(set);
    doc_make(&set, DOC(doc_date("updated_at", patch->now_ms)));
    if (has(patch, PRODUCT_FIELD_NAME) || has(patch, PRODUCT_FIELD_DESCRIPTION)) {
        add_texts(patch, before, &set);
    }
    if (has(patch, PRODUCT_FIELD_PRICE)) {
        doc_add(&set, DOC(doc_decimal("price", patch->price)));
    }
    doc_make(out,
             DOC(doc_embed("$set", &set), doc_open("$inc"), doc_number("version", 1), doc_close()));
    if (has(patch, PRODUCT_FIELD_DESCRIPTION) && patch->description.at == NULL) {
        doc_add(out, DOC(doc_open("$unset"), doc_bool("description", true), doc_close()));
    }
}

/* What is searched follows from both texts, so it applies to the version that was read. *again:
   that version is not there any more. */
static enum result try_update(struct mongo_handle *handle, const struct product_key *key,
                              const struct product_patch *patch, bson_t *after, bool *again)
{
    DOC_LOCAL(before);
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    enum result result = find(handle, key, &before);
    int64_t version = doc_get_number(&before, "version", 0);
    *again = false;
    if (result == RESULT_OK && patch->if_version != 0 && patch->if_version != version) {
        result = RESULT_CONFLICT;
    }
    if (result != RESULT_OK) {
        bson.init(after);
        return result;
    }
    write_filter(key, version, &filter);
    write_update(patch, &before, &update);
    result = call_modify(handle, MONGO_PRODUCTS, &filter, &update, 0, NULL, after);
    *again = result == RESULT_NOT_FOUND;
    return result;
}

enum result mongo_products_update(struct store_handle *base, const struct product_key *key,
                                  const struct product_patch *patch, struct arena *arena,
                                  struct product *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        bool again = false;
        DOC_LOCAL(after);
        enum result result = try_update(handle, key, patch, &after, &again);
        if (result == RESULT_OK) {
            return mongo_products_of_doc(&after, arena, out);
        }
        if (!again) {
            return result;
        }
    }
    return RESULT_STORE_UNAVAILABLE;
}

enum result mongo_products_delete(struct store_handle *base, const struct product_key *key,
                                  int64_t if_version, struct arena *arena, struct product *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    DOC_LOCAL(filter);
    DOC_LOCAL(before);
    write_filter(key, if_version, &filter);
    enum result result =
        call_modify(handle, MONGO_PRODUCTS, &filter, NULL, CALL_REMOVE, NULL, &before);
    if (result == RESULT_NOT_FOUND) {
        return why_not(handle, key);
    }
    return result == RESULT_OK ? mongo_products_of_doc(&before, arena, out) : result;
}
