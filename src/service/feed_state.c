#include "service/feed_state.h"

#include <stdlib.h>
#include <string.h>

#define PRUNE_BUCKETS                                                                              \
    1024 /* a turn; at four turns a second a map of a million is through in minutes */

/* A user as they were at their last change. */
struct user_item {
    struct id_item item;
    bool gone; /* deleted or disabled */
    size_t role_count;
    size_t role_lengths[USER_ROLES_MAX];
    size_t text_len;
    char text[]; /* the role names one after the other */
};

bool feed_state_init(struct feed_state *state)
{
    pthread_rwlockattr_t attributes;
    bool ok;

    *state = (struct feed_state){.generation = 1};
    if (pthread_rwlockattr_init(&attributes) != 0) {
        return false;
    }
    /* Requests read all the time; a change must not wait for a gap between them. */
    (void)pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    ok = pthread_rwlock_init(&state->lock, &attributes) == 0;
    (void)pthread_rwlockattr_destroy(&attributes);
    return ok;
}

void feed_state_clear(struct feed_state *state)
{
    id_map_clear(&state->sessions);
    id_map_clear(&state->users);
    role_table_free(state->roles);
    (void)pthread_rwlock_destroy(&state->lock);
}

/* Under the write lock: whoever sees the new number sees the change. */
static void bump(struct feed_state *state)
{
    atomic_fetch_add_explicit(&state->generation, 1, memory_order_release);
}

uint64_t feed_state_generation(const struct feed_state *state)
{
    return atomic_load_explicit(&state->generation, memory_order_acquire);
}

/* Under the write lock. A change is read more than once: the same again is no news. */
static bool end_session(struct feed_state *state, const struct id *session_id, int64_t until_ms)
{
    struct id_item *item = id_map_find(&state->sessions, session_id);

    if (item != NULL) {
        if (item->until_ms < until_ms) {
            item->until_ms = until_ms;
        }
        return true;
    }
    item = calloc(1, sizeof(*item));
    if (item == NULL) {
        return false;
    }
    item->id = *session_id;
    item->until_ms = until_ms;
    if (!id_map_put(&state->sessions, item)) {
        return false;
    }
    bump(state);
    return true;
}

bool feed_state_end_session(struct feed_state *state, const struct id *session_id, int64_t until_ms)
{
    bool ok;

    pthread_rwlock_wrlock(&state->lock);
    ok = end_session(state, session_id, until_ms);
    pthread_rwlock_unlock(&state->lock);
    return ok;
}

static struct user_item *user_item_new(const struct change *change, int64_t until_ms)
{
    size_t count =
        change->user_role_count < USER_ROLES_MAX ? change->user_role_count : USER_ROLES_MAX;
    struct user_item *user;
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += change->user_roles[i].len;
    }
    user = calloc(1, sizeof(*user) + len);
    if (user == NULL) {
        return NULL;
    }
    user->item.id = change->subject;
    user->item.until_ms = until_ms;
    user->gone =
        change->user_gone || change->user_deleted_ms != 0 || change->user_status != USER_ACTIVE;
    user->role_count = count;
    for (size_t i = 0; i < count; i++) {
        user->role_lengths[i] = change->user_roles[i].len;
        if (change->user_roles[i].len > 0) {
            memcpy(user->text + user->text_len, change->user_roles[i].at,
                   change->user_roles[i].len);
        }
        user->text_len += change->user_roles[i].len;
    }
    return user;
}

static bool is_same(const struct user_item *a, const struct user_item *b)
{
    return a != NULL && a->gone == b->gone && a->role_count == b->role_count &&
           a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0 &&
           memcmp(a->role_lengths, b->role_lengths, sizeof(a->role_lengths)) == 0;
}

bool feed_state_set_user(struct feed_state *state, const struct change *change, int64_t until_ms)
{
    struct user_item *user = user_item_new(change, until_ms);
    struct user_item *old;
    bool same;
    bool ok;

    if (user == NULL) {
        return false;
    }
    pthread_rwlock_wrlock(&state->lock);
    old = (struct user_item *)id_map_find(&state->users, &change->subject);
    same = is_same(old, user);
    if (old != NULL && old->item.until_ms > until_ms) {
        user->item.until_ms = old->item.until_ms;
    }
    ok = id_map_put(&state->users, &user->item);
    if (ok && !same) {
        bump(state);
    }
    pthread_rwlock_unlock(&state->lock);
    return ok;
}

void feed_state_take_roles(struct feed_state *state, struct role_table *roles)
{
    struct role_table *old;

    pthread_rwlock_wrlock(&state->lock);
    old = state->roles;
    state->roles = roles;
    bump(state);
    pthread_rwlock_unlock(&state->lock);
    role_table_free(old);
}

