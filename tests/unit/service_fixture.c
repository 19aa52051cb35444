#include "service_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/backend.h"
#include "store/sqlite/connection.h"
#include "../folder.h"

/* The store's functions as they are, and as they are with a switch before them. */
static const struct store_backend *real;
static struct store_backend switched;
static _Atomic bool is_down;
static _Atomic bool fails_groups;
static _Atomic bool puts_off;
static void (*_Atomic meddler)(void);

/* The purge and its gate. */
static struct {
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool hold;
    bool came;
    struct purge_limits limits;
} purging = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

#define OUTAGE                                                                                     \
    do {                                                                                           \
        if (atomic_load(&is_down))                                                                 \
            return RESULT_STORE_UNAVAILABLE;                                                       \
    } while (0)

static enum result changes_read(struct store_handle *handle, struct change_cursor *cursor,
                                int64_t since_ms, struct arena *arena,
                                bool (*visit)(void *context, const struct change *change),
                                void *context)
{
    OUTAGE;
    return real->changes_read(handle, cursor, since_ms, arena, visit, context);
}

static enum result user_get_credentials(struct store_handle *handle, const struct user_key *key,
                                        struct arena *arena, struct user_credentials *out)
{
    OUTAGE;
    return real->user_get_credentials(handle, key, arena, out);
}

static void meddle(void)
{
    void (*take)(void) = atomic_exchange(&meddler, NULL);

    if (take != NULL) {
        take();
    }
}

void service_fixture_meddle(void (*what)(void))
{
    atomic_store(&meddler, what);
}

static enum result user_delete(struct store_handle *handle, const struct id *user_id,
                               int64_t if_version, int64_t now_ms)
{
    meddle();
    return real->user_delete(handle, user_id, if_version, now_ms);
}

static enum result user_restore(struct store_handle *handle, const struct id *user_id,
                                const struct user_restore *restore, struct arena *arena,
                                struct user *out)
{
    OUTAGE;
    meddle();
    return real->user_restore(handle, user_id, restore, arena, out);
}

static enum result purge_users(struct store_handle *handle, struct user_purge *people, size_t count,
                               int64_t now_ms)
{
    OUTAGE;
    meddle();
    return real->users_purge(handle, people, count, now_ms);
}

static enum result session_get(struct store_handle *handle, const struct id *session_id,
                               int64_t now_ms, int64_t idle_ms, struct arena *arena,
                               struct session *out)
{
    OUTAGE;
    return real->session_get(handle, session_id, now_ms, idle_ms, arena, out);
}

static enum result session_end(struct store_handle *handle, const struct id *user_id,
                               const struct id *session_id, int64_t now_ms)
{
    OUTAGE;
    return real->session_end(handle, user_id, session_id, now_ms);
}

static enum result session_end_all(struct store_handle *handle, const struct id *user_id,
                                   const struct id *keep, int64_t now_ms, int64_t *ended)
{
    OUTAGE;
    return real->session_end_all(handle, user_id, keep, now_ms, ended);
}

static enum result purge(struct store_handle *handle, const struct purge_limits *limits, bool *more)
{
    pthread_mutex_lock(&purging.mutex);
    purging.limits = *limits;
    purging.came = true;
    while (purging.hold) {
        pthread_cond_wait(&purging.changed, &purging.mutex);
    }
    pthread_mutex_unlock(&purging.mutex);
    return real->purge(handle, limits, more);
}

void service_fixture_hold_purge(bool hold)
{
    pthread_mutex_lock(&purging.mutex);
    purging.hold = hold;
    purging.came = false;
    pthread_cond_broadcast(&purging.changed);
    pthread_mutex_unlock(&purging.mutex);
}

bool service_fixture_purge(struct purge_limits *limits)
{
    bool came;

    pthread_mutex_lock(&purging.mutex);
    came = purging.came;
    *limits = purging.limits;
    pthread_mutex_unlock(&purging.mutex);
    return came;
}

static enum result session_create(struct store_handle *handle, const struct session_draft *draft)
{
    OUTAGE;
    meddle();
    return real->session_create(handle, draft);
}

