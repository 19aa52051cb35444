#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define SHOW_EVERY_US INT64_C(200000)
#define US_PER_SECOND 1e6
#define PERCENT 100

void progress_start(struct progress *progress)
{
    *progress =
        (struct progress){.is_shown = isatty(STDERR_FILENO) == 1, .start_us = clock_monotonic_us()};
}

bool progress_is_due(struct progress *progress)
{
    int64_t now_us = clock_monotonic_us();

    if (!progress->is_shown || now_us - progress->shown_us < SHOW_EVERY_US) {
        return false;
    }
    progress->shown_us = now_us;
    fputs("\r\033[K", stderr);
    return true;
}

double progress_passed_s(const struct progress *progress)
{
    return (double)(clock_monotonic_us() - progress->start_us) / US_PER_SECOND;
}

int64_t progress_rate(const struct progress *progress, int64_t done)
{
    double passed_s = progress_passed_s(progress);

    return passed_s > 0 ? (int64_t)((double)done / passed_s) : 0;
}

void progress_write_left(const struct progress *progress, int64_t done, int64_t total)
{
    int64_t left_s;

    if (done <= 0 || done > total) {
        return;
    }
    left_s = (int64_t)(progress_passed_s(progress) * (double)(total - done) / (double)done);
    fprintf(stderr, ", %lld%%, %lld:%02lld left", (long long)(done * PERCENT / total),
            (long long)(left_s / S_PER_MINUTE), (long long)(left_s % S_PER_MINUTE));
}

void progress_hide(struct progress *progress)
{
    if (progress->is_shown && progress->shown_us != 0) {
        fputs("\r\033[K", stderr);
        progress->shown_us = 0;
    }
}
