/* Moving a store into another one: whole, or known not to be. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/service.h"
#include "service/transfer.h"
#include "store/backend.h"
#include "../folder.h"

#define NOW INT64_C(1800000000000)
#define USERS 23
#define PAGE 6

struct side {
    char url[128];
    struct store *store;
    struct store_handle *handle;
};

struct fixture {
    char folder[64];
    struct side from;
    struct side to;
    struct arena arena;
    struct transfer_options options;
    struct transfer_report report;
    char message[512];
};

#define assert_result(actual, expected)                                                            \
    assert_string_equal(result_code(actual), result_code(RESULT_##expected))

/* --- two stores ------------------------------------------------------------------------------- */

static void open_side(struct side *side)
{
    char message[256];
    const struct store_options options = {
        .url = view_of(side->url), .clock = clock_system(), .migrate = true};
    assert_result(store_open(&options, &side->store, message, sizeof message), OK);
    side->handle = store_handle_open(side->store);
    assert_non_null(side->handle);
}

static void close_side(struct side *side)
{
    store_handle_close(side->handle);
    store_close(side->store);
    *side = (struct side){.store = NULL};
}

static void name_side(const struct fixture *f, struct side *side, const char *name, int number)
{
    (void)snprintf(side->url, sizeof side->url, "sqlite:%s/%s%d.db", f->folder, name, number);
}

/* Another, empty target. */
static void renew_target(struct fixture *f, int number)
{
    close_side(&f->to);
    name_side(f, &f->to, "to", number);
    open_side(&f->to);
    f->options.to = f->to.handle;
    f->options.resume = false;
}

