/* What holds between values, under which other names they come, and what is shown of them. */
#include "unit.h"

#include "config/config.h"

#define NAMES_MAX 3
#define STRONG "kT9wq3ZrVb7yXn2LmPd8Hs5JcFg4Aa6Q"
#define PRODUCTION "LATCHKEY_ENVIRONMENT=production"

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    arena_clear(&arena);
    return 0;
}

static bool load(const char *const *names, struct config *out, struct view *why)
{
    char *environment[NAMES_MAX + 1] = {NULL};
    struct config_sources sources = {.environment = environment};

    for (size_t i = 0; i < NAMES_MAX && names[i] != NULL; i++) {
        environment[i] = (char *)(uintptr_t)names[i];
    }
    *why = VIEW("");
    return config_load(&sources, &arena, out, why);
}

static struct config loaded(const char *const *names)
{
    struct config config;
    struct view why;

    if (!load(names, &config, &why)) {
        fail_msg("refused: %.*s", VIEW_ARG(why));
    }
    return config;
}

static struct view refusal(const char *const *names)
{
    struct config config;
    struct view why;

    if (load(names, &config, &why)) {
        fail_msg("taken: %s", names[0]);
    }
    assert_true(why.len > 0);
    return why;
}

#define LOADED(...) loaded((const char *const[NAMES_MAX]){__VA_ARGS__})
#define REFUSAL(...) refusal((const char *const[NAMES_MAX]){__VA_ARGS__})

static void test_names_of_the_templates(void **state)
{
    struct config config =
        LOADED("ACCESS_TOKEN_EXPIRE_MINUTES=30", "JWT_REFRESH_EXPIRY=7", "JWT_SECRET_KEY=" STRONG);
    assert_int_equal(config_number(&config, OPTION_ACCESS_TOKEN_LIFETIME), 1800);
    assert_int_equal(config_number(&config, OPTION_SESSION_IDLE), 604800);
    assert_view(config_text(&config, OPTION_JWT_SECRET), STRONG);

    config =
        LOADED("ACCESS_TOKEN_EXPIRE_MINUTES=15m", "JWT_REFRESH_EXPIRY=12h", "SECRET_KEY=" STRONG);
    assert_int_equal(config_number(&config, OPTION_ACCESS_TOKEN_LIFETIME), 900);
    assert_int_equal(config_number(&config, OPTION_SESSION_IDLE), 43200);
    assert_view(config_text(&config, OPTION_JWT_SECRET), STRONG);
    assert_view(config.values[OPTION_JWT_SECRET].source, "SECRET_KEY");
}

static void test_the_first_alias_wins(void **state)
{
    struct config config = LOADED("MONGO_URI=mongodb://b/x", "DATABASE_URL=sqlite:a.db");
    assert_view(config_text(&config, OPTION_DATABASE), "sqlite:a.db");

    config = LOADED("MONGO_URI=mongodb://b/x", "DATABASE_URL=");
    assert_view(config_text(&config, OPTION_DATABASE), "mongodb://b/x");
}

static void test_any_python_env_but_production_is_development(void **state)
{
    struct config config = LOADED("PYTHON_ENV=production");
    assert_true(config_is_production(&config));
    config = LOADED("PYTHON_ENV=staging");
    assert_false(config_is_production(&config));
    assert_true(config_is_set(&config, OPTION_ENVIRONMENT));
    (void)REFUSAL("LATCHKEY_ENVIRONMENT=staging");
}

static void test_port(void **state)
{
    struct config config = LOADED("PORT=9000");
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:9000");
    config = LOADED("PORT=9000", PRODUCTION);
    assert_view(config_text(&config, OPTION_LISTEN), "0.0.0.0:9000");
    config = LOADED("LATCHKEY_LISTEN=127.0.0.1:9000", PRODUCTION);
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:9000");
}

