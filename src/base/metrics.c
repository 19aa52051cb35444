#include "base/metrics.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE_BYTES 64
#define US_PER_SECOND 1000000

static const struct bucket {
    int64_t limit_us;
    const char *limit_s; /* as the output writes it */
} buckets[] = {
    {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},
    {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
    {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},   {10000000, "10"}, {INT64_MAX, "+Inf"},
};

/* One line each, so that two busy counters never share one. */
struct metrics_counter {
    alignas(CACHE_LINE_BYTES) _Atomic int64_t value;
};

struct metrics_histogram {
    alignas(CACHE_LINE_BYTES) _Atomic int64_t sum_us;
    _Atomic int64_t counts[ARRAY_LEN(buckets)]; /* each for its own range, not cumulative */
};

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const char *const kind_names[] = {
    [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram"};

struct series {
    struct series *next;
    char *labels;
    union {
        struct metrics_counter *counter;
        struct metrics_histogram *histogram;
        void *any;
    };
};

struct family {
    struct family *next;
    enum kind kind;
    char *name;
    char *help;
    struct series *first;
};

struct collector {
    struct collector *next;
    void (*collect)(void *context);
    void *context;
};

struct metrics {
    pthread_mutex_t lock;       /* guards the lists; nothing in them is ever removed */
    pthread_mutex_t collecting; /* one run of the collectors at a time */
    struct family *families;
    struct collector *collectors;
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL) {
        return NULL;
    }
    pthread_mutex_init(&metrics->lock, NULL); /* cannot fail on Linux */
    pthread_mutex_init(&metrics->collecting, NULL);
    return metrics;
}

static void free_series(struct series *series)
{
    free(series->labels);
    free(series->any);
    free(series);
}

static void free_family(struct family *family)
{
    while (family->first != NULL) {
        struct series *series = family->first;
        family->first = series->next;
        free_series(series);
    }
    free(family->name);
    free(family->help);
    free(family);
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    while (metrics->families != NULL) {
        struct family *family = metrics->families;
        metrics->families = family->next;
        free_family(family);
    }
    while (metrics->collectors != NULL) {
        struct collector *collector = metrics->collectors;
        metrics->collectors = collector->next;
        free(collector);
    }
    pthread_mutex_destroy(&metrics->collecting);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

/* The family of that name, made at the end of the list when new; NULL when out of memory. */
static struct family *get_family(struct metrics *metrics, enum kind kind, const char *name,
                                 const char *help)
{
    struct family **place = &metrics->families;
    for (; *place != NULL; place = &(*place)->next) {
        if (strcmp((*place)->name, name) == 0) {
            return *place;
        }
    }
    struct family *family = calloc(1, sizeof *family);
    if (family == NULL) {
        return NULL;
    }
    family->kind = kind;
    family->name = strdup(name);
    family->help = strdup(help);
    if (family->name == NULL || family->help == NULL) {
        free_family(family);
        return NULL;
    }
    *place = family;
    return family;
}

static void *new_cell(enum kind kind)
{
    size_t size =
        kind == HISTOGRAM ? sizeof(struct metrics_histogram) : sizeof(struct metrics_counter);
    void *cell = aligned_alloc(CACHE_LINE_BYTES, size); /* both sizes are whole lines */
    if (cell != NULL) {
        memset(cell, 0, size);
    }
    return cell;
}

static struct series *get_series(struct family *family, const char *labels)
{
    struct series **place = &family->first;
    for (; *place != NULL; place = &(*place)->next) {
        if (strcmp((*place)->labels, labels) == 0) {
            return *place;
        }
    }
    struct series *series = calloc(1, sizeof *series);
    if (series == NULL) {
        return NULL;
    }
    series->labels = strdup(labels);
    series->any = new_cell(family->kind);
    if (series->labels == NULL || series->any == NULL) {
        free_series(series);
        return NULL;
    }
    *place = series;
    return series;
}

/* The cell of a series; NULL when out of memory or the name stands for another kind. */
static void *get_cell(struct metrics *metrics, enum kind kind, const char *name, const char *help,
                      const char *labels)
{
    pthread_mutex_lock(&metrics->lock);
    struct family *family = get_family(metrics, kind, name, help);
    struct series *series = NULL;
    if (family != NULL && family->kind == kind) {
        series = get_series(family, labels);
    }
    pthread_mutex_unlock(&metrics->lock);
    return series == NULL ? NULL : series->any;
}

struct metrics_counter *metrics_counter_get(struct metrics *metrics, const char *name,
                                            const char *help, const char *labels)
{
    return get_cell(metrics, COUNTER, name, help, labels);
}

struct metrics_counter *metrics_gauge_get(struct metrics *metrics, const char *name,
                                          const char *help, const char *labels)
{
    return get_cell(metrics, GAUGE, name, help, labels);
}

struct metrics_histogram *metrics_histogram_get(struct metrics *metrics, const char *name,
                                                const char *help, const char *labels)
{
    return get_cell(metrics, HISTOGRAM, name, help, labels);
}

void metrics_add(struct metrics_counter *counter, uint64_t n)
{
    if (counter != NULL) {
        atomic_fetch_add_explicit(&counter->value, (int64_t)n, memory_order_relaxed);
    }
}

void metrics_set(struct metrics_counter *gauge, int64_t value)
{
    if (gauge != NULL) {
        atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
    }
}

void metrics_observe_us(struct metrics_histogram *histogram, int64_t duration_us)
{
    if (histogram == NULL) {
        return;
    }
    if (duration_us < 0) {
        duration_us = 0;
    }
    size_t i = 0;
    while (duration_us > buckets[i].limit_us) {
        i++;
    }
    atomic_fetch_add_explicit(&histogram->counts[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, duration_us, memory_order_relaxed);
}

bool metrics_on_collect(struct metrics *metrics, void (*collect)(void *context), void *context)
{
    struct collector *collector = calloc(1, sizeof *collector);
    if (collector == NULL) {
        return false;
    }
    collector->collect = collect;
    collector->context = context;
    pthread_mutex_lock(&metrics->lock);
    collector->next = metrics->collectors;
    metrics->collectors = collector;
    pthread_mutex_unlock(&metrics->lock);
    return true;
}

/* Without metrics->lock, so that a collector may look up a series. */
static void run_collectors(struct metrics *metrics)
{
    pthread_mutex_lock(&metrics->lock);
    const struct collector *collector = metrics->collectors;
    pthread_mutex_unlock(&metrics->lock);
    pthread_mutex_lock(&metrics->collecting);
    for (; collector != NULL; collector = collector->next) {
        collector->collect(collector->context);
    }
    pthread_mutex_unlock(&metrics->collecting);
}

/* Help text escapes the backslash and the line feed only. */
static void write_help(struct builder *out, const struct family *family)
{
    builder_format(out, "# HELP %s ", family->name);
    for (const char *c = family->help; *c != '\0'; c++) {
        if (*c == '\n') {
            builder_text(out, "\\n");
        } else if (*c == '\\') {
            builder_text(out, "\\\\");
        } else {
            builder_char(out, *c);
        }
    }
    builder_char(out, '\n');
}

/* name_suffix{labels} and a space. */
static void write_name(struct builder *out, const struct family *family, const char *suffix,
                       const struct series *series)
{
    builder_text(out, family->name);
    builder_text(out, suffix);
    if (series->labels[0] != '\0') {
        builder_char(out, '{');
        builder_text(out, series->labels);
        builder_char(out, '}');
    }
    builder_char(out, ' ');
}

static void write_number(struct builder *out, int64_t number)
{
    builder_int(out, number);
    builder_char(out, '\n');
}

static void write_counter(struct builder *out, const struct family *family,
                          const struct series *series)
{
    write_name(out, family, "", series);
    write_number(out, atomic_load_explicit(&series->counter->value, memory_order_relaxed));
}

static void write_histogram(struct builder *out, const struct family *family,
                            const struct series *series)
{
    struct metrics_histogram *histogram = series->histogram;
    const char *comma = series->labels[0] != '\0' ? "," : "";
    int64_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(buckets); i++) {
        count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        builder_text(out, family->name);
        builder_text(out, "_bucket{");
        builder_text(out, series->labels);
        builder_format(out, "%sle=\"%s\"} ", comma, buckets[i].limit_s);
        write_number(out, count);
    }
    int64_t sum_us = atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
    write_name(out, family, "_sum", series);
    builder_format(out, "%lld.%06d\n", (long long)(sum_us / US_PER_SECOND),
                   (int)(sum_us % US_PER_SECOND));
    write_name(out, family, "_count", series);
    write_number(out, count);
}

void metrics_write(struct metrics *metrics, struct builder *out)
{
    run_collectors(metrics);
    pthread_mutex_lock(&metrics->lock);
    for (const struct family *family = metrics->families; family != NULL; family = family->next) {
        write_help(out, family);
        builder_format(out, "# TYPE %s %s\n", family->name, kind_names[family->kind]);
        for (const struct series *series = family->first; series != NULL; series = series->next) {
            if (family->kind == HISTOGRAM) {
                write_histogram(out, family, series);
            } else {
                write_counter(out, family, series);
            }
        }
    }
    pthread_mutex_unlock(&metrics->lock);
}