void feed_state_prune(struct feed_state *state, int64_t now_ms)
{
    pthread_rwlock_wrlock(&state->lock);
    id_map_prune(&state->sessions, now_ms, PRUNE_BUCKETS);
    id_map_prune(&state->users, now_ms, PRUNE_BUCKETS);
    pthread_rwlock_unlock(&state->lock);
}

static bool copy_roles(const struct user_item *user, struct principal *principal,
                       struct arena *arena)
{
    char *text = arena_take(arena, user->text_len + 1);

    if (text == NULL) {
        return false;
    }
    memcpy(text, user->text, user->text_len);
    for (size_t i = 0; i < user->role_count; i++) {
        principal->roles[i] = view_make(text, user->role_lengths[i]);
        text += user->role_lengths[i];
    }
    principal->role_count = user->role_count;
    return true;
}

static enum feed_verdict look(const struct feed_state *state, struct principal *principal,
                              struct arena *arena)
{
    const struct user_item *user =
        (const struct user_item *)id_map_find(&state->users, &principal->user_id);

    if (user != NULL && user->gone) {
        return FEED_USER_GONE;
    }
    if (user != NULL && !copy_roles(user, principal, arena)) {
        return FEED_NO_MEMORY;
    }
    return id_map_find(&state->sessions, &principal->session_id) != NULL ? FEED_SESSION_ENDED
                                                                         : FEED_ALIVE;
}

enum feed_verdict feed_state_look(struct feed_state *state, struct principal *principal,
                                  struct arena *arena)
{
    enum feed_verdict verdict;

    pthread_rwlock_rdlock(&state->lock);
    verdict = look(state, principal, arena);
    pthread_rwlock_unlock(&state->lock);
    return verdict;
}

static bool has_role(const struct user_item *user, struct view role)
{
    const char *text = user->text;

    for (size_t i = 0; i < user->role_count; i++) {
        if (view_equal(view_make(text, user->role_lengths[i]), role)) {
            return true;
        }
        text += user->role_lengths[i];
    }
    return false;
}

static bool agrees(const struct user_item *remembered, const struct user *user)
{
    bool same =
        remembered == NULL || (!remembered->gone && remembered->role_count == user->role_count);

    for (size_t i = 0; remembered != NULL && same && i < user->role_count; i++) {
        same = has_role(remembered, user->roles[i]);
    }
    return same;
}

bool feed_state_agrees(struct feed_state *state, const struct user *user)
{
    bool same;

    pthread_rwlock_rdlock(&state->lock);
    same = agrees((const struct user_item *)id_map_find(&state->users, &user->id), user);
    pthread_rwlock_unlock(&state->lock);
    return same;
}

bool feed_state_has_role(struct feed_state *state, struct view name)
{
    bool has;

    pthread_rwlock_rdlock(&state->lock);
    has = role_table_find(state->roles, name) != NULL;
    pthread_rwlock_unlock(&state->lock);
    return has;
}

bool feed_state_permits(struct feed_state *state, const struct principal *principal,
                        struct view permission)
{
    bool permits;

    pthread_rwlock_rdlock(&state->lock);
    permits = role_table_permits(state->roles, principal->roles, principal->role_count, permission);
    pthread_rwlock_unlock(&state->lock);
    return permits;
}

bool feed_state_covers(struct feed_state *state, const struct principal *principal,
                       const struct view *roles, size_t count)
{
    bool covers = true;

    pthread_rwlock_rdlock(&state->lock);
    for (size_t i = 0; covers && i < count; i++) {
        covers = role_table_covers(state->roles, principal->roles, principal->role_count, roles[i]);
    }
    pthread_rwlock_unlock(&state->lock);
    return covers;
}

size_t feed_state_role_count(struct feed_state *state)
{
    size_t count;

    pthread_rwlock_rdlock(&state->lock);
    count = state->roles != NULL ? state->roles->count : 0;
    pthread_rwlock_unlock(&state->lock);
    return count;
}

struct feed_role feed_state_look_role(struct feed_state *state, const struct principal *principal,
                                      struct view name)
{
    struct feed_role found = {0};
    const struct role *role;

    pthread_rwlock_rdlock(&state->lock);
    role = role_table_find(state->roles, name);
    if (role != NULL) {
        found.known = true;
        found.id = role->id;
        found.covered = principal->system || role_table_covers(state->roles, principal->roles,
                                                               principal->role_count, name);
    }
    pthread_rwlock_unlock(&state->lock);
    return found;
}

size_t feed_state_lacks(struct feed_state *state, const struct principal *principal,
                        struct view without, const struct view *permissions, size_t count)
{
    struct role_holder holder = {principal->roles, principal->role_count, without};
    size_t first;

    if (principal->system) {
        return count;
    }
    pthread_rwlock_rdlock(&state->lock);
    first = role_table_lacks(state->roles, &holder, permissions, count);
    pthread_rwlock_unlock(&state->lock);
    return first;
}
