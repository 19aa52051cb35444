/* What the connections of one I/O thread wait for, and for how long at most: absolute deadlines, so
   that what a peer does slowly is ended on time, however lively it looks. All that wait for the
   same thing may wait equally long, so each list is in the order of its ends: looking at its first
   is enough. When connections run out, those that are quiet are ended before their deadline, so
   that others find room. Belongs to one thread. */
#ifndef LATCHKEY_HTTP_WAITS_H
#define LATCHKEY_HTTP_WAITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

enum wait_kind {
    WAIT_FRESH,  /* accepted, nothing has come yet */
    WAIT_IDLE,   /* kept alive, between requests */
    WAIT_HEAD,   /* a request's header under way */
    WAIT_BODY,   /* the body under way */
    WAIT_SEND,   /* the answer under way */
    WAIT_LINGER, /* answered and done: until the peer has seen it */
    WAIT_WORK,   /* the application has it: never ended by the clock */
    WAIT_KINDS
};

/* One connection; embedded in the owner's structure, zeroed before its first move. */
struct wait {
    enum wait_kind kind;
    bool listed;
    int64_t since_ms; /* in this kind */
    uint64_t moved;   /* bytes of the body or the answer so far: the owner's count */
    struct {
        uint64_t bytes;   /* moved by then */
        int64_t since_ms; /* when the last kilobyte had moved */
    } step;               /* looked at while there is a crowd */
    struct wait *previous;
    struct wait *next;
};

/* How many connections there are, of all threads. */
enum wait_pressure {
    WAIT_CALM,
    WAIT_CROWD,   /* nearly as many as there may be */
    WAIT_FULL,    /* no room for another */
    WAIT_DRAINING /* the server stops: who asks for nothing is ended */
};

struct waits {
    int64_t limit_ms[WAIT_KINDS]; /* set by the owner; 0: no limit */
    /* Brings wait->moved up to date before a stalled answer is judged. May be NULL. */
    void (*refresh)(struct wait *wait);
    struct wait *first[WAIT_KINDS];
    struct wait *last[WAIT_KINDS];
    struct wait *look; /* where the search for stalled ones goes on; NULL: it is through */
    int64_t looked_ms; /* when it last began */
};

/* From since_ms on it waits for that: now, or when what it does began. */
void waits_move(struct waits *waits, struct wait *wait, enum wait_kind kind, int64_t since_ms);
/* It is in no list any more. */
void waits_remove(struct waits *waits, struct wait *wait);
/* One that has waited too long; NULL when there is none. The caller moves or removes it. */
struct wait *waits_overdue(struct waits *waits, enum wait_pressure pressure, int64_t now_ms);
/* Milliseconds until waits_overdue is worth asking again; -1: nothing waits for the clock. */
int waits_sleep_ms(const struct waits *waits, enum wait_pressure pressure, int64_t now_ms);

#endif
