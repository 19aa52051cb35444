/* The groups of the conformance suite: what every back end of the store must do. */
#ifndef LATCHKEY_TESTS_CONFORMANCE_H
#define LATCHKEY_TESTS_CONFORMANCE_H

/* Each runs its tests and returns how many failed. */
int conformance_users(void);
int conformance_user_changes(void);
int conformance_user_life(void);
int conformance_import(void);
int conformance_sessions(void);
int conformance_attempts(void);
int conformance_audit(void);
int conformance_keys(void);
int conformance_list(void);
int conformance_changes(void);
int conformance_records(void);
int conformance_roles(void);
int conformance_races(void);
int conformance_processes(void);
int conformance_groups(void);
int conformance_products(void);

/* What a child process does (fixture_spawn); its exit status. */
int conformance_child(const char *name, const char *url, const char *argument);

#endif
