#include "service/lockout.h"

#include "base/base64url.h"
#include "base/builder.h"
#include "base/network.h"
#include "crypto/digest.h"
#include "service/service_state.h"

#define ACCOUNT_LIMIT_MAX 100 /* NIST SP 800-63B section 5.2.2 */
#define ACCOUNT_LIMIT_FACTOR 10
#define RETRY_AFTER_MAX_S S_PER_HOUR
#define TEXT_MAX_BYTES ((size_t)16 * 1024) /* a name as long as the body may be is cut here */

/* Names and addresses are stored as digests under a key: of one length, and telling nothing. */
static void write_key(const struct service *service, char kind, struct view text,
                      char out[LOCKOUT_KEY_BYTES])
{
    struct secret secret CLEANUP(secret_wipe);
    uint8_t digest[DIGEST_BYTES];

    digest_derive(&service->master, "lockout", view_make(&kind, 1), &secret);
    digest_hmac_sha256(view_make(secret.bytes, SECRET_BYTES), text, digest);
    out[0] = kind;
    out[1] = ':';
    out[2 + base64url_encode(digest, sizeof(digest), out + 2)] = '\0';
}

/* "id" or "name", what it is, and the network: NULs between them keep the parts apart. */
static bool write_texts(struct service_call *call, const struct lockout_subject *subject,
                        struct view *account, struct view *both)
{
    char room[NETWORK_SIZE];
    struct builder b;
    size_t account_len;

    builder_init(&b, call->arena, TEXT_MAX_BYTES + NETWORK_SIZE + 8);
    builder_text(&b, subject->user_id != NULL ? "id" : "name");
    builder_char(&b, '\0');
    builder_add(&b, subject->user_id != NULL
                        ? view_make(subject->user_id->bytes, sizeof(subject->user_id->bytes))
                        : view_sub(subject->name, 0, TEXT_MAX_BYTES));
    account_len = b.len;
    builder_char(&b, '\0');
    builder_add(&b, network_of(call->address, room));
    if (!builder_end(&b, both)) {
        return false;
    }
    *account = view_sub(*both, 0, account_len);
    return true;
}

static void set_counter(const struct service *service, struct lockout *lockout, size_t i, char kind,
                        struct view text, int64_t limit)
{
    write_key(service, kind, text, lockout->keys[i]);
    lockout->attempts[i] = (struct attempt){.key = view_of(lockout->keys[i]), .limit = limit};
}

/* For an unknown user the store is asked too, about nobody: equal work. */
static enum result knows_address(struct service_call *call, const struct lockout_subject *subject,
                                 bool *known)
{
    static const struct id nobody;

    return store_session_knows_address(
        call->store, subject->user_id != NULL ? subject->user_id : &nobody, call->address, known);
}

static enum result make_counters(struct service_call *call, const struct lockout_subject *subject,
                                 struct lockout *out)
{
    int64_t limit = call->service->options.login_lock_after;
    int64_t account_limit = limit * ACCOUNT_LIMIT_FACTOR;
    struct view account;
    struct view both;
    bool known;
    enum result result = knows_address(call, subject, &known);

    if (result != RESULT_OK) {
        return result;
    }
    if (!write_texts(call, subject, &account, &both)) {
        return RESULT_INTERNAL;
    }
    set_counter(call->service, out, 0, 'a', both, limit);
    set_counter(call->service, out, 1, 'u', account,
                account_limit < ACCOUNT_LIMIT_MAX ? account_limit : ACCOUNT_LIMIT_MAX);
    out->counted = known ? 1 : LOCKOUT_COUNTERS;
    return RESULT_OK;
}

static int64_t wait_s(int64_t until_ms, int64_t now_ms)
{
    int64_t wait = (until_ms - now_ms + MS_PER_SECOND - 1) / MS_PER_SECOND;

    if (wait < 1) {
        return 1;
    }
    return wait < RETRY_AFTER_MAX_S ? wait : RETRY_AFTER_MAX_S;
}

enum result lockout_count(struct service_call *call, const struct lockout_subject *subject,
                          struct lockout *out)
{
    const struct service_options *options = &call->service->options;
    int64_t until_ms = 0;
    enum result result;

    out->counted = 0;
    if (options->login_lock_after <= 0) {
        return RESULT_OK;
    }
    result = make_counters(call, subject, out);
    if (result == RESULT_OK) {
        result = store_attempt_count(call->store, out->attempts, out->counted, call->now_ms,
                                     options->login_lock_for_s * MS_PER_SECOND, &until_ms);
    }
    if (result != RESULT_OK || until_ms == 0) {
        return result;
    }
    call->retry_after_s = wait_s(until_ms, call->now_ms);
    return RESULT_LOCKED;
}

enum result lockout_fail(struct service_call *call, const struct lockout *lockout,
                         const struct attempt_events *events, bool *locked)
{
    return store_attempt_fail(call->store, lockout->attempts, lockout->counted, call->now_ms,
                              call->service->options.login_lock_for_s * MS_PER_SECOND, events,
                              locked);
}

size_t lockout_keys(const struct lockout *lockout, struct view out[LOCKOUT_COUNTERS])
{
    size_t count = lockout->counted > 0 ? LOCKOUT_COUNTERS : 0;

    for (size_t i = 0; i < count; i++) {
        out[i] = lockout->attempts[i].key;
    }
    return count;
}

void lockout_clear(struct service_call *call, const struct lockout *lockout)
{
    /* The account's own counter too, also where it was not looked at. */
    if (lockout->counted > 0 &&
        store_attempt_clear(call->store, lockout->attempts, LOCKOUT_COUNTERS) != RESULT_OK) {
        log_event(call->service->options.log, LOG_WARNING, "lockout_not_cleared", NULL, 0);
    }
}

void lockout_return(struct service_call *call, const struct lockout *lockout)
{
    if (lockout->counted > 0 &&
        store_attempt_return(call->store, lockout->attempts, lockout->counted) != RESULT_OK) {
        log_event(call->service->options.log, LOG_WARNING, "lockout_not_returned", NULL, 0);
    }
}
