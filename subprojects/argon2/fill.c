#include "fill.h"

/* upstream's fill_segment, renamed where it is compiled (meson.build) */
void argon2_fill_segment_ref(const argon2_instance_t *instance, argon2_position_t position);
void argon2_fill_segment_sse2(const argon2_instance_t *instance, argon2_position_t position);
void argon2_fill_segment_ssse3(const argon2_instance_t *instance, argon2_position_t position);
void argon2_fill_segment_avx2(const argon2_instance_t *instance, argon2_position_t position);
void argon2_fill_segment_avx512f(const argon2_instance_t *instance, argon2_position_t position);

static bool always(void)
{
    return true;
}

#ifdef __x86_64__
static bool has_ssse3(void)
{
    return __builtin_cpu_supports("ssse3") != 0;
}

/* These also ask whether the system saves the wide registers. */
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

static bool has_avx512f(void)
{
    return __builtin_cpu_supports("avx512f") != 0;
}
#endif

const struct argon2_fill argon2_fills[] = {
#ifdef __x86_64__
    {"avx512f", has_avx512f, argon2_fill_segment_avx512f},
    {"avx2", has_avx2, argon2_fill_segment_avx2},
    {"ssse3", has_ssse3, argon2_fill_segment_ssse3},
    {"sse2", always, argon2_fill_segment_sse2},
#endif
    {"ref", always, argon2_fill_segment_ref},
};
const size_t argon2_fill_count = sizeof argon2_fills / sizeof argon2_fills[0];

const struct argon2_fill *argon2_fill_best(void)
{
    const struct argon2_fill *fill = argon2_fills;

    while (!fill->is_supported()) {
        fill++;
    }
    return fill;
}
