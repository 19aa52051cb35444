/* A file in the making: whoever comes between its opening and its lock changes nothing published.
 */
#include "fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/sqlite/part.h"
#include "../folder.h"

#define PATH_SIZE 96

/* What another process does in that moment, so many times. */
static struct {
    void (*act)(void);
    int times;
    char folder[64];
    char place[PATH_SIZE];
    char part[PATH_SIZE + sizeof ".part"];
} other;

/* Stands before the C library's. */
int flock(int fd, int operation)
{
    if (other.times > 0) {
        other.times--;
        other.act();
    }
    return (int)syscall(SYS_flock, fd, operation);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    (void)!fgets(found, sizeof found, file);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(found, text);
}

static int setup(void **state)
{
    other.times = 0;
    if (!folder_make(other.folder, sizeof other.folder))
        return -1;
    (void)snprintf(other.place, sizeof other.place, "%s/copy.db", other.folder);
    (void)snprintf(other.part, sizeof other.part, "%s.part", other.place);
    *state = &other;
    return 0;
}

static int teardown(void **state)
{
    (void)unlink(other.place);
    (void)unlink(other.part);
    return rmdir(other.folder);
}

/* --- the others ------------------------------------------------------------------------------- */

/* It was at the same part, is done, and its copy has its place. */
static void publish(void)
{
    write_file(other.part, "published");
    assert_int_equal(rename(other.part, other.place), 0);
}

static void give_up(void)
{
    assert_int_equal(unlink(other.part), 0);
}

static void begin_anew(void)
{
    assert_int_equal(unlink(other.part), 0);
    write_file(other.part, "half");
}

/* --- tests ------------------------------------------------------------------------------------ */

static void assert_opened(struct part *part)
{
    struct stat by_name;
    struct stat by_fd;
    char message[256] = "";
    assert_result(sqlite_part_open(part, other.place, message, sizeof message), OK);
    assert_int_equal(stat(other.part, &by_name), 0);
    assert_int_equal(fstat(part->fd, &by_fd), 0);
    assert_true(by_name.st_ino == by_fd.st_ino && by_fd.st_size == 0);
}

static void test_what_was_published_stays(void **state)
{
    struct part part;
    other.act = publish;
    other.times = 1;
    assert_opened(&part);
    assert_holds(other.place, "published");
    sqlite_part_close(&part);
    assert_holds(other.place, "published");
    assert_int_equal(access(other.part, F_OK), -1);
}

static void test_a_part_that_went(void **state)
{
    struct part part;
    void (*const acts[])(void) = {give_up, begin_anew};
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        other.act = acts[i];
        other.times = 1;
        assert_opened(&part);
        sqlite_part_close(&part);
    }
}

static void test_others_without_end(void **state)
{
    struct part part;
    char message[256] = "";
    other.act = publish;
    other.times = 1000;
    assert_result(sqlite_part_open(&part, other.place, message, sizeof message), CONFLICT);
    assert_non_null(strstr(message, "another process"));
    assert_int_equal(part.fd, -1);
    assert_holds(other.place, "published");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_published_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_part_that_went, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others_without_end, setup, teardown),
    };
    return cmocka_run_group_tests_name("sqlite part", tests, NULL, NULL);
}
