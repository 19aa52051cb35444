#include "store/mongo/doc.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "store/mongo/driver.h"

#define STAMP_SECONDS_SHIFT 32
#define INDEX_TEXT_SIZE 16

/* --- parts ------------------------------------------------------------------------------------ */

struct doc_part doc_none(void)
{
    return (struct doc_part){.kind = DOC_NONE};
}

struct doc_part doc_text(const char *key, struct view text)
{
    if (text.at == NULL) {
        return doc_none();
    }
    return (struct doc_part){.kind = DOC_TEXT, .key = key, .bytes = text};
}

struct doc_part doc_word(const char *key, const char *word)
{
    return doc_text(key, view_of(word));
}

struct doc_part doc_number(const char *key, int64_t number)
{
    return (struct doc_part){.kind = DOC_NUMBER, .key = key, .number = number};
}

struct doc_part doc_instant(const char *key, int64_t instant_ms)
{
    return instant_ms != 0 ? doc_date(key, instant_ms) : doc_none();
}

struct doc_part doc_date(const char *key, int64_t instant_ms)
{
    return (struct doc_part){.kind = DOC_INSTANT, .key = key, .number = instant_ms};
}

struct doc_part doc_id(const char *key, const struct id *id)
{
    return id == NULL || id_is_nil(id) ? doc_none() : doc_uuid(key, id);
}

struct doc_part doc_uuid(const char *key, const struct id *id)
{
    return (struct doc_part){
        .kind = DOC_ID, .key = key, .bytes = view_make(id->bytes, sizeof id->bytes)};
}

struct doc_part doc_bytes(const char *key, struct view bytes)
{
    return (struct doc_part){.kind = DOC_BYTES, .key = key, .bytes = bytes};
}

struct doc_part doc_bool(const char *key, bool value)
{
    return (struct doc_part){.kind = DOC_BOOL, .key = key, .number = value};
}

struct doc_part doc_null(const char *key)
{
    return (struct doc_part){.kind = DOC_NULL, .key = key};
}

struct doc_part doc_last(const char *key)
{
    return (struct doc_part){.kind = DOC_LAST, .key = key};
}

struct doc_part doc_stamp(const char *key, uint64_t stamp)
{
    return (struct doc_part){.kind = DOC_STAMP, .key = key, .number = (int64_t)stamp};
}

struct doc_part doc_decimal(const char *key, struct decimal decimal)
{
    return (struct doc_part){.kind = DOC_DECIMAL, .key = key, .decimal = decimal};
}

struct doc_part doc_open(const char *key)
{
    return (struct doc_part){.kind = DOC_OPEN, .key = key};
}

struct doc_part doc_list(const char *key)
{
    return (struct doc_part){.kind = DOC_LIST, .key = key};
}

struct doc_part doc_close(void)
{
    return (struct doc_part){.kind = DOC_CLOSE};
}

struct doc_part doc_embed(const char *key, const bson_t *document)
{
    return (struct doc_part){.kind = DOC_EMBED, .key = key, .document = document};
}

struct doc_part doc_embed_list(const char *key, const bson_t *list)
{
    return (struct doc_part){.kind = DOC_EMBED_LIST, .key = key, .document = list};
}

/* --- making ----------------------------------------------------------------------------------- */

/* The documents that are open, the innermost last. The first is the caller's. */
struct writer {
    bson_t *docs[DOC_DEPTH_MAX];
    bson_t room[DOC_DEPTH_MAX];
    bool is_list[DOC_DEPTH_MAX];
    uint32_t items[DOC_DEPTH_MAX]; /* of a list, so far */
    size_t depth;
};

static void add_decimal(bson_t *doc, const char *key, struct decimal decimal)
{
    char text[DECIMAL_TEXT_SIZE];
    bson_decimal128_t value;
    struct view written = decimal_format(&decimal, text); /* with a NUL behind it */
    bool good = bson.decimal128_from_string(written.at, &value);
    assert(good);
    (void)good;
    (void)bson.append_decimal128(doc, key, -1, &value);
}

static void add_binary(bson_t *doc, const char *key, bson_subtype_t type, struct view bytes)
{
    static const uint8_t none[1];
    const uint8_t *at = bytes.len > 0 ? (const uint8_t *)bytes.at : none;
    (void)bson.append_binary(doc, key, -1, type, at, (uint32_t)bytes.len);
}

/* None of the calls fails but for documents of 2 GiB: the library ends the program when there is no
   memory. */
