/* Lines of an import, ours and those of other programs. */
#include "unit.h"

#include "api/import_record.h"

#define NOW INT64_C(1800000000000)

static struct arena arena;
static struct faults faults;
static struct import_record record;

static const struct import_record_options automatic = {.format = IMPORT_AUTO, .now_ms = NOW};

static enum result read_as(const struct import_record_options *options, const char *line)
{
    faults = (struct faults){.count = 0};
    return import_record_json(options, view_of(line), &arena, &faults, &record);
}

static enum result read_line(const char *line)
{
    return read_as(&automatic, line);
}

static bool has(enum user_field field)
{
    return (record.user.fields.mask & (unsigned)field) != 0;
}

static void test_latchkey(void **state)
{
    const struct users_input *fields = &record.user.fields;

    assert_int_equal(
        read_line("{\"id\":\"018f0000-0000-7000-8000-000000000001\",\"username\":\"alice\","
                  "\"email\":null,\"name\":\"A\",\"age\":30,\"roles\":[\"user\",\"admin\"],"
                  "\"status\":\"disabled\",\"email_verified\":true,\"metadata\":{\"a\":1.5},"
                  "\"created_at\":\"2024-01-02T03:04:05.678Z\",\"password_hash\":\"$2b$x\"}"),
        RESULT_OK);
    assert_view(record.user.id, "018f0000-0000-7000-8000-000000000001");
    assert_view(fields->username, "alice");
    assert_false(has(USER_FIELD_EMAIL));
    assert_int_equal(fields->age, 30);
    assert_int_equal(fields->role_count, 2);
    assert_int_equal(fields->status, USER_DISABLED);
    assert_true(fields->email_verified);
    assert_view(fields->metadata, "{\"a\":1.5}");
    assert_int_equal(record.user.created_ms, INT64_C(1704164645678));
    assert_view(record.user.password_hash, "$2b$x");
    assert_false(has(USER_FIELD_PASSWORD));
}

static void test_latchkey_is_strict(void **state)
{
    static const char *const lines[] = {
        "{\"username\":\"alice\",\"mail\":\"x\"}",
        "{\"username\":\"alice\",\"age\":\"3\"}",
        "{\"username\":\"alice\",\"status\":\"gone\"}",
        "{\"username\":\"alice\",\"email_verified\":1}",
        "{\"username\":\"alice\",\"roles\":\"admin\"}",
        "{\"username\":\"alice\",\"metadata\":\"{}\"}",
        "{\"username\":\"alice\",\"created_at\":\"yesterday\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        assert_int_equal(read_line(lines[i]), RESULT_INVALID);
        assert_true(faults.count > 0);
    }
    assert_int_equal(read_line("{\"username\":\"a\",\"username\":\"b\"}"), RESULT_MALFORMED_JSON);
    assert_int_equal(read_line("\"alice\""), RESULT_MALFORMED_JSON);
    assert_int_equal(read_line("{\"username\":"), RESULT_MALFORMED_JSON);
}

static void test_gotrue(void **state)
{
    assert_int_equal(
        read_line("{\"id\":\"b7e5d2a0-0000-4000-8000-000000000001\",\"aud\":\"authenticated\","
                  "\"role\":\"authenticated\",\"email\":\"a@example.org\",\"encrypted_password\":"
                  "\"$2a$10$x\",\"email_confirmed_at\":\"2023-01-01 10:00:00.123456+00\","
                  "\"raw_user_meta_data\":{\"k\":1},\"created_at\":\"2023-01-01 10:00:00+02\","
                  "\"banned_until\":null,\"deleted_at\":null}"),
        RESULT_OK);
    assert_view(record.user.fields.email, "a@example.org");
    assert_true(record.user.fields.email_verified);
    assert_int_equal(record.user.fields.status, USER_ACTIVE);
    assert_false(has(USER_FIELD_ROLES));
    assert_view(record.user.fields.metadata, "{\"k\":1}");
    assert_int_equal(record.user.created_ms, INT64_C(1672560000000));
    assert_view(record.user.password_hash, "$2a$10$x");
    assert_false(record.is_deleted);
    assert_int_equal(
        read_line("{\"email\":\"a@b.c\",\"encrypted_password\":\"\",\"banned_until\":"
                  "\"2099-01-01T00:00:00Z\",\"deleted_at\":\"2023-01-01 10:00:00+00\"}"),
        RESULT_OK);
    assert_null(record.user.password_hash.at);
    assert_int_equal(record.user.fields.status, USER_DISABLED);
    assert_true(record.is_deleted);
}

