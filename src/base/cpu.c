#include "base/cpu.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/view.h"

#define LINE_BYTES 4096
#define PATH_BYTES 4096

static void close_file(FILE **file)
{
    if (*file != NULL) {
        (void)fclose(*file);
    }
}

static bool read_line(const char *path, char line[LINE_BYTES])
{
    CLEANUP(close_file) FILE *file = fopen(path, "re");
    if (file == NULL || fgets(line, LINE_BYTES, file) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return true;
}

/* CPUs for that share of time, rounded up; 0 when it is no limit. */
static unsigned cpus_of_quota(int64_t quota_us, int64_t period_us)
{
    if (quota_us <= 0 || period_us <= 0) {
        return 0;
    }
    int64_t cpus = (quota_us - 1) / period_us + 1;
    return cpus > INT32_MAX ? 0 : (unsigned)cpus;
}

/* cgroup v2: "max 100000" or "150000 100000". */
static unsigned limit_v2(const char *folder)
{
    char path[PATH_BYTES];
    char line[LINE_BYTES];
    if (snprintf(path, sizeof path, "%s/cpu.max", folder) >= PATH_BYTES || !read_line(path, line)) {
        return 0;
    }
    struct view rest = view_of(line);
    struct view part;
    int64_t quota_us = 0;
    int64_t period_us = 0;
    if (!view_split(&rest, ' ', &part) || !view_to_int64(part, &quota_us) ||
        !view_to_int64(rest, &period_us)) {
        return 0;
    }
    return cpus_of_quota(quota_us, period_us);
}

static int64_t read_number(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    char line[LINE_BYTES];
    int64_t number = 0;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_BYTES ||
        !read_line(path, line)) {
        return 0;
    }
    return view_to_int64(view_of(line), &number) ? number : 0;
}

/* cgroup v1: a quota of -1 is no limit. */
static unsigned limit_v1(const char *folder)
{
    return cpus_of_quota(read_number(folder, "cpu.cfs_quota_us"),
                         read_number(folder, "cpu.cfs_period_us"));
}

static unsigned smaller_limit(unsigned a, unsigned b)
{
    if (a == 0 || b == 0) {
        return a + b;
    }
    return a < b ? a : b;
}

/* The smallest limit of the cgroup and all above it, up to the mount itself. */
static unsigned limit_up_to_root(const char *root, const char *cgroup,
                                 unsigned (*limit_of)(const char *folder))
{
    char folder[PATH_BYTES];
    size_t root_len = strlen(root);
    int len = snprintf(folder, sizeof folder, "%s%s", root, cgroup);
    if (len < 0 || len >= PATH_BYTES) {
        return 0;
    }
    unsigned limit = 0;
    for (;;) {
        limit = smaller_limit(limit, limit_of(folder));
        char *slash = strrchr(folder, '/');
        if (slash == NULL || slash < folder + root_len) {
            return limit;
        }
        *slash = '\0';
    }
}

static bool has_cpu_controller(struct view controllers)
{
    struct view name;
    while (view_split(&controllers, ',', &name)) {
        if (view_is(name, "cpu")) {
            return true;
        }
    }
    return false;
}

/* One line "id:controllers:path" of /proc/PID/cgroup (cgroups(7)); v2 is the line "0::path". */
static unsigned limit_of_line(const char *line, const char *mount)
{
    struct view rest = view_of(line);
    struct view id;
    struct view controllers;
    if (!view_split(&rest, ':', &id) || !view_split(&rest, ':', &controllers) || rest.at == NULL) {
        return 0;
    }
    if (view_is(id, "0") && view_is_empty(controllers)) {
        return limit_up_to_root(mount, rest.at, limit_v2);
    }
    char root[PATH_BYTES];
    if (!has_cpu_controller(controllers) ||
        snprintf(root, sizeof root, "%s/cpu", mount) >= PATH_BYTES) {
        return 0;
    }
    return limit_up_to_root(root, rest.at, limit_v1);
}

unsigned cpu_cgroup_limit(const char *cgroup_file, const char *mount)
{
    CLEANUP(close_file) FILE *file = fopen(cgroup_file, "re");
    if (file == NULL) {
        return 0;
    }
    unsigned limit = 0;
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        limit = smaller_limit(limit, limit_of_line(line, mount));
    }
    return limit;
}

static unsigned affinity_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return (unsigned)CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more CPUs than a cpu_set_t holds */
    return online > 0 ? (unsigned)online : 0;
}

unsigned cpu_count(void)
{
    unsigned count =
        smaller_limit(affinity_count(), cpu_cgroup_limit("/proc/self/cgroup", "/sys/fs/cgroup"));
    return count > 0 ? count : 1;
}
