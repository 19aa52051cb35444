/* Feeds the files of a folder to a fuzz target, one test each: replay_NAME FOLDER. Prints TAP. */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#define INPUT_MAX_BYTES ((size_t)1024 * 1024)

static bool replay(const char *folder, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX_BYTES);
    size_t size = file != NULL && data != NULL ? fread(data, 1, INPUT_MAX_BYTES, file) : 0;
    bool good = size > 0 && LLVMFuzzerTestOneInput(data, size) == 0;
    free(data);
    if (file != NULL)
        (void)fclose(file);
    return good;
}

static int replay_all(const char *folder, struct dirent *const *entries, int count)
{
    int failed = 0;
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        bool good = replay(folder, entries[i]->d_name);
        printf("%s %d - %s\n", good ? "ok" : "not ok", i + 1, entries[i]->d_name);
        (void)fflush(stdout);
        failed += !good;
    }
    return count == 0 || failed > 0;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc == 2 ? scandir(argv[1], &entries, is_input, alphasort) : -1;
    if (count < 0) {
        fprintf(stderr, "replay FOLDER\n");
        return 2;
    }
    int status = replay_all(argv[1], entries, count);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return status;
}