/* As sqlite3 -json prints: a list with one object a line, booleans as numbers. */
static void test_pocketbase(void **state)
{
    assert_int_equal(
        read_line("[{\"id\":\"abc123def456ghi\",\"username\":\"\",\"email\":"
                  "\"a@example.org\",\"name\":\"\",\"verified\":1,\"tokenKey\":\"x\","
                  "\"created\":\"2023-01-01 10:00:00.123Z\",\"passwordHash\":\"$2a$\"},"),
        RESULT_OK);
    assert_view(record.user.id, "abc123def456ghi");
    assert_view(record.user.source, "pocketbase");
    assert_false(has(USER_FIELD_USERNAME));
    assert_false(has(USER_FIELD_NAME));
    assert_true(record.user.fields.email_verified);
    assert_int_equal(record.user.created_ms, INT64_C(1672567200123));
    assert_view(record.user.password_hash, "$2a$");
    assert_true(import_record_is_blank(VIEW(" ]\n")));
    assert_false(import_record_is_blank(VIEW("x\n")));
}

static void test_keycloak(void **state)
{
    assert_int_equal(
        read_line("{\"id\":\"b7e5d2a0-0000-4000-8000-000000000001\",\"username\":\"a@example.org\","
                  "\"email\":\"A@example.org\",\"firstName\":\"Ann\",\"lastName\":\"Lee\","
                  "\"enabled\":false,\"emailVerified\":true,\"createdTimestamp\":1672567200123,"
                  "\"attributes\":{\"l\":[\"de\"]},\"credentials\":[{\"type\":\"otp\"},{\"type\":"
                  "\"password\",\"secretData\":\"{\\\"value\\\":\\\"aGFzaA==\\\",\\\"salt\\\":"
                  "\\\"c2FsdA==\\\"}\",\"credentialData\":\"{\\\"hashIterations\\\":27500,"
                  "\\\"algorithm\\\":\\\"pbkdf2-sha256\\\"}\"}]}"),
        RESULT_OK);
    assert_false(has(USER_FIELD_USERNAME)); /* the e-mail address again */
    assert_view(record.user.fields.name, "Ann Lee");
    assert_int_equal(record.user.fields.status, USER_DISABLED);
    assert_int_equal(record.user.created_ms, INT64_C(1672567200123));
    assert_view(record.user.password_hash, "$pbkdf2-sha256$27500$c2FsdA$aGFzaA");
    assert_int_equal(
        read_line("{\"username\":\"bob\",\"credentials\":[{\"type\":\"password\",\"secretData\":"
                  "{\"value\":\"aGFzaA==\",\"salt\":\"c2FsdA==\"},\"credentialData\":{"
                  "\"hashIterations\":5,\"algorithm\":\"argon2\",\"additionalParameters\":{"
                  "\"memory\":[\"7168\"],\"type\":[\"id\"],\"version\":[\"1.3\"],"
                  "\"parallelism\":[\"1\"]}}}]}"),
        RESULT_OK);
    assert_view(record.user.password_hash, "$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$aGFzaA");
    assert_int_equal(read_line("{\"username\":\"bob\",\"credentials\":[]}"), RESULT_OK);
    assert_null(record.user.password_hash.at);
}

static void test_firebase(void **state)
{
    const char *line =
        "{\"localId\":\"u1\",\"email\":\"a@example.org\",\"passwordHash\":\"aGFz-_==\","
        "\"salt\":\"c2FsdA==\",\"createdAt\":\"1672567200123\"}";
    struct import_record_options options = automatic;

    assert_int_equal(read_line(line), RESULT_INVALID);
    options.firebase = (struct import_firebase){VIEW("c2lnbmVy"), VIEW("Bw=="), 8, 14};
    assert_int_equal(read_as(&options, line), RESULT_OK);
    assert_view(record.user.password_hash, "$firescrypt$ln=14,r=8,p=1$c2FsdA$aGFz+/$Bw$c2lnbmVy");
    assert_int_equal(record.user.created_ms, INT64_C(1672567200123));
}

