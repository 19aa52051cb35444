/* A service on a store of its own (an SQLite file in a temporary folder), with a clock moved by
 * hand and faults on demand. */
#ifndef LATCHKEY_TESTS_SERVICE_FIXTURE_H
#define LATCHKEY_TESTS_SERVICE_FIXTURE_H

#include "unit.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "service/access.h"
#include "service/auth.h"
#include "service/keys.h"
#include "service/service.h"
#include "service/users.h"

#define FIXTURE_START_MS INT64_C(1800000000000) /* an instant in January 2027 */
#define FIXTURE_PASSWORD VIEW("tidy-Otter-41")
#define FIXTURE_ADDRESS VIEW("192.0.2.1")

struct service_fixture {
    char folder[64];
    char url[96];
    _Atomic int64_t now_ms;
    struct store *store;
    struct store_handle *handle;
    struct service_options options;
    struct service *service;
    struct arena arena;
};

/* change (may be NULL) alters the options before the service starts. */
void service_fixture_open(struct service_fixture *f,
                          void (*change)(struct service_options *options));
void service_fixture_close(struct service_fixture *f);
/* Ends the service and starts it anew on the same store. */
void service_fixture_restart(struct service_fixture *f);
void service_fixture_forward(struct service_fixture *f, int64_t seconds);
/* From now on every call of the store answers STORE_UNAVAILABLE; or no longer. */
void service_fixture_outage(bool down);
/* From now on the commit of every group fails; or no longer. */
void service_fixture_fail_groups(bool fail);
/* From now on the store puts off what is to be written together; or no longer. */
void service_fixture_put_off(bool all);
/* Runs once, just before the store's next user_delete, user_restore, users_purge or session_create:
   what someone else does in between. NULL: no longer. */
void service_fixture_meddle(void (*meddle)(void));
/* From now on the store's purges wait (false: go on); what they were told, once one has come (false
   while none has). */
void service_fixture_hold_purge(bool hold);
bool service_fixture_purge(struct purge_limits *limits);
/* A call of that actor (NULL: nobody) from FIXTURE_ADDRESS. */
struct service_call service_fixture_call(struct service_fixture *f, const struct principal *actor);

/* All of these assert that it goes well. */
struct auth_grant service_fixture_signup(struct service_fixture *f, const char *username);
struct auth_grant service_fixture_admin(struct service_fixture *f, const char *username);
struct principal service_fixture_who(struct service_fixture *f, struct view access_token);

/* Without assertion. */
enum result service_fixture_login(struct service_fixture *f, const char *login,
                                  struct view password, struct auth_grant *out);
enum result service_fixture_refresh(struct service_fixture *f, struct view token,
                                    struct auth_grant *out);
enum result service_fixture_authenticate(struct service_fixture *f, struct view token);
/* True when the code is among the call's faults. */
bool service_fixture_has_fault(const struct service_call *call, const char *code);

#endif
