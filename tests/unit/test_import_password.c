/* Passwords of an import: what looks like a hash is none, and what is in clear must be asked for.
 */
#include "unit.h"

#include "api/import_record.h"

#define NOW INT64_C(1800000000000)

static struct arena arena;
static struct faults faults;
static struct import_record record;

static const struct import_record_options automatic = {.format = IMPORT_AUTO, .now_ms = NOW};
static const struct import_record_options in_clear = {
    .format = IMPORT_AUTO, .now_ms = NOW, .clear_passwords = true};

static bool has(enum user_field field)
{
    return (record.user.fields.mask & (unsigned)field) != 0;
}

#define HEX16 "0123456789abcdef"
#define HEX32 HEX16 HEX16
#define HEX64 HEX32 HEX32

/* What stands in other programs' tables: taken as it stands it would become the password, and
   whoever has seen the table could log in with it. */
static const char *const hashes[] = {
    /* kinds that are taken as hashes */
    "$2b$12$abc",
    "$2a$10$abc",
    "$2y$10$abc",
    "$argon2id$v=19$m=1",
    "pbkdf2_sha256$1$a$b",
    "$pbkdf2-sha256$1$a$b",
    "$scrypt$ln=1",
    "pbkdf2:sha256:260000$Zf3QkB4cYzVdD1sM$" HEX64,
    "scrypt:32768:8:1$xgTu5N1fKQO4zWdG$" HEX64 HEX64,
    "00112233445566778899aabbccddeeff:" HEX64 HEX64,
    /* crypt(3), passlib and others of that form */
    "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
    "$5$rounds=535000$saltsaltsaltsalt$E4sHqbKfLTLXbhyNzSsXDBpQkjbHuvFcdYtKtTHsyO4",
    "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/"
    "jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/",
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
    "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
    "$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/",
    "$S$DKrDu1.sCkkPdlXgWmDEJ5iFuXKX4sRRMnZmc2Zt3zCDZE3UjwmF",
    "$md5,rounds=904$saltsalt$$.LsqZyg7GXQ6vH1sMZ9F..",
    "$sha1$40000$jtNX3nZ2$hBNaIXkt4wBI2o5rsi8KejSjNqIq",
    "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
    /* a name, then parts: Django, old Werkzeug, Postgres */
    "sha1$salt$" HEX32 "01234567",
    "md5$salt$" HEX32,
    "sha256$salt$" HEX64,
    "pbkdf2_sha1$1000$saltsalt$hWSOKJsCFA3ZvYSHxzq1VFFFnHQ=",
    "pbkdf2:sha512:1000$saltsalt$c2hvcnQ",
    "argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHQ$aGFzaA",
    "argon2$argon2id$v=19$m=1",
    "bcrypt_sha256$$2b$12$n79VH.0Q2TMWmt3Oqt9uku",
    "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVk:c2VydmVy",
    "!4AagJNF5bWF5XYFzy6so8Vqy9snDoNH6oCkmxxxh",
    /* LDAP, Spring */
    "{SSHA}c2FsdGVkaGFzaA==",
    "{SHA256}XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=",
    "{CRYPT}ab0123456789.",
    "{bcrypt}x",
    "{PBKDF2-SHA512}10000$abc",
    "{noop}secret",
    /* digests in hexadecimal: MD5, SHA-1, SHA-2; with a salt, a mark, spaces around */
    HEX32,
    HEX32 "01234567",
    HEX32 HEX16 "01234567",
    HEX64,
    HEX64 HEX32,
    HEX64 HEX64,
    "5F4DCC3B5AA765D61D8327DEB882CF99",
    "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
    "0x" HEX64,
    "md5" HEX32,
    HEX32 ":salt",
    "salt:" HEX32,
    "salt." HEX64,
    HEX64 "    ",
    /* in base64: SHA-1, SHA-256, SHA-512; ASP.NET; unpadded */
    "W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=",
    "sQnzu7wkTrgkQZF+0G1hi5AI3Qmzvv0bXgc5THBqi7mAsdd4Xll27ASbRt9fEyavWi6m0QP9B8lThfsBqOQQpw==",
    "AQAAAAEAACcQAAAAEBmAEDOGGU6XvO7gDhqNLmHVtXTKgJJVbyBzm+KCHGgZ6LIc4t2HZxcvn4K6OCcT5g==",
    "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg",
    "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg:salt",
};