/* A format that is asked for counts more than what the members say. */
static void test_asked_format(void **state)
{
    struct import_record_options options = automatic;

    assert_true(import_record_format_of(VIEW("pocketbase"), &options.format));
    assert_int_equal(read_as(&options, "{\"email\":\"a@example.org\",\"password\":\"$2a$\"}"),
                     RESULT_OK);
    assert_view(record.user.password_hash, "$2a$");
    assert_false(has(USER_FIELD_PASSWORD));
    assert_false(import_record_format_of(VIEW("ldap"), &options.format));
}

/* --- CSV -------------------------------------------------------------------------------------- */

static enum result read_csv(const char *names, const char *line)
{
    char name_text[256];
    char line_text[256];
    struct csv_cell columns[16];
    struct csv_cell cells[16];
    size_t columns_count;
    size_t count;

    strcpy(name_text, names);
    strcpy(line_text, line);
    assert_null(csv_split(name_text, strlen(name_text), columns, 16, &columns_count));
    assert_null(csv_split(line_text, strlen(line_text), cells, 16, &count));
    assert_int_equal(count, columns_count);
    faults = (struct faults){.count = 0};
    if (import_record_wrong_column(&automatic, columns, count).at != NULL) {
        return RESULT_BAD_REQUEST;
    }
    return import_record_csv(&automatic, columns, cells, count, &arena, &faults, &record);
}

static void test_csv(void **state)
{
    assert_int_equal(read_csv("username,age,roles,email_verified,metadata,name,email",
                              "alice,30,user;admin,true,\"{\"\"a\"\":1}\",\"\",\n"),
                     RESULT_OK);
    assert_int_equal(record.user.fields.age, 30);
    assert_int_equal(record.user.fields.role_count, 2);
    assert_true(record.user.fields.email_verified);
    assert_view(record.user.fields.metadata, "{\"a\":1}");
    assert_true(has(USER_FIELD_NAME)); /* an empty one */
    assert_false(has(USER_FIELD_EMAIL));
    assert_int_equal(read_csv("username,roles", "alice,\"\"\n"), RESULT_OK);
    assert_true(has(USER_FIELD_ROLES));
    assert_int_equal(record.user.fields.role_count, 0);
    assert_int_equal(read_csv("id,email,encrypted_password,is_sso_user",
                              "b7e5d2a0-0000-4000-8000-000000000001,a@example.org,$2a$10$x,f\n"),
                     RESULT_OK);
    assert_view(record.user.password_hash, "$2a$10$x");
}

static void test_csv_refused(void **state)
{
    assert_int_equal(read_csv("username,mail", "a,b"), RESULT_BAD_REQUEST);
    assert_int_equal(read_csv("username,username", "a,b"), RESULT_BAD_REQUEST);
    assert_int_equal(read_csv("username,age", "alice,x"), RESULT_INVALID);
    assert_int_equal(read_csv("username,email_verified", "alice,yes"), RESULT_INVALID);
    assert_int_equal(read_csv("username,metadata", "alice,[1]"), RESULT_INVALID);
    assert_int_equal(read_csv("username,name", "alice,\xC3"), RESULT_INVALID);
    assert_int_equal(
        read_csv("username,metadata",
                 "alice,\"{\"\"a\"\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]"
                 "]]]]]]]]]]]}\""),
        RESULT_INVALID);
}

static int setup(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_clear(&arena);
    return 0;
}