static enum result session_rotate(struct store_handle *handle,
                                  const struct session_rotation *rotation, struct arena *arena,
                                  enum session_rotation_outcome *outcome, struct session *session,
                                  struct user *user)
{
    OUTAGE;
    return real->session_rotate(handle, rotation, arena, outcome, session, user);
}

/* As when the disk is full at the commit: SQLite takes the group back. */
static int refuse_commit(void *context)
{
    (void)context;
    return atomic_load(&fails_groups);
}

static enum result sessions_rotate(struct store_handle *handle,
                                   struct session_rotating *const *items, size_t count)
{
    OUTAGE;
    sqlite3 *db = sqlite_handle_of(handle)->db;
    if (atomic_load(&puts_off)) {
        for (size_t i = 0; i < count; i++)
            items[i]->result = RESULT_BUSY;
        return RESULT_OK;
    }
    (void)sqlite3_commit_hook(db, refuse_commit, NULL);
    enum result result = real->sessions_rotate(handle, items, count);
    (void)sqlite3_commit_hook(db, NULL, NULL);
    return result;
}

void service_fixture_fail_groups(bool fail)
{
    atomic_store(&fails_groups, fail);
}

void service_fixture_put_off(bool all)
{
    atomic_store(&puts_off, all);
}

static enum result users_import(struct store_handle *handle, struct user_import *rows, size_t count)
{
    OUTAGE;
    return real->users_import(handle, rows, count);
}

static enum result user_get(struct store_handle *handle, const struct user_key *key,
                            struct arena *arena, struct user *out)
{
    OUTAGE;
    return real->user_get(handle, key, arena, out);
}

static void add_switch(struct store *store)
{
    real = store->backend;
    switched = *real;
    switched.changes_read = changes_read;
    switched.user_get_credentials = user_get_credentials;
    switched.session_create = session_create;
    switched.session_rotate = session_rotate;
    switched.sessions_rotate = sessions_rotate;
    switched.user_delete = user_delete;
    switched.user_restore = user_restore;
    switched.users_purge = purge_users;
    switched.session_get = session_get;
    switched.session_end = session_end;
    switched.session_end_all = session_end_all;
    switched.purge = purge;
    switched.users_import = users_import;
    switched.user_get = user_get;
    switched.user_recall = NULL; /* that everybody is asked for, and an outage is met */
    store->backend = &switched;
}

void service_fixture_outage(bool down)
{
    atomic_store(&is_down, down);
}

static int64_t fixture_now(void *context)
{
    struct service_fixture *f = context;

    return atomic_load(&f->now_ms);
}

static struct service_options options_of(struct service_fixture *f)
{
    return (struct service_options){
        .default_issuer = VIEW("http://127.0.0.1:8000"),
        .access_token_lifetime_s = 30 * S_PER_MINUTE,
        .session_idle_s = 14 * S_PER_DAY,
        .session_lifetime_s = 90 * S_PER_DAY,
        .refresh_grace_s = 30,
        .signup_open = true,
        .password_params = {.scheme = PASSWORD_ARGON2ID, .memory_kib = 64, .passes = 1},
        .password_min_length = 8,
        .password_blocklist = true,
        .login_lock_after = 10,
        .login_lock_for_s = 15 * S_PER_MINUTE,
        .rate_limit = true,
        .audit_retention_s = 90 * S_PER_DAY,
        .clock = {.now_ms = fixture_now, .context = f},
        .serves = true,
    };
}

static void open_service(struct service_fixture *f)
{
    char message[256] = "";

    if (service_open(&f->options, f->store, &f->service, message, sizeof(message)) != RESULT_OK)
        fail_msg("service_open: %s", message);
}