static void test_places(void **state)
{
    static const char *const good[] = {"LATCHKEY_LISTEN=127.0.0.1:0", "LATCHKEY_LISTEN=[::1]:65535",
                                       "LATCHKEY_LISTEN=:8000", "LATCHKEY_METRICS_LISTEN=*:9"};
    static const char *const bad[] = {"LATCHKEY_LISTEN=8000",
                                      "LATCHKEY_LISTEN=127.0.0.1",
                                      "LATCHKEY_LISTEN=127.0.0.1:65536",
                                      "LATCHKEY_LISTEN=127.0.0.1:",
                                      "LATCHKEY_LISTEN=127.0.0.1:-1",
                                      "LATCHKEY_METRICS_LISTEN=x",
                                      "LATCHKEY_LISTEN=::1:8000",
                                      "LATCHKEY_LISTEN=[::1:8000",
                                      "PORT=127.0.0.1:9000",
                                      "PORT=http"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        (void)LOADED(good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        (void)REFUSAL(bad[i]);
    }
    assert_view(REFUSAL("PORT=http"),
                "PORT: '127.0.0.1:http' is no address such as 127.0.0.1:8000");
}

static void test_short_secrets_are_always_refused(void **state)
{
    (void)LOADED("JWT_SECRET_KEY=0123456789abcdef0123456789abcdef");
    assert_view(REFUSAL("JWT_SECRET_KEY=0123456789abcdef0123456789abcde"),
                "JWT_SECRET_KEY has 31 bytes, at least 32 are needed; make one with: openssl rand "
                "-base64 48");
}

static void test_weak_secrets_are_refused_in_production(void **state)
{
    static const char *const weak[] = {
        "JWT_SECRET_KEY=your-secret-key-change-it-in-production",
        "JWT_SECRET_KEY=kT9wq3ZrVb7yXn2LmPd8Hs5J-PaSsWoRd",
        "JWT_SECRET_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "JWT_SECRET_KEY=abcdefgabcdefgabcdefgabcdefgabcdefg",
    };
    for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
        (void)LOADED(weak[i]);
        assert_view(REFUSAL(weak[i], PRODUCTION),
                    "JWT_SECRET_KEY is easy to guess, which production refuses; make one with: "
                    "openssl rand -base64 48");
    }
    (void)LOADED("JWT_SECRET_KEY=" STRONG, PRODUCTION);
}

/* Sixteen random bytes in hex, with as few different digits as chance ever gives. */
static void test_random_hex_is_not_weak(void **state)
{
    (void)LOADED("JWT_SECRET_KEY=6b0d9e6b0d29e06b4d29e06bd429e06b", PRODUCTION);
}

/* A name and a secret of at least 32 bytes come together; the secret is judged as others are. */
static void test_the_client(void **state)
{
    static const char secret[] = "LATCHKEY_INTROSPECTION_SECRET=" STRONG;
    static const char *const bad_names[] = {
        "LATCHKEY_INTROSPECTION_CLIENT=a:b",
        "LATCHKEY_INTROSPECTION_CLIENT=a b",
        "LATCHKEY_INTROSPECTION_CLIENT=a%20b",
        "LATCHKEY_INTROSPECTION_CLIENT=\xC3\xA4",
        "LATCHKEY_INTROSPECTION_CLIENT="
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };

    (void)LOADED("LATCHKEY_INTROSPECTION_CLIENT=orders.api-1_X", secret, PRODUCTION);
    assert_view(REFUSAL("LATCHKEY_INTROSPECTION_CLIENT=api"),
                "LATCHKEY_INTROSPECTION_CLIENT is of no use without INTROSPECTION_SECRET");
    assert_view(REFUSAL(secret),
                "LATCHKEY_INTROSPECTION_SECRET is of no use without INTROSPECTION_CLIENT");
    for (size_t i = 0; i < ARRAY_LEN(bad_names); i++) {
        (void)REFUSAL(bad_names[i], secret);
    }
    assert_view(REFUSAL("LATCHKEY_INTROSPECTION_CLIENT=api",
                        "LATCHKEY_INTROSPECTION_SECRET=0123456789abcdef0123456789abcde"),
                "LATCHKEY_INTROSPECTION_SECRET has 31 bytes, at least 32 are needed; make one "
                "with: openssl rand -base64 48");
    (void)REFUSAL("LATCHKEY_INTROSPECTION_CLIENT=api",
                  "LATCHKEY_INTROSPECTION_SECRET=your-secret-that-nobody-has-ever-changed",
                  PRODUCTION);
}

