#include "cli/import_progress.h"

#include <stdio.h>

void import_progress_start(struct import_progress *progress)
{
    *progress = (struct import_progress){.counts = {.created = 0}};
    progress_start(&progress->line);
}

static int64_t lines_of(const struct import_progress *progress)
{
    return progress->counts.created + progress->counts.present + progress->counts.left_out +
           progress->counts.refused;
}

void import_progress_show(struct import_progress *progress, int64_t bytes, int64_t size)
{
    int64_t lines = lines_of(progress);

    if (!progress_is_due(&progress->line)) {
        return;
    }
    fprintf(stderr, "%lld people, %lld a second", (long long)lines,
            (long long)progress_rate(&progress->line, lines));
    progress_write_left(&progress->line, bytes, size);
    if (progress->counts.refused > 0) {
        fprintf(stderr, ", %lld refused", (long long)progress->counts.refused);
    }
}

void import_progress_hide(struct import_progress *progress)
{
    progress_hide(&progress->line);
}

struct view import_progress_summary(const struct import_progress *progress, bool dry_run,
                                    struct arena *arena)
{
    return arena_format(
        arena, "%s %lld, present %lld, left out %lld, refused %lld; %.1f s, %lld a second\n",
        dry_run ? "would import" : "imported", (long long)progress->counts.created,
        (long long)progress->counts.present, (long long)progress->counts.left_out,
        (long long)progress->counts.refused, progress_passed_s(&progress->line),
        (long long)progress_rate(&progress->line, lines_of(progress)));
}
