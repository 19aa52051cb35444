#ifndef LATCHKEY_CONFIG_RULES_H
#define LATCHKEY_CONFIG_RULES_H

#include "config/config.h"

/* What must hold between and beyond single values: secrets strong enough, lifetimes in order,
   origins and dialects well-formed. May complete values that follow from others. False with one
   line in *why. */
MUST_CHECK bool rules_check(struct config *config, struct arena *arena, struct view *why);

#endif
