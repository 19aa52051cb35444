#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "../folder.h"

static struct store *open_store(const char *url, bool is_brief, char *message, size_t message_size)
{
    struct store *store = NULL;
    const struct store_options options = {.url = view_of(url),
                                          .clock = clock_system(),
                                          .migrate = true,
                                          .is_brief = is_brief,
                                          .io_handles = 2};
    enum result result = store_open(&options, &store, message, message_size);
    return result == RESULT_OK ? store : NULL;
}

struct store *fixture_open(const char *url, char *message, size_t message_size)
{
    return open_store(url, false, message, message_size);
}

struct store *fixture_open_brief(const char *url, char *message, size_t message_size)
{
    return open_store(url, true, message, message_size);
}

int fixture_rounds(int whole)
{
    const char *is_long = getenv("LATCHKEY_TEST_LONG");
    return is_long != NULL && is_long[0] != '\0' ? whole : (whole + 3) / 4;
}

/* --- one database a test ---------------------------------------------------------------------- */

static bool make_file(struct fixture *f)
{
    if (!folder_make(f->folder, sizeof f->folder))
        return false;
    (void)snprintf(f->url, sizeof f->url, "sqlite:%s/test.db", f->folder);
    return true;
}

static void remove_file(struct fixture *f)
{
    DIR *directory = opendir(f->folder);
    if (directory == NULL)
        return;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (entry->d_type == DT_REG)
            (void)unlinkat(dirfd(directory), entry->d_name, 0);
        else if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
    }
    (void)closedir(directory);
    (void)rmdir(f->folder);
}

static const struct fixture_kind sqlite = {"sqlite", make_file, remove_file};

static const struct fixture_kind *const kinds[] = {
    &sqlite,
#ifdef LATCHKEY_POSTGRES
    &fixture_postgres,
#endif
#ifdef LATCHKEY_MONGO
    &fixture_mongo,
#endif
};

static const struct fixture_kind *find_kind(void)
{
    const char *name = getenv("LATCHKEY_TEST_STORE");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (name == NULL || name[0] == '\0' || strcmp(name, kinds[i]->name) == 0)
            return kinds[i];
    }
    (void)fprintf(stderr, "LATCHKEY_TEST_STORE: not in this build: %s\n", name);
    return NULL;
}

const char *fixture_server_url(void)
{
    const char *url = getenv("LATCHKEY_TEST_STORE_URL");
    if (url == NULL || url[0] == '\0') {
        (void)fprintf(stderr, "LATCHKEY_TEST_STORE_URL is not set: see tests/with-store\n");
        return NULL;
    }
    return url;
}

void fixture_name_database(struct fixture *f)
{
    static atomic_uint made;
    (void)snprintf(f->database, sizeof f->database, "t_%ld_%u", (long)getpid(),
                   atomic_fetch_add(&made, 1));
}

/* scheme://authority[/database][?options] */
bool fixture_database_url(const char *server_url, const char *database, char *out, size_t size)
{
    const char *authority = strstr(server_url, "://");
    if (authority == NULL)
        return false;
    authority += strlen("://");
    const char *options = strchr(server_url, '?');
    size_t before = (size_t)(authority - server_url) + strcspn(authority, "/?");
    int len = snprintf(out, size, "%.*s/%s%s", (int)before, server_url, database,
                       options != NULL ? options : "");
    return len > 0 && (size_t)len < size;
}

static bool open_fixture(struct fixture *f)
{
    char message[256];
    f->store = fixture_open(f->url, message, sizeof message);
    if (f->store == NULL) {
        (void)fprintf(stderr, "%s\n", message);
        return false;
    }
    f->handle = store_handle_open(f->store);
    return f->handle != NULL;
}

static void close_fixture(struct fixture *f)
{
    store_handle_close(f->handle);
    store_close(f->store);
    arena_clear(&f->arena);
    f->kind->remove(f);
    free(f);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    f->kind = find_kind();
    if (f->kind == NULL || !f->kind->make(f)) {
        free(f);
        return -1;
    }
    arena_init(&f->arena, 0);
    if (!open_fixture(f)) {
        close_fixture(f);
        return -1;
    }
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    close_fixture(*state);
    return 0;
}

/* --- people and sessions ---------------------------------------------------------------------- */

struct user_draft fixture_draft(const char *username, const char *role)
{
    static const struct view admin = VIEW_INIT("admin");
    static const struct view user = VIEW_INIT("user");
    struct user_draft draft = {
        .id = id_new(NOW),
        .username = view_of(username),
        .age = USER_AGE_UNKNOWN,
        .status = USER_ACTIVE,
        .password_hash = VIEW(HASH),
        .now_ms = NOW,
    };
    if (role != NULL) {
        draft.roles = strcmp(role, "admin") == 0 ? &admin : &user;
        draft.role_count = 1;
    }
    return draft;
}

struct user fixture_user(struct fixture *f, const char *username, const char *role)
{
    struct user user;
    const struct user_draft draft = fixture_draft(username, role);
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
    return user;
}

bool fixture_has_role(const struct user *user, const char *role)
{
    for (size_t i = 0; i < user->role_count; i++) {
        if (view_is(user->roles[i], role))
            return true;
    }
    return false;
}

struct user fixture_read(struct fixture *f, const struct id *id)
{
    struct user user;
    const struct user_key key = {.kind = USER_BY_ID, .id = *id};
    assert_result(store_user_get(f->handle, &key, &f->arena, &user), OK);
    return user;
}

