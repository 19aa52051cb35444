#include "api/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

#define LABELS_SIZE 64
/* Of /proc/self/stat (proc(5)): the fields after the name, which may hold spaces itself. */
#define STAT_SIZE 1024
#define STAT_START_FIELD 20 /* field 22, counted from the third */

/* --- process ---------------------------------------------------------------------------------- */

struct process_gauges {
    struct metrics_counter *cpu_s;
    struct metrics_counter *resident_bytes;
    struct metrics_counter *open_fds;
    struct metrics_counter *max_fds;
};

static int64_t cpu_seconds(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return (int64_t)usage.ru_utime.tv_sec + (int64_t)usage.ru_stime.tv_sec;
}

static int64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long long pages = 0;
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%*s %lld", &pages) != 1) {
        pages = 0;
    }
    (void)fclose(file);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static int64_t open_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return 0;
    }
    int64_t count = -3; /* ".", ".." and the folder itself */
    while (readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

static int64_t max_fds(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int64_t)limit.rlim_cur : 0;
}

/* When the kernel was started, in seconds since 1970. */
static long long boot_s(void)
{
    FILE *file = fopen("/proc/stat", "re");
    char line[STAT_SIZE];
    long long seconds = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "btime %lld", &seconds) == 1) {
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return seconds;
}

static int64_t start_s(void)
{
    FILE *file = fopen("/proc/self/stat", "re");
    char line[STAT_SIZE] = "";
    if (file != NULL) {
        if (fgets(line, sizeof line, file) == NULL) {
            line[0] = '\0';
        }
        (void)fclose(file);
    }
    const char *at = strrchr(line, ')');
    for (int field = 0; at != NULL && field < STAT_START_FIELD; field++) {
        at = strchr(at + 1, ' ');
    }
    long long ticks = 0;
    if (at == NULL || sscanf(at, "%lld", &ticks) != 1) {
        return 0;
    }
    return boot_s() + ticks / sysconf(_SC_CLK_TCK);
}

static void collect_process(void *context)
{
    const struct process_gauges *gauges = context;
    metrics_set(gauges->cpu_s, cpu_seconds());
    metrics_set(gauges->resident_bytes, resident_bytes());
    metrics_set(gauges->open_fds, open_fds());
    metrics_set(gauges->max_fds, max_fds());
}

static bool add_process(struct metrics *metrics, struct arena *arena)
{
    struct process_gauges *gauges = arena_take(arena, sizeof *gauges);
    if (gauges == NULL) {
        return false;
    }
    *gauges = (struct process_gauges){
        .cpu_s = metrics_gauge_get(metrics, "process_cpu_seconds_total",
                                   "User and system CPU time, in whole seconds.", ""),
        .resident_bytes =
            metrics_gauge_get(metrics, "process_resident_memory_bytes", "Resident memory.", ""),
        .open_fds = metrics_gauge_get(metrics, "process_open_fds", "Open file descriptors.", ""),
        .max_fds = metrics_gauge_get(metrics, "process_max_fds",
                                     "Most file descriptors that may be open.", ""),
    };
    metrics_set(metrics_gauge_get(metrics, "process_start_time_seconds",
                                  "When the process started, in seconds since 1970.", ""),
                start_s());
    metrics_set(metrics_gauge_get(metrics, "latchkey_build_info",
                                  "Always 1; the version is a label.",
                                  "version=\"" LATCHKEY_VERSION "\""),
                1);
    return metrics_on_collect(metrics, collect_process, gauges);
}

/* --- lanes ------------------------------------------------------------------------------------ */

/* One gauge a lane for each of these. */
struct lane_value {
    const char *name;
    const char *help;
    int64_t (*get)(const struct lane_stats *stats);
};

#define LANE_VALUES_MAX 7

struct lane_gauges {
    struct lane *lane;
    struct metrics_counter *values[LANE_VALUES_MAX];
};

static int64_t get_workers(const struct lane_stats *stats)
{
    return stats->workers;
}

static int64_t get_capacity(const struct lane_stats *stats)
{
    return stats->capacity;
}

static int64_t get_waiting(const struct lane_stats *stats)
{
    return stats->waiting;
}

static int64_t get_running(const struct lane_stats *stats)
{
    return stats->running;
}

static int64_t get_done(const struct lane_stats *stats)
{
    return (int64_t)stats->done;
}

static int64_t get_refused(const struct lane_stats *stats)
{
    return (int64_t)stats->refused;
}

static int64_t get_wait_ms(const struct lane_stats *stats)
{
    return (int64_t)stats->wait_us_sum / MS_PER_SECOND;
}

static const struct lane_value lane_values[LANE_VALUES_MAX] = {
    {"latchkey_lane_workers", "Workers of the lane.", get_workers},
    {"latchkey_lane_capacity", "Jobs that may wait.", get_capacity},
    {"latchkey_lane_waiting", "Jobs that wait now.", get_waiting},
    {"latchkey_lane_running", "Jobs that run now.", get_running},
    {"latchkey_lane_jobs_total", "Jobs done.", get_done},
    {"latchkey_lane_refused_total", "Jobs refused because the lane was full.", get_refused},
    {"latchkey_lane_wait_milliseconds_total", "Time jobs have waited.", get_wait_ms},
};

static void collect_lane(void *context)
{
    const struct lane_gauges *gauges = context;
    struct lane_stats stats;
    lane_get_stats(gauges->lane, &stats);
    for (size_t i = 0; i < LANE_VALUES_MAX; i++) {
        metrics_set(gauges->values[i], lane_values[i].get(&stats));
    }
}

static bool add_lane(struct metrics *metrics, struct lane *lane, struct arena *arena)
{
    struct lane_gauges *gauges = arena_take(arena, sizeof *gauges);
    if (gauges == NULL) {
        return false;
    }
    struct lane_stats stats;
    lane_get_stats(lane, &stats);
    char labels[LABELS_SIZE];
    (void)snprintf(labels, sizeof labels, "lane=\"%s\"", stats.name);
    gauges->lane = lane;
    for (size_t i = 0; i < LANE_VALUES_MAX; i++) {
        gauges->values[i] =
            metrics_gauge_get(metrics, lane_values[i].name, lane_values[i].help, labels);
    }
    return metrics_on_collect(metrics, collect_lane, gauges);
}

bool process_collect(struct metrics *metrics, struct lane *const *lanes, size_t count,
                     struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        if (lanes[i] != NULL && !add_lane(metrics, lanes[i], arena)) {
            return false;
        }
    }
    return add_process(metrics, arena);
}
