#include "service/user_cursor.h"

#include <string.h>

#include "base/base64url.h"
#include "base/builder.h"
#include "crypto/digest.h"
#include "service/service_state.h"

#define VERSION 1
#define FLAG_BACKWARD 1
#define FLAG_END 2 /* no position follows */
#define HEAD_BYTES 2
#define MAC_BYTES 16
#define NUMBER_BYTES 8
#define LENGTH_BYTES 2
#define BYTES_MAX 4096 /* before base64url; names are at most 800 bytes long */
#define BINDING_MAX 8192

enum value_kind { VALUE_MISSING, VALUE_NUMBER, VALUE_TEXT };

/* Where a field that can be sorted by is in struct user. */
struct value {
    struct view *text;
    int64_t *number;
    int *age;
};

static struct value value_of(struct user *user, enum user_sort_field field)
{
    switch (field) {
    case USER_SORT_USERNAME:
        return (struct value){.text = &user->username};
    case USER_SORT_EMAIL:
        return (struct value){.text = &user->email};
    case USER_SORT_NAME:
        return (struct value){.text = &user->name};
    case USER_SORT_AGE:
        return (struct value){.age = &user->age};
    case USER_SORT_CREATED:
        return (struct value){.number = &user->created_ms};
    case USER_SORT_UPDATED:
        return (struct value){.number = &user->updated_ms};
    case USER_SORT_LAST_LOGIN:
        return (struct value){.number = &user->last_login_ms};
    case USER_SORT_STATUS: /* an enum: put in and taken out by itself */
    case USER_SORT_NUMBER:
    case USER_SORT_COUNT:
        break;
    }
    return (struct value){.number = &user->number};
}

/* --- binding ---------------------------------------------------------------------------------- */

static void add_text(struct builder *b, struct view text)
{
    builder_format(b, "%zu:", text.len);
    builder_add(b, text);
}

/* Everything that decides which people a page has, and in which order, so that no two differ only
   in how they are read. */
static bool write_binding(struct builder *b, const struct user_list_request *request)
{
    const struct user_filter *filter = &request->filter;
    struct view unused;

    builder_format(b, "%u,%d,%d,", filter->mask, (int)filter->presence, (int)filter->status);
    builder_format(b, "%lld,%lld,", (long long)filter->min_age, (long long)filter->max_age);
    builder_format(b, "%lld,%lld,", (long long)filter->created_after_ms,
                   (long long)filter->created_before_ms);
    add_text(b, filter->search);
    add_text(b, filter->username);
    add_text(b, filter->email);
    add_text(b, filter->role);
    for (size_t i = 0; i < request->sort_count; i++) {
        builder_format(b, "%d%c", (int)request->sort[i].field,
                       request->sort[i].descending ? '-' : '+');
    }
    return builder_end(b, &unused);
}

static bool make_mac(const struct service_call *call, const struct user_list_request *request,
                     struct view bytes, uint8_t out[DIGEST_BYTES])
{
    struct secret key CLEANUP(secret_wipe);
    struct builder b;
    struct view bound;

    builder_init(&b, call->arena, BINDING_MAX);
    if (!write_binding(&b, request)) {
        return false;
    }
    builder_char(&b, '\n');
    builder_add(&b, bytes);
    if (!builder_end(&b, &bound)) {
        return false;
    }
    digest_derive(&call->service->master, "list-cursor", VIEW("users"), &key);
    digest_hmac_sha256(view_make(key.bytes, sizeof(key.bytes)), bound, out);
    return true;
}

/* --- write ------------------------------------------------------------------------------------ */

static void add_bytes(struct builder *b, uint64_t number, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        builder_char(b, (char)(uint8_t)(number >> (8 * i)));
    }
}

static void add_value(struct builder *b, struct user *user, enum user_sort_field field)
{
    struct value value = value_of(user, field);

    if (field == USER_SORT_STATUS) {
        builder_char(b, VALUE_NUMBER);
        add_bytes(b, (uint64_t)user->status, NUMBER_BYTES);
    } else if (value.text != NULL) {
        builder_char(b, value.text->at != NULL ? VALUE_TEXT : VALUE_MISSING);
        if (value.text->at != NULL) {
            add_bytes(b, value.text->len, LENGTH_BYTES);
            builder_add(b, *value.text);
        }
    } else {
        builder_char(b, VALUE_NUMBER);
        add_bytes(b, (uint64_t)(value.age != NULL ? *value.age : *value.number), NUMBER_BYTES);
    }
}