static void add_user(struct fixture *f, struct side *side, int number)
{
    char username[32];
    static const struct view role = VIEW_INIT("user");
    struct user user;
    (void)snprintf(username, sizeof username, "user%d", number);
    const struct user_draft draft = {.id = id_new(NOW),
                                     .username = view_of(username),
                                     .age = 30,
                                     .status = USER_ACTIVE,
                                     .password_hash = VIEW("$2b$12$x"),
                                     .roles = &role,
                                     .role_count = 1,
                                     .now_ms = NOW};
    assert_result(store_user_create(side->handle, &draft, &f->arena, &user), OK);
    const struct session_draft session = {.session = {.id = id_new(NOW),
                                                      .user_id = user.id,
                                                      .client_id = VIEW("latchkey"),
                                                      .address = VIEW("192.0.2.1"),
                                                      .created_ms = NOW,
                                                      .last_used_ms = NOW,
                                                      .expires_ms = NOW + 100000,
                                                      .counter = 1,
                                                      .epoch = user.epoch},
                                          .expected_epoch = user.epoch,
                                          .idle_ms = 100000};
    assert_result(store_session_create(side->handle, &session), OK);
    if (number % 3 == 0)
        assert_result(store_session_end(side->handle, &user.id, &session.session.id, NOW + 1), OK);
    if (number % 5 == 0)
        assert_result(store_user_delete(side->handle, &user.id, 0, NOW + 2), OK);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct view kept;
    assert_non_null(f);
    assert_true(folder_make(f->folder, sizeof f->folder));
    arena_init(&f->arena, 0);
    name_side(f, &f->from, "from", 0);
    name_side(f, &f->to, "to", 0);
    open_side(&f->from);
    open_side(&f->to);
    for (int i = 1; i <= USERS; i++)
        add_user(f, &f->from, i);
    assert_result(
        store_setting_keep(f->from.handle, VIEW("issuer"), VIEW("http://a"), &f->arena, &kept), OK);
    f->options =
        (struct transfer_options){.from = f->from.handle, .to = f->to.handle, .page = PAGE};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    close_side(&f->from);
    close_side(&f->to);
    arena_clear(&f->arena);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static enum result run(struct fixture *f)
{
    enum result result = transfer_run(&f->options, &f->report, f->message, sizeof f->message);
    assert_int_equal(result == RESULT_OK, f->message[0] == '\0');
    return result;
}

static void assert_says(const struct fixture *f, const char *part)
{
    if (strstr(f->message, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, f->message);
}

static enum store_standing standing_of(const struct side *side)
{
    enum store_standing standing = 0;
    assert_result(store_standing(side->handle, &standing), OK);
    return standing;
}

/* --- whole ------------------------------------------------------------------------------------ */

static void test_moves_all(void **state)
{
    struct fixture *f = *state;
    struct user user;
    struct view kept;
    const struct user_key key = {.kind = USER_BY_USERNAME, .text = VIEW("user7")};
    assert_result(run(f), OK);
    assert_int_equal(standing_of(&f->to), STORE_IN_USE);
    assert_int_equal(f->report.counts[RECORD_SETTING], 1);
    assert_int_equal(f->report.counts[RECORD_ROLE], 2);
    assert_int_equal(f->report.counts[RECORD_USER], USERS);
    assert_int_equal(f->report.counts[RECORD_SESSION], USERS);
    /* Sessions of 3, 6, … were ended, those of 5, 10, … with their people. */
    assert_int_equal(f->report.counts[RECORD_CHANGE],
                     USERS / 3 + USERS / 5 - USERS / 15 + USERS / 5);
    assert_int_equal(f->report.counts[RECORD_COUNTER], 2);
    assert_int_equal(f->report.present, 0);
    assert_result(store_user_get(f->to.handle, &key, &f->arena, &user), OK);
    assert_int_equal(user.number, 7);
    assert_result(store_setting_keep(f->to.handle, VIEW("issuer"), VIEW("x"), &f->arena, &kept),
                  OK);
    assert_view(kept, "http://a");
}

/* The digests do not depend on pages, and tell any two contents apart. */
static void test_digests(void **state)
{
    struct fixture *f = *state;
    struct transfer_report first;
    assert_result(run(f), OK);
    first = f->report;
    renew_target(f, 1);
    f->options.page = 1;
    assert_result(run(f), OK);
    assert_memory_equal(first.digests, f->report.digests, sizeof first.digests);
    renew_target(f, 2);
    add_user(f, &f->from, 99);
    assert_result(run(f), OK);
    assert_memory_not_equal(first.digests[RECORD_USER], f->report.digests[RECORD_USER],
                            DIGEST_BYTES);
}

static int64_t shown_done;
static int shown_phases;

static void note_progress(void *context, const struct transfer_progress *progress)
{
    assert_true(context == &shown_done);
    assert_true(progress->kind > RECORD_NONE && progress->kind < RECORD_KIND_END);
    assert_true(progress->done >= 0 && progress->done <= progress->total);
    shown_phases |= 1 << progress->phase;
    if (progress->phase == TRANSFER_COPYING) {
        assert_true(progress->done >= shown_done);
        shown_done = progress->done;
    }
}

static void test_progress(void **state)
{
    struct fixture *f = *state;
    int64_t total = 0;
    f->options.show = note_progress;
    f->options.context = &shown_done;
    assert_result(run(f), OK);
    for (int kind = 1; kind < RECORD_KIND_END; kind++)
        total += f->report.counts[kind];
    assert_int_equal(shown_done, total);
    assert_int_equal(shown_phases, 1 << TRANSFER_COPYING | 1 << TRANSFER_VERIFYING);
}

/* --- refusals --------------------------------------------------------------------------------- */

static void test_refuses_an_empty_source(void **state)
{
    struct fixture *f = *state;
    f->options.from = f->to.handle;
    assert_result(run(f), INVALID);
    assert_says(f, "there is nothing in the source");
}

static void test_refuses_half_a_copy_as_source(void **state)
{
    struct fixture *f = *state;
    assert_result(store_load_begin(f->to.handle), OK);
    f->options.from = f->to.handle;
    f->options.to = f->from.handle;
    assert_result(run(f), INVALID);
    assert_says(f, "not finished");
    assert_int_equal(standing_of(&f->from), STORE_IN_USE);
}

static void test_refuses_a_target_in_use(void **state)
{
    struct fixture *f = *state;
    add_user(f, &f->to, 1);
    for (int resume = 0; resume <= 1; resume++) {
        f->options.resume = resume != 0;
        assert_result(run(f), CONFLICT);
        assert_says(f, resume != 0 ? "in use, not a copy" : "not empty");
        assert_int_equal(standing_of(&f->to), STORE_IN_USE);
    }
}

static void test_refuses_half_a_copy_without_resume(void **state)
{
    struct fixture *f = *state;
    assert_result(store_load_begin(f->to.handle), OK);
    assert_result(run(f), CONFLICT);
    assert_says(f, "--resume");
    f->options.resume = true;
    assert_result(run(f), OK);
}

/* No server starts on what is not whole. */
static void test_no_service_on_half_a_copy(void **state)
{
    struct fixture *f = *state;
    struct service *service = NULL;
    const struct service_options options = {.access_token_lifetime_s = 60,
                                            .session_idle_s = 60,
                                            .session_lifetime_s = 60,
                                            .algorithm = SIGNING_ES256,
                                            .password_params =
                                                password_params_default(PASSWORD_BCRYPT),
                                            .default_issuer = VIEW("http://b"),
                                            .clock = clock_system(),
                                            .serves = true};
    assert_result(store_load_begin(f->to.handle), OK);
    assert_result(service_open(&options, f->to.store, &service, f->message, sizeof f->message),
                  STORE_UNAVAILABLE);
    assert_says(f, "copy into this database was not finished");
    f->options.resume = true;
    assert_result(run(f), OK); /* the refusal left nothing behind */
    assert_result(service_open(&options, f->to.store, &service, f->message, sizeof f->message), OK);
    service_close(service);
}

/* --- what happens meanwhile ------------------------------------------------------------------- */

struct meddling {
    struct fixture *f;
    enum transfer_phase phase;
    enum record_kind kind;
    void (*act)(struct fixture *f);
    bool is_done;
};

static void meddle(void *context, const struct transfer_progress *progress)
{
    struct meddling *meddling = context;
    if (!meddling->is_done && progress->phase == meddling->phase &&
        progress->kind == meddling->kind) {
        meddling->is_done = true;
        meddling->act(meddling->f);
    }
}

static enum result run_meddled(struct fixture *f, enum transfer_phase phase, enum record_kind kind,
                               void (*act)(struct fixture *f))
{
    struct meddling meddling = {f, phase, kind, act, false};
    f->options.show = meddle;
    f->options.context = &meddling;
    enum result result = run(f);
    assert_true(meddling.is_done);
    assert_int_equal(standing_of(&f->to), STORE_LOADING);
    return result;
}

static void rename_somebody(struct fixture *f, struct side *side)
{
    struct user user;
    const struct user_key key = {.kind = USER_BY_NUMBER, .number = 2};
    const struct user_patch patch = {
        .mask = USER_FIELD_NAME, .name = VIEW("Somebody"), .now_ms = NOW + 9};
    assert_result(store_user_get(side->handle, &key, &f->arena, &user), OK);
    assert_result(store_user_update(side->handle, &user.id, &patch, &f->arena, NULL), OK);
}

static void change_source(struct fixture *f)
{
    rename_somebody(f, &f->from);
}

static void change_target(struct fixture *f)
{
    rename_somebody(f, &f->to);
}

static void add_to_source(struct fixture *f)
{
    add_user(f, &f->from, 97);
}

static void log_in_at_source(struct fixture *f)
{
    add_user(f, &f->from, 98);
}

static void test_a_source_that_changes_is_noticed(void **state)
{
    struct fixture *f = *state;
    /* After the people were copied, while nothing was read again yet. */
    assert_result(run_meddled(f, TRANSFER_COPYING, RECORD_PRODUCT, change_source), STALE);
    assert_says(f, "users: the source changed while it was copied");
    renew_target(f, 1);
    assert_result(run_meddled(f, TRANSFER_COPYING, RECORD_COUNTER, add_to_source), STALE);
    assert_says(f, "users: the source changed while it was copied");
    /* Of somebody who came too late to be copied a session is found. */
    renew_target(f, 2);
    assert_result(run_meddled(f, TRANSFER_COPYING, RECORD_SESSION, log_in_at_source), INVALID);
    assert_says(f, "sessions, ");
    assert_says(f, "must not change while it is copied");
}

static void test_a_target_that_differs_is_noticed(void **state)
{
    struct fixture *f = *state;
    assert_result(run_meddled(f, TRANSFER_VERIFYING, RECORD_USER, change_target), CONFLICT);
    assert_says(f, "users: the target is not what the source is");
}

/* Going on cannot mend that: the record is another one. */
static void test_resume_after_a_change_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_result(run_meddled(f, TRANSFER_COPYING, RECORD_PRODUCT, change_source), STALE);
    f->options.show = NULL;
    f->options.resume = true;
    assert_result(run(f), CONFLICT);
    assert_says(f, "users, number 2: the target has another one");
    assert_int_equal(standing_of(&f->to), STORE_LOADING);
}

/* --- failures --------------------------------------------------------------------------------- */

/* The back end with a fault in the k-th of its calls, before it acts or after. */
static const struct store_backend *real;
static struct store_backend faulty;
static struct {
    int left; /* calls until the fault; below 0: none */
    bool after;
} fault = {.left = -1};

#define FAULTY(call)                                                                               \
    do {                                                                                           \
        bool now = fault.left >= 0 && fault.left-- == 0;                                           \
        if (now && !fault.after)                                                                   \
            return RESULT_STORE_UNAVAILABLE;                                                       \
        enum result result_ = call;                                                                \
        return now ? RESULT_STORE_UNAVAILABLE : result_;                                           \
    } while (0)

static enum result faulty_standing(struct store_handle *handle, enum store_standing *out)
{
    FAULTY(real->standing(handle, out));
}

static enum result faulty_dump(struct store_handle *handle, const struct record_query *query,
                               struct arena *arena, struct record_page *out)
{
    FAULTY(real->dump(handle, query, arena, out));
}

static enum result faulty_counts(struct store_handle *handle, int64_t since_ms,
                                 int64_t counts[RECORD_KIND_END])
{
    FAULTY(real->dump_counts(handle, since_ms, counts));
}

static enum result faulty_begin(struct store_handle *handle)
{
    FAULTY(real->load_begin(handle));
}

static enum result faulty_load(struct store_handle *handle, const struct record *records,
                               size_t count, size_t *refused)
{
    FAULTY(real->load(handle, records, count, refused));
}

static enum result faulty_end(struct store_handle *handle)
{
    FAULTY(real->load_end(handle));
}

static void make_faulty(struct side *side)
{
    if (side->store->backend == &faulty)
        return;
    real = side->store->backend;
    faulty = *real;
    faulty.standing = faulty_standing;
    faulty.dump = faulty_dump;
    faulty.dump_counts = faulty_counts;
    faulty.load_begin = faulty_begin;
    faulty.load = faulty_load;
    faulty.load_end = faulty_end;
    side->store->backend = &faulty;
}

/* Fails in every place there is; each time the next run with resume makes it whole. Acting and then
   failing is an outcome that nobody knows. */
static void fail_everywhere(struct fixture *f, bool after)
{
    struct transfer_report whole;
    int k = 0;
    assert_result(run(f), OK);
    whole = f->report;
    for (enum result result = RESULT_INTERNAL; result != RESULT_OK; k++) {
        renew_target(f, 1000 * after + k + 1);
        make_faulty(&f->to);
        make_faulty(&f->from);
        fault.left = k;
        fault.after = after;
        result = run(f);
        fault.left = -1;
        if (result != RESULT_OK) {
            assert_result(result, STORE_UNAVAILABLE);
            /* When the last word, that it may be used, was spoken, there is nothing to go on with.
             */
            f->options.resume = true;
            if (standing_of(&f->to) != STORE_IN_USE)
                assert_result(run(f), OK);
            else
                assert_true(after);
        }
        assert_int_equal(standing_of(&f->to), STORE_IN_USE);
        assert_memory_equal(f->report.digests, whole.digests, sizeof whole.digests);
    }
    assert_true(k > 30); /* it has seen the inside of every phase */
}

static void test_failure_of_every_call(void **state)
{
    fail_everywhere(*state, false);
}

static void test_unknown_outcome_of_every_call(void **state)
{
    fail_everywhere(*state, true);
}

/* What was there already is not written again. */
static void test_resume_skips_what_is_there(void **state)
{
    struct fixture *f = *state;
    assert_result(run_meddled(f, TRANSFER_VERIFYING, RECORD_USER, change_target), CONFLICT);
    renew_target(f, 1);
    make_faulty(&f->to);
    fault.left = 30;
    fault.after = false;
    f->options.show = NULL;
    assert_result(run(f), STORE_UNAVAILABLE);
    fault.left = -1;
    f->options.resume = true;
    assert_result(run(f), OK);
    assert_true(f->report.present > PAGE);
}

/* --- SIGKILL ---------------------------------------------------------------------------------- */

static int shows_left;

static void kill_at(void *context, const struct transfer_progress *progress)
{
    (void)context;
    (void)progress;
    if (shows_left-- == 0)
        (void)raise(SIGKILL);
}

/* The child: a run, with resume when the target is half a copy, killed at the n-th step. */
static int child(const char *from, const char *to, const char *step)
{
    struct fixture f = {.message = ""};
    enum store_standing standing = 0;
    (void)snprintf(f.from.url, sizeof f.from.url, "%s", from);
    (void)snprintf(f.to.url, sizeof f.to.url, "%s", to);
    open_side(&f.from);
    open_side(&f.to);
    assert_result(store_standing(f.to.handle, &standing), OK);
    shows_left = atoi(step);
    f.options = (struct transfer_options){.from = f.from.handle,
                                          .to = f.to.handle,
                                          .page = PAGE,
                                          .resume = standing == STORE_LOADING,
                                          .show = kill_at};
    enum result result = transfer_run(&f.options, &f.report, f.message, sizeof f.message);
    close_side(&f.from);
    close_side(&f.to);
    return result == RESULT_OK ? 0 : 1;
}

static int run_child(const struct fixture *f, const char *to, int step)
{
    char number[16];
    int status = 0;
    (void)snprintf(number, sizeof number, "%d", step);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl("/proc/self/exe", "test_transfer", "--child", f->from.url, to, number,
                    (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Killed at every second step of what is left, one target is whole in the end. */
static void test_killed_again_and_again(void **state)
{
    struct fixture *f = *state;
    struct transfer_report whole;
    int kills = 0;
    assert_result(run(f), OK);
    whole = f->report;
    renew_target(f, 1);
    char to[sizeof f->to.url];
    (void)snprintf(to, sizeof to, "%s", f->to.url);
    close_side(&f->to);
    for (int step = 0;; step += 2, kills++) {
        int status = run_child(f, to, step);
        if (status == 0)
            break;
        assert_int_equal(status, -SIGKILL);
    }
    assert_true(kills > 10);
    (void)snprintf(f->to.url, sizeof f->to.url, "%s", to);
    open_side(&f->to);
    assert_int_equal(standing_of(&f->to), STORE_IN_USE);
    /* The same as the source: a copy of it has the same digests. */
    f->options.from = f->to.handle;
    struct side third = {.store = NULL};
    name_side(f, &third, "third", 0);
    open_side(&third);
    f->options.to = third.handle;
    assert_result(run(f), OK);
    assert_memory_equal(f->report.digests, whole.digests, sizeof whole.digests);
    close_side(&third);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--child") == 0)
        return child(argv[2], argv[3], argv[4]);
#define TRANSFER_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TRANSFER_TEST(test_moves_all),
        TRANSFER_TEST(test_digests),
        TRANSFER_TEST(test_progress),
        TRANSFER_TEST(test_refuses_an_empty_source),
        TRANSFER_TEST(test_refuses_half_a_copy_as_source),
        TRANSFER_TEST(test_refuses_a_target_in_use),
        TRANSFER_TEST(test_refuses_half_a_copy_without_resume),
        TRANSFER_TEST(test_no_service_on_half_a_copy),
        TRANSFER_TEST(test_a_source_that_changes_is_noticed),
        TRANSFER_TEST(test_a_target_that_differs_is_noticed),
        TRANSFER_TEST(test_resume_after_a_change_is_refused),
        TRANSFER_TEST(test_failure_of_every_call),
        TRANSFER_TEST(test_unknown_outcome_of_every_call),
        TRANSFER_TEST(test_resume_skips_what_is_there),
        TRANSFER_TEST(test_killed_again_and_again),
    };
    return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
