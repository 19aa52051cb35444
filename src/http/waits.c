#include "http/waits.h"

#include <limits.h>
#include <stddef.h>

/* What moves slower than this a quiet time counts as quiet: a byte now and then keeps no place. */
#define STEP_BYTES 1024
/* How often bodies and answers under way are looked at while there is a crowd. */
#define CROWD_TICK_MS 20

/* How long a connection may be quiet under pressure; 0: as long as its limit. Who has asked for
   something gets time for a slow line. */
static const int64_t quiet_ms[WAIT_KINDS][WAIT_DRAINING + 1] = {
    [WAIT_FRESH] = {[WAIT_CROWD] = 1000, [WAIT_FULL] = 200, [WAIT_DRAINING] = 100},
    [WAIT_IDLE] = {[WAIT_CROWD] = 1000, [WAIT_FULL] = 200, [WAIT_DRAINING] = 100},
    [WAIT_HEAD] = {[WAIT_CROWD] = 1000, [WAIT_FULL] = 200},
    [WAIT_BODY] = {[WAIT_CROWD] = 2000, [WAIT_FULL] = 500}, /* the same for both of these */
    [WAIT_SEND] = {[WAIT_CROWD] = 2000, [WAIT_FULL] = 500},
    [WAIT_LINGER] = {[WAIT_CROWD] = 1000, [WAIT_FULL] = 200, [WAIT_DRAINING] = 100},
};

/* Of bodies and answers the quiet time counts from the last kilobyte, not from the beginning. */
static bool moves(enum wait_kind kind)
{
    return kind == WAIT_BODY || kind == WAIT_SEND;
}

/* The one to look at after it: all bodies under way, then all answers. */
static struct wait *next_moving(const struct waits *waits, const struct wait *wait)
{
    if (wait->next != NULL || wait->kind != WAIT_BODY)
        return wait->next;
    return waits->first[WAIT_SEND];
}

void waits_remove(struct waits *waits, struct wait *wait)
{
    if (!wait->listed)
        return;
    if (waits->look == wait)
        waits->look = next_moving(waits, wait);
    if (wait->previous != NULL)
        wait->previous->next = wait->next;
    else
        waits->first[wait->kind] = wait->next;
    if (wait->next != NULL)
        wait->next->previous = wait->previous;
    else
        waits->last[wait->kind] = wait->previous;
    wait->listed = false;
}

/* Behind all that began earlier: nearly always the last. */
static void insert(struct waits *waits, struct wait *wait)
{
    struct wait *before = waits->last[wait->kind];
    while (before != NULL && before->since_ms > wait->since_ms)
        before = before->previous;
    wait->previous = before;
    wait->next = before != NULL ? before->next : waits->first[wait->kind];
    if (before != NULL)
        before->next = wait;
    else
        waits->first[wait->kind] = wait;
    if (wait->next != NULL)
        wait->next->previous = wait;
    else
        waits->last[wait->kind] = wait;
    wait->listed = true;
}

void waits_move(struct waits *waits, struct wait *wait, enum wait_kind kind, int64_t since_ms)
{
    waits_remove(waits, wait);
    wait->kind = kind;
    wait->since_ms = since_ms;
    wait->step.bytes = wait->moved;
    wait->step.since_ms = since_ms;
    insert(waits, wait);
}

/* How long one may wait in all; 0: for ever. */
static int64_t allowed_ms(const struct waits *waits, enum wait_kind kind,
                          enum wait_pressure pressure)
{
    int64_t quiet = moves(kind) ? 0 : quiet_ms[kind][pressure];
    int64_t limit = waits->limit_ms[kind];
    return quiet > 0 && (quiet < limit || limit == 0) ? quiet : limit;
}

/* True when less than a kilobyte has moved for so long. */
static bool is_stalled(const struct waits *waits, struct wait *wait, int64_t quiet, int64_t now_ms)
{
    if (now_ms - wait->step.since_ms < quiet)
        return false;
    if (waits->refresh != NULL)
        waits->refresh(wait);
    if (wait->moved - wait->step.bytes < STEP_BYTES)
        return true;
    wait->step.bytes = wait->moved;
    wait->step.since_ms = now_ms;
    return false;
}

/* One that has moved too little; all are looked at, so only now and then. NULL when through. */
static struct wait *find_stalled(struct waits *waits, enum wait_pressure pressure, int64_t now_ms)
{
    int64_t quiet = quiet_ms[WAIT_BODY][pressure];
    if (quiet == 0) {
        waits->look = NULL;
    } else if (waits->look == NULL && now_ms - waits->looked_ms >= CROWD_TICK_MS) {
        struct wait *body = waits->first[WAIT_BODY];
        waits->look = body != NULL ? body : waits->first[WAIT_SEND];
        waits->looked_ms = now_ms;
    }
    while (waits->look != NULL) {
        struct wait *wait = waits->look;
        waits->look = next_moving(waits, wait);
        if (is_stalled(waits, wait, quiet, now_ms))
            return wait;
    }
    return NULL;
}

struct wait *waits_overdue(struct waits *waits, enum wait_pressure pressure, int64_t now_ms)
{
    for (enum wait_kind kind = 0; kind < WAIT_KINDS; kind++) {
        struct wait *first = waits->first[kind];
        int64_t allowed = allowed_ms(waits, kind, pressure);
        if (first != NULL && allowed > 0 && now_ms - first->since_ms >= allowed)
            return first;
    }
    return find_stalled(waits, pressure, now_ms);
}

int waits_sleep_ms(const struct waits *waits, enum wait_pressure pressure, int64_t now_ms)
{
    int64_t sleep_ms = INT_MAX;
    for (enum wait_kind kind = 0; kind < WAIT_KINDS; kind++) {
        const struct wait *first = waits->first[kind];
        int64_t allowed = allowed_ms(waits, kind, pressure);
        if (first == NULL)
            continue;
        if (allowed > 0 && first->since_ms + allowed - now_ms < sleep_ms)
            sleep_ms = first->since_ms + allowed - now_ms;
        if (moves(kind) && quiet_ms[kind][pressure] > 0 && sleep_ms > CROWD_TICK_MS)
            sleep_ms = CROWD_TICK_MS;
    }
    if (sleep_ms == INT_MAX)
        return -1;
    return sleep_ms > 0 ? (int)sleep_ms : 0;
}
