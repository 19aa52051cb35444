#include "unit.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/deadline.h"

#define LATE "too late"

/* A watched connection: one end is the server's, the other the client's. */
struct pair {
    struct deadline deadline;
    int client;
};

static struct deadline_watch *start(int64_t fresh_ms, int64_t idle_ms, unsigned crowd)
{
    struct deadline_options options = {.fresh_ms = fresh_ms,
                                       .idle_ms = idle_ms,
                                       .crowd = crowd,
                                       .full = crowd,
                                       .late_answer = VIEW(LATE)};
    struct deadline_watch *watch = deadline_watch_new(&options);
    assert_non_null(watch);
    return watch;
}

static void open_pair(struct deadline_watch *watch, struct pair *pair)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    pair->client = ends[1];
    deadline_add(watch, &pair->deadline, ends[0], deadline_now_ms());
}

static void close_pair(struct deadline_watch *watch, struct pair *pair)
{
    deadline_remove(watch, &pair->deadline);
    close(pair->deadline.fd);
    close(pair->client);
}

/* Waits until the server ends the connection; what it said before. */
static void assert_ends_with(struct pair *pair, const char *text)
{
    char got[64];
    ssize_t len = recv(pair->client, got, sizeof got, MSG_WAITALL);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(got, text, strlen(text));
    assert_int_equal(deadline_phase(&pair->deadline), DEADLINE_DEAD);
}

static void test_late_header_is_answered(void **state)
{
    struct deadline_watch *watch = start(1, 60000, 1000);
    struct pair pair;
    open_pair(watch, &pair);
    assert_ends_with(&pair, LATE);
    assert_false(deadline_begin_request(&pair.deadline, deadline_now_ms() + 60000));
    assert_false(deadline_move(&pair.deadline, DEADLINE_SEND, deadline_now_ms() + 60000));
    close_pair(watch, &pair);
    deadline_watch_free(watch);
}

static void test_request_line_moves_no_deadline(void **state)
{
    struct deadline_watch *watch = start(200, 60000, 1000);
    struct pair pair;
    open_pair(watch, &pair);
    assert_true(deadline_begin_request(&pair.deadline, deadline_now_ms() + 60000));
    assert_ends_with(&pair, LATE);
    close_pair(watch, &pair);
    deadline_watch_free(watch);
}

static void test_idle_and_send_end_silently(void **state)
{
    static const enum deadline_phase phases[] = {DEADLINE_IDLE, DEADLINE_SEND};
    struct deadline_watch *watch = start(60000, 60000, 1000);
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        struct pair pair;
        open_pair(watch, &pair);
        assert_true(deadline_begin_request(&pair.deadline, 0));
        assert_true(deadline_move(&pair.deadline, phases[i], 1));
        assert_ends_with(&pair, "");
        close_pair(watch, &pair);
    }
    deadline_watch_free(watch);
}

static void test_crowd_ends_the_silent_only(void **state)
{
    struct deadline_watch *watch = start(60000, 60000, 2);
    struct pair silent;
    struct pair body;
    open_pair(watch, &body);
    assert_true(deadline_begin_request(&body.deadline, deadline_now_ms() + 60000));
    assert_true(deadline_move(&body.deadline, DEADLINE_BODY, deadline_now_ms() + 60000));
    open_pair(watch, &silent);
    assert_ends_with(&silent, LATE);
    assert_int_equal(deadline_phase(&body.deadline), DEADLINE_BODY);
    close_pair(watch, &silent);
    close_pair(watch, &body);
    deadline_watch_free(watch);
}

/* Who sends or reads nothing holds no place in a crowd, whatever has been asked for; nor who does
 * so by the byte. */
static void test_crowd_ends_what_stalls(void **state)
{
    static const struct {
        enum deadline_phase phase;
        const char *answer;
    } cases[] = {{DEADLINE_BODY, LATE}, {DEADLINE_SEND, ""}};
    struct deadline_watch *watch = start(60000, 60000, 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct pair pair;
        int64_t began_ms = deadline_now_ms();
        open_pair(watch, &pair);
        assert_true(deadline_begin_request(&pair.deadline, deadline_now_ms() + 60000));
        assert_true(deadline_move(&pair.deadline, cases[i].phase, deadline_now_ms() + 60000));
        deadline_received(&pair.deadline, 1);
        assert_ends_with(&pair, cases[i].answer);
        assert_true(deadline_now_ms() - began_ms >= 500);
        assert_true(deadline_now_ms() - began_ms < 30000);
        close_pair(watch, &pair);
    }
    deadline_watch_free(watch);
}

/* A body that keeps coming is left alone while another one that stalls is ended. */
static void test_crowd_leaves_what_moves(void **state)
{
    struct deadline_watch *watch = start(60000, 60000, 2);
    struct pair lively;
    struct pair stalled;
    struct pollfd end = {.events = POLLIN};
    open_pair(watch, &lively);
    open_pair(watch, &stalled);
    assert_true(deadline_begin_request(&lively.deadline, deadline_now_ms() + 60000));
    assert_true(deadline_move(&lively.deadline, DEADLINE_BODY, deadline_now_ms() + 60000));
    assert_true(deadline_begin_request(&stalled.deadline, deadline_now_ms() + 60000));
    assert_true(deadline_move(&stalled.deadline, DEADLINE_BODY, deadline_now_ms() + 60000));
    end.fd = stalled.client;
    while (poll(&end, 1, 1) == 0) {
        deadline_received(&lively.deadline, 1024);
    }
    assert_int_equal(deadline_phase(&stalled.deadline), DEADLINE_DEAD);
    assert_int_equal(deadline_phase(&lively.deadline), DEADLINE_BODY);
    close_pair(watch, &stalled);
    close_pair(watch, &lively);
    deadline_watch_free(watch);
}

static void test_drain_ends_the_silent_and_awaits_work(void **state)
{
    struct deadline_watch *watch = start(60000, 60000, 1000);
    struct pair silent;
    struct pair work;
    open_pair(watch, &silent);
    open_pair(watch, &work);
    assert_true(deadline_begin_request(&work.deadline, deadline_now_ms() + 60000));
    assert_true(deadline_move(&work.deadline, DEADLINE_WORK, 0));
    deadline_drain(watch, 500);
    assert_ends_with(&silent, "");
    assert_int_equal(deadline_phase(&work.deadline), DEADLINE_WORK);
    assert_true(deadline_move(&work.deadline, DEADLINE_SEND, deadline_now_ms() + 60000));
    deadline_await_work(watch);
    close_pair(watch, &silent);
    close_pair(watch, &work);
    deadline_drain(watch, 60000);
    deadline_watch_free(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_header_is_answered),
        cmocka_unit_test(test_request_line_moves_no_deadline),
        cmocka_unit_test(test_idle_and_send_end_silently),
        cmocka_unit_test(test_crowd_ends_the_silent_only),
        cmocka_unit_test(test_crowd_ends_what_stalls),
        cmocka_unit_test(test_crowd_leaves_what_moves),
        cmocka_unit_test(test_drain_ends_the_silent_and_awaits_work),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