static void add_value(bson_t *doc, const char *key, const struct doc_part *part)
{
    uint64_t stamp = (uint64_t)part->number;
    switch (part->kind) {
    case DOC_TEXT:
        (void)bson.append_utf8(doc, key, -1, part->bytes.at, (int)part->bytes.len);
        break;
    case DOC_NUMBER:
        (void)bson.append_int64(doc, key, -1, part->number);
        break;
    case DOC_INSTANT:
        (void)bson.append_date_time(doc, key, -1, part->number);
        break;
    case DOC_ID:
        add_binary(doc, key, BSON_SUBTYPE_UUID, part->bytes);
        break;
    case DOC_BYTES:
        add_binary(doc, key, BSON_SUBTYPE_BINARY, part->bytes);
        break;
    case DOC_BOOL:
        (void)bson.append_bool(doc, key, -1, part->number != 0);
        break;
    case DOC_NULL:
        (void)bson.append_null(doc, key, -1);
        break;
    case DOC_LAST:
        (void)bson.append_maxkey(doc, key, -1);
        break;
    case DOC_STAMP:
        (void)bson.append_timestamp(doc, key, -1, (uint32_t)(stamp >> STAMP_SECONDS_SHIFT),
                                    (uint32_t)stamp);
        break;
    case DOC_DECIMAL:
        add_decimal(doc, key, part->decimal);
        break;
    case DOC_EMBED:
        (void)bson.append_document(doc, key, -1, part->document);
        break;
    case DOC_EMBED_LIST:
        (void)bson.append_array(doc, key, -1, part->document);
        break;
    case DOC_END:
    case DOC_NONE:
    case DOC_OPEN:
    case DOC_LIST:
    case DOC_CLOSE:
        break;
    }
}

static void open_child(struct writer *writer, const char *key, bool is_list)
{
    size_t depth = writer->depth + 1;
    assert(depth < DOC_DEPTH_MAX);
    bson_t *parent = writer->docs[writer->depth];
    writer->docs[depth] = &writer->room[depth];
    writer->is_list[depth] = is_list;
    writer->items[depth] = 0;
    writer->depth = depth;
    if (is_list) {
        (void)bson.append_array_begin(parent, key, -1, writer->docs[depth]);
    } else {
        (void)bson.append_document_begin(parent, key, -1, writer->docs[depth]);
    }
}

static void close_child(struct writer *writer)
{
    assert(writer->depth > 0);
    bson_t *child = writer->docs[writer->depth];
    bool is_list = writer->is_list[writer->depth];
    writer->depth--;
    bson_t *parent = writer->docs[writer->depth];
    (void)(is_list ? bson.append_array_end(parent, child)
                   : bson.append_document_end(parent, child));
}

static void add_part(struct writer *writer, const struct doc_part *part)
{
    char room[INDEX_TEXT_SIZE];
    const char *key = part->key;
    size_t depth = writer->depth;
    if (part->kind == DOC_CLOSE) {
        close_child(writer);
        return;
    }
    if (part->kind == DOC_NONE) {
        return;
    }
    if (writer->is_list[depth]) {
        (void)bson.uint32_to_string(writer->items[depth]++, &key, room, sizeof room);
    }
    if (part->kind == DOC_OPEN || part->kind == DOC_LIST) {
        open_child(writer, key, part->kind == DOC_LIST);
    } else {
        add_value(writer->docs[depth], key, part);
    }
}

void doc_add(bson_t *doc, const struct doc_part *parts)
{
    struct writer writer = {.docs = {doc}};
    for (const struct doc_part *part = parts; part->kind != DOC_END; part++) {
        add_part(&writer, part);
    }
    assert(writer.depth == 0);
}

void doc_make(bson_t *out, const struct doc_part *parts)
{
    bson.init(out);
    doc_add(out, parts);
}

void doc_clear(bson_t *doc)
{
    bson.destroy(doc);
}

