/* What a reader of MongoDB's change feed was told, and who is alive when sessions end. */
#include "unit.h"

#include <stdlib.h>

#include "mongo_library.h"
#include "store/mongo/epochs.h"
#include "store/mongo/told.h"

static struct id id_of(unsigned char number)
{
    return (struct id){{[15] = number}};
}

static void begin(struct mongo_told *told)
{
    memset(told, 0, sizeof *told);
    assert_int_equal(pthread_mutex_init(&told->mutex, NULL), 0);
}

static void end(struct mongo_told *told)
{
    free(told->marks);
    (void)pthread_mutex_destroy(&told->mutex);
}

/* One read of the stamps from first to last, all of one subject; how many were new. */
static int read_all(struct mongo_told *told, int64_t *reader, uint64_t first, uint64_t last,
                    bool done)
{
    struct told_read read;
    const struct id id = id_of(1);
    int count = 0;
    told_begin(&read, told, *reader);
    for (uint64_t stamp = first; stamp <= last; stamp++)
        count += told_is_new(&read, stamp, &id);
    if (done)
        *reader = told_done(&read, *reader);
    told_clear(&read);
    return count;
}

static void test_each_is_told_once(void **state)
{
    struct mongo_told told;
    int64_t reader = 0;
    begin(&told);
    assert_int_equal(read_all(&told, &reader, 1, 1000, true), 1000);
    assert_true(reader != 0);
    assert_int_equal(read_all(&told, &reader, 1, 1000, true), 0);
    assert_int_equal(read_all(&told, &reader, 500, 1003, true), 3);
    /* What came late into the overlap is new. */
    assert_int_equal(read_all(&told, &reader, 499, 1003, true), 1);
    end(&told);
}

static void test_a_read_that_was_stopped_is_told_again(void **state)
{
    struct mongo_told told;
    int64_t reader = 0;
    begin(&told);
    assert_int_equal(read_all(&told, &reader, 1, 10, true), 10);
    assert_int_equal(read_all(&told, &reader, 1, 15, false), 5);
    assert_int_equal(read_all(&told, &reader, 1, 15, true), 5);
    end(&told);
}

static void test_readers_do_not_hide_from_each_other(void **state)
{
    struct mongo_told told;
    int64_t first = 0;
    int64_t second = 0;
    begin(&told);
    assert_int_equal(read_all(&told, &first, 1, 10, true), 10);
    assert_int_equal(read_all(&told, &second, 1, 10, true), 10);
    assert_true(first != second);
    assert_int_equal(read_all(&told, &first, 1, 10, true), 10); /* again rather than never */
    end(&told);
}

static void test_stamp_and_subject_make_the_mark(void **state)
{
    struct mongo_told told;
    struct told_read read;
    const struct id one = id_of(1);
    const struct id two = id_of(2);
    begin(&told);
    told_begin(&read, &told, 0);
    assert_true(told_is_new(&read, 7, &one));
    int64_t reader = told_done(&read, 0);
    told_clear(&read);
    told_begin(&read, &told, reader);
    assert_false(told_is_new(&read, 7, &one));
    assert_true(told_is_new(&read, 7, &two));
    assert_true(told_is_new(&read, 8, &one));
    told_clear(&read);
    end(&told);
}

/* --- epochs ----------------------------------------------------------------------------------- */

static void test_who_is_alive(void **state)
{
    const struct id kept = id_of(1);
    const struct id other = id_of(2);
    const struct epochs_state plain = {.epoch = 3};
    assert_true(mongo_epochs_is_alive(&plain, &other, 3));
    assert_false(mongo_epochs_is_alive(&plain, &other, 2));
    assert_false(mongo_epochs_is_alive(&plain, &other, 4));
    const struct epochs_state state_kept = {.epoch = 3, .kept = kept, .kept_since = 2};
    assert_true(mongo_epochs_is_alive(&state_kept, &kept, 2));
    assert_true(mongo_epochs_is_alive(&state_kept, &kept, 3));
    assert_false(mongo_epochs_is_alive(&state_kept, &kept, 1)); /* was dead before it was kept */
    assert_false(mongo_epochs_is_alive(&state_kept, &other, 2));
}

static void add_end(const bson_t *before, const struct id *keep, bson_t *set, bson_t *unset)
{
    DOC_LOCAL(inc);
    bson_reinit(set);
    bson_reinit(unset);
    mongo_epochs_add_end(before, keep, 77, set, unset, &inc);
    assert_int_equal(doc_get_number(&inc, "epoch", 0), 1);
    assert_int_equal(doc_get_instant(set, "ending_at"), 77);
}

/* What is kept twice, while the first end is still being worked on, was alive before the first. */
static void test_keeping_twice(void **state)
{
    const struct id kept = id_of(1);
    const struct id other = id_of(2);
    DOC_LOCAL(before);
    DOC_LOCAL(set);
    DOC_LOCAL(unset);
    doc_make(&before, DOC(doc_number("epoch", 5), doc_open("kept"), doc_id("session", &kept),
                          doc_number("since", 4), doc_close()));
    add_end(&before, &kept, &set, &unset);
    assert_int_equal(doc_get_number(&set, "kept.since", 0), 4);
    add_end(&before, &other, &set, &unset);
    assert_int_equal(doc_get_number(&set, "kept.since", 0), 5);
    struct id id = doc_get_id(&set, "kept.session");
    assert_true(id_equal(&id, &other));
    add_end(&before, NULL, &set, &unset);
    assert_false(doc_has(&set, "kept"));
    assert_true(doc_has(&unset, "kept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_told_once),
        cmocka_unit_test(test_a_read_that_was_stopped_is_told_again),
        cmocka_unit_test(test_readers_do_not_hide_from_each_other),
        cmocka_unit_test(test_stamp_and_subject_make_the_mark),
        cmocka_unit_test(test_who_is_alive),
        cmocka_unit_test(test_keeping_twice),
    };
    return cmocka_run_group_tests(tests, mongo_library, NULL);
}
