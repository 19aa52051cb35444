#include "service/audit_limit.h"

static bool is_of_oneself(const struct audit_event *event)
{
    return event->actor == AUDIT_BY_USER && id_equal(&event->actor_id, &event->user_id);
}

/* Who could repeat it: themselves, or the address. */
static bool take_own(struct throttle *limit, const struct audit_event *event, int64_t now_ms)
{
    char text[ID_TEXT_SIZE];

    if (event->actor == AUDIT_BY_USER) {
        id_format(&event->actor_id, text);
        return throttle_take(limit, THROTTLE_AUDIT, view_of(text), now_ms) == 0;
    }
    return throttle_take(limit, THROTTLE_AUDIT, event->address, now_ms) == 0;
}

bool audit_limit_admits(struct throttle *limit, const struct audit_event *event, int64_t now_ms)
{
    if (view_is(event->event, "account_locked") ||
        (event->actor != AUDIT_BY_NOBODY && !is_of_oneself(event))) {
        return true;
    }
    if (!take_own(limit, event, now_ms)) {
        return false;
    }
    return event->actor != AUDIT_BY_NOBODY || event->outcome != AUDIT_FAILURE ||
           throttle_take(limit, THROTTLE_AUDIT_FAILURES, VIEW("all"), now_ms) == 0;
}
