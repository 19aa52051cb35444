#include "service/user_expiry.h"

#include "service/audit.h"
#include "service/service_state.h"

/* So many that a commit is worth it, so few that no writer waits long. */
#define BATCH 100

_Static_assert(BATCH <= STORE_PURGE_MAX, "a batch is one call of the store");

#define REASON LOG_FIELD_TEXT("reason", VIEW("retention"))

/* False when there is nothing to do, or no memory for it. */
static bool find(const struct service_call *call, struct user *people, size_t *count)
{
    int64_t retention_ms = call->service->options.deleted_retention_s * MS_PER_SECOND;
    int64_t before_ms = call->now_ms - retention_ms;

    return retention_ms > 0 && before_ms > 0 && people != NULL &&
           store_users_expired(call->store, before_ms, BATCH, call->arena, people, count) ==
               RESULT_OK;
}

/* Only while they are as they were found: who is restored meanwhile stays. */
static struct user_purge purge_of(const struct service_call *call, const struct user *user)
{
    const struct log_field fields[] = {REASON, LOG_FIELD_TEXT("username", user->username)};

    return (struct user_purge){
        .user_id = user->id,
        .if_version = user->version,
        .event = audit_prepare(call, "user_purged", &user->id, fields, ARRAY_LEN(fields)),
    };
}

static bool purge(const struct service_call *call, const struct user *people, size_t count)
{
    const struct log_field reason = REASON;
    struct user_purge purges[BATCH];
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        purges[i] = purge_of(call, &people[i]);
    }
    if (store_users_purge(call->store, purges, count, call->now_ms) != RESULT_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (purges[i].outcome == RESULT_OK) {
            any = true;
            audit_log(call, LOG_INFO, "user_purged", &purges[i].user_id, &reason, 1);
        }
    }
    return any;
}

bool user_expiry_run(struct service *service, struct store_handle *handle)
{
    struct arena arena CLEANUP(arena_clear);
    const struct service_call call = {
        .service = service,
        .store = handle,
        .arena = &arena,
        .actor = principal_system(),
        .address = VIEW("local"),
        .now_ms = clock_now_ms(&service->options.clock),
    };
    struct user *people;
    size_t count = 0;

    arena_init(&arena, 0);
    people = arena_take_array(&arena, BATCH, sizeof(*people));
    return find(&call, people, &count) && count > 0 && purge(&call, people, count) &&
           count == BATCH;
}
