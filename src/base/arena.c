#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN_BYTES ((size_t)4 * 1024)
#define CHUNK_MAX_BYTES ((size_t)64 * 1024)
#define ALIGNMENT (alignof(max_align_t))

/* data is zero from used on, always: fresh from calloc, wiped by reset. */
struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t capacity;
    alignas(max_align_t) unsigned char data[];
};

struct arena_disposer {
    struct arena_disposer *next;
    void (*dispose)(void *);
    void *resource;
};

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){.limit_bytes = limit_bytes};
}

static void run_disposers(struct arena *arena)
{
    while (arena->disposers != NULL) {
        struct arena_disposer *disposer = arena->disposers;
        arena->disposers = disposer->next;
        disposer->dispose(disposer->resource);
    }
}

void arena_clear(struct arena *arena)
{
    run_disposers(arena);
    while (arena->chunk != NULL) {
        struct arena_chunk *chunk = arena->chunk;
        arena->chunk = chunk->next;
        free(chunk);
    }
    arena->used_bytes = 0;
}

static bool is_better_to_keep(const struct arena_chunk *chunk, const struct arena_chunk *kept)
{
    if (sizeof *chunk + chunk->capacity > CHUNK_MAX_BYTES) {
        return false;
    }
    return kept == NULL || chunk->capacity > kept->capacity;
}

void arena_reset(struct arena *arena)
{
    run_disposers(arena);
    struct arena_chunk *kept = NULL;
    while (arena->chunk != NULL) {
        struct arena_chunk *chunk = arena->chunk;
        arena->chunk = chunk->next;
        explicit_bzero(chunk->data, chunk->used);
        chunk->used = 0;
        chunk->next = NULL;
        if (is_better_to_keep(chunk, kept)) {
            free(kept);
            kept = chunk;
        } else {
            free(chunk);
        }
    }
    arena->chunk = kept;
    arena->used_bytes = 0;
}

static struct arena_chunk *add_chunk(struct arena *arena, size_t need)
{
    struct arena_chunk *newest = arena->chunk;
    size_t total = newest == NULL ? CHUNK_MIN_BYTES : 2 * (sizeof *newest + newest->capacity);
    if (total > CHUNK_MAX_BYTES) {
        total = CHUNK_MAX_BYTES;
    }
    bool oversize = need > total - sizeof *newest;
    if (oversize && __builtin_add_overflow(need, sizeof *newest, &total)) {
        return NULL;
    }
    struct arena_chunk *chunk = calloc(1, total);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->capacity = total - sizeof *chunk;
    /* One made to measure is full at once: it goes behind the newest, which still has room. */
    struct arena_chunk **place = oversize && newest != NULL ? &newest->next : &arena->chunk;
    chunk->next = *place;
    *place = chunk;
    return chunk;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t need;
    if (__builtin_add_overflow(size == 0 ? 1 : size, ALIGNMENT - 1, &need)) {
        return NULL;
    }
    need -= need % ALIGNMENT;
    if (arena->limit_bytes != 0 &&
        (need > arena->limit_bytes || arena->used_bytes > arena->limit_bytes - need)) {
        return NULL;
    }
    struct arena_chunk *chunk = arena->chunk;
    if (chunk == NULL || need > chunk->capacity - chunk->used) {
        chunk = add_chunk(arena, need);
    }
    if (chunk == NULL) {
        return NULL;
    }
    void *taken = chunk->data + chunk->used;
    chunk->used += need;
    arena->used_bytes += need;
    return taken;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }
    return arena_take(arena, total);
}

char *arena_copy(struct arena *arena, struct view text)
{
    size_t size;
    if (__builtin_add_overflow(text.len, 1, &size)) {
        return NULL;
    }
    char *copy = arena_take(arena, size); /* zeroed: the NUL is there */
    if (copy != NULL && text.len > 0) {
        memcpy(copy, text.at, text.len);
    }
    return copy;
}

struct view arena_copy_view(struct arena *arena, struct view text)
{
    char *copy = arena_copy(arena, text);
    return copy == NULL ? (struct view){NULL, 0} : (struct view){copy, text.len};
}

struct view arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    struct view text = {NULL, 0};
    int len = vsnprintf(NULL, 0, format, arguments);
    char *buffer = len < 0 ? NULL : arena_take(arena, (size_t)len + 1);
    if (buffer != NULL && vsnprintf(buffer, (size_t)len + 1, format, again) == len) {
        text = view_make(buffer, (size_t)len);
    }
    va_end(again);
    va_end(arguments);
    return text;
}

bool arena_on_clear(struct arena *arena, void (*dispose)(void *), void *resource)
{
    struct arena_disposer *disposer = arena_take(arena, sizeof *disposer);
    if (disposer == NULL) {
        return false;
    }
    *disposer = (struct arena_disposer){arena->disposers, dispose, resource};
    arena->disposers = disposer;
    return true;
}
