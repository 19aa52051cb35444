/* The function that upstream's core calls: hands on to the fastest variant that runs here. What the
   CPU has was found out before main, so that asking is a few instructions, eight times a hash. */
#include "fill.h"

void fill_segment(const argon2_instance_t *instance, argon2_position_t position)
{
    argon2_fill_best()->segment(instance, position);
}
