/* Memory kept between hashes: what is in it, how much is kept, when it goes. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/password_hash.h"
#include "crypto/password_memory.h"
#include "crypto/secret.h"

#define BLOCK_BYTES ((size_t)4 * 1024 * 1024)
#define BLOCK_KIB (BLOCK_BYTES / 1024)
#define LARGE_KIB (64 * 1024)
#define HUGE_PAGE_BYTES ((size_t)2 * 1024 * 1024)
#define THREADS 4
#define HASHES 20

static struct password_memory *memory;
static struct password_params params;

static int setup(void **state)
{
    memory = password_memory_new(BLOCK_BYTES, 2);
    params = (struct password_params){
        .scheme = PASSWORD_ARGON2ID, .memory_kib = BLOCK_KIB, .passes = 1, .memory = memory};
    return memory == NULL;
}

static int teardown(void **state)
{
    password_memory_free(memory);
    return 0;
}

static uint8_t *take(size_t bytes)
{
    uint8_t *block = password_memory_take(memory, bytes);

    assert_non_null(block);
    return block;
}

static bool is_zero(const uint8_t *at, size_t len)
{
    return at[0] == 0 && memcmp(at, at + 1, len - 1) == 0;
}

static bool is_mapped(void *at)
{
    unsigned char resident;

    if (mincore(at, 1, &resident) == 0)
        return true;
    assert_int_equal(errno, ENOMEM);
    return false;
}

static size_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long total;
    unsigned long resident;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &total, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void test_kept_and_handed_out_again(void **state)
{
    uint8_t *first = take(BLOCK_BYTES);
    uint8_t *second = take(1);

    assert_ptr_not_equal(first, second);
    assert_int_equal((uintptr_t)first % HUGE_PAGE_BYTES, 0);
    assert_true(is_zero(first, BLOCK_BYTES));
    assert_int_equal(password_memory_count(memory), 0);
    password_memory_give(memory, first, BLOCK_BYTES);
    password_memory_give(memory, second, 1);
    assert_int_equal(password_memory_count(memory), 2);
    assert_ptr_equal(take(BLOCK_BYTES), second); /* the one given back last */
    assert_ptr_equal(take(BLOCK_BYTES), first);
    password_memory_give(memory, first, BLOCK_BYTES);
    password_memory_give(memory, second, BLOCK_BYTES);
}

static void test_no_more_than_the_most(void **state)
{
    uint8_t *blocks[3];

    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        blocks[i] = take(BLOCK_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        password_memory_give(memory, blocks[i], BLOCK_BYTES);
    assert_int_equal(password_memory_count(memory), 2);
    assert_false(is_mapped(blocks[2]));
}

static void test_trim_by_age(void **state)
{
    uint8_t *old = take(BLOCK_BYTES);
    uint8_t *young = take(BLOCK_BYTES);
    int64_t between_us;

    password_memory_give(memory, old, BLOCK_BYTES);
    between_us = clock_monotonic_us() + 1; /* later than that, and no later than what follows */
    while (clock_monotonic_us() < between_us)
        continue;
    password_memory_give(memory, young, BLOCK_BYTES);
    password_memory_trim(memory, 0);
    assert_int_equal(password_memory_count(memory), 2);
    password_memory_trim(memory, between_us);
    assert_int_equal(password_memory_count(memory), 1);
    assert_false(is_mapped(old));
    assert_ptr_equal(take(BLOCK_BYTES), young);
    password_memory_give(memory, young, BLOCK_BYTES);
    password_memory_trim(memory, INT64_MAX);
    assert_int_equal(password_memory_count(memory), 0);
    assert_false(is_mapped(young));
}

static void test_nothing_kept_without_an_owner(void **state)
{
    uint8_t *block = password_memory_take(NULL, BLOCK_BYTES);

    assert_non_null(block);
    password_memory_give(NULL, block, BLOCK_BYTES);
    assert_false(is_mapped(block));
    password_memory_give(memory, NULL, BLOCK_BYTES);
    assert_int_equal(password_memory_count(memory), 0);
    password_memory_free(NULL);
}

/* The flags of the mapping that begins at block, as /proc/self/smaps lists them. */
static void read_flags(const void *block, char flags[128])
{
    FILE *file = fopen("/proc/self/smaps", "r");
    unsigned long wanted = (unsigned long)(uintptr_t)block;
    unsigned long from;
    unsigned long to;
    bool is_here = false;
    char line[512];

    flags[0] = '\0';
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            is_here = from <= wanted && wanted < to;
        else if (is_here)
            (void)sscanf(line, "VmFlags: %127[^\n]", flags);
    }
    fclose(file);
}