static struct view encode(const struct service_call *call, struct view bytes)
{
    char *text = arena_take(call->arena, BASE64URL_LENGTH(BYTES_MAX));

    return text != NULL ? view_make(text, base64url_encode(bytes.at, bytes.len, text))
                        : view_make(NULL, 0);
}

struct view user_cursor_write(const struct service_call *call,
                              const struct user_list_request *request, const struct user *position,
                              bool backward)
{
    char bytes[BYTES_MAX];
    uint8_t mac[DIGEST_BYTES];
    struct builder b;
    struct view view;

    builder_init_fixed(&b, bytes, sizeof(bytes));
    builder_char(&b, VERSION);
    builder_char(&b, (char)((backward ? FLAG_BACKWARD : 0) | (position == NULL ? FLAG_END : 0)));
    if (position != NULL) {
        struct user user = *position;

        builder_add(&b, view_make(user.id.bytes, sizeof(user.id.bytes)));
        add_bytes(&b, (uint64_t)user.number, NUMBER_BYTES);
        for (size_t i = 0; i < request->sort_count; i++) {
            add_value(&b, &user, request->sort[i].field);
        }
    }
    if (!builder_end(&b, &view) || !make_mac(call, request, view, mac)) {
        return view_make(NULL, 0);
    }
    builder_add(&b, view_make(mac, MAC_BYTES));
    return builder_end(&b, &view) ? encode(call, view) : view_make(NULL, 0);
}

/* --- read ------------------------------------------------------------------------------------- */

/* The MAC has vouched for the form; a short rest gives nothing. */
static struct view take(struct view *rest, size_t count)
{
    struct view part = view_sub(*rest, 0, count);

    *rest = view_sub(*rest, part.len, rest->len);
    return part;
}

static uint64_t take_bytes(struct view *rest, size_t count)
{
    struct view part = take(rest, count);
    uint64_t number = 0;

    for (size_t i = 0; i < part.len; i++) {
        number = number << 8 | (uint8_t)part.at[i];
    }
    return number;
}

static void take_value(struct view *rest, struct user *user, enum user_sort_field field)
{
    struct value value = value_of(user, field);
    enum value_kind kind = (enum value_kind)take_bytes(rest, 1);

    if (kind == VALUE_TEXT && value.text != NULL) {
        *value.text = take(rest, (size_t)take_bytes(rest, LENGTH_BYTES));
    } else if (kind == VALUE_NUMBER && field == USER_SORT_STATUS) {
        user->status = (enum user_status)take_bytes(rest, NUMBER_BYTES);
    } else if (kind == VALUE_NUMBER && value.age != NULL) {
        *value.age = (int)(int64_t)take_bytes(rest, NUMBER_BYTES);
    } else if (kind == VALUE_NUMBER && value.number != NULL) {
        *value.number = (int64_t)take_bytes(rest, NUMBER_BYTES);
    }
}

static void take_position(struct view rest, const struct user_list_request *request,
                          struct user *position)
{
    struct view id = take(&rest, sizeof(position->id.bytes));

    memcpy(position->id.bytes, id.at, id.len);
    position->number = (int64_t)take_bytes(&rest, NUMBER_BYTES);
    for (size_t i = 0; i < request->sort_count; i++) {
        take_value(&rest, position, request->sort[i].field);
    }
}

enum result user_cursor_read(const struct service_call *call, struct view cursor,
                             struct user_list_request *request, struct user *position)
{
    uint8_t mac[DIGEST_BYTES];
    char *bytes = arena_take(call->arena, BYTES_MAX);
    size_t len;
    struct view rest;

    if (bytes == NULL) {
        return RESULT_INTERNAL;
    }
    if (cursor.len > BASE64URL_LENGTH(BYTES_MAX) || !base64url_decode(cursor, bytes, &len) ||
        len < HEAD_BYTES + MAC_BYTES) {
        return RESULT_INVALID_CURSOR;
    }
    rest = view_make(bytes, len - MAC_BYTES);
    if (!make_mac(call, request, rest, mac)) {
        return RESULT_INTERNAL;
    }
    if (!secret_equal(mac, bytes + rest.len, MAC_BYTES) || bytes[0] != VERSION) {
        return RESULT_INVALID_CURSOR;
    }
    request->backward = (bytes[1] & FLAG_BACKWARD) != 0;
    request->position = NULL;
    if ((bytes[1] & FLAG_END) == 0) {
        take_position(view_sub(rest, HEAD_BYTES, rest.len), request, position);
        request->position = position;
    }
    return RESULT_OK;
}
