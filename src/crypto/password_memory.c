#include "crypto/password_memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

#define HUGE_PAGE_BYTES ((size_t)2 * 1024 * 1024)

struct kept {
    void *block;
    int64_t given_us;
};

struct password_memory {
    size_t block_bytes;
    unsigned most;
    pthread_mutex_t mutex; /* guards what follows */
    unsigned count;
    struct kept kept[]; /* a stack: given_us grows, the last is the one in the CPU's cache */
};

static size_t rounded(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (bytes + page - 1) / page * page;
}

static void unmap(void *at, size_t bytes)
{
    if (bytes > 0) {
        (void)munmap(at, bytes);
    }
}

/* Whole huge pages from the start on: mapped with room for one more, what is before and after goes
   back. */
static uint8_t *map_aligned(size_t bytes)
{
    size_t room = bytes + HUGE_PAGE_BYTES;
    uint8_t *at = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before;

    if (at == MAP_FAILED) {
        return NULL;
    }
    before = (HUGE_PAGE_BYTES - (uintptr_t)at % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
    unmap(at, before);
    unmap(at + before + bytes, HUGE_PAGE_BYTES - before);
    return at + before;
}

static void *map(size_t bytes)
{
    size_t size = rounded(bytes);
    uint8_t *at;

    if (size < bytes || size > SIZE_MAX - HUGE_PAGE_BYTES) {
        return NULL;
    }
    at = map_aligned(size);
    if (at != NULL) {
        /* Both only help: an older kernel may have neither. */
        (void)madvise(at, size, MADV_HUGEPAGE);
        (void)madvise(at, size, MADV_DONTDUMP);
    }
    return at;
}

struct password_memory *password_memory_new(size_t block_bytes, unsigned most)
{
    struct password_memory *memory =
        calloc(1, sizeof(*memory) + (size_t)most * sizeof(memory->kept[0]));

    if (memory == NULL) {
        return NULL;
    }
    memory->block_bytes = block_bytes;
    memory->most = most;
    pthread_mutex_init(&memory->mutex, NULL); /* cannot fail on Linux */
    return memory;
}

void password_memory_free(struct password_memory *memory)
{
    if (memory == NULL) {
        return;
    }
    password_memory_trim(memory, INT64_MAX);
    pthread_mutex_destroy(&memory->mutex);
    free(memory);
}

static bool is_block(const struct password_memory *memory, size_t bytes)
{
    return memory != NULL && bytes <= memory->block_bytes;
}

void *password_memory_take(struct password_memory *memory, size_t bytes)
{
    void *block = NULL;

    if (!is_block(memory, bytes)) {
        return map(bytes);
    }
    pthread_mutex_lock(&memory->mutex);
    if (memory->count > 0) {
        block = memory->kept[--memory->count].block;
    }
    pthread_mutex_unlock(&memory->mutex);
    return block != NULL ? block : map(memory->block_bytes);
}

static bool keep(struct password_memory *memory, void *block)
{
    bool has_room;

    pthread_mutex_lock(&memory->mutex);
    has_room = memory->count < memory->most;
    if (has_room) {
        memory->kept[memory->count++] = (struct kept){block, clock_monotonic_us()};
    }
    pthread_mutex_unlock(&memory->mutex);
    return has_room;
}

void password_memory_give(struct password_memory *memory, void *block, size_t bytes)
{
    if (block == NULL) {
        return;
    }
    if (!is_block(memory, bytes)) {
        unmap(block, rounded(bytes));
    } else if (!keep(memory, block)) {
        unmap(block, rounded(memory->block_bytes));
    }
}

/* The one that has been unused for longest, if that was before then; else NULL. */
static void *take_oldest(struct password_memory *memory, int64_t before_us)
{
    void *block = NULL;

    pthread_mutex_lock(&memory->mutex);
    if (memory->count > 0 && memory->kept[0].given_us < before_us) {
        block = memory->kept[0].block;
        memory->count--;
        memmove(&memory->kept[0], &memory->kept[1], memory->count * sizeof(memory->kept[0]));
    }
    pthread_mutex_unlock(&memory->mutex);
    return block;
}

void password_memory_trim(struct password_memory *memory, int64_t before_us)
{
    void *block;

    while ((block = take_oldest(memory, before_us)) != NULL) {
        unmap(block, rounded(memory->block_bytes));
    }
}

unsigned password_memory_count(struct password_memory *memory)
{
    unsigned count;

    pthread_mutex_lock(&memory->mutex);
    count = memory->count;
    pthread_mutex_unlock(&memory->mutex);
    return count;
}
