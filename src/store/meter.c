#include "store/meter.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* Refusals (taken, not found, …) are answers: only the last two are trouble. */
enum outcome { OUTCOME_OK, OUTCOME_REFUSED, OUTCOME_UNAVAILABLE, OUTCOME_INTERNAL, OUTCOME_COUNT };

static const char *const outcome_names[OUTCOME_COUNT] = {"ok", "refused", "unavailable",
                                                         "internal"};

static const char *const operation_names[METER_OPERATION_COUNT] = {
#define OPERATION_NAME(name) #name,
    METER_OPERATIONS(OPERATION_NAME)
#undef OPERATION_NAME
};

struct store_meter {
    struct metrics_counter *calls[METER_OPERATION_COUNT][OUTCOME_COUNT];
    struct metrics_histogram *seconds[METER_OPERATION_COUNT];
};

static void find_series(struct store_meter *meter, struct metrics *metrics, size_t operation)
{
    char labels[96];
    for (size_t outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        (void)snprintf(labels, sizeof labels, "op=\"%s\",result=\"%s\"", operation_names[operation],
                       outcome_names[outcome]);
        meter->calls[operation][outcome] = metrics_counter_get(
            metrics, "latchkey_store_calls_total", "Calls of the store by result.", labels);
    }
    (void)snprintf(labels, sizeof labels, "op=\"%s\"", operation_names[operation]);
    meter->seconds[operation] = metrics_histogram_get(metrics, "latchkey_store_seconds",
                                                      "Time a call of the store took.", labels);
}

struct store_meter *meter_new(struct metrics *metrics)
{
    struct store_meter *meter = calloc(1, sizeof *meter);
    if (meter == NULL || metrics == NULL) {
        return meter;
    }
    for (size_t i = 0; i < METER_OPERATION_COUNT; i++) {
        find_series(meter, metrics, i);
    }
    return meter;
}

void meter_free(struct store_meter *meter)
{
    free(meter);
}

static enum outcome outcome_of(enum result result)
{
    if (result == RESULT_OK) {
        return OUTCOME_OK;
    }
    if (result == RESULT_STORE_UNAVAILABLE) {
        return OUTCOME_UNAVAILABLE;
    }
    return result == RESULT_INTERNAL ? OUTCOME_INTERNAL : OUTCOME_REFUSED;
}

enum result meter_note(const struct store *store, enum meter_operation operation, int64_t start_us,
                       enum result result)
{
    enum outcome outcome = outcome_of(result);
    int64_t took_us = clock_monotonic_us() - start_us;
    metrics_add(store->meter->calls[operation][outcome], 1);
    metrics_observe_us(store->meter->seconds[operation], took_us);
    if (outcome >= OUTCOME_UNAVAILABLE) {
        const struct log_field fields[] = {
            LOG_FIELD_TEXT("op", view_of(operation_names[operation])),
            LOG_FIELD_TEXT("result", view_of(result_code(result))),
            LOG_FIELD_MS("duration_ms", took_us),
        };
        log_event(store->log, LOG_ERROR, "store_failed", fields, ARRAY_LEN(fields));
    }
    return result;
}

void meter_note_recall(const struct store *store, enum meter_operation operation)
{
    metrics_add(store->meter->calls[operation][OUTCOME_OK], 1);
    metrics_observe_us(store->meter->seconds[operation], 0);
}
