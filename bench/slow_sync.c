/* A disk that is slower than the one there is: loaded before libc (LD_PRELOAD), it lets every
   fdatasync and fsync take at least BENCH_SYNC_US microseconds. The sync is done all the same; what
   is left of the time is slept. Processes without that variable are as they were. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_US 1000L
#define NS_PER_S 1000000000L

/* The kernel otherwise wakes up to 50 us late. */
static void be_punctual(void)
{
    static _Thread_local int done;
    if (!done)
        done = prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0;
}

static struct timespec end_of(struct timespec begun)
{
    const char *text = getenv("BENCH_SYNC_US");
    long wanted_ns = text != NULL ? strtol(text, NULL, 10) * NS_PER_US : 0;
    long end_ns = begun.tv_nsec + wanted_ns;
    return (struct timespec){begun.tv_sec + end_ns / NS_PER_S, end_ns % NS_PER_S};
}

/* The function of that name that this one stands before. */
static int sync_slowly(const char *name, int fd)
{
    union {
        void *found;
        int (*call)(int fd);
    } real = {.found = dlsym(RTLD_NEXT, name)};
    struct timespec begun;
    if (real.found == NULL) {
        errno = ENOSYS;
        return -1;
    }
    be_punctual();
    (void)clock_gettime(CLOCK_MONOTONIC, &begun);
    int status = real.call(fd);
    int error = errno;
    struct timespec end = end_of(begun);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
        ;
    errno = error;
    return status;
}

int fdatasync(int fd)
{
    return sync_slowly("fdatasync", fd);
}

int fsync(int fd)
{
    return sync_slowly("fsync", fd);
}
