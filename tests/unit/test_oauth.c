/* Introspection, revocation, and the client with a secret, on a clock moved by hand. */
#include "service_fixture.h"

#include "service/clients.h"
#include "service/oauth.h"

#define CLIENT VIEW("orders-api")
#define SECRET VIEW("q+8/uZJ0c+S3vT1nYk6wRz5hXb/4mLd7")

static struct service_fixture f;

static void with_client(struct service_options *options)
{
    options->client_id = CLIENT;
    options->client_secret = SECRET;
    options->rate_limit = true;
}

static int setup(void **state)
{
    service_fixture_open(&f, with_client);
    return 0;
}

static int teardown(void **state)
{
    service_fixture_outage(false);
    service_fixture_close(&f);
    return 0;
}

static struct oauth_token introspect(struct view token)
{
    struct service_call call = service_fixture_call(&f, NULL);
    struct oauth_token told;

    call.store = NULL; /* from memory alone */
    assert_int_equal(oauth_introspect(&call, token, &told), RESULT_OK);
    return told;
}

static enum result revoke(struct view token)
{
    struct service_call call = service_fixture_call(&f, NULL);

    return oauth_revoke(&call, token);
}

/* --- introspection ---------------------------------------------------------------------------- */

static void assert_inactive(struct view token)
{
    struct oauth_token told = introspect(token);

    assert_false(told.active);
    assert_null(told.subject.at);
    assert_null(told.issuer.at);
    assert_null(told.token_id.at);
    assert_null(told.roles);
    assert_true(told.issued_s < 0 && told.expires_s < 0);
}

static void test_what_is_told(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    /* The second is remembered. */
    for (int i = 0; i < 2; i++) {
        struct oauth_token told = introspect(grant.access_token);
        struct id id;

        assert_true(told.active);
        assert_true(id_parse(told.subject, &id) && id_equal(&id, &grant.user.id));
        assert_true(id_parse(told.session_id, &id) && id_equal(&id, &grant.session_id));
        assert_true(id_parse(told.token_id, &id));
        assert_view(told.client_id, "latchkey");
        assert_view(told.token_type, "bearer");
        assert_view(told.audience, "latchkey");
        assert_true(view_equal(told.issuer, service_issuer(f.service)));
        assert_int_equal(told.issued_s, FIXTURE_START_MS / MS_PER_SECOND);
        assert_int_equal(told.expires_s, told.issued_s + f.options.access_token_lifetime_s);
        assert_int_equal(told.role_count, 1);
        assert_view(told.roles[0], "user");
    }
}

/* CHECKLIST R11: the moment it expires, without the leeway that others' clocks get. */
static void test_expired(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    service_fixture_forward(&f, f.options.access_token_lifetime_s - 1);
    assert_true(introspect(grant.access_token).active);
    service_fixture_forward(&f, 1);
    assert_inactive(grant.access_token);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_OK);
}

/* CHECKLIST R11, T15. */
static void test_anything_else(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct view token = grant.access_token;

    assert_inactive(VIEW(""));
    assert_inactive(VIEW("x"));
    assert_inactive(view_sub(token, 0, token.len - 1));
    assert_inactive(grant.refresh_token);
    assert_true(introspect(token).active);
}

/* --- revocation ------------------------------------------------------------------------------- */

/* CHECKLIST R10: each kind of token ends its session, and no other. */
static void test_revoke(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;
    struct auth_grant other;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &other), RESULT_OK);
    assert_int_equal(revoke(first.refresh_token), RESULT_OK);
    assert_inactive(first.access_token);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &first),
                     RESULT_INVALID_GRANT);
    assert_int_equal(revoke(second.access_token), RESULT_OK);
    assert_inactive(second.access_token);
    assert_int_equal(revoke(second.access_token), RESULT_OK);
    assert_int_equal(revoke(second.refresh_token), RESULT_OK);
    assert_true(introspect(other.access_token).active);
    assert_int_equal(service_fixture_refresh(&f, other.refresh_token, &other), RESULT_OK);
}

/* CHECKLIST R10: an idle session is over, and that is no error. */
static void test_revoke_what_is_over(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    assert_int_equal(revoke(VIEW("x")), RESULT_OK);
    assert_int_equal(revoke(VIEW("")), RESULT_OK);
    service_fixture_forward(&f, f.options.session_idle_s + 1);
    assert_int_equal(revoke(grant.refresh_token), RESULT_OK);
    assert_int_equal(revoke(grant.access_token), RESULT_OK);
}

/* CHECKLIST E13: an outage is no verdict. What needs no store needs none. */
static void test_revoke_in_an_outage(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    service_fixture_outage(true);
    assert_int_equal(revoke(grant.refresh_token), RESULT_STORE_UNAVAILABLE);
    assert_int_equal(revoke(grant.access_token), RESULT_STORE_UNAVAILABLE);
    assert_int_equal(revoke(VIEW("junk")), RESULT_OK);
    assert_true(introspect(grant.access_token).active);
    service_fixture_outage(false);
    assert_int_equal(revoke(grant.refresh_token), RESULT_OK);
    assert_inactive(grant.access_token);
}

