#include "api/observe.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/result.h"

#define LABELS_SIZE 256

/* A small number for each status that occurs: the first result with it; 303, the redirect to the
   docs, is the only one without. */
static size_t slot_of(int status)
{
    for (size_t result = 0; result < RESULT_COUNT; result++) {
        if (result_status((enum result)result) == status) {
            return result;
        }
    }
    return RESULT_COUNT;
}

static struct metrics_counter *find_counter(const struct observe *observe,
                                            const struct observe_series *series, int status)
{
    char labels[LABELS_SIZE];
    (void)snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\",status=\"%d\"",
                   series->method, series->route, status);
    return metrics_counter_get(observe->metrics, "latchkey_http_requests_total",
                               "Requests answered, by method, route and status.", labels);
}

void observe_init_series(const struct observe *observe, struct observe_series *series,
                         const char *method, const char *route)
{
    char labels[LABELS_SIZE];
    (void)snprintf(labels, sizeof labels, "route=\"%s\"", route);
    series->method = method;
    series->route = route;
    if (observe->metrics != NULL) {
        series->duration =
            metrics_histogram_get(observe->metrics, "latchkey_http_request_seconds",
                                  "Time from the request line to the answer, by route.", labels);
    }
}

static void count(const struct observe *observe, struct observe_series *series, int status)
{
    if (observe->metrics == NULL) {
        return;
    }
    size_t slot = slot_of(status);
    struct metrics_counter *counter =
        atomic_load_explicit(&series->by_status[slot], memory_order_acquire);
    if (counter == NULL) {
        /* Whoever else looks at the same time finds the same one. */
        counter = find_counter(observe, series, status);
        atomic_store_explicit(&series->by_status[slot], counter, memory_order_release);
    }
    metrics_add(counter, 1);
}

static void write_line(const struct observe *observe, const struct observe_series *series,
                       const struct request *request, const struct reply *reply,
                       const struct id *user_id, int64_t duration_us)
{
    enum log_level level = result_level(reply->result);
    if (!log_wants(observe->log, level)) {
        return;
    }
    const struct log_field fields[] = {
        LOG_FIELD_TEXT("request_id", view_of(request->request_id)),
        LOG_FIELD_TEXT("method", view_of(http_method_name(request->method))),
        LOG_FIELD_TEXT("route", view_of(series->route)),
        LOG_FIELD_NUMBER("status", reply->status),
        LOG_FIELD_MS("duration_ms", duration_us),
        LOG_FIELD_ID("user_id", user_id),
        LOG_FIELD_TEXT("address", request->address),
    };
    log_event_later(observe->log, level, "request", fields, ARRAY_LEN(fields));
}

void observe_request(const struct observe *observe, struct observe_series *series,
                     const struct request *request, const struct reply *reply,
                     const struct id *user_id, int64_t duration_us)
{
    count(observe, series, reply->status);
    metrics_observe_us(series->duration, duration_us);
    write_line(observe, series, request, reply, user_id, duration_us);
}
