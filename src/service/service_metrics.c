#include "service/service_metrics.h"

#include <stddef.h>

void service_metrics_init(struct service_metrics *out, struct metrics *metrics)
{
    *out = (struct service_metrics){0};
    if (metrics == NULL) {
        return;
    }
#define SERVICE_COUNTER_GET(member, name, help, labels)                                            \
    out->member = metrics_counter_get(metrics, name, help, labels);
    SERVICE_COUNTERS(SERVICE_COUNTER_GET)
#undef SERVICE_COUNTER_GET
    out->feed_lag =
        metrics_gauge_get(metrics, "latchkey_feed_lag_milliseconds",
                          "Time since the change feed was last read without a fault", "");
    out->keys = metrics_gauge_get(metrics, "latchkey_keys", "Keys that verify tokens", "");
    out->hash_seconds = metrics_histogram_get(metrics, "latchkey_password_hash_seconds",
                                              "Time to compute one password hash", "");
}
