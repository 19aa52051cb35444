/* The conformance suite of the store: `conformance [GROUP]` runs all groups or one.
   LATCHKEY_TEST_STORE says which back end, sqlite unless set. */
#include "conformance.h"

#include "fixture.h"

static const struct {
    const char *name;
    int (*run)(void);
} groups[] = {
    {"users", conformance_users},       {"user_changes", conformance_user_changes},
    {"sessions", conformance_sessions}, {"attempts", conformance_attempts},
    {"keys", conformance_keys},         {"changes", conformance_changes},
    {"races", conformance_races},       {"processes", conformance_processes},
    {"products", conformance_products}, {"audit", conformance_audit},
    {"import", conformance_import},     {"roles", conformance_roles},
    {"list", conformance_list},         {"user_life", conformance_user_life},
    {"records", conformance_records},   {"groups", conformance_groups},
};

int main(int argc, char **argv)
{
    int failed = 0;
    int matched = 0;
    if (argc == 5 && strcmp(argv[1], "--child") == 0)
        return conformance_child(argv[2], argv[3], argv[4]);
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (argc > 1 && strcmp(argv[1], groups[i].name) != 0)
            continue;
        failed += groups[i].run();
        matched++;
    }
    return failed == 0 && matched > 0 ? 0 : 1;
}
