#include "jwt/jwt_claims.h"

#include "jwt/jwt_json.h"
#include "jwt/jwt_plain.h"

#define INSTANT_MAX_S INT64_C(253402300799) /* the end of the year 9999 */
#define ROLES_MAX 256

/* Claims that are a text and must be there. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"iss", offsetof(struct jwt_claims, issuer)},
    {"sub", offsetof(struct jwt_claims, subject)},
    {"client_id", offsetof(struct jwt_claims, client_id)},
    {"jti", offsetof(struct jwt_claims, token_id)},
    {"sid", offsetof(struct jwt_claims, session_id)},
};

/* The members of texts[] are views at those offsets. */
static struct view *text_at(struct jwt_claims *claims, size_t i)
{
    return (struct view *)((char *)claims + texts[i].offset);
}

static struct view text_of(const struct jwt_claims *claims, size_t i)
{
    return *(const struct view *)((const char *)claims + texts[i].offset);
}

static bool is_instant(int64_t instant_s)
{
    return instant_s >= 0 && instant_s <= INSTANT_MAX_S;
}

static bool is_complete(const struct jwt_claims *claims)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (view_is_empty(text_of(claims, i)))
            return false;
    return is_instant(claims->issued_s) && is_instant(claims->expires_s) &&
           claims->role_count <= ROLES_MAX && claims->user_number >= 0;
}

static void write_number(struct builder *out, const char *name, int64_t value)
{
    builder_text(out, name);
    builder_int(out, value);
}

static void write_roles(struct builder *out, const struct jwt_claims *claims)
{
    builder_text(out, ",\"roles\":[");
    for (size_t i = 0; i < claims->role_count; i++) {
        if (i > 0)
            builder_char(out, ',');
        builder_json(out, claims->roles[i]);
    }
    builder_char(out, ']');
}

bool jwt_claims_write(const struct jwt_claims *claims, struct builder *out)
{
    if (!is_complete(claims))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        builder_member(out, i == 0 ? '{' : ',', texts[i].name);
        builder_json(out, text_of(claims, i));
    }
    if (!view_is_empty(claims->audience)) {
        builder_member(out, ',', "aud");
        builder_json(out, claims->audience);
    }
    write_number(out, ",\"iat\":", claims->issued_s);
    write_number(out, ",\"exp\":", claims->expires_s);
    write_roles(out, claims);
    if (claims->user_number != 0)
        write_number(out, ",\"user_id\":", claims->user_number);
    builder_char(out, '}');
    return true;
}

/* Integers only: jansson reads 1.0 and 1e3 as reals, which RFC 7519 allows and this server refuses.
 */
static bool read_integer(const json_t *member, int64_t min, int64_t max, int64_t *out)
{
    if (!json_is_integer(member))
        return false;
    *out = json_integer_value(member);
    return *out >= min && *out <= max;
}

static bool read_instant(const json_t *object, const char *name, int64_t *out)
{
    return read_integer(json_object_get(object, name), 0, INSTANT_MAX_S, out);
}

static enum jwt_fault read_times(const json_t *object, int64_t now_s, struct jwt_claims *out)
{
    const json_t *not_before = json_object_get(object, "nbf");
    int64_t starts_s = 0;

    if (!read_instant(object, "exp", &out->expires_s) ||
        !read_instant(object, "iat", &out->issued_s) ||
        (not_before != NULL && !read_integer(not_before, 0, INSTANT_MAX_S, &starts_s)))
        return JWT_BAD_CLAIMS;
    if (out->expires_s <= now_s - JWT_LEEWAY_S)
        return JWT_EXPIRED;
    if (starts_s > now_s + JWT_LEEWAY_S || out->issued_s > now_s + JWT_LEEWAY_S)
        return JWT_NOT_YET;
    return JWT_OK;
}

static enum jwt_fault read_texts(const json_t *object, struct jwt_claims *out)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        *text_at(out, i) = jwt_json_text(object, texts[i].name);
        if (view_is_empty(*text_at(out, i)))
            return JWT_BAD_CLAIMS;
    }
    return JWT_OK;
}

static enum jwt_fault find_audience(const json_t *array, struct view ours)
{
    bool found = false;

    for (size_t i = 0; i < json_array_size(array); i++) {
        struct view item = jwt_json_value(json_array_get(array, i));

        if (item.at == NULL)
            return JWT_BAD_CLAIMS;
        found |= view_equal(item, ours);
    }
    return found ? JWT_OK : JWT_WRONG_AUDIENCE;
}

/* RFC 7519 section 4.1.3: one text or an array of them. */
static enum jwt_fault check_audience(const json_t *object, struct view ours)
{
    const json_t *member = json_object_get(object, "aud");

    if (view_is_empty(ours))
        return member == NULL ? JWT_OK : JWT_WRONG_AUDIENCE;
    if (member == NULL)
        return JWT_WRONG_AUDIENCE;
    if (json_is_array(member))
        return find_audience(member, ours);
    if (!json_is_string(member))
        return JWT_BAD_CLAIMS;
    return view_equal(jwt_json_text(object, "aud"), ours) ? JWT_OK : JWT_WRONG_AUDIENCE;
}

static bool copy_roles(const json_t *array, struct arena *arena, struct jwt_claims *out)
{
    size_t count = json_array_size(array);
    struct view *roles;

    if (!json_is_array(array) || count > ROLES_MAX)
        return false;
    roles = arena_take_array(arena, count > 0 ? count : 1, sizeof(*roles));
    if (roles == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct view role = jwt_json_value(json_array_get(array, i));

        if (view_is_empty(role))
            return false;
        roles[i] = arena_copy_view(arena, role);
        if (roles[i].at == NULL)
            return false;
    }
    out->roles = roles;
    out->role_count = count;
    return true;
}

