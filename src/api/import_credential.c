#include "api/import_credential.h"

#include <string.h>

#define PARAMETERS_MAX_BYTES 4096
/* argon2 version 1.3, the only one that is taken. */
#define ARGON2_VERSION "1.3"

static void release_json(json_t **json)
{
    json_decref(*json);
}

static struct view text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? view_make(json_string_value(value), json_string_length(value))
                                 : (struct view){NULL, 0};
}

/* Without the padding: the strings have none. */
static struct view bare(struct view base64)
{
    while (base64.len > 0 && base64.at[base64.len - 1] == '=') {
        base64.len--;
    }
    return base64;
}

/* --- Keycloak --------------------------------------------------------------------------------- */

/* A member that is an object, or the text of one. A new reference; NULL when there is none. */
static json_t *object_of(const json_t *credential, const char *name)
{
    json_t *value = json_object_get(credential, name);
    struct view text = text_of(credential, name);
    if (text.at != NULL && text.len <= PARAMETERS_MAX_BYTES) {
        return json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    }
    return json_is_object(value) ? json_incref(value) : NULL;
}

/* The first text of additionalParameters.NAME, which is a list. */
static struct view parameter(const json_t *data, const char *name)
{
    const json_t *all = json_object_get(data, "additionalParameters");
    const json_t *value = json_array_get(json_object_get(all, name), 0);
    return json_is_string(value) ? view_of(json_string_value(value)) : (struct view){NULL, 0};
}

static struct view argon2(const json_t *data, struct view salt, struct view value, int64_t passes,
                          struct arena *arena)
{
    struct view memory = parameter(data, "memory");
    struct view lanes = parameter(data, "parallelism");
    struct view type = parameter(data, "type");
    if (!view_is(parameter(data, "version"), ARGON2_VERSION)) {
        return VIEW("");
    }
    return arena_format(arena, "$argon2%.*s$v=19$m=%.*s,t=%lld,p=%.*s$%.*s$%.*s", VIEW_ARG(type),
                        VIEW_ARG(memory), (long long)passes, VIEW_ARG(lanes), VIEW_ARG(salt),
                        VIEW_ARG(value));
}

/* data: algorithm and cost; secret: salt and hash. */
static struct view put_together(const json_t *data, const json_t *secret, struct arena *arena)
{
    struct view algorithm = text_of(data, "algorithm");
    struct view salt = bare(text_of(secret, "salt"));
    struct view value = bare(text_of(secret, "value"));
    int64_t iterations = json_integer_value(json_object_get(data, "hashIterations"));
    if (value.at == NULL) {
        value = bare(text_of(secret, "hashedSaltedValue")); /* before version 9 */
    }
    if (view_is(algorithm, "argon2")) {
        return argon2(data, salt, value, iterations, arena);
    }
    return arena_format(arena, "$%.*s$%lld$%.*s$%.*s", VIEW_ARG(algorithm), (long long)iterations,
                        VIEW_ARG(salt), VIEW_ARG(value));
}

struct view import_credential_keycloak(const json_t *credentials, struct arena *arena)
{
    size_t i;
    const json_t *credential;
    json_array_foreach(credentials, i, credential)
    {
        if (!view_is(text_of(credential, "type"), "password")) {
            continue;
        }
        CLEANUP(release_json) json_t *data = object_of(credential, "credentialData");
        CLEANUP(release_json) json_t *secret = object_of(credential, "secretData");
        struct view made = put_together(data != NULL ? data : credential,
                                        secret != NULL ? secret : credential, arena);
        return view_not_null(made);
    }
    return (struct view){NULL, 0};
}

/* --- Firebase --------------------------------------------------------------------------------- */

/* Base64 for the web (RFC 4648 section 5) is as good. */
static struct view plain(struct view base64, struct arena *arena)
{
    char *copy = arena_copy(arena, bare(base64));
    for (char *c = copy; c != NULL && *c != '\0'; c++) {
        *c = (char)(*c == '-' ? '+' : *c == '_' ? '/' : *c);
    }
    return view_of(copy);
}

struct view import_credential_firebase(const struct import_firebase *firebase, struct view hash,
                                       struct view salt, struct arena *arena)
{
    if (firebase->signer_key.len == 0) {
        return VIEW("");
    }
    struct view made = arena_format(arena, "$firescrypt$ln=%lld,r=%lld,p=1$%.*s$%.*s$%.*s$%.*s",
                                    (long long)firebase->mem_cost, (long long)firebase->rounds,
                                    VIEW_ARG(plain(salt, arena)), VIEW_ARG(plain(hash, arena)),
                                    VIEW_ARG(plain(firebase->salt_separator, arena)),
                                    VIEW_ARG(plain(firebase->signer_key, arena)));
    return view_not_null(made);
}