static void test_stays_out_of_core_dumps(void **state)
{
    uint8_t *block = take(BLOCK_BYTES);
    char flags[128];

    read_flags(block, flags);
    assert_non_null(strstr(flags, "dd"));
    password_memory_give(memory, block, BLOCK_BYTES);
}

/* What a hash leaves behind could be turned back into what a password can be guessed by. */
static void test_zeros_after_a_hash(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    uint8_t *block;

    assert_true(password_hash_make(&params, VIEW("secret"), hash));
    assert_int_equal(password_memory_count(memory), 1);
    block = take(BLOCK_BYTES);
    assert_true(is_zero(block, BLOCK_BYTES));
    password_memory_give(memory, block, BLOCK_BYTES);
}

static void test_hashes_after_the_memory_has_gone(void **state)
{
    char hash[PASSWORD_HASH_SIZE];

    assert_true(password_hash_make(&params, VIEW("secret"), hash));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(password_hash_verify(&params, view_of(hash), VIEW("secret")),
                         PASSWORD_MATCH);
        assert_int_equal(password_memory_count(memory), 1);
        password_memory_trim(memory, INT64_MAX);
        assert_int_equal(password_memory_count(memory), 0);
    }
}

/* P14: an imported hash may ask for more; it must not stay resident. */
static void test_p14_large_ones_are_not_kept(void **state)
{
    struct password_params large = params;
    char hash[PASSWORD_HASH_SIZE];
    size_t before;

    large.memory_kib = LARGE_KIB;
    assert_true(password_hash_make(&large, VIEW("secret"), hash));
    before = resident_bytes();
    assert_int_equal(password_hash_verify(&params, view_of(hash), VIEW("secret")),
                     PASSWORD_MATCH_OLD);
    assert_int_equal(password_memory_count(memory), 0);
    assert_true(resident_bytes() < before + LARGE_KIB / 2 * 1024);
}

/* As when the system has none: no new mapping. */
static void test_no_memory(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    char other[PASSWORD_HASH_SIZE];
    struct rlimit before;
    struct rlimit none;
    bool made;
    enum password_verdict verdict;

    assert_true(password_hash_make(&params, VIEW("secret"), hash));
    password_memory_trim(memory, INT64_MAX);
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    verdict = password_hash_verify(&params, view_of(hash), VIEW("secret"));
    made = password_hash_make(&params, VIEW("secret"), other);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(verdict, PASSWORD_REFUSED);
    assert_false(made);
    assert_int_equal(password_memory_count(memory), 0);
    assert_null(password_memory_take(NULL, SIZE_MAX));
    assert_int_equal(password_hash_verify(&params, view_of(hash), VIEW("secret")), PASSWORD_MATCH);
}

static void *verify_many(void *hash)
{
    intptr_t wrong = 0;

    for (int i = 0; i < HASHES; i++)
        wrong += password_hash_verify(&params, view_of(hash), VIEW("secret")) != PASSWORD_MATCH;
    return (void *)wrong;
}

/* More threads than are kept for, and somebody who trims meanwhile. */
static void test_threads_share_it(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    pthread_t threads[THREADS];
    void *wrong;

    params.memory_kib = 64;
    assert_true(password_hash_make(&params, VIEW("secret"), hash));
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_many, hash), 0);
    for (int i = 0; i < HASHES; i++)
        password_memory_trim(memory, INT64_MAX);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_true(password_memory_count(memory) <= 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kept_and_handed_out_again),
        TEST(test_no_more_than_the_most),
        TEST(test_trim_by_age),
        TEST(test_nothing_kept_without_an_owner),
        TEST(test_stays_out_of_core_dumps),
        TEST(test_zeros_after_a_hash),
        TEST(test_hashes_after_the_memory_has_gone),
        TEST(test_p14_large_ones_are_not_kept),
        TEST(test_no_memory),
        TEST(test_threads_share_it),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
