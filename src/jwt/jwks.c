#include "jwt/jwks.h"

#include "base/builder.h"

#define MEMBERS_MAX 4
/* 32 keys of RSA 4096, each under 1 KiB. */
#define SET_MAX_BYTES ((size_t)64 * 1024)

static void write_member(struct builder *out, const char *name, struct view value)
{
    builder_json(out, view_of(name));
    builder_char(out, ':');
    builder_json(out, value);
    builder_char(out, ',');
}

static void write_key(struct builder *out, const struct signing_key *key,
                      const struct signing_key_member *members, size_t count)
{
    builder_char(out, '{');
    for (size_t i = 0; i < count; i++)
        write_member(out, members[i].name, members[i].value);
    write_member(out, "kid", signing_key_id(key));
    write_member(out, "alg", view_of(signing_algorithm_name(signing_key_algorithm(key))));
    builder_text(out, "\"use\":\"sig\"}");
}

struct view jwks_write(const struct keyring *ring, struct arena *arena)
{
    struct builder b;
    struct view set;
    bool first = true;

    builder_init(&b, arena, SET_MAX_BYTES);
    builder_text(&b, "{\"keys\":[");
    for (size_t i = 0; i < keyring_count(ring); i++) {
        const struct signing_key *key = keyring_at(ring, i);
        struct signing_key_member members[MEMBERS_MAX];
        size_t count = signing_key_members(key, members);

        /* A secret has no public members. */
        if (count == 0)
            continue;
        if (!first)
            builder_char(&b, ',');
        first = false;
        write_key(&b, key, members, count);
    }
    builder_text(&b, "]}");
    return builder_end(&b, &set) ? set : (struct view){NULL, 0};
}
