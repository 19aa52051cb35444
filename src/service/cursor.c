#include "service/cursor.h"

#include <assert.h>
#include <string.h>

#include "base/base64url.h"
#include "base/builder.h"
#include "crypto/digest.h"

#define VERSION 2
#define FLAG_BACKWARD 1
#define HEAD_BYTES 2
#define NUMBER_BYTES 8
#define LENGTH_BYTES 2
#define MAC_BYTES 16
#define BYTES_MAX (HEAD_BYTES + CURSOR_POSITION_MAX_BYTES + MAC_BYTES)

_Static_assert(BASE64URL_LENGTH(BYTES_MAX) <= CURSOR_TEXT_MAX_BYTES, "the bound is too small");

/* --- values ----------------------------------------------------------------------------------- */

static struct cursor_value *add(struct cursor *cursor, enum cursor_kind kind)
{
    assert(cursor->count < CURSOR_VALUES_MAX);
    struct cursor_value *value = &cursor->values[cursor->count++];

    *value = (struct cursor_value){.kind = kind};
    return value;
}

void cursor_add_number(struct cursor *cursor, int64_t number)
{
    add(cursor, CURSOR_NUMBER)->number = number;
}

void cursor_add_text(struct cursor *cursor, struct view text)
{
    add(cursor, text.at != NULL ? CURSOR_TEXT : CURSOR_MISSING)->text = text;
}

void cursor_add_id(struct cursor *cursor, const struct id *id)
{
    cursor_add_text(cursor, view_make(id->bytes, sizeof(id->bytes)));
}

int64_t cursor_number(const struct cursor *cursor, size_t index)
{
    return index < cursor->count ? cursor->values[index].number : 0;
}

struct view cursor_text(const struct cursor *cursor, size_t index)
{
    return index < cursor->count ? cursor->values[index].text : view_make(NULL, 0);
}

struct id cursor_id(const struct cursor *cursor, size_t index)
{
    struct view text = cursor_text(cursor, index);
    struct id id = {{0}};

    if (text.len == sizeof(id.bytes)) {
        memcpy(id.bytes, text.at, sizeof(id.bytes));
    }
    return id;
}

/* --- write ------------------------------------------------------------------------------------ */

/* Over all that is before it, under a key of its own for each question. */
static void write_mac(const struct secret *master, struct view question, struct view body,
                      uint8_t out[DIGEST_BYTES])
{
    struct secret secret CLEANUP(secret_wipe);

    digest_derive(master, "cursor", question, &secret);
    digest_hmac_sha256(view_make(secret.bytes, SECRET_BYTES), body, out);
}

static void add_bytes(struct builder *b, uint64_t number, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        builder_char(b, (char)(uint8_t)(number >> (8 * i)));
    }
}

static void add_value(struct builder *b, const struct cursor_value *value)
{
    builder_char(b, (char)value->kind);
    if (value->kind == CURSOR_NUMBER) {
        add_bytes(b, (uint64_t)value->number, NUMBER_BYTES);
    } else if (value->kind == CURSOR_TEXT) {
        add_bytes(b, value->text.len, LENGTH_BYTES);
        builder_add(b, value->text);
    }
}

struct view cursor_write(const struct secret *master, struct view question,
                         const struct cursor *cursor, struct arena *arena)
{
    char bytes[BYTES_MAX];
    uint8_t mac[DIGEST_BYTES];
    struct builder b;
    struct view body;
    char *text = arena_take(arena, CURSOR_TEXT_MAX_BYTES);

    builder_init_fixed(&b, bytes, sizeof(bytes) - MAC_BYTES);
    builder_char(&b, VERSION);
    builder_char(&b, cursor->backward ? FLAG_BACKWARD : 0);
    for (size_t i = 0; i < cursor->count; i++) {
        add_value(&b, &cursor->values[i]);
    }
    if (!builder_end(&b, &body) || text == NULL) {
        return view_make(NULL, 0);
    }
    write_mac(master, question, body, mac);
    memcpy(bytes + body.len, mac, MAC_BYTES);
    return view_make(text, base64url_encode(bytes, body.len + MAC_BYTES, text));
}

/* --- read ------------------------------------------------------------------------------------- */

static struct view take(struct view *rest, size_t count)
{
    struct view part = view_sub(*rest, 0, count);

    *rest = view_sub(*rest, part.len, SIZE_MAX);
    return part;
}

static uint64_t take_number(struct view *rest, size_t count)
{
    struct view part = take(rest, count);
    uint64_t number = 0;

    for (size_t i = 0; i < part.len; i++) {
        number = number << 8 | (uint8_t)part.at[i];
    }
    return number;
}

/* The MAC has vouched for the form; a short rest gives nothing. */
static void take_value(struct view *rest, struct cursor *out)
{
    enum cursor_kind kind = (enum cursor_kind)take_number(rest, 1);
    struct cursor_value *value = add(out, kind);

    if (kind == CURSOR_NUMBER) {
        value->number = (int64_t)take_number(rest, NUMBER_BYTES);
    } else if (kind == CURSOR_TEXT) {
        value->text = take(rest, (size_t)take_number(rest, LENGTH_BYTES));
    }
}

bool cursor_read(const struct secret *master, struct view question, struct view text,
                 struct arena *arena, struct cursor *out)
{
    uint8_t mac[DIGEST_BYTES];
    char *bytes = arena_take(arena, CURSOR_TEXT_MAX_BYTES);
    struct view rest;
    size_t len = 0;

    if (bytes == NULL || text.len > CURSOR_TEXT_MAX_BYTES || !base64url_decode(text, bytes, &len) ||
        len < HEAD_BYTES + MAC_BYTES || bytes[0] != VERSION) {
        return false;
    }
    rest = view_make(bytes, len - MAC_BYTES);
    write_mac(master, question, rest, mac);
    if (!secret_equal(mac, bytes + rest.len, MAC_BYTES)) {
        return false;
    }
    *out = (struct cursor){.backward = (bytes[1] & FLAG_BACKWARD) != 0};
    (void)take(&rest, HEAD_BYTES);
    while (rest.len > 0 && out->count < CURSOR_VALUES_MAX) {
        take_value(&rest, out);
    }
    return true;
}
