#include "cli/seed_people.h"

#include <string.h>

#include "base/clock.h"
#include "model/limits.h"

/* They came between these instants: 2020-01-01 and 2026-01-01. */
#define FIRST_MS INT64_C(1577836800000)
#define LAST_MS INT64_C(1767225600000)
#define DEFAULT_SEED 1
#define AGE_FIRST 14
#define AGES 80

/* How many of a hundred. */
#define PERCENT 100
#define WITHOUT_EMAIL 3
#define WITHOUT_NAME 5
#define WITHOUT_AGE 10
#define DISABLED 5
#define DELETED 1
#define NEVER_LOGGED_IN 40

struct given_name {
    const char *plain; /* for the username */
    const char *full;
};

static const struct given_name given_names[] = {
    {"alice", "Alice"},     {"bob", "Bob"},       {"carla", "Carla"},   {"dmitri", "Дмитрий"},
    {"elena", "Ελένη"},     {"fatima", "Fatima"}, {"georg", "Georg"},   {"hanna", "Hanna"},
    {"ivan", "Иван"},       {"jose", "José"},     {"kaethe", "Käthe"},  {"lukasz", "Łukasz"},
    {"mei", "美"},          {"nadia", "Nadia"},   {"oyvind", "Øyvind"}, {"priya", "Priya"},
    {"quentin", "Quentin"}, {"renee", "Renée"},   {"soren", "Søren"},   {"tomas", "Tomáš"},
    {"ursula", "Ursula"},   {"victor", "Víctor"}, {"wanda", "Wanda"},   {"ximena", "Ximena"},
    {"yuki", "雪"},         {"zoe", "Zoë"},       {"adam", "Adam"},     {"bianca", "Bianca"},
    {"cedric", "Cédric"},   {"daria", "Daria"},   {"emil", "Emil"},     {"frida", "Frida"},
    {"gustav", "Gustav"},   {"helga", "Helga"},   {"ismail", "İsmail"}, {"julia", "Julia"},
    {"kofi", "Kofi"},       {"leila", "Leïla"},   {"marta", "Marta"},   {"noah", "Noah"},
};

static const char *const family_names[] = {
    "Smith",    "Jones",    "Garcia", "Mueller",  "Novak",    "Kowalski", "Ivanova", "Tanaka",
    "Nguyen",   "Okafor",   "Hansen", "Rossi",    "Dubois",   "Silva",    "Haddad",  "Cohen",
    "Kumar",    "Chen",     "Yilmaz", "Papadaki", "Lindgren", "Virtanen", "Horvath", "Popescu",
    "Jansen",   "Peeters",  "Murphy", "Campbell", "Evans",    "Walker",   "Wright",  "Baker",
    "Carter",   "Mitchell", "Turner", "Phillips", "Parker",   "Collins",  "Edwards", "Stewart",
    "Morris",   "Rogers",   "Reed",   "Cook",     "Morgan",   "Bell",     "Bailey",  "Cooper",
    "Richards", "Howard",   "Ward",   "Torres",   "Gray",     "Ramirez",  "Watson",  "Brooks",
    "Kelly",    "Sanders",  "Price",  "Bennett",  "Wood",     "Barnes",   "Ross",    "Fischer",
};

static const char *const domains[] = {"example.com", "example.org", "example.net"};

/* SplitMix64 (Steele, Lea, Flood 2014): not for secrets. */
static uint64_t next(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static size_t pick(uint64_t *state, size_t count)
{
    return (size_t)(next(state) % count);
}

static bool happens(uint64_t *state, size_t percent)
{
    return pick(state, PERCENT) < percent;
}

static int64_t instant_after(uint64_t *state, int64_t from_ms)
{
    return from_ms + (int64_t)(next(state) % (uint64_t)(LAST_MS - from_ms + 1));
}

/* A UUIDv7 of that instant (RFC 9562 section 5.7). */
static struct id make_id(uint64_t *state, int64_t created_ms)
{
    struct id id;
    uint64_t words[2] = {next(state), next(state)};
    memcpy(id.bytes, words, sizeof(id.bytes));
    for (size_t i = 0; i < 6; i++) {
        id.bytes[i] = (uint8_t)((uint64_t)created_ms >> (40 - 8 * i));
    }
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0F));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    return id;
}

static bool name_person(uint64_t *state, uint64_t seed, uint64_t index, struct arena *arena,
                        struct user_draft *draft)
{
    const struct given_name *given = &given_names[pick(state, ARRAY_LEN(given_names))];
    const char *family = family_names[pick(state, ARRAY_LEN(family_names))];
    const char *domain = domains[pick(state, ARRAY_LEN(domains))];
    bool has_email = !happens(state, WITHOUT_EMAIL);
    bool has_name = !happens(state, WITHOUT_NAME);

    draft->username =
        seed == DEFAULT_SEED
            ? arena_format(arena, "%s.%s%llu", given->plain, family, (unsigned long long)index)
            : arena_format(arena, "%s.%s%llu-%llu", given->plain, family, (unsigned long long)index,
                           (unsigned long long)seed);
    if (has_email) {
        draft->email = arena_format(arena, "%.*s@%s", VIEW_ARG(draft->username), domain);
    }
    if (has_name) {
        draft->name = arena_format(arena, "%s %s", given->full, family);
    }
    return draft->username.at != NULL && (!has_email || draft->email.at != NULL) &&
           (!has_name || draft->name.at != NULL);
}

bool seed_people_make(uint64_t seed, uint64_t index, struct arena *arena, struct user_seed *out)
{
    static const struct view roles[] = {VIEW_INIT(ROLE_USER)};
    uint64_t state = seed * UINT64_C(0xD1342543DE82EF95) + index;
    struct user_draft *draft = &out->draft;
    bool ok;

    (void)next(&state);
    *out = (struct user_seed){.draft = {.roles = roles, .role_count = ARRAY_LEN(roles)}};
    ok = name_person(&state, seed, index, arena, draft);
    draft->now_ms = FIRST_MS + (int64_t)(next(&state) % (uint64_t)(LAST_MS - FIRST_MS));
    draft->id = make_id(&state, draft->now_ms);
    draft->age =
        happens(&state, WITHOUT_AGE) ? USER_AGE_UNKNOWN : AGE_FIRST + (int)pick(&state, AGES);
    draft->status = happens(&state, DISABLED) ? USER_DISABLED : USER_ACTIVE;
    draft->email_verified = draft->email.at != NULL && happens(&state, PERCENT / 2);
    out->last_login_ms =
        happens(&state, NEVER_LOGGED_IN) ? 0 : instant_after(&state, draft->now_ms);
    out->updated_ms = instant_after(&state, draft->now_ms);
    out->deleted_ms = happens(&state, DELETED) ? instant_after(&state, out->updated_ms) : 0;
    return ok;
}