/* --- clients ---------------------------------------------------------------------------------- */

static enum result try_from(struct view address, struct clients_claim claim, int64_t *wait_s)
{
    struct service_call call = service_fixture_call(&f, NULL);
    enum result result;

    call.store = NULL;
    call.address = address;
    result = clients_authenticate(&call, &claim);
    *wait_s = call.retry_after_s;
    return result;
}

static enum result try(struct view client_id, struct view secret)
{
    int64_t wait_s;

    return try_from(FIXTURE_ADDRESS,
                    (struct clients_claim){.client_id = client_id, .secret = secret}, &wait_s);
}

static void test_claims(void **state)
{
    static const struct view none = {NULL, 0};
    struct clients_claim decoded = {CLIENT, VIEW("q%2B8"), SECRET};
    char longer[CLIENTS_TEXT_MAX_BYTES + 8] = {0};
    int64_t wait_s;

    assert_true(clients_exist(f.service));
    assert_int_equal(try(CLIENT, SECRET), RESULT_OK);
    assert_int_equal(try_from(FIXTURE_ADDRESS, decoded, &wait_s), RESULT_OK);
    assert_int_equal(try(CLIENT, none), RESULT_INVALID_CLIENT);
    assert_int_equal(try(none, none), RESULT_INVALID_CLIENT);
    assert_int_equal(try(none, SECRET), RESULT_INVALID_CLIENT);
    assert_int_equal(try(SECRET, CLIENT), RESULT_INVALID_CLIENT);
    assert_int_equal(try(CLIENT, view_sub(SECRET, 0, SECRET.len - 1)), RESULT_INVALID_CLIENT);
    assert_int_equal(try(VIEW("Orders-api"), SECRET), RESULT_INVALID_CLIENT);
    /* What is compared is padded with zeros: they are no part of ours. */
    memcpy(longer, SECRET.at, SECRET.len);
    assert_int_equal(try(CLIENT, view_make(longer, SECRET.len + 1)), RESULT_INVALID_CLIENT);
    assert_int_equal(try(CLIENT, view_make(longer, sizeof(longer))), RESULT_INVALID_CLIENT);
    decoded.decoded_secret = CLIENT;
    assert_int_equal(try_from(FIXTURE_ADDRESS, decoded, &wait_s), RESULT_INVALID_CLIENT);
}

/* CHECKLIST E08: an address that was wrong too often is not listened to; others are. */
static void test_guessing(void **state)
{
    const struct clients_claim right = {.client_id = CLIENT, .secret = SECRET};
    const struct clients_claim wrong = {.client_id = CLIENT, .secret = VIEW("x")};
    int64_t wait_s;

    for (int i = 0; i < 1000; i++) {
        assert_int_equal(try(CLIENT, SECRET), RESULT_OK);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(try(CLIENT, VIEW("x")), RESULT_INVALID_CLIENT);
    }
    assert_int_equal(try_from(FIXTURE_ADDRESS, wrong, &wait_s), RESULT_RATE_LIMITED);
    assert_int_equal(wait_s, 3);
    assert_int_equal(try_from(FIXTURE_ADDRESS, right, &wait_s), RESULT_RATE_LIMITED);
    assert_int_equal(wait_s, 3);
    assert_int_equal(try_from(VIEW("198.51.100.1"), right, &wait_s), RESULT_OK);
    service_fixture_forward(&f, 3);
    assert_int_equal(try(CLIENT, SECRET), RESULT_OK);
    assert_int_equal(try(CLIENT, VIEW("x")), RESULT_INVALID_CLIENT);
    assert_int_equal(try(CLIENT, SECRET), RESULT_RATE_LIMITED);
    service_fixture_forward(&f, 60);
    assert_int_equal(try(CLIENT, SECRET), RESULT_OK);
}

/* Nothing configured is nothing to be right with. */
static void test_no_client(void **state)
{
    static const struct view none = {NULL, 0};

    service_fixture_close(&f);
    service_fixture_open(&f, NULL);
    assert_false(clients_exist(f.service));
    assert_int_equal(try(none, none), RESULT_INVALID_CLIENT);
    assert_int_equal(try(VIEW(""), VIEW("")), RESULT_INVALID_CLIENT);
    assert_int_equal(try(CLIENT, SECRET), RESULT_INVALID_CLIENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expired, setup, teardown),
        cmocka_unit_test_setup_teardown(test_anything_else, setup, teardown),
        cmocka_unit_test_setup_teardown(test_revoke, setup, teardown),
        cmocka_unit_test_setup_teardown(test_revoke_what_is_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_revoke_in_an_outage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_claims, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guessing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_client, setup, teardown),
    };
    return cmocka_run_group_tests_name("oauth", tests, NULL, NULL);
}
