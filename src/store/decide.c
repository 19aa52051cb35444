#include "store/decide.h"

#include <string.h>

#include "base/utf8.h"
#include "base/utf8_fold.h"

/* Behind every character there is in a text. */
#define AFTER_ALL_TEXT "\xF4\x8F\xBF\xBF"
#define INSTANT_MAX_MS INT64_C(253402300800000) /* the end of year 9999 */

/* --- sessions --------------------------------------------------------------------------------- */

enum session_rotation_outcome decide_rotation(const struct session_rotation *asked, int64_t counter,
                                              int64_t rotated_ms)
{
    int64_t behind = counter - asked->counter;
    if (behind <= 0) {
        return SESSION_DEAD; /* never given out */
    }
    /* Requests of the same instant are not in a window of no length. */
    bool in_grace = asked->grace_ms > 0 && asked->now_ms - rotated_ms <= asked->grace_ms;
    return behind == 1 && in_grace ? SESSION_GRACE : SESSION_REUSED;
}

static bool disables(const struct user_patch *patch)
{
    return (patch->mask & USER_FIELD_STATUS) != 0 && patch->status == USER_DISABLED;
}

bool decide_ends_sessions(const struct user_patch *patch)
{
    return (patch->mask & USER_FIELD_PASSWORD) != 0 || disables(patch);
}

const struct id *decide_kept_session(const struct user_patch *patch)
{
    return disables(patch) || id_is_nil(&patch->keep_session) ? NULL : &patch->keep_session;
}

/* --- import ----------------------------------------------------------------------------------- */

bool decide_is_present(const struct user_import *row, bool same_username, bool same_email)
{
    if (row->identity == USER_IMPORT_BY_EMAIL) {
        return same_email;
    }
    return row->identity == USER_IMPORT_BY_NAMES && same_username && same_email;
}

/* --- audit events ----------------------------------------------------------------------------- */

struct id decide_audit_end(const struct id *a, const struct id *b)
{
    struct id last;
    memset(last.bytes, UINT8_MAX, sizeof last.bytes);
    const struct id *first = id_is_nil(a) ? &last : a;
    const struct id *second = id_is_nil(b) ? &last : b;
    return memcmp(first->bytes, second->bytes, sizeof last.bytes) < 0 ? *first : *second;
}

/* --- kinds of hashes -------------------------------------------------------------------------- */

/* The part that says algorithm and cost: "$2b$12$" of bcrypt, "$pbkdf2-sha256$29000$",
   "$scrypt$ln=14,r=8,p=1$", but "$argon2id$v=19$m=19456,t=2,p=1$" of argon2. */
static struct view kind_of(struct view hash)
{
    size_t dollars = view_starts_with(hash, VIEW("$argon2")) ? 4 : 3;
    size_t at = view_find(hash, '$', 0);
    for (size_t seen = 1; seen < dollars && at < hash.len; seen++) {
        at = view_find(hash, '$', at + 1);
    }
    return view_sub(hash, 0, at < hash.len ? at + 1 : at);
}

static struct store_hash_kind *find_kind(struct store_hash_kind *kinds, size_t count,
                                         struct view hash)
{
    for (size_t i = 0; i < count; i++) {
        if (view_equal(kind_of(kinds[i].sample), kind_of(hash))) {
            return &kinds[i];
        }
    }
    return NULL;
}

bool decide_tally_kind(struct view hash, struct arena *arena,
                       struct store_hash_kind kinds[STORE_HASH_KINDS_MAX], size_t *count)
{
    struct store_hash_kind *kind = find_kind(kinds, *count, hash);
    if (kind != NULL) {
        kind->count++;
        return true;
    }
    if (*count == STORE_HASH_KINDS_MAX) {
        return true;
    }
    kinds[*count] = (struct store_hash_kind){arena_copy_view(arena, hash), 1};
    *count += 1;
    return kinds[*count - 1].sample.at != NULL;
}

/* --- lists of people -------------------------------------------------------------------------- */

bool decide_search(struct view text, struct arena *arena, struct decide_search *out)
{
    char *part = arena_take(arena, UTF8_FOLD_SIZE(text.len));
    if (part == NULL) {
        return false;
    }
    out->part = utf8_fold(text, part);
    for (size_t i = 0; i < out->part.len; i++) {
        part[i] = part[i] == '\n' ? '\x01' : part[i];
    }
    out->prefix = utf8_length(out->part) < DECIDE_SEARCH_INDEXED_CHARS;
    out->part_end = arena_format(arena, "%.*s" AFTER_ALL_TEXT, VIEW_ARG(out->part));
    return out->part_end.at != NULL;
}

struct decide_days decide_days(int64_t after_ms, int64_t before_ms)
{
    struct decide_days days = {
        .after_ms = after_ms < 0 ? -1 : after_ms,
        .before_ms = before_ms > INSTANT_MAX_MS ? INSTANT_MAX_MS : before_ms,
    };
    days.first = days.after_ms / DECIDE_DAY_MS + (days.after_ms >= 0 ? 1 : 0);
    days.last = days.before_ms / DECIDE_DAY_MS - 1;
    days.has_whole = days.first <= days.last;
    return days;
}

enum result decide_no_tending(struct store_handle *handle, int64_t changes_min, bool *more)
{
    (void)handle;
    (void)changes_min;
    *more = false;
    return RESULT_OK;
}