/* What was read so far lives in the JSON tree; the answer must live in the arena. */
static bool copy_texts(struct arena *arena, struct jwt_claims *claims)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        *text_at(claims, i) = arena_copy_view(arena, text_of(claims, i));
        if (text_at(claims, i)->at == NULL)
            return false;
    }
    if (view_is_empty(claims->audience))
        return true;
    claims->audience = arena_copy_view(arena, claims->audience);
    return claims->audience.at != NULL;
}

static bool copy_rest(const json_t *object, struct arena *arena, struct jwt_claims *out)
{
    const json_t *number = json_object_get(object, "user_id");

    if (number != NULL && !read_integer(number, 1, INT64_MAX, &out->user_number))
        return false;
    return copy_roles(json_object_get(object, "roles"), arena, out) && copy_texts(arena, out);
}

static enum jwt_fault read_any(const struct jwt_expectation *expectation, struct view payload,
                               struct arena *arena, struct jwt_claims *claims)
{
    json_auto_t *object = jwt_json_object(payload);
    struct jwt_claims read = {.audience = expectation->audience};
    enum jwt_fault fault;

    if (object == NULL)
        return JWT_MALFORMED;
    fault = read_texts(object, &read);
    if (fault != JWT_OK)
        return fault;
    if (!view_equal(read.issuer, expectation->issuer))
        return JWT_WRONG_ISSUER;
    fault = check_audience(object, expectation->audience);
    if (fault == JWT_OK)
        fault = read_times(object, expectation->now_s, &read);
    if (fault != JWT_OK)
        return fault;
    if (!copy_rest(object, arena, &read))
        return JWT_BAD_CLAIMS;
    *claims = read;
    return JWT_OK;
}

/* --- the usual form ---------------------------------------------------------------------------
   Nearly all tokens are our own, letter by letter as jwt_claims_write writes them. Those need no
   tree. Whatever is in another form, or not good, goes through read_any. */

static bool take_texts(struct view *rest, struct jwt_claims *out)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!jwt_plain_take(rest, i == 0 ? VIEW("{\"") : VIEW(",\"")) ||
            !jwt_plain_take(rest, view_of(texts[i].name)) || !jwt_plain_take(rest, VIEW("\":\"")) ||
            !jwt_plain_text(rest, text_at(out, i)))
            return false;
    return true;
}

static bool take_audience(struct view *rest, struct view ours, struct jwt_claims *out)
{
    /* Without one of ours, "iat" must be next: none is taken. */
    return view_is_empty(ours) ||
           (jwt_plain_take(rest, VIEW(",\"aud\":\"")) && jwt_plain_text(rest, &out->audience) &&
            view_equal(out->audience, ours));
}

static bool take_times(struct view *rest, struct jwt_claims *out)
{
    return jwt_plain_take(rest, VIEW(",\"iat\":")) && jwt_plain_number(rest, &out->issued_s) &&
           jwt_plain_take(rest, VIEW(",\"exp\":")) && jwt_plain_number(rest, &out->expires_s);
}

static size_t count_commas(struct view text)
{
    size_t count = 0;

    for (size_t i = view_find(text, ',', 0); i < text.len; i = view_find(text, ',', i + 1))
        count++;
    return count;
}

static bool take_roles(struct view *rest, struct arena *arena, struct jwt_claims *out)
{
    /* Each but the first stands behind a comma. */
    size_t most = count_commas(*rest) + 1;
    struct view *roles;
    size_t count = 0;

    if (!jwt_plain_take(rest, VIEW(",\"roles\":[")) || most > ROLES_MAX)
        return false;
    roles = arena_take_array(arena, most, sizeof(*roles));
    if (roles == NULL)
        return false;
    while (jwt_plain_take(rest, count == 0 ? VIEW("\"") : VIEW(",\"")))
        if (count == most || !jwt_plain_text(rest, &roles[count++]))
            return false;
    out->roles = roles;
    out->role_count = count;
    return jwt_plain_take(rest, VIEW("]"));
}

static bool take_number(struct view *rest, struct jwt_claims *out)
{
    return !jwt_plain_take(rest, VIEW(",\"user_id\":")) ||
           (jwt_plain_number(rest, &out->user_number) && out->user_number > 0);
}

/* In the usual form, and good in every respect. The texts stay where they are. */
static bool read_usual(const struct jwt_expectation *expectation, struct view payload,
                       struct arena *arena, struct jwt_claims *out)
{
    int64_t now_s = expectation->now_s;

    return take_texts(&payload, out) && take_audience(&payload, expectation->audience, out) &&
           take_times(&payload, out) && take_roles(&payload, arena, out) &&
           take_number(&payload, out) && view_is(payload, "}") &&
           view_equal(out->issuer, expectation->issuer) && is_instant(out->issued_s) &&
           is_instant(out->expires_s) && out->expires_s > now_s - JWT_LEEWAY_S &&
           out->issued_s <= now_s + JWT_LEEWAY_S;
}

enum jwt_fault jwt_claims_read(const struct jwt_expectation *expectation, struct view payload,
                               struct arena *arena, struct jwt_claims *claims)
{
    struct jwt_claims read = {.issuer = {NULL, 0}};

    if (read_usual(expectation, payload, arena, &read)) {
        *claims = read;
        return JWT_OK;
    }
    return read_any(expectation, payload, arena, claims);
}
