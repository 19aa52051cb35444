/* One statement moves all that can be moved, a second one reads all as they stand then: one round
   trip, one transaction, one commit. It waits for nobody's row: what is locked is left out, so that
   no two of these, nor one of these and whoever ends many sessions, can wait for each other, and
   nobody waits for a row of somebody else's session. */
#include "store/postgres/rotations.h"

#include <stdlib.h>
#include <string.h>

#include "base/network.h"
#include "store/decide.h"
#include "store/postgres/pgsql.h"
#include "store/postgres/sessions.h"

/* The parameters of STATEMENT_SESSIONS_ROTATE, an array each, in their order. */
enum column {
    COLUMN_ID,
    COLUMN_COUNTER,
    COLUMN_NOW,
    COLUMN_IDLE,
    COLUMN_ADDRESS,
    COLUMN_NETWORK,
    COLUMN_USER_AGENT,
    COLUMN_COUNT
};

static const enum pgsql_element elements[COLUMN_COUNT] = {
    [COLUMN_ID] = PGSQL_UUID_ARRAY,         [COLUMN_COUNTER] = PGSQL_INT8_ARRAY,
    [COLUMN_NOW] = PGSQL_INT8_ARRAY,        [COLUMN_IDLE] = PGSQL_INT8_ARRAY,
    [COLUMN_ADDRESS] = PGSQL_TEXT_ARRAY,    [COLUMN_NETWORK] = PGSQL_TEXT_ARRAY,
    [COLUMN_USER_AGENT] = PGSQL_TEXT_ARRAY,
};

struct member {
    struct session_rotating *item;
    bool is_moved;
};

/* Of a call: those that go together, by their sessions, each of which is there once. */
struct members {
    struct member items[STORE_ROTATE_MAX];
    size_t count;
};

/* --- who goes together ------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const struct session_rotating *first = ((const struct member *)a)->item;
    const struct session_rotating *second = ((const struct member *)b)->item;
    return memcmp(&first->asked.session_id, &second->asked.session_id, sizeof(struct id));
}

static int compare_id(const void *key, const void *member)
{
    const struct session_rotating *item = ((const struct member *)member)->item;
    return memcmp(key, &item->asked.session_id, sizeof(struct id));
}

/* Everybody is put off until the answer says more. */
static void gather(struct session_rotating *const *items, size_t count, struct members *out)
{
    struct member all[STORE_ROTATE_MAX];
    for (size_t i = 0; i < count; i++) {
        items[i]->result = RESULT_BUSY;
        items[i]->outcome = SESSION_DEAD;
        items[i]->session = (struct session){.counter = 0};
        all[i] = (struct member){.item = items[i]};
    }
    qsort(all, count, sizeof all[0], compare);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare(&all[i - 1], &all[i]) != 0) {
            out->items[out->count++] = all[i];
        }
    }
}

static struct member *find(struct members *members, const struct pgsql_row *row, int column)
{
    struct id id = pgsql_get_id(row, column);
    return bsearch(&id, members->items, members->count, sizeof members->items[0], compare_id);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void add_member(struct pgsql_array arrays[COLUMN_COUNT],
                       const struct session_rotation *asked)
{
    char room[NETWORK_SIZE];
    const struct pgsql_value values[COLUMN_COUNT] = {
        [COLUMN_ID] = pgsql_id(&asked->session_id),
        [COLUMN_COUNTER] = pgsql_number(asked->counter),
        [COLUMN_NOW] = pgsql_number(asked->now_ms),
        [COLUMN_IDLE] = pgsql_number(asked->now_ms - asked->idle_ms),
        [COLUMN_ADDRESS] = pgsql_text(view_not_null(asked->address)),
        [COLUMN_NETWORK] = pgsql_text(view_not_null(network_of(asked->address, room))),
        [COLUMN_USER_AGENT] = pgsql_text(asked->user_agent),
    };
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        pgsql_array_add(&arrays[i], values[i]);
    }
}

static void ask(struct pgsql_batch *batch, const struct members *members)
{
    struct builder builders[COLUMN_COUNT];
    struct pgsql_array arrays[COLUMN_COUNT];
    struct pgsql_value values[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        builder_init(&builders[i], members->items[0].item->arena, SIZE_MAX / 4);
        pgsql_array_begin(&arrays[i], &builders[i], elements[i], members->count);
    }
    for (size_t i = 0; i < members->count; i++) {
        add_member(arrays, &members->items[i].item->asked);
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        values[i] = pgsql_array_end(&arrays[i]);
    }
    (void)pgsql_add(batch, STATEMENT_SESSIONS_ROTATE, (struct pgsql_values){values, COLUMN_COUNT});
    (void)pgsql_add(batch, STATEMENT_SESSIONS_LOOK,
                    PGSQL_BIND(values[COLUMN_ID], values[COLUMN_NOW], values[COLUMN_IDLE]));
}

/* --- what became of them ---------------------------------------------------------------------- */

/* Of a session that is alive. */
static void take_row(struct member *member, const struct pgsql_row *row)
{
    struct session_rotating *item = member->item;
    struct session_record found;
    enum result result = postgres_sessions_look_of_row(row, item->arena, &found, &item->user);
    item->session = found.session;
    item->outcome = member->is_moved
                        ? SESSION_ROTATED
                        : decide_rotation(&item->asked, found.session.counter, found.rotated_ms);
    if (result == RESULT_OK && !member->is_moved && item->outcome != SESSION_GRACE) {
        result = RESULT_BUSY; /* its row was locked, or the session is to be ended */
    }
    item->result = result;
    item->outcome = result == RESULT_OK ? item->outcome : SESSION_DEAD;
}

static void take_answers(const struct pgsql_batch *batch, struct members *members)
{
    for (size_t i = 0; i < pgsql_rows(batch, 0); i++) {
        struct pgsql_row row = pgsql_row(batch, 0, i);
        struct member *member = find(members, &row, 0);
        if (member != NULL) {
            member->is_moved = true;
        }
    }
    for (size_t i = 0; i < members->count; i++) {
        members->items[i].item->result = RESULT_OK; /* dead, unless it is found */
    }
    for (size_t i = 0; i < pgsql_rows(batch, 1); i++) {
        struct pgsql_row row = pgsql_row(batch, 1, i);
        struct member *member = find(members, &row, 0);
        if (member != NULL) {
            take_row(member, &row);
        }
    }
}

enum result postgres_rotations_together(struct store_handle *base,
                                        struct session_rotating *const *items, size_t count)
{
    struct members members = {.count = 0};
    gather(items, count, &members);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    ask(&batch, &members);
    enum result result = pgsql_run(&batch);
    if (result == RESULT_OK) {
        take_answers(&batch, &members);
    }
    /* What is wrong with one of them must not be the others' refusal: each is asked alone. */
    return result == RESULT_STORE_UNAVAILABLE ? result : RESULT_OK;
}