/* As mongoexport writes a template's collection: relaxed, canonical, and what older ones wrote. */
static void test_fastapi_from_mongodb(void **state)
{
    static const char *const lines[] = {
        "{\"_id\":{\"$oid\":\"65f1c0ffee0123456789abcd\"},\"username\":\"alice\",\"email\":\"a@"
        "example.org\",\"hashed_password\":\"$2b$12$x\",\"role\":\"Admin\",\"userage\":25,\"is_"
        "active\":true,\"created_at\":{\"$date\":\"2024-01-02T03:04:05.678Z\"},\"__v\":0,"
        "\"tokens\":[{\"a\":1}]}",
        "{\"_id\":{\"$oid\":\"65f1c0ffee0123456789abcd\"},\"username\":\"alice\",\"email\":\"a@"
        "example.org\",\"password\":\"$2b$12$x\",\"role\":\"admin\",\"userage\":{\"$numberInt\":"
        "\"25\"},\"created_at\":{\"$date\":{\"$numberLong\":\"1704164645678\"}}}",
        "{\"_id\":\"ObjectId(65f1c0ffee0123456789abcd)\",\"username\":\"alice\",\"email\":\"a@"
        "example.org\",\"password\":{\"$binary\":{\"base64\":\"JDJiJDEyJHg=\",\"subType\":\"00\"}},"
        "\"role\":\"ADMIN\",\"age\":25.0,\"created_at\":{\"$date\":1704164645678}}",
        "{\"_id\":{\"$oid\":\"65f1c0ffee0123456789abcd\"},\"username\":\"alice\",\"email\":\"a@"
        "example.org\",\"password_hash\":{\"$binary\":\"JDJiJDEyJHg=\",\"$type\":\"00\"},\"role\":"
        "\"admin\",\"age\":{\"$numberDouble\":\"25.0\"},\"created_at\":\"2024-01-02T03:04:05."
        "678\"}"};

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        const struct users_input *fields = &record.user.fields;
        if (read_line(lines[i]) != RESULT_OK) {
            fail_msg("refused: %s: %.*s", lines[i], VIEW_ARG(faults.items[0].message));
        }
        assert_view(record.user.id, "65f1c0ffee0123456789abcd");
        assert_view(record.user.source, "fastapi");
        assert_view(fields->username, "alice");
        assert_view(fields->email, "a@example.org");
        assert_view(record.user.password_hash, "$2b$12$x");
        assert_false(has(USER_FIELD_PASSWORD));
        assert_int_equal(fields->role_count, 1);
        assert_view(fields->roles[0], "admin");
        assert_int_equal(fields->age, 25);
        assert_int_equal(fields->status, USER_ACTIVE);
        assert_int_equal(record.user.created_ms, INT64_C(1704164645678));
        assert_false(record.is_deleted);
    }
}

/* As a SQL table's row: ids that count up say nothing elsewhere. */
static void test_fastapi_from_sql(void **state)
{
    static const struct import_record_options as_fastapi = {
        .format = IMPORT_FASTAPI, .now_ms = NOW, .clear_passwords = true};
    const struct users_input *fields = &record.user.fields;

    assert_int_equal(
        read_line(
            "{\"id\":7,\"name\":\"hamed\",\"email\":\"h@example.org\",\"password\":\"$2b$12$x\"}"),
        RESULT_OK);
    assert_null(record.user.id.at);
    assert_view(fields->name, "hamed");
    assert_false(has(USER_FIELD_USERNAME) || has(USER_FIELD_PASSWORD) || has(USER_FIELD_ROLES));
    assert_view(record.user.password_hash, "$2b$12$x");

    assert_int_equal(read_as(&as_fastapi,
                             "{\"id\":\"7\",\"username\":\"bob\",\"password\":\"in clear "
                             "7\",\"is_active\":0,\"is_verified\":1,\"role\":null,\"deleted_at\":"
                             "null,\"is_deleted\":false}"),
                     RESULT_OK);
    assert_null(record.user.id.at);
    assert_view(fields->password, "in clear 7");
    assert_null(record.user.password_hash.at);
    assert_int_equal(fields->status, USER_DISABLED);
    assert_true(fields->email_verified);
    assert_false(record.is_deleted);

    assert_int_equal(read_line("{\"id\":7,\"username\":\"bob\",\"is_deleted\":1}"), RESULT_OK);
    assert_true(record.is_deleted);
    assert_int_equal(read_line("{\"_id\":7,\"username\":\"bob\",\"deleted_at\":\"2024-01-01\"}"),
                     RESULT_OK);
    assert_true(record.is_deleted);
    assert_null(record.user.id.at);
}