void service_fixture_open(struct service_fixture *f,
                          void (*change)(struct service_options *options))
{
    struct store_options options = {.migrate = true, .io_handles = 1};
    char message[256] = "";

    memset(f, 0, sizeof(*f));
    service_fixture_outage(false);
    service_fixture_fail_groups(false);
    service_fixture_put_off(false);
    service_fixture_meddle(NULL);
    service_fixture_hold_purge(false);
    atomic_store(&f->now_ms, FIXTURE_START_MS);
    assert_true(folder_make(f->folder, sizeof(f->folder)));
    snprintf(f->url, sizeof(f->url), "sqlite:%s/test.db", f->folder);
    options.url = view_of(f->url);
    options.clock = (struct clock){.now_ms = fixture_now, .context = f};
    if (store_open(&options, &f->store, message, sizeof(message)) != RESULT_OK)
        fail_msg("store_open: %s", message);
    add_switch(f->store);
    f->handle = store_handle_open(f->store);
    assert_non_null(f->handle);
    arena_init(&f->arena, 0);
    f->options = options_of(f);
    if (change != NULL)
        change(&f->options);
    open_service(f);
}

void service_fixture_restart(struct service_fixture *f)
{
    service_close(f->service);
    open_service(f);
}

static void remove_file(const struct service_fixture *f, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", f->folder, name);
    (void)unlink(path);
}

void service_fixture_close(struct service_fixture *f)
{
    service_close(f->service);
    store_handle_close(f->handle);
    store_close(f->store);
    arena_clear(&f->arena);
    remove_file(f, "test.db");
    remove_file(f, "test.db-wal");
    remove_file(f, "test.db-shm");
    (void)rmdir(f->folder);
}

void service_fixture_forward(struct service_fixture *f, int64_t seconds)
{
    atomic_fetch_add(&f->now_ms, seconds * MS_PER_SECOND);
}

struct service_call service_fixture_call(struct service_fixture *f, const struct principal *actor)
{
    return (struct service_call){
        .service = f->service,
        .store = f->handle,
        .arena = &f->arena,
        .actor = actor,
        .address = FIXTURE_ADDRESS,
        .user_agent = VIEW("unit test"),
        .now_ms = atomic_load(&f->now_ms),
    };
}

struct auth_grant service_fixture_signup(struct service_fixture *f, const char *username)
{
    struct service_call call = service_fixture_call(f, NULL);
    struct auth_signup input = {
        .username = view_of(username),
        .email = arena_format(&f->arena, "%s@example.com", username),
        .password = FIXTURE_PASSWORD,
        .age = USER_AGE_UNKNOWN,
    };
    struct auth_grant grant;

    assert_int_equal(auth_signup(&call, &input, &grant), RESULT_CREATED);
    return grant;
}

struct auth_grant service_fixture_admin(struct service_fixture *f, const char *username)
{
    static const struct view roles[] = {{"admin", 5}};
    struct service_call call = service_fixture_call(f, principal_system());
    struct users_input input = {
        .mask = USER_FIELD_PASSWORD | USER_FIELD_ROLES,
        .username = view_of(username),
        .password = FIXTURE_PASSWORD,
        .roles = roles,
        .role_count = 1,
    };
    struct auth_grant grant;
    struct user user;

    assert_int_equal(users_create(&call, &input, &user), RESULT_CREATED);
    assert_int_equal(service_fixture_login(f, username, FIXTURE_PASSWORD, &grant), RESULT_OK);
    return grant;
}

struct principal service_fixture_who(struct service_fixture *f, struct view access_token)
{
    struct service_call call = service_fixture_call(f, NULL);
    struct principal principal;

    assert_int_equal(access_authenticate(&call, access_token, false, &principal), RESULT_OK);
    return principal;
}

enum result service_fixture_login(struct service_fixture *f, const char *login,
                                  struct view password, struct auth_grant *out)
{
    struct service_call call = service_fixture_call(f, NULL);
    struct auth_login input = {view_of(login), password};

    return auth_login(&call, &input, out);
}

enum result service_fixture_refresh(struct service_fixture *f, struct view token,
                                    struct auth_grant *out)
{
    struct service_call call = service_fixture_call(f, NULL);

    return auth_refresh(&call, token, out);
}

enum result service_fixture_authenticate(struct service_fixture *f, struct view token)
{
    struct service_call call = service_fixture_call(f, NULL);
    struct principal principal;

    return access_authenticate(&call, token, false, &principal);
}

bool service_fixture_has_fault(const struct service_call *call, const char *code)
{
    for (size_t i = 0; i < call->faults.count && i < FAULTS_MAX; i++)
        if (strcmp(call->faults.items[i].code, code) == 0)
            return true;
    return false;
}