static void test_client_secrets_have_a_limit(void **state)
{
    char text[] =
        "LATCHKEY_INTROSPECTION_SECRET=" STRONG STRONG STRONG STRONG STRONG STRONG STRONG STRONG
        "x";

    (void)REFUSAL("LATCHKEY_INTROSPECTION_CLIENT=api", text);
    text[sizeof text - 2] = '\0';
    (void)LOADED("LATCHKEY_INTROSPECTION_CLIENT=api", text);
}

static void test_lifetimes_are_in_order(void **state)
{
    assert_view(REFUSAL("LATCHKEY_SESSION_IDLE=2d", "LATCHKEY_SESSION_LIFETIME=1d"),
                "LATCHKEY_SESSION_IDLE is longer than LATCHKEY_SESSION_LIFETIME");
    assert_view(REFUSAL("LATCHKEY_ACCESS_TOKEN_LIFETIME=2d", "LATCHKEY_SESSION_LIFETIME=1d"),
                "an access token (2d) would outlive its session (1d)");
    (void)LOADED("LATCHKEY_SESSION_IDLE=1d", "LATCHKEY_SESSION_LIFETIME=1d",
                 "LATCHKEY_ACCESS_TOKEN_LIFETIME=1d");
}

static void test_a_lifetime_left_out_follows_the_one_given(void **state)
{
    struct config config = LOADED("LATCHKEY_SESSION_IDLE=200d");
    assert_int_equal(config_number(&config, OPTION_SESSION_LIFETIME), 200 * 86400);
    assert_view(config_text(&config, OPTION_SESSION_LIFETIME), "200d");
    assert_view(config.values[OPTION_SESSION_LIFETIME].source, "default, as LATCHKEY_SESSION_IDLE");

    config = LOADED("LATCHKEY_SESSION_LIFETIME=1d");
    assert_int_equal(config_number(&config, OPTION_SESSION_IDLE), 86400);
}

static void test_origins_and_issuer(void **state)
{
    static const char *const bad[] = {
        "LATCHKEY_CORS_ORIGINS=*",
        "LATCHKEY_CORS_ORIGINS=null",
        "LATCHKEY_CORS_ORIGINS=https://",
        "LATCHKEY_CORS_ORIGINS=https://a.test/",
        "LATCHKEY_CORS_ORIGINS=https://*.a.test",
        "LATCHKEY_CORS_ORIGINS=https://a.test,b.test",
        "LATCHKEY_ISSUER=auth.example.com",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        (void)REFUSAL(bad[i]);
    }
    (void)LOADED("LATCHKEY_CORS_ORIGINS=https://a.test:8443, http://localhost:3000",
                 "LATCHKEY_ISSUER=https://auth.example.com");
}

