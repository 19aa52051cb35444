/* Inside service/ only: what the service counts. Recording is thread-safe. */
#ifndef LATCHKEY_SERVICE_SERVICE_METRICS_H
#define LATCHKEY_SERVICE_SERVICE_METRICS_H

#include "base/metrics.h"

/* X(member, name, help, labels) */
#define SERVICE_COUNTERS(X)                                                                        \
    X(login_ok, "latchkey_logins_total", "Log-ins by outcome", "outcome=\"ok\"")                   \
    X(login_failed, "latchkey_logins_total", "Log-ins by outcome", "outcome=\"failed\"")           \
    X(login_locked, "latchkey_logins_total", "Log-ins by outcome", "outcome=\"locked\"")           \
    X(signups, "latchkey_signups_total", "People who signed up", "")                               \
    X(refresh_rotated, "latchkey_refreshes_total", "Refreshes by outcome", "outcome=\"rotated\"")  \
    X(refresh_grace, "latchkey_refreshes_total", "Refreshes by outcome", "outcome=\"grace\"")      \
    X(refresh_reused, "latchkey_refreshes_total", "Refreshes by outcome", "outcome=\"reused\"")    \
    X(refresh_dead, "latchkey_refreshes_total", "Refreshes by outcome", "outcome=\"dead\"")        \
    X(refresh_junk, "latchkey_refreshes_total", "Refreshes by outcome", "outcome=\"junk\"")        \
    X(hashes_made, "latchkey_password_hashes_total", "Password hashes computed",                   \
      "purpose=\"set\"")                                                                           \
    X(hashes_verified, "latchkey_password_hashes_total", "Password hashes computed",               \
      "purpose=\"verify\"")                                                                        \
    X(sessions_created, "latchkey_sessions_created_total", "Sessions begun", "")                   \
    X(sessions_ended, "latchkey_sessions_ended_total", "Sessions ended by someone", "")            \
    X(audit_left_out, "latchkey_audit_events_left_out_total",                                      \
      "Audit events that were only logged, because there were too many of them", "")               \
    X(tokens_verified, "latchkey_token_verifications_total",                                       \
      "Access tokens verified in full (not remembered)", "outcome=\"ok\"")                         \
    X(tokens_refused, "latchkey_token_verifications_total",                                        \
      "Access tokens verified in full (not remembered)", "outcome=\"refused\"")

struct service_metrics {
#define SERVICE_COUNTER_MEMBER(member, name, help, labels) struct metrics_counter *member;
    SERVICE_COUNTERS(SERVICE_COUNTER_MEMBER)
#undef SERVICE_COUNTER_MEMBER
    struct metrics_counter *feed_lag; /* gauge, milliseconds */
    struct metrics_counter *keys;     /* gauge */
    struct metrics_histogram *hash_seconds;
};

/* Finds all series; with a NULL registry all stay NULL, and recording does nothing. */
void service_metrics_init(struct service_metrics *out, struct metrics *metrics);

#endif
