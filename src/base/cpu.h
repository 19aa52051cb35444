/* How many CPUs there are for this process. Thread-safe. */
#ifndef LATCHKEY_BASE_CPU_H
#define LATCHKEY_BASE_CPU_H

/* CPUs this process may use, at least 1: the smaller of the affinity mask and the cgroup's quota
   (v2 cpu.max, v1 cpu.cfs_quota_us), rounded up. */
unsigned cpu_count(void);
/* The quota part of it: cgroup_file is a /proc/PID/cgroup, mount where cgroups are mounted; the
   smallest quota of the cgroup and all above it, in CPUs rounded up, 0 when there is none or it
   cannot be read. Both are NUL-terminated. */
unsigned cpu_cgroup_limit(const char *cgroup_file, const char *mount);

#endif
