#include "cli/import_progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define SHOW_EVERY_US INT64_C(200000)
#define US_PER_SECOND INT64_C(1000000)
#define PERCENT 100

void import_progress_start(struct import_progress *progress)
{
    *progress = (struct import_progress){.is_shown = isatty(STDERR_FILENO) == 1,
                                         .start_us = clock_monotonic_us()};
}

static int64_t lines_of(const struct import_progress *progress)
{
    return progress->counts.created + progress->counts.present + progress->counts.left_out +
           progress->counts.refused;
}

static int64_t rate_of(const struct import_progress *progress, int64_t passed_us)
{
    return passed_us > 0 ? (int64_t)((double)lines_of(progress) / (double)passed_us * 1e6) : 0;
}

static void show_rest(int64_t bytes, int64_t size, int64_t passed_us)
{
    int64_t left_s = (int64_t)((double)passed_us * (double)(size - bytes) / (double)bytes /
                               (double)US_PER_SECOND);

    fprintf(stderr, ", %lld%%, %lld:%02lld left", (long long)(bytes * PERCENT / size),
            (long long)(left_s / S_PER_MINUTE), (long long)(left_s % S_PER_MINUTE));
}

void import_progress_show(struct import_progress *progress, int64_t bytes, int64_t size)
{
    int64_t now_us = clock_monotonic_us();
    int64_t passed_us = now_us - progress->start_us;

    if (!progress->is_shown || now_us - progress->shown_us < SHOW_EVERY_US) {
        return;
    }
    progress->shown_us = now_us;
    fprintf(stderr, "\r\033[K%lld people, %lld a second", (long long)lines_of(progress),
            (long long)rate_of(progress, passed_us));
    if (size > 0 && bytes > 0 && bytes <= size) {
        show_rest(bytes, size, passed_us);
    }
    if (progress->counts.refused > 0) {
        fprintf(stderr, ", %lld refused", (long long)progress->counts.refused);
    }
}

void import_progress_hide(struct import_progress *progress)
{
    if (progress->is_shown && progress->shown_us != 0) {
        fputs("\r\033[K", stderr);
        progress->shown_us = 0;
    }
}

struct view import_progress_summary(const struct import_progress *progress, bool dry_run,
                                    struct arena *arena)
{
    int64_t passed_us = clock_monotonic_us() - progress->start_us;

    return arena_format(
        arena, "%s %lld, present %lld, left out %lld, refused %lld; %.1f s, %lld a second\n",
        dry_run ? "would import" : "imported", (long long)progress->counts.created,
        (long long)progress->counts.present, (long long)progress->counts.left_out,
        (long long)progress->counts.refused, (double)passed_us / (double)US_PER_SECOND,
        (long long)rate_of(progress, passed_us));
}
