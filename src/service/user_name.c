#include "service/user_name.h"

#include "crypto/secret.h"
#include "model/limits.h"
#include "model/user.h"

#define NUMBERED_MAX 9     /* name-2 to name-9 are tried before random digits */
#define SUFFIX_MAX_BYTES 9 /* "-" and eight digits */
#define BASE_MAX_BYTES (USERNAME_MAX_BYTES - SUFFIX_MAX_BYTES)
#define PLACEHOLDER VIEW("user")

static bool is_allowed(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* A username that may be taken. */
static struct view base_of(struct view email, char room[BASE_MAX_BYTES])
{
    struct view local = view_sub(email, 0, view_find(email, '@', 0));
    size_t len = 0;

    for (size_t i = 0; i < local.len && len < BASE_MAX_BYTES; i++) {
        room[len++] = is_allowed(local.at[i]) ? local.at[i] : '-';
    }
    return user_username_fault(view_make(room, len)) == NULL ? view_make(room, len) : PLACEHOLDER;
}

static struct view candidate(struct arena *arena, struct view base, int attempt)
{
    uint32_t digits;

    if (attempt == 1) {
        return arena_copy_view(arena, base);
    }
    if (attempt <= NUMBERED_MAX) {
        return arena_format(arena, "%.*s-%d", VIEW_ARG(base), attempt);
    }
    secret_random_bytes(&digits, sizeof(digits));
    return arena_format(arena, "%.*s-%08x", VIEW_ARG(base), digits);
}

enum result user_name_from_email(struct service_call *call, struct view email, struct view *out)
{
    char room[BASE_MAX_BYTES];
    struct view base = base_of(email, room);
    enum result result = RESULT_OK;

    for (int attempt = 1; result == RESULT_OK && attempt <= NUMBERED_MAX + 1; attempt++) {
        struct user_key key = {.kind = USER_BY_USERNAME};
        struct user taken;

        *out = candidate(call->arena, base, attempt);
        if (out->at == NULL) {
            return RESULT_INTERNAL;
        }
        key.text = *out;
        result = store_user_get(call->store, &key, call->arena, &taken);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