static void test_dialects(void **state)
{
    static const char *const good[] = {
        "LATCHKEY_DIALECT=fastapi-crud",          "LATCHKEY_DIALECT=fastapi-crud=/",
        "LATCHKEY_DIALECT=fastapi-crud=/legacy/", "LATCHKEY_DIALECT=a=/x/Y-z_9, b",
        "LATCHKEY_DIALECT=no-such-dialect",
    };
    static const char *const bad[] = {
        "LATCHKEY_DIALECT==/x",     "LATCHKEY_DIALECT=a=",      "LATCHKEY_DIALECT=a=x",
        "LATCHKEY_DIALECT=a=//",    "LATCHKEY_DIALECT=a=/x//y", "LATCHKEY_DIALECT=a=/x//",
        "LATCHKEY_DIALECT=a=/../x", "LATCHKEY_DIALECT=a=/x y",  "LATCHKEY_DIALECT=a=/{id}",
        "LATCHKEY_DIALECT=a=/%2f",  "LATCHKEY_DIALECT=a=/x=/y", "LATCHKEY_DIALECT=b, a=/x?",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        (void)LOADED(good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        (void)REFUSAL(bad[i]);
    }
    assert_view(REFUSAL("LATCHKEY_DIALECT=a=x"),
                "LATCHKEY_DIALECT: 'a=x' is no dialect such as NAME, or NAME=/prefix with letters, "
                "digits, '-', '_' and '/' in the prefix");
}

static void test_metrics_follow_the_environment(void **state)
{
    struct config config = LOADED(NULL);
    assert_true(config_wants_metrics(&config));
    config = LOADED(PRODUCTION);
    assert_false(config_wants_metrics(&config));
    config = LOADED(PRODUCTION, "LATCHKEY_METRICS=on");
    assert_true(config_wants_metrics(&config));
    config = LOADED("LATCHKEY_METRICS=off");
    assert_false(config_wants_metrics(&config));
}

static void test_secrets_are_not_shown(void **state)
{
    struct config config = LOADED("JWT_SECRET_KEY=" STRONG, "LATCHKEY_AUDIENCE=shop");

    assert_view(config_shown(&config, OPTION_JWT_SECRET, &arena), "(secret, 32 bytes)");
    assert_view(config_shown(&config, OPTION_AUDIENCE, &arena), "shop");
    assert_view(config_shown(&config, OPTION_ISSUER, &arena),
                "(kept in the database at first start)");
}

static void test_passwords_in_urls_are_not_shown(void **state)
{
    static const struct {
        const char *name;
        const char *shown;
    } rows[] = {
        {"DATABASE_URL=sqlite:a:b@c.db", "sqlite:a:b@c.db"},
        {"DATABASE_URL=postgresql://u:hunter2@h:5432/db", "postgresql://u:***@h:5432/db"},
        {"DATABASE_URL=postgresql://u:hun@ter2@h/db", "postgresql://u:***@h/db"},
        {"DATABASE_URL=postgresql://u:hun/ter2@h/db", "postgresql://u:***@h/db"},
        {"DATABASE_URL=postgresql://u:hun:ter2@h1:1,h2:2/db", "postgresql://u:***@h1:1,h2:2/db"},
        {"DATABASE_URL=postgresql://u@h:5432/db", "postgresql://u@h:5432/db"},
        {"DATABASE_URL=postgresql://h/db?user=u&password=hunter2&x=1",
         "postgresql://h/db?user=u&password=***&x=1"},
        {"DATABASE_URL=postgresql://h/db?sslpassword=hunter2&PASSWORD=hunter2",
         "postgresql://h/db?sslpassword=***&PASSWORD=***"},
        {"MONGO_URI=mongodb+srv://u:hunter2@h.test/?w=1", "mongodb+srv://u:***@h.test/?w=1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config config = LOADED(rows[i].name);
        struct view shown = config_shown(&config, OPTION_DATABASE, &arena);
        assert_string_equal(arena_copy(&arena, shown), rows[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_the_templates),
        cmocka_unit_test(test_the_first_alias_wins),
        cmocka_unit_test(test_any_python_env_but_production_is_development),
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_short_secrets_are_always_refused),
        cmocka_unit_test(test_weak_secrets_are_refused_in_production),
        cmocka_unit_test(test_random_hex_is_not_weak),
        cmocka_unit_test(test_the_client),
        cmocka_unit_test(test_client_secrets_have_a_limit),
        cmocka_unit_test(test_lifetimes_are_in_order),
        cmocka_unit_test(test_a_lifetime_left_out_follows_the_one_given),
        cmocka_unit_test(test_origins_and_issuer),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_metrics_follow_the_environment),
        cmocka_unit_test(test_secrets_are_not_shown),
        cmocka_unit_test(test_passwords_in_urls_are_not_shown),
    };
    return cmocka_run_group_tests_name("config_rules", tests, set_up, tear_down);
}
