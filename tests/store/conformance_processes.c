/* Two processes on one database, and a process that is killed while it writes. */
#include "conformance.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"
#include "model/limits.h"

#define CHILDREN 2
#define KILL_ROUNDS 10
#define KILL_AFTER 20 /* acknowledged writes */
#define ADMIN_ROUNDS 30
#define NAME_ROUNDS 20

/* --- what a child does ------------------------------------------------------------------------ */

static int write_until_killed(struct fixture *f, const char *argument)
{
    struct user user;
    char name[32];
    for (unsigned i = 0;; i++) {
        char id[ID_TEXT_SIZE];
        (void)snprintf(name, sizeof name, "w%s-%u", argument, i);
        const struct user_draft draft = fixture_draft(name, "user");
        if (store_user_create(f->handle, &draft, &f->arena, &user) != RESULT_OK)
            return 1;
        id_format(&draft.id, id);
        (void)printf("%s\n", id);
        (void)fflush(stdout);
    }
}

static int print_rotations(struct fixture *f, const char *argument)
{
    struct id session_id;
    int rotated = 0;
    if (!id_parse(view_of(argument), &session_id))
        return 1;
    for (int i = 0; i < 25; i++) {
        enum session_rotation_outcome outcome;
        struct session session;
        struct user user;
        const struct session_rotation rotation = {.session_id = session_id,
                                                  .counter = 1,
                                                  .now_ms = NOW,
                                                  .grace_ms = GRACE,
                                                  .idle_ms = IDLE};
        if (store_session_rotate(f->handle, &rotation, &f->arena, &outcome, &session, &user) !=
            RESULT_OK)
            return 1;
        rotated += outcome == SESSION_ROTATED;
    }
    (void)printf("%d\n", rotated);
    return 0;
}

static int delete_user(struct fixture *f, const char *argument)
{
    struct id id;
    if (!id_parse(view_of(argument), &id))
        return 1;
    (void)printf("%s\n", result_code(store_user_delete(f->handle, &id, 0, NOW)));
    return 0;
}

static int restore_user(struct fixture *f, const char *argument)
{
    const struct user_restore how = {.now_ms = NOW + DAY};
    struct user user;
    struct id id;
    if (!id_parse(view_of(argument), &id))
        return 1;
    (void)printf("%s\n", result_code(store_user_restore(f->handle, &id, &how, &f->arena, &user)));
    return 0;
}

static int create_user(struct fixture *f, const char *argument)
{
    const struct user_draft draft = fixture_draft(argument, "user");
    struct user user;
    (void)printf("%s\n", result_code(store_user_create(f->handle, &draft, &f->arena, &user)));
    return 0;
}

static int keep_setting(struct fixture *f, const char *argument)
{
    struct view kept;
    if (store_setting_keep(f->handle, VIEW("issuer"), view_of(argument), &f->arena, &kept) !=
        RESULT_OK)
        return 1;
    (void)printf("%.*s\n", VIEW_ARG(kept));
    return 0;
}

static const struct {
    const char *name;
    int (*run)(struct fixture *f, const char *argument);
} children[] = {{"write", write_until_killed}, {"rotate", print_rotations}, {"delete", delete_user},
                {"restore", restore_user},     {"create", create_user},     {"keep", keep_setting}};