bool doc_is_empty(const bson_t *doc)
{
    return bson.count_keys(doc) == 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool find(const bson_t *doc, const char *key, bson_iter_t *out)
{
    bson_iter_t start;
    if (strchr(key, '.') == NULL) {
        return bson.iter_init_find(out, doc, key);
    }
    return bson.iter_init(&start, doc) && bson.iter_find_descendant(&start, key, out);
}

static bool holds(const bson_iter_t *at, bson_type_t type)
{
    return bson.iter_type(at) == type;
}

static struct view text_at(const bson_iter_t *at)
{
    uint32_t len = 0;
    const char *text = bson.iter_utf8(at, &len);
    return view_make(text, len);
}

struct view doc_peek_text(const bson_t *doc, const char *key)
{
    bson_iter_t at;
    return find(doc, key, &at) && holds(&at, BSON_TYPE_UTF8) ? text_at(&at) : view_make(NULL, 0);
}

static struct view keep(struct doc_reader *reader, struct view borrowed)
{
    if (borrowed.at == NULL) {
        return borrowed;
    }
    struct view copy = arena_copy_view(reader->arena, borrowed);
    if (copy.at == NULL) {
        reader->failure = RESULT_INTERNAL;
    }
    return copy;
}

struct view doc_get_text(struct doc_reader *reader, const char *key)
{
    return keep(reader, doc_peek_text(reader->doc, key));
}

struct view doc_get_bytes(struct doc_reader *reader, const char *key)
{
    bson_iter_t at;
    bson_subtype_t type;
    uint32_t len = 0;
    const uint8_t *bytes = NULL;
    if (!find(reader->doc, key, &at)) {
        return view_make(NULL, 0);
    }
    if (holds(&at, BSON_TYPE_UTF8)) {
        return keep(reader, text_at(&at));
    }
    if (holds(&at, BSON_TYPE_BINARY)) {
        bson.iter_binary(&at, &type, &len, &bytes);
    }
    return keep(reader, view_make(bytes, len));
}

static bool holds_number(const bson_iter_t *at)
{
    return holds(at, BSON_TYPE_INT64) || holds(at, BSON_TYPE_INT32) || holds(at, BSON_TYPE_DOUBLE);
}

int64_t doc_get_number(const bson_t *doc, const char *key, int64_t missing)
{
    bson_iter_t at;
    return find(doc, key, &at) && holds_number(&at) ? bson.iter_as_int64(&at) : missing;
}

int64_t doc_get_instant(const bson_t *doc, const char *key)
{
    bson_iter_t at;
    return find(doc, key, &at) && holds(&at, BSON_TYPE_DATE_TIME) ? bson.iter_date_time(&at) : 0;
}

bool doc_get_bool(const bson_t *doc, const char *key)
{
    bson_iter_t at;
    return find(doc, key, &at) && holds(&at, BSON_TYPE_BOOL) && bson.iter_bool(&at);
}

struct id doc_get_id(const bson_t *doc, const char *key)
{
    bson_iter_t at;
    bson_subtype_t type;
    uint32_t len = 0;
    const uint8_t *bytes = NULL;
    struct id id = {{0}};
    if (find(doc, key, &at) && holds(&at, BSON_TYPE_BINARY)) {
        bson.iter_binary(&at, &type, &len, &bytes);
        if (len == sizeof id.bytes) {
            memcpy(id.bytes, bytes, sizeof id.bytes);
        }
    }
    return id;
}

uint64_t doc_get_stamp(const bson_t *doc, const char *key)
{
    bson_iter_t at;
    uint32_t seconds = 0;
    uint32_t count = 0;
    if (find(doc, key, &at) && holds(&at, BSON_TYPE_TIMESTAMP)) {
        bson.iter_timestamp(&at, &seconds, &count);
    }
    return (uint64_t)seconds << STAMP_SECONDS_SHIFT | count;
}

bool doc_has(const bson_t *doc, const char *key)
{
    bson_iter_t at;
    return find(doc, key, &at) && !holds(&at, BSON_TYPE_NULL);
}

bool doc_get_decimal(const bson_t *doc, const char *key, struct decimal *out)
{
    bson_iter_t at;
    bson_decimal128_t value;
    char text[BSON_DECIMAL128_STRING];
    if (!find(doc, key, &at) || !holds(&at, BSON_TYPE_DECIMAL128) ||
        !bson.iter_decimal128(&at, &value)) {
        return false;
    }
    bson.decimal128_to_string(&value, text);
    return decimal_parse(view_of(text), out);
}

void doc_peek(const bson_t *doc, const char *key, bson_t *out)
{
    bson_iter_t at;
    uint32_t len = 0;
    const uint8_t *bytes = NULL;
    bson.init(out);
    if (!find(doc, key, &at)) {
        return;
    }
    if (holds(&at, BSON_TYPE_DOCUMENT)) {
        bson.iter_document(&at, &len, &bytes);
    } else if (holds(&at, BSON_TYPE_ARRAY)) {
        bson.iter_array(&at, &len, &bytes);
    }
    if (bytes != NULL) {
        (void)bson.init_static(out, bytes, len);
    }
}
