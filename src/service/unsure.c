#include "service/unsure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SETS 1024
#define WAYS 4 /* of each set: refreshes whose session ids fall together */

struct entry {
    struct id session_id;
    int64_t counter;
    int64_t since_ms; /* 0: empty */
};

struct unsure {
    pthread_mutex_t mutex;
    struct entry *_Atomic entries; /* NULL until the first is noted */
};

struct unsure *unsure_new(void)
{
    struct unsure *unsure = calloc(1, sizeof(*unsure));

    if (unsure != NULL) {
        pthread_mutex_init(&unsure->mutex, NULL);
    }
    return unsure;
}

void unsure_free(struct unsure *unsure)
{
    if (unsure != NULL) {
        pthread_mutex_destroy(&unsure->mutex);
        free(atomic_load(&unsure->entries));
        free(unsure);
    }
}

/* The end of an id is random. */
static struct entry *set_of(struct entry *entries, const struct id *session_id)
{
    const uint8_t *tail = &session_id->bytes[sizeof(session_id->bytes) - 2];

    return &entries[(size_t)((tail[0] << 8 | tail[1]) % SETS) * WAYS];
}

static struct entry *find(struct entry *set, const struct id *session_id, int64_t counter)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].since_ms != 0 && set[i].counter == counter &&
            id_equal(&set[i].session_id, session_id)) {
            return &set[i];
        }
    }
    return NULL;
}

static struct entry *oldest_of(struct entry *set)
{
    struct entry *oldest = set;

    for (size_t i = 1; i < WAYS; i++) {
        oldest = set[i].since_ms < oldest->since_ms ? &set[i] : oldest;
    }
    return oldest;
}

/* Under the mutex; NULL when out of memory. */
static struct entry *get_entries(struct unsure *unsure)
{
    struct entry *entries = atomic_load(&unsure->entries);

    if (entries == NULL) {
        entries = calloc(SETS * WAYS, sizeof(*entries));
        atomic_store(&unsure->entries, entries);
    }
    return entries;
}

void unsure_note(struct unsure *unsure, const struct id *session_id, int64_t counter,
                 int64_t now_ms)
{
    struct entry *entries;

    pthread_mutex_lock(&unsure->mutex);
    entries = get_entries(unsure);
    if (entries != NULL) {
        struct entry *set = set_of(entries, session_id);
        if (find(set, session_id, counter) == NULL) {
            *oldest_of(set) = (struct entry){*session_id, counter, now_ms};
        }
    }
    pthread_mutex_unlock(&unsure->mutex);
}

void unsure_forget(struct unsure *unsure, const struct id *session_id, int64_t counter)
{
    struct entry *entries = atomic_load(&unsure->entries);
    struct entry *entry;

    if (entries == NULL) {
        return;
    }
    pthread_mutex_lock(&unsure->mutex);
    entry = find(set_of(entries, session_id), session_id, counter);
    if (entry != NULL) {
        entry->since_ms = 0;
    }
    pthread_mutex_unlock(&unsure->mutex);
}

int64_t unsure_since(struct unsure *unsure, const struct id *session_id, int64_t counter)
{
    struct entry *entries = atomic_load(&unsure->entries);
    const struct entry *entry;
    int64_t since_ms;

    if (entries == NULL) {
        return 0;
    }
    pthread_mutex_lock(&unsure->mutex);
    entry = find(set_of(entries, session_id), session_id, counter);
    since_ms = entry != NULL ? entry->since_ms : 0;
    pthread_mutex_unlock(&unsure->mutex);
    return since_ms;
}
