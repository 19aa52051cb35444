#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/seed_people.h"

#define BATCH STORE_SEED_MAX
#define US_PER_SECOND INT64_C(1000000)

struct seeding {
    struct context *context;
    struct user_seed *people; /* BATCH of them */
    uint64_t seed;
    int64_t wanted;
    int64_t done;
    int64_t began_us;
};

static int read_number(const struct cli *cli, const char *flag, int64_t otherwise, int64_t *out)
{
    struct view text = command_flag(cli, flag);

    *out = otherwise;
    if (text.at == NULL ? otherwise < 0 : !view_to_int64(text, out) || *out < 1) {
        return command_misused(cli, "--%s must be a number from 1", flag);
    }
    return CLI_DONE;
}

static enum result write_batch(struct seeding *seeding, size_t count)
{
    struct arena arena CLEANUP(arena_clear);

    arena_init(&arena, 0);
    for (size_t i = 0; i < count; i++) {
        uint64_t index = (uint64_t)seeding->done + i;

        if (!seed_people_make(seeding->seed, index, &arena, &seeding->people[i])) {
            return RESULT_INTERNAL;
        }
    }
    return store_user_seed(seeding->context->handle, seeding->people, count);
}

/* One line that is written over, for who watches. */
static void show_progress(const struct seeding *seeding)
{
    double passed_s = (double)(clock_monotonic_us() - seeding->began_us) / (double)US_PER_SECOND;
    double rate = passed_s > 0 ? (double)seeding->done / passed_s : 0;
    double left_s = rate > 0 ? (double)(seeding->wanted - seeding->done) / rate : 0;

    if (isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "\r%lld of %lld users, %.0f/s, %.0f s left \033[K",
                      (long long)seeding->done, (long long)seeding->wanted, rate, left_s);
        (void)fputs(seeding->done == seeding->wanted ? "\n" : "", stderr);
    }
}

static int write_all(struct seeding *seeding)
{
    while (seeding->done < seeding->wanted) {
        int64_t left = seeding->wanted - seeding->done;
        size_t count = left < BATCH ? (size_t)left : BATCH;
        enum result result = write_batch(seeding, count);

        if (result == RESULT_USERNAME_TAKEN || result == RESULT_EMAIL_TAKEN ||
            result == RESULT_CONFLICT) {
            return command_fail("after %lld users: users of this seed are there already; another "
                                "--seed makes others",
                                (long long)seeding->done);
        }
        if (result != RESULT_OK) {
            return context_report(seeding->context, result, "the users were not made");
        }
        seeding->done += (int64_t)count;
        show_progress(seeding);
    }
    enum result result = context_tend_lists(seeding->context);
    return result == RESULT_OK
               ? CLI_DONE
               : context_report(seeding->context, result, "the lists were not made ready");
}

int command_dev_seed(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct seeding seeding = {.context = &context};
    int64_t seed = 0;
    int status;

    if (strcmp(config_choice(&cli->config, OPTION_ENVIRONMENT), "production") == 0) {
        command_fail("made-up users are not for production");
        return CLI_USAGE;
    }
    status = read_number(cli, "users", -1, &seeding.wanted);
    status = status == CLI_DONE ? read_number(cli, "seed", 1, &seed) : status;
    status = status == CLI_DONE ? context_open(cli, &context) : status;
    if (status != CLI_DONE) {
        return status;
    }
    seeding.seed = (uint64_t)seed;
    seeding.people = arena_take_array(&cli->arena, BATCH, sizeof(*seeding.people));
    seeding.began_us = clock_monotonic_us();
    if (seeding.people == NULL) {
        return command_fail("out of memory");
    }
    status = write_all(&seeding);
    return status == CLI_DONE ? command_print(VIEW("done\n")) : status;
}