int conformance_child(const char *name, const char *url, const char *argument)
{
    struct fixture f = {.store = NULL};
    char message[256];
    int status = 2;
    arena_init(&f.arena, 0);
    f.store = fixture_open_brief(url, message, sizeof message);
    f.handle = f.store != NULL ? store_handle_open(f.store) : NULL;
    for (size_t i = 0; f.handle != NULL && i < ARRAY_LEN(children); i++) {
        if (strcmp(children[i].name, name) == 0)
            status = children[i].run(&f, argument);
    }
    store_handle_close(f.handle);
    store_close(f.store);
    arena_clear(&f.arena);
    return status;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void read_line(struct child *child, char line[64])
{
    assert_non_null(fgets(line, 64, child->output));
    line[strcspn(line, "\n")] = '\0';
}

static void test_rotation_by_two_processes(void **state)
{
    struct fixture *f = *state;
    struct child pair[CHILDREN];
    char id_text[ID_TEXT_SIZE];
    char line[64];
    int rotated = 0;
    struct user user = fixture_user(f, "alice", "user");
    struct id id = fixture_session(f, &user, NOW);
    id_format(&id, id_text);
    for (int i = 0; i < CHILDREN; i++)
        pair[i] = fixture_spawn("rotate", f->url, id_text);
    for (int i = 0; i < CHILDREN; i++) {
        read_line(&pair[i], line);
        rotated += atoi(line);
        assert_int_equal(fixture_wait(&pair[i]), 0);
    }
    assert_int_equal(rotated, 1);
}

static void test_admins_in_two_processes(void **state)
{
    struct fixture *f = *state;
    struct id admins[CHILDREN];
    char name[32];
    admins[0] = fixture_user(f, "admin-first", "admin").id;
    int rounds = fixture_rounds(ADMIN_ROUNDS);
    for (int round = 0; round < rounds; round++) {
        struct child pair[CHILDREN];
        char lines[CHILDREN][64];
        (void)snprintf(name, sizeof name, "admin-%d", round);
        admins[1] = fixture_user(f, name, "admin").id;
        for (int i = 0; i < CHILDREN; i++) {
            char id_text[ID_TEXT_SIZE];
            id_format(&admins[i], id_text);
            pair[i] = fixture_spawn("delete", f->url, id_text);
        }
        for (int i = 0; i < CHILDREN; i++) {
            read_line(&pair[i], lines[i]);
            assert_int_equal(fixture_wait(&pair[i]), 0);
        }
        bool first_went = strcmp(lines[0], "ok") == 0;
        assert_string_equal(lines[first_went ? 0 : 1], "ok");
        assert_string_equal(lines[first_went ? 1 : 0], "last_admin");
        if (first_went)
            admins[0] = admins[1];
        (void)fixture_read(f, &admins[0]);
    }
}

/* Who was deleted comes back while another process gives the name to someone else: one of the two
   has it, and the other is told. */
static void test_restore_and_create_in_two_processes(void **state)
{
    struct fixture *f = *state;
    const struct user_key key = {.kind = USER_BY_USERNAME, .text = VIEW("alice")};
    struct user owner = fixture_user(f, "alice", "user");
    int rounds = fixture_rounds(NAME_ROUNDS);
    for (int round = 0; round < rounds; round++) {
        char id_text[ID_TEXT_SIZE];
        char lines[CHILDREN][64];
        struct id deleted = owner.id;
        assert_result(store_user_delete(f->handle, &deleted, 0, NOW), OK);
        id_format(&deleted, id_text);
        struct child pair[CHILDREN] = {fixture_spawn("restore", f->url, id_text),
                                       fixture_spawn("create", f->url, "Alice")};
        for (int i = 0; i < CHILDREN; i++) {
            read_line(&pair[i], lines[i]);
            assert_int_equal(fixture_wait(&pair[i]), 0);
        }
        bool restored = strcmp(lines[0], "ok") == 0;
        assert_string_equal(lines[restored ? 0 : 1], "ok");
        assert_string_equal(lines[restored ? 1 : 0], "username_taken");
        assert_result(store_user_get(f->handle, &key, &f->arena, &owner), OK);
        assert_int_equal(id_equal(&owner.id, &deleted), restored);
    }
}

static void test_setting_by_two_processes(void **state)
{
    struct fixture *f = *state;
    struct child pair[CHILDREN] = {fixture_spawn("keep", f->url, "one"),
                                   fixture_spawn("keep", f->url, "two")};
    char lines[CHILDREN][64];
    for (int i = 0; i < CHILDREN; i++) {
        read_line(&pair[i], lines[i]);
        assert_int_equal(fixture_wait(&pair[i]), 0);
    }
    assert_string_equal(lines[0], lines[1]);
}

/* Kills the writer in mid-work and looks for everything it said was done. */
static void test_killed_writer_loses_nothing(void **state)
{
    struct fixture *f = *state;
    int rounds = fixture_rounds(KILL_ROUNDS);
    for (int round = 0; round < rounds; round++) {
        char number[16];
        char line[64];
        struct id ids[1024];
        size_t count = 0;
        (void)snprintf(number, sizeof number, "%d", round);
        struct child child = fixture_spawn("write", f->url, number);
        while (count < KILL_AFTER) {
            read_line(&child, line);
            assert_true(id_parse(view_of(line), &ids[count]));
            count++;
        }
        assert_int_equal(kill(child.pid, SIGKILL), 0);
        while (count < ARRAY_LEN(ids) && fgets(line, sizeof line, child.output) != NULL)
            count += id_parse(view_make(line, ID_TEXT_SIZE - 1), &ids[count]);
        assert_int_equal(fixture_wait(&child), -SIGKILL);
        for (size_t i = 0; i < count; i++)
            (void)fixture_read(f, &ids[i]);
        (void)fixture_user(f, "after", "user");
        const struct user_key key = user_key_of(VIEW("after"));
        struct user after;
        assert_result(store_user_get(f->handle, &key, &f->arena, &after), OK);
        assert_result(store_user_delete(f->handle, &after.id, 0, NOW), OK);
    }
}

int conformance_processes(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_rotation_by_two_processes),
        FIXTURE_TEST(test_admins_in_two_processes),
        FIXTURE_TEST(test_restore_and_create_in_two_processes),
        FIXTURE_TEST(test_setting_by_two_processes),
        FIXTURE_TEST(test_killed_writer_loses_nothing),
    };
    return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
