#include "store/sqlite/list_tend.h"

#include "store/sqlite/list_build.h"
#include "store/sqlite/list_order.h"
#include "store/sqlite/list_planes.h"
#include "store/sqlite/list_term.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

#define FORGET_BATCH 10000

/* What is to be done next. */
enum work { WORK_NONE, WORK_ORDER, WORK_BLOCK, WORK_FORGET };

struct task {
    enum work work;
    int64_t which; /* id of the order; number of the block */
};

/* NOT_FOUND leaves the task as it is. */
static enum result look(struct sqlite_handle *handle, enum statement statement,
                        struct sql_values values, enum work work, struct task *task)
{
    if (task->work != WORK_NONE) {
        return RESULT_OK;
    }
    enum result result = sql_run_number(handle, statement, values, &task->which);
    task->work = result == RESULT_OK ? work : WORK_NONE;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* An order that an older version made, if any. */
static enum result look_for_planes(struct sqlite_handle *handle, int64_t last, struct task *task)
{
    enum result result = RESULT_OK;
    for (int64_t id = list_order_id(USER_SORT_NUMBER + 1, false);
         id <= list_order_id(USER_SORT_COUNT - 1, true) && result == RESULT_OK &&
         task->work == WORK_NONE;
         id++) {
        struct list_order order;
        bool due = false;
        result = list_order_find(handle, (enum user_sort_field)(id / 2), id % 2 != 0, &order);
        if (result == RESULT_OK) {
            result = list_planes_are_due(handle, &order, last, &due);
        }
        *task = due ? (struct task){WORK_ORDER, id} : *task;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* Orders first: without them nothing is found by terms either. What is not there yet is made once
   there are people enough; what is there, once enough of them have changed. */
static enum result choose(struct sqlite_handle *handle, int64_t changes_min, struct task *task)
{
    int64_t last = 0;
    struct sql_value enough = sql_number(changes_min > 0 ? changes_min : 1);
    struct sql_value people = sql_number(LIST_BLOCK);
    enum result result = sql_run_number(handle, STATEMENT_LIST_LAST, SQL_NONE, &last);
    *task = (struct task){.work = WORK_NONE};
    if (result != RESULT_OK || last < changes_min || last > LIST_ORDER_NUMBER_MAX) {
        return result;
    }
    result = look(handle, STATEMENT_LIST_ORDER_MISSING, SQL_NONE, WORK_ORDER, task);
    if (result == RESULT_OK) {
        result = look(handle, STATEMENT_LIST_ORDER_DUE, SQL_BIND(enough), WORK_ORDER, task);
    }
    if (result == RESULT_OK) {
        result = look_for_planes(handle, last, task);
    }
    if (result == RESULT_OK) {
        result = look(handle, STATEMENT_LIST_BLOCK_MISSING, SQL_BIND(sql_number(last / LIST_BLOCK)),
                      WORK_BLOCK, task);
    }
    if (result == RESULT_OK) {
        result = look(handle, STATEMENT_LIST_BLOCK_DUE, SQL_BIND(enough, people), WORK_BLOCK, task);
    }
    if (result == RESULT_OK) {
        result = look(handle, STATEMENT_LIST_CHANGES_OLD, SQL_BIND(people), WORK_FORGET, task);
    }
    return result;
}

/* What changes from now on is marked with the new round, or a later one. */
static enum result begin_round(struct sqlite_handle *handle, int64_t *round)
{
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result == RESULT_OK) {
        result = sql_run(handle, STATEMENT_LIST_ROUND_BEGIN, SQL_NONE);
    }
    if (result == RESULT_OK) {
        result = sql_run_number(handle, STATEMENT_LIST_ROUND, SQL_NONE, round);
    }
    return result == RESULT_OK ? sqlite_transaction_finish(&transaction, result) : result;
}

/* Changes that everything has been made anew since. Usually that is all of them or few. */
static enum result forget_changes(struct sqlite_handle *handle)
{
    int64_t newer = 0;
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result == RESULT_OK) {
        result = sql_run_number(handle, STATEMENT_LIST_CHANGES_NEWER, SQL_NONE, &newer);
    }
    if (result == RESULT_OK && newer == 0) {
        result = sql_run(handle, STATEMENT_LIST_CHANGES_FORGET_ALL, SQL_NONE);
    } else if (result == RESULT_OK) {
        result = sql_run(handle, STATEMENT_LIST_CHANGES_FORGET,
                         SQL_BIND(sql_number(LIST_BLOCK), sql_number(FORGET_BATCH)));
    }
    return result == RESULT_OK ? sqlite_transaction_finish(&transaction, result) : result;
}

static enum result build(struct sqlite_handle *handle, const struct task *task)
{
    int64_t round = 0;
    enum result result = begin_round(handle, &round);
    if (result != RESULT_OK) {
        return result;
    }
    return task->work == WORK_ORDER ? list_build_order(handle, task->which, round)
                                    : list_build_block(handle, task->which, round);
}

enum result sqlite_list_tend(struct store_handle *base, int64_t changes_min, bool *more)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    struct task task;
    enum result result = choose(handle, changes_min, &task);
    *more = result == RESULT_OK && task.work != WORK_NONE;
    if (!*more) {
        return result;
    }
    return task.work == WORK_FORGET ? forget_changes(handle) : build(handle, &task);
}