/* A SQL table as psql and sqlite3 write it, told by a column or by ids that count up. */
static void test_fastapi_csv(void **state)
{
    const struct users_input *fields = &record.user.fields;

    assert_int_equal(read_csv("id,username,email,password,is_deleted,created_at,role_id",
                              "7,alice,a@example.org,$2b$12$x,f,2024-01-02 03:04:05.678901,2\n"),
                     RESULT_OK);
    assert_null(record.user.id.at);
    assert_view(fields->username, "alice");
    assert_view(record.user.password_hash, "$2b$12$x");
    assert_int_equal(record.user.created_ms, INT64_C(1704164645678));
    assert_false(record.is_deleted || has(USER_FIELD_PASSWORD));
    assert_int_equal(fields->status, USER_ACTIVE);

    assert_int_equal(read_csv("id,first_name,last_name,email,hashed_password,deleted,is_active",
                              "8,Ada,Lovelace,a@example.org,$2b$12$x,True,False\r\n"),
                     RESULT_OK);
    assert_view(fields->name, "Ada Lovelace");
    assert_true(record.is_deleted);
    assert_int_equal(fields->status, USER_DISABLED);

    assert_int_equal(read_csv("id,username,email,password", "9,bob,,$2b$12$x\n"), RESULT_OK);
    assert_null(record.user.id.at);
    assert_view(record.user.password_hash, "$2b$12$x");
}

/* Our own columns say what would be lost: such a line stays ours, and is refused. */
static void test_csv_that_is_ours(void **state)
{
    assert_int_equal(read_csv("id,username,status", "9,bob,disabled\n"), RESULT_OK);
    assert_view(record.user.id, "9"); /* refused later: no UUID */
    assert_int_equal(record.user.source.len, 0);
    assert_int_equal(record.user.fields.status, USER_DISABLED);
    assert_int_equal(read_csv("id,username,password", "x9,bob,$2b$12$x\n"), RESULT_INVALID);
}

static void test_fastapi_that_is_malformed(void **state)
{
    static const char *const lines[] = {
        "{\"_id\":{\"$oid\":7},\"username\":\"alice\"}",
        "{\"_id\":{\"oid\":\"x\"},\"username\":\"alice\"}",
        "{\"_id\":\"a\",\"username\":{\"$ne\":1}}",
        "{\"_id\":\"a\",\"username\":\"alice\",\"role\":[\"admin\"]}",
        "{\"_id\":\"a\",\"username\":\"alice\",\"userage\":{\"$numberInt\":\"x\"}}",
        "{\"_id\":\"a\",\"username\":\"alice\",\"userage\":25.5}",
        "{\"_id\":\"a\",\"username\":\"alice\",\"created_at\":{\"$date\":true}}",
        "{\"_id\":\"a\",\"username\":\"alice\",\"password\":{\"$binary\":{\"base64\":\"//8=\"}}}",
        "{\"_id\":\"a\",\"username\":\"alice\",\"password\":{\"$binary\":{\"base64\":\"AA==\"}}}",
        "{\"_id\":\"a\",\"username\":\"alice\",\"password\":{\"$binary\":\"!!\"}}"};

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        if (read_line(lines[i]) != RESULT_INVALID) {
            fail_msg("taken: %s", lines[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latchkey),         cmocka_unit_test(test_latchkey_is_strict),
        cmocka_unit_test(test_gotrue),           cmocka_unit_test(test_pocketbase),
        cmocka_unit_test(test_keycloak),         cmocka_unit_test(test_firebase),
        cmocka_unit_test(test_asked_format),     cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_refused),      cmocka_unit_test(test_fastapi_from_mongodb),
        cmocka_unit_test(test_fastapi_from_sql), cmocka_unit_test(test_fastapi_csv),
        cmocka_unit_test(test_csv_that_is_ours), cmocka_unit_test(test_fastapi_that_is_malformed),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
