#include "unit.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cpu.h"
#include "../folder.h"

/* A made-up cgroup tree: a temporary folder with "self" and a mount "fs". */
struct tree {
    char root[PATH_MAX];
};

static const char *const folders[] = {"fs", "fs/a", "fs/a/b", "fs/cpu", "fs/cpu/a"};
static const char *const files[] = {
    "self",
    "fs/cpu.max",
    "fs/a/cpu.max",
    "fs/a/b/cpu.max",
    "fs/cpu/cpu.cfs_quota_us",
    "fs/cpu/cpu.cfs_period_us",
    "fs/cpu/a/cpu.cfs_quota_us",
    "fs/cpu/a/cpu.cfs_period_us",
};

static void path_in(const struct tree *tree, const char *name, char path[PATH_MAX])
{
    assert_true(snprintf(path, PATH_MAX, "%s/%s", tree->root, name) < PATH_MAX);
}

static int setup(void **state)
{
    static struct tree tree;
    char path[PATH_MAX];
    if (!folder_make(tree.root, sizeof tree.root))
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        path_in(&tree, folders[i], path);
        if (mkdir(path, 0700) != 0)
            return -1;
    }
    *state = &tree;
    return 0;
}

static int teardown(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        path_in(tree, files[i], path);
        (void)remove(path);
    }
    for (size_t i = ARRAY_LEN(folders); i > 0; i--) {
        path_in(tree, folders[i - 1], path);
        (void)remove(path);
    }
    return remove(tree->root);
}

static void put(const struct tree *tree, const char *name, const char *text)
{
    char path[PATH_MAX];
    path_in(tree, name, path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static unsigned limit(const struct tree *tree)
{
    char self[PATH_MAX];
    char mount[PATH_MAX];
    path_in(tree, "self", self);
    path_in(tree, "fs", mount);
    return cpu_cgroup_limit(self, mount);
}

static void test_v2_rounds_up(void **state)
{
    put(*state, "self", "0::/a/b\n");
    put(*state, "fs/a/b/cpu.max", "150000 100000\n");
    assert_int_equal(limit(*state), 2);
    put(*state, "fs/a/b/cpu.max", "200000 100000\n");
    assert_int_equal(limit(*state), 2);
    put(*state, "fs/a/b/cpu.max", "1000 100000\n");
    assert_int_equal(limit(*state), 1);
}

static void test_v2_parents_count(void **state)
{
    put(*state, "self", "0::/a/b\n");
    put(*state, "fs/a/b/cpu.max", "max 100000\n");
    put(*state, "fs/a/cpu.max", "300000 100000\n");
    assert_int_equal(limit(*state), 3);
    put(*state, "fs/cpu.max", "100000 100000\n");
    assert_int_equal(limit(*state), 1);
}

static void test_v1(void **state)
{
    put(*state, "self", "4:memory:/a\n3:cpu,cpuacct:/a\n2:cpuset:/\n");
    put(*state, "fs/cpu/a/cpu.cfs_quota_us", "250000\n");
    put(*state, "fs/cpu/a/cpu.cfs_period_us", "100000\n");
    assert_int_equal(limit(*state), 3);
    put(*state, "fs/cpu/a/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(limit(*state), 0);
}

static void test_a_path_of_outside_ends_at_the_mount(void **state)
{
    put(*state, "self", "0::/not/there\n");
    put(*state, "fs/cpu.max", "400000 100000\n");
    assert_int_equal(limit(*state), 4);
}

static void test_no_limit(void **state)
{
    assert_int_equal(limit(*state), 0); /* no file at all */
    static const char *const selves[] = {"",      "\n",      "rubbish\n",    "0:\n",
                                         "0::\n", "0::/a\n", "2:cpuset:/a\n"};
    for (size_t i = 0; i < ARRAY_LEN(selves); i++) {
        put(*state, "self", selves[i]);
        assert_int_equal(limit(*state), 0);
    }
    static const char *const maxima[] = {"max 100000\n", "",      "100000\n",   "0 100000\n",
                                         "1 0\n",        "x y\n", "-1 100000\n"};
    put(*state, "self", "0::/a\n");
    for (size_t i = 0; i < ARRAY_LEN(maxima); i++) {
        put(*state, "fs/a/cpu.max", maxima[i]);
        assert_int_equal(limit(*state), 0);
    }
}

static void test_there_is_at_least_one(void **state)
{
    assert_true(cpu_count() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_v2_rounds_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v2_parents_count, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_path_of_outside_ends_at_the_mount, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_limit, setup, teardown),
        cmocka_unit_test(test_there_is_at_least_one),
    };
    return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
