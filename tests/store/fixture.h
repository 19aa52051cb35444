/* What the tests of the store share: an empty database for each test, people and sessions to put in
   it, races, and child processes that can be killed. */
#ifndef LATCHKEY_TESTS_FIXTURE_H
#define LATCHKEY_TESTS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <cmocka.h>

#include "store/store.h"

#define NOW INT64_C(1800000000000)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define DAY (24 * 60 * MINUTE)
#define IDLE (14 * DAY)
#define LIFETIME (90 * DAY)
#define GRACE (30 * SECOND)
#define HASH "$2b$12$abcdefghijklmnopqrstuuJ0Gq9Q0Yw4rX1x0Hn1m0F0bq0Yx0c2K"

struct fixture_kind;

struct fixture {
    const struct fixture_kind *kind;
    char folder[64];   /* SQLite's, with the file */
    char database[64]; /* its name on a server */
    char url[512];     /* of the test's database */
    struct store *store;
    struct store_handle *handle;
    struct arena arena;
};

#define assert_result(actual, expected)                                                            \
    assert_string_equal(result_code(actual), result_code(RESULT_##expected))
#define assert_view(v, literal)                                                                    \
    do {                                                                                           \
        struct view assert_view_ = (v);                                                            \
        assert_int_equal(assert_view_.len, sizeof(literal) - 1);                                   \
        assert_memory_equal(assert_view_.at, literal, sizeof(literal) - 1);                        \
    } while (0)

/* cmocka set-up and tear-down: *state becomes a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
#define FIXTURE_TEST(function)                                                                     \
    cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

/* A kind of store that tests can run on: LATCHKEY_TEST_STORE says which, sqlite unless set. */
struct fixture_kind {
    const char *name;
    bool (*make)(struct fixture *f); /* an empty database for one test: url; false: said why */
    void (*remove)(struct fixture *f);
};
extern const struct fixture_kind fixture_postgres;
extern const struct fixture_kind fixture_mongo;

/* For kinds with a server: its URL (LATCHKEY_TEST_STORE_URL), on which databases may be made; NULL:
   said why. */
const char *fixture_server_url(void);
/* A name that no other test has: f->database. */
void fixture_name_database(struct fixture *f);
/* The server's URL with another database. False when it does not fit. */
bool fixture_database_url(const char *server_url, const char *database, char *out, size_t size);

/* How many rounds of a race or of a random walk to make: all of them in a long run of the tests
   (LATCHKEY_TEST_LONG is set), else a quarter. */
int fixture_rounds(int whole);

/* Opens the database at url; NULL with the message on failure. The store logs nothing. */
struct store *fixture_open(const char *url, char *message, size_t message_size);
/* The same as one command does, not a server: store_options.is_brief. */
struct store *fixture_open_brief(const char *url, char *message, size_t message_size);

/* A draft of an active person with the role given (NULL: none), without e-mail. */
struct user_draft fixture_draft(const char *username, const char *role);
/* Creates that person. */
struct user fixture_user(struct fixture *f, const char *username, const char *role);
/* True when they hold the role of that name. */
bool fixture_has_role(const struct user *user, const char *role);
/* Reads by id; fails the test unless there. */
struct user fixture_read(struct fixture *f, const struct id *id);
/* A log-in of the person at that instant, as it would be stored. */
struct session_draft fixture_session_draft(const struct user *user, int64_t now_ms);
/* Creates it; the id of the session. */
struct id fixture_session(struct fixture *f, const struct user *user, int64_t now_ms);
/* One rotation; the outcome and, if wanted, the session. */
enum session_rotation_outcome fixture_rotate(struct fixture *f, const struct id *session_id,
                                             int64_t counter, int64_t now_ms,
                                             struct session *session);
/* What fixture_rotate asks for, to be written together with others. */
struct session_rotating fixture_rotating(struct arena *arena, const struct id *session_id,
                                         int64_t counter, int64_t now_ms);
/* store_sessions_rotate, and then alone what it has put off: what callers do. */
void fixture_rotate_together(struct store_handle *handle, struct session_rotating *items,
                             size_t count);

/* All changes after the cursor. */
#define FIXTURE_CHANGES_MAX 1024
struct fixture_changes {
    struct change items[FIXTURE_CHANGES_MAX]; /* without user_roles */
    size_t count;
};
/* Reads those after the cursor (NULL: all). Static storage, overwritten by the next call. */
const struct fixture_changes *fixture_changes(struct fixture *f, struct change_cursor *cursor);
/* How many of that kind are about the subject. */
size_t fixture_count_changes(const struct fixture_changes *changes, enum change_kind kind,
                             const struct id *subject);

/* True when one of that kind is about the subject and happened then. A store may tell of a subject
   once, with the latest of its changes, or of each. */
bool fixture_has_change(const struct fixture_changes *changes, enum change_kind kind,
                        const struct id *subject, int64_t at_ms);

/* One of the threads of a race: its own handle, its number from 0, what it found. */
struct racer {
    struct store_handle *handle;
    struct arena arena;
    unsigned index;
    void *context;
    enum result result;
    int64_t found;
};
/* Runs them at once, after all have their handles; results stand in racers. */
void fixture_race(struct store *store, struct racer *racers, unsigned count,
                  void (*run)(struct racer *racer), void *context);

/* A child process: this program again, with `--child NAME URL ARGUMENT`; its output can be read. */
struct child {
    pid_t pid;
    FILE *output;
};
struct child fixture_spawn(const char *name, const char *url, const char *argument);
/* Reads to the end, waits; the exit status, or -signal. */
int fixture_wait(struct child *child);

#endif
