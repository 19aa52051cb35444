#include "unit.h"

#include <pthread.h>

#include "base/metrics.h"

struct fixture {
    struct arena arena;
    struct metrics *metrics;
};

static int setup(void **state)
{
    static struct fixture fixture;
    arena_init(&fixture.arena, 0);
    fixture.metrics = metrics_new();
    *state = &fixture;
    return fixture.metrics == NULL;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    metrics_free(fixture->metrics);
    arena_clear(&fixture->arena);
    return 0;
}

static struct view written(struct fixture *fixture)
{
    struct builder out;
    struct view text;
    builder_init(&out, &fixture->arena, 65536);
    metrics_write(fixture->metrics, &out);
    assert_true(builder_end(&out, &text));
    return text;
}

static void test_families_stand_together(void **state)
{
    struct fixture *fixture = *state;
    struct metrics *metrics = fixture->metrics;
    metrics_add(
        metrics_counter_get(metrics, "requests_total", "All\nof \\ them.", "status=\"200\""), 2);
    metrics_set(metrics_gauge_get(metrics, "waiting", "Jobs.", ""), -3);
    metrics_add(metrics_counter_get(metrics, "requests_total", "ignored", "status=\"404\""), 1);
    assert_view(written(fixture), "# HELP requests_total All\\nof \\\\ them.\n"
                                  "# TYPE requests_total counter\n"
                                  "requests_total{status=\"200\"} 2\n"
                                  "requests_total{status=\"404\"} 1\n"
                                  "# HELP waiting Jobs.\n"
                                  "# TYPE waiting gauge\n"
                                  "waiting -3\n");
}

static void test_a_series_is_found_again(void **state)
{
    struct metrics *metrics = ((struct fixture *)*state)->metrics;
    struct metrics_counter *a = metrics_counter_get(metrics, "a", "", "x=\"1\"");
    assert_non_null(a);
    assert_ptr_equal(metrics_counter_get(metrics, "a", "", "x=\"1\""), a);
    assert_ptr_not_equal(metrics_counter_get(metrics, "a", "", "x=\"2\""), a);
    assert_ptr_not_equal(metrics_counter_get(metrics, "b", "", "x=\"1\""), a);
}

static void test_a_name_has_one_kind(void **state)
{
    struct metrics *metrics = ((struct fixture *)*state)->metrics;
    assert_non_null(metrics_counter_get(metrics, "a", "", ""));
    assert_null(metrics_gauge_get(metrics, "a", "", ""));
    assert_null(metrics_histogram_get(metrics, "a", "", ""));
}

static void test_null_is_a_no_op(void **state)
{
    metrics_add(NULL, 1);
    metrics_set(NULL, 1);
    metrics_observe_us(NULL, 1);
    metrics_free(NULL);
}

static void test_histogram(void **state)
{
    struct fixture *fixture = *state;
    struct metrics_histogram *h = metrics_histogram_get(fixture->metrics, "t", "T.", "r=\"/x\"");
    static const int64_t durations_us[] = {-5, 0, 500, 501, 1000, 10000000, 10000001};
    for (size_t i = 0; i < ARRAY_LEN(durations_us); i++)
        metrics_observe_us(h, durations_us[i]);
    assert_view(written(fixture), "# HELP t T.\n"
                                  "# TYPE t histogram\n"
                                  "t_bucket{r=\"/x\",le=\"0.0005\"} 3\n"
                                  "t_bucket{r=\"/x\",le=\"0.001\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"0.0025\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"0.005\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"0.01\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"0.025\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"0.05\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"0.1\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"0.25\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"0.5\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"1\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"2.5\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"5\"} 5\n"
                                  "t_bucket{r=\"/x\",le=\"10\"} 6\n"
                                  "t_bucket{r=\"/x\",le=\"+Inf\"} 7\n"
                                  "t_sum{r=\"/x\"} 20.002002\n"
                                  "t_count{r=\"/x\"} 7\n");
}

static void test_histogram_without_labels(void **state)
{
    struct fixture *fixture = *state;
    metrics_observe_us(metrics_histogram_get(fixture->metrics, "t", "T.", ""), 1);
    struct view text = written(fixture);
    assert_non_null(memmem(text.at, text.len, "\nt_bucket{le=\"0.0005\"} 1\n", 25));
    assert_non_null(memmem(text.at, text.len, "\nt_sum 0.000001\nt_count 1\n", 25));
}

/* Looks its series up itself: the registry's lock must be free. */
static void set_gauge(void *context)
{
    metrics_set(metrics_gauge_get(context, "collected", "C.", ""), 7);
}

static void test_collectors_run_before_writing(void **state)
{
    struct fixture *fixture = *state;
    assert_true(metrics_on_collect(fixture->metrics, set_gauge, fixture->metrics));
    assert_view(written(fixture), "# HELP collected C.\n# TYPE collected gauge\ncollected 7\n");
}

static void *count_up(void *metrics)
{
    struct metrics_counter *counter = metrics_counter_get(metrics, "n", "N.", "");
    for (int i = 0; i < 10000; i++)
        metrics_add(counter, 1);
    return NULL;
}

static void test_threads_lose_no_count(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, fixture->metrics), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    assert_view(written(fixture), "# HELP n N.\n# TYPE n counter\nn 40000\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_families_stand_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_series_is_found_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_name_has_one_kind, setup, teardown),
        cmocka_unit_test(test_null_is_a_no_op),
        cmocka_unit_test_setup_teardown(test_histogram, setup, teardown),
        cmocka_unit_test_setup_teardown(test_histogram_without_labels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_collectors_run_before_writing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads_lose_no_count, setup, teardown),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
