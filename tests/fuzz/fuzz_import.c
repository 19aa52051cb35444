/* A line of an import, as JSON and as CSV below a fixed first line, and the search for the ends of
   CSV records. */
#include "fuzz.h"

#include <string.h>

#include "api/import_record.h"

#define COLUMNS_MAX 16

static void check_result(enum result result, const struct faults *faults)
{
    FUZZ_CHECK(result == RESULT_OK || result == RESULT_INVALID || result == RESULT_MALFORMED_JSON);
    FUZZ_CHECK((result == RESULT_INVALID) == (faults->count > 0));
}

static void read_json(struct view line, struct arena *arena)
{
    const struct import_record_options options = {.format = IMPORT_AUTO,
                                                  .firebase = {VIEW("c2ln"), VIEW("Bw"), 8, 14},
                                                  .clear_passwords = true,
                                                  .now_ms = 1};
    struct faults faults = {.count = 0};
    struct import_record record;

    check_result(import_record_json(&options, line, arena, &faults, &record), &faults);
}

static void read_cells(const struct csv_cell *cells, size_t count, struct arena *arena)
{
    static const struct csv_cell names[] = {
        {VIEW_INIT("username"), false}, {VIEW_INIT("roles"), false},
        {VIEW_INIT("age"), false},      {VIEW_INIT("email_verified"), false},
        {VIEW_INIT("metadata"), false}, {VIEW_INIT("created_at"), false},
    };
    const struct import_record_options options = {.format = IMPORT_AUTO, .now_ms = 1};
    struct faults faults = {.count = 0};
    struct import_record record;

    if (count <= ARRAY_LEN(names)) {
        check_result(import_record_csv(&options, names, cells, count, arena, &faults, &record),
                     &faults);
    }
}

/* What was split is written and split again: the same cells. */
static void write_again(const struct csv_cell *cells, size_t count, size_t size,
                        struct arena *arena)
{
    struct csv_cell again[COLUMNS_MAX];
    struct builder b;
    struct view text;
    size_t again_count;

    builder_init(&b, arena, 4 * size + 4 * COLUMNS_MAX);
    for (size_t i = 0; i < count; i++) {
        builder_text(&b, i == 0 ? "" : ",");
        csv_write(&b, cells[i].text.at != NULL ? cells[i].text : VIEW(""));
    }
    FUZZ_CHECK(builder_end(&b, &text));
    char *copy = arena_copy(arena, text);
    FUZZ_CHECK(copy != NULL);
    FUZZ_CHECK(csv_split(copy, text.len, again, COLUMNS_MAX, &again_count) == NULL);
    FUZZ_CHECK(again_count == count);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(view_equal(again[i].text, cells[i].text));
    }
}

static void read_csv(struct view text, struct arena *arena)
{
    struct csv_cell cells[COLUMNS_MAX];
    struct csv_scan scan = {0};
    size_t count;
    size_t end = text.len;

    if (csv_find_end(text, &scan, &end)) {
        FUZZ_CHECK(end > 0 && end <= text.len && text.at[end - 1] == '\n');
    } else {
        FUZZ_CHECK(scan.at == text.len);
    }
    char *copy = arena_copy(arena, view_sub(text, 0, end));
    FUZZ_CHECK(copy != NULL);
    if (csv_split(copy, end, cells, COLUMNS_MAX, &count) == NULL) {
        FUZZ_CHECK(count >= 1 && count <= COLUMNS_MAX);
        read_cells(cells, count, arena);
        write_again(cells, count, end, arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct view text = view_make(data, size);

    arena_init(&arena, 0);
    read_json(text, &arena);
    read_csv(text, &arena);
    arena_clear(&arena);
    return 0;
}