/* What people choose, and what managers make up for them. */
static const char *const clear_texts[] = {
    "in clear 7",
    "$2 is no hash",
    "pa$$word",
    "$uper$ecret1",
    "correct-horse-battery-staple-and-some-more",
    "correct horse battery staple and some more!",
    "costs $5, $6 or {maybe} $7 = nothing: at all",
    "{braces",
    "{}braces",
    "Xk2#mQ9!vT4$wR7&zL1^",
    "kXq7VbN2mRt9WzLp4Jc8Hd5F",
    "0123456789abcdef",
    "0123456789abcdef0123456789abcde",
    "a=b",
    "tidy-Otter-41",
};

static enum result read_password(const struct import_record_options *options, const char *start,
                                 const char *password)
{
    struct view line = arena_format(&arena, "{%s,\"password\":\"%s\"}%c", start, password, 0);
    faults = (struct faults){.count = 0};
    return import_record_json(options, view_of(line.at), &arena, &faults, &record);
}

/* Ours has its own member for a hash; the flag is for what is in clear. */
static void test_a_hash_is_no_password(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        if (read_password(&in_clear, "\"username\":\"alice\"", hashes[i]) != RESULT_INVALID) {
            fail_msg("taken: %s", hashes[i]);
        }
        assert_view(faults.items[0].path[0], "password");
        assert_string_equal(faults.items[0].code, "malformed");
    }
}

/* Theirs have it under this name: it is one, and whether it can be verified is decided later. */
static void test_fastapi_hashes(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        const struct import_record_options *const both[] = {&automatic, &in_clear};
        for (size_t o = 0; o < ARRAY_LEN(both); o++) {
            assert_int_equal(
                read_password(both[o], "\"_id\":\"a\",\"username\":\"bob\"", hashes[i]), RESULT_OK);
            if (has(USER_FIELD_PASSWORD)) {
                fail_msg("taken for a password: %s", hashes[i]);
            }
            assert_true(view_is(record.user.password_hash, hashes[i]));
        }
    }
    assert_int_equal(
        read_password(&in_clear, "\"_id\":\"a\",\"hashed_password\":\"$2b$12$x\"", HEX64),
        RESULT_INVALID);
}

static void test_clear_passwords_need_the_flag(void **state)
{
    static const char *const starts[] = {"\"username\":\"alice\"",
                                         "\"username\":\"alice\",\"_id\":\"a\""};

    for (size_t i = 0; i < ARRAY_LEN(clear_texts) * ARRAY_LEN(starts); i++) {
        const char *start = starts[i % ARRAY_LEN(starts)];
        const char *text = clear_texts[i / ARRAY_LEN(starts)];

        assert_int_equal(read_password(&automatic, start, text), RESULT_INVALID);
        assert_int_equal(faults.count, 1);
        assert_view(faults.items[0].path[0], "password");
        assert_non_null(strstr(faults.items[0].message.at, "--clear-passwords"));
        if (read_password(&in_clear, start, text) != RESULT_OK) {
            fail_msg("refused: %s", text);
        }
        assert_true(has(USER_FIELD_PASSWORD));
        assert_true(view_is(record.user.fields.password, text));
        assert_null(record.user.password_hash.at);
    }
    assert_int_equal(read_password(&automatic, starts[1], ""), RESULT_OK); /* no value there */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hash_is_no_password),
        cmocka_unit_test(test_fastapi_hashes),
        cmocka_unit_test(test_clear_passwords_need_the_flag),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