struct session_draft fixture_session_draft(const struct user *user, int64_t now_ms)
{
    return (struct session_draft){
        .session = {.id = id_new(now_ms),
                    .user_id = user->id,
                    .client_id = VIEW("latchkey"),
                    .user_agent = VIEW("curl/8"),
                    .address = VIEW("192.0.2.1"),
                    .created_ms = now_ms,
                    .last_used_ms = now_ms,
                    .expires_ms = now_ms + LIFETIME,
                    .counter = 1,
                    .epoch = user->epoch},
        .expected_epoch = user->epoch,
        .idle_ms = IDLE,
    };
}

struct id fixture_session(struct fixture *f, const struct user *user, int64_t now_ms)
{
    const struct session_draft draft = fixture_session_draft(user, now_ms);
    assert_result(store_session_create(f->handle, &draft), OK);
    return draft.session.id;
}

struct session_rotating fixture_rotating(struct arena *arena, const struct id *session_id,
                                         int64_t counter, int64_t now_ms)
{
    return (struct session_rotating){
        .asked = {.session_id = *session_id,
                  .counter = counter,
                  .now_ms = now_ms,
                  .grace_ms = GRACE,
                  .idle_ms = IDLE,
                  .address = VIEW("192.0.2.2"),
                  .user_agent = VIEW("curl/9")},
        .arena = arena,
        .result = RESULT_INTERNAL,
    };
}

static void rotate_alone(struct store_handle *handle, struct session_rotating *item)
{
    item->result = store_session_rotate(handle, &item->asked, item->arena, &item->outcome,
                                        &item->session, &item->user);
}

void fixture_rotate_together(struct store_handle *handle, struct session_rotating *items,
                             size_t count)
{
    struct session_rotating *all[STORE_ROTATE_MAX] = {NULL};
    for (size_t i = 0; i < count; i++)
        all[i] = &items[i];
    store_sessions_rotate(handle, all, count);
    for (size_t i = 0; i < count; i++) {
        if (items[i].result == RESULT_BUSY)
            rotate_alone(handle, &items[i]);
    }
}

enum session_rotation_outcome fixture_rotate(struct fixture *f, const struct id *session_id,
                                             int64_t counter, int64_t now_ms,
                                             struct session *session)
{
    struct session_rotating item = fixture_rotating(&f->arena, session_id, counter, now_ms);
    rotate_alone(f->handle, &item);
    assert_result(item.result, OK);
    if (session != NULL)
        *session = item.session;
    return item.outcome;
}

/* --- changes ---------------------------------------------------------------------------------- */

static bool collect(void *context, const struct change *change)
{
    struct fixture_changes *changes = context;
    if (changes->count == FIXTURE_CHANGES_MAX)
        return false;
    changes->items[changes->count] = *change;
    changes->items[changes->count].user_roles = NULL;
    changes->count++;
    return true;
}

const struct fixture_changes *fixture_changes(struct fixture *f, struct change_cursor *cursor)
{
    static struct fixture_changes changes;
    struct change_cursor start = {0};
    changes.count = 0;
    assert_result(store_changes_read(f->handle, cursor != NULL ? cursor : &start, 0, &f->arena,
                                     collect, &changes),
                  OK);
    return &changes;
}

size_t fixture_count_changes(const struct fixture_changes *changes, enum change_kind kind,
                             const struct id *subject)
{
    size_t count = 0;
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->items[i];
        count += change->kind == kind && id_equal(&change->subject, subject);
    }
    return count;
}

bool fixture_has_change(const struct fixture_changes *changes, enum change_kind kind,
                        const struct id *subject, int64_t at_ms)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->items[i];
        if (change->kind == kind && id_equal(&change->subject, subject) && change->at_ms == at_ms)
            return true;
    }
    return false;
}

/* --- races ------------------------------------------------------------------------------------ */

struct lane {
    struct racer *racer;
    struct store *store;
    pthread_barrier_t *start;
    void (*run)(struct racer *racer);
    pthread_t thread;
};

static void *run_lane(void *context)
{
    struct lane *lane = context;
    struct racer *racer = lane->racer;
    arena_init(&racer->arena, 0);
    racer->handle = store_handle_open(lane->store);
    (void)pthread_barrier_wait(lane->start);
    racer->result = RESULT_INTERNAL;
    if (racer->handle != NULL)
        lane->run(racer);
    store_handle_close(racer->handle);
    arena_clear(&racer->arena);
    return NULL;
}

void fixture_race(struct store *store, struct racer *racers, unsigned count,
                  void (*run)(struct racer *racer), void *context)
{
    struct lane lanes[64];
    pthread_barrier_t start;
    assert_true(count <= ARRAY_LEN(lanes));
    assert_int_equal(pthread_barrier_init(&start, NULL, count), 0);
    for (unsigned i = 0; i < count; i++) {
        racers[i] = (struct racer){.index = i, .context = context};
        lanes[i] = (struct lane){&racers[i], store, &start, run, 0};
        assert_int_equal(pthread_create(&lanes[i].thread, NULL, run_lane, &lanes[i]), 0);
    }
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_join(lanes[i].thread, NULL), 0);
    (void)pthread_barrier_destroy(&start);
}

/* --- child processes -------------------------------------------------------------------------- */

/* A new program, not a copy of this one: SQLite's open files must not be carried over a fork. */
struct child fixture_spawn(const char *name, const char *url, const char *argument)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execl("/proc/self/exe", "conformance", "--child", name, url, argument, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    return (struct child){.pid = pid, .output = fdopen(ends[0], "r")};
}

int fixture_wait(struct child *child)
{
    int status = 0;
    while (fgetc(child->output) != EOF)
        continue;
    (void)fclose(child->output);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
