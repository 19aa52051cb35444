/* Hashes of other programs: pbkdf2, scrypt and firescrypt at the doors of password_hash.h. */
#include "unit.h"

#include "crypto/password_hash.h"
#include "crypto/secret.h"

static const struct password_params today = {
    .scheme = PASSWORD_ARGON2ID, .memory_kib = 64, .passes = 2, .cost = 4};

/* 00 01 02 … in base64: some 16 bytes. */
#define SOME16 "AAECAwQFBgcICQoLDA0ODw"

#define HEX16 "00010203040506070809101112131415"

#define FIREBASE_TAIL                                                                              \
    "42xEC+ixf3L2lw$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+"               \
    "VHjoZilo78198JAdRuid5lQ$Bw$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKb"  \
    "m0QsEmYUSDzZvpjeJ9WmXA"

static const struct {
    const char *hash;
    const char *password;
    const char *begins; /* as stored */
} vectors[] = {
    /* RFC 6070's inputs with SHA-256, as published widely (draft-josefsson-scrypt). */
    {"$pbkdf2-sha256$1$c2FsdA$Eg.2z/z4syxD5yJSVsT4N6hlSMkszDVICAWYfLcL4Xs", "password",
     "$pbkdf2-sha256$1$"},
    {"$pbkdf2-sha256$4096$c2FsdA$xeR41ZKIyEGqUw22hFxMjZYok6ABzk4RpJY4c6qYE0o", "password",
     "$pbkdf2-sha256$4096$"},
    /* RFC 7914 section 11 */
    {"$pbkdf2-sha256$1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd."
     "8xfHG4RbHjC9UJESBB06GXgw",
     "passwd", "$pbkdf2-sha256$1$"},
    {"$pbkdf2-sha256$80000$TmFDbA$TdzY9guYviGDDO5e8icB.WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybM"
     "Xaicr3ruh0HhHj2Kzl/M8jQ",
     "Password", "$pbkdf2-sha256$80000$"},
    /* RFC 7914 section 12 */
    {"$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/"
     "nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA",
     "password", "$scrypt$ln=10,r=8,p=16$"},
    {"$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/"
     "2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
     "pleaseletmein", "$scrypt$ln=14,r=8,p=1$"},
    /* The example of Firebase's own scrypt tool. */
    {"$firescrypt$ln=14,r=8,p=1$" FIREBASE_TAIL, "user1password", "$firescrypt$ln=14,r=8,p=1$"},
    /* Made with Python's hashlib: SHA-512, Django's and better-auth's forms. */
    {"$pbkdf2-sha512$1000$c2l4dGVlbi1ieXRlLXNhbA$dZ5xteB.U5IAfDGs1.hLSkzDDIHam/"
     "4xj6dkgkryyiAg.abNQSBucb6OMZNCK46yF1.0S7Hwh46Sg9JDPnZW9A",
     "correct horse", "$pbkdf2-sha512$1000$"},
    {"pbkdf2_sha256$1000$seasalt0seasalt0$Eg/sdKNx9jSXeOpvqkRLAusivevcEqgZj3PLv0qn/Kg=",
     "correct horse", "$pbkdf2-sha256$1000$"},
    /* Werkzeug's two and Django's scrypt: made with hashlib, found good by Werkzeug 3.1 and Django.
     */
    {"pbkdf2:sha256:1000$seasalt0seasalt0$120fec74a371f6349778ea6faa444b02eb22bdebdc12a8198f73cbbf4"
     "aa7fca8",
     "correct horse", "$pbkdf2-sha256$1000$"},
    {"pbkdf2:sha512:1000$xgTu5N1fKQO4zWdG$2ce96883037303be6e4178fd0b189c0d920c660b3e6ab596ed158ff1e"
     "73bc22f22cf2eae25ae11835a2634b9ca2143095ed821142a85c1f190fcc01f24c95f6b",
     "correct horse", "$pbkdf2-sha512$1000$"},
    {"scrypt:32768:8:1$xgTu5N1fKQO4zWdG$47e22cb2521ba9bd21cc4712773060d771712371716e55d456fb3c3e321"
     "b9139d13a91b5d5e7e2cc04135622679bbdbbd000d4f46ed00fb97ca88474db264088",
     "correct horse", "$scrypt$ln=15,r=8,p=1$"},
    {"scrypt$16384$seasalt0seasalt0$8$5$fjoK85CtQ+/sR7rXfI88+Ad/CFrezajD7u+fP507SgK80qeecEpE5v+KRar"
     "czQXL/+4qX/kBeZDDRUoPI4woig==",
     "correct horse", "$scrypt$ln=14,r=8,p=5$"},
    {"00112233445566778899aabbccddeeff:13af89ff6a88bb0fb3277e79ba724c6c0731b15919ca892969d63abd1534"
     "b867d110179e3bc8af39995ede0f9b2ac14b2b97573df10ba3802c498dbeb61e4f64",
     "correct horse", "$scrypt$ln=14,r=16,p=1$"},
};

static void test_vectors(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        char stored[PASSWORD_HASH_SIZE];

        assert_null(password_hash_import(view_of(vectors[i].hash), stored));
        assert_true(view_starts_with(view_of(stored), view_of(vectors[i].begins)));
        assert_int_equal(
            password_hash_verify(&today, view_of(stored), view_of(vectors[i].password)),
            PASSWORD_MATCH_OLD);
        assert_int_equal(password_hash_verify(&today, view_of(stored), VIEW("Correct horse")),
                         PASSWORD_WRONG);
        assert_int_equal(password_hash_verify(&today, view_of(stored), (struct view){NULL, 0}),
                         PASSWORD_WRONG);
    }
}

/* What is stored is stored again as it is. */
static void test_stored_form_is_stable(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        char stored[PASSWORD_HASH_SIZE];
        char again[PASSWORD_HASH_SIZE];

        assert_null(password_hash_import(view_of(vectors[i].hash), stored));
        assert_true(password_hash_is_taken(view_of(stored)));
        assert_null(password_hash_import(view_of(stored), again));
        assert_string_equal(stored, again);
    }
}

static void test_e02_decoy(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        char stored[PASSWORD_HASH_SIZE];
        char decoy[PASSWORD_HASH_SIZE];
        struct view password = view_of(vectors[i].password);

        assert_null(password_hash_import(view_of(vectors[i].hash), stored));
        assert_true(password_hash_decoy(&today, view_of(stored), decoy));
        assert_true(view_starts_with(view_of(decoy), view_of(vectors[i].begins)));
        assert_string_not_equal(decoy, stored);
        assert_int_equal(password_hash_verify(&today, view_of(decoy), password), PASSWORD_WRONG);
    }
}

/* P14 and malformed: refused without work. */
static void test_p14_caps_and_forms(void **state)
{
    static const char *const refused[] = {
        "$pbkdf2-sha256$0$" SOME16 "$" SOME16,
        "$pbkdf2-sha256$2000001$" SOME16 "$" SOME16,
        "$pbkdf2-sha256$-1$" SOME16 "$" SOME16,
        "$pbkdf2-sha256$01$" SOME16 "$" SOME16,
        "$pbkdf2-sha256$99999999999999999999$" SOME16 "$" SOME16,
        "$pbkdf2-sha256$1000$$" SOME16,
        "$pbkdf2-sha256$1000$" SOME16 "$AAEC",
        "$pbkdf2-sha256$1000$" SOME16,
        "$pbkdf2-sha256$1000$" SOME16 "$" SOME16 "$" SOME16,
        "$pbkdf2-sha256$1000$" SOME16 "$!!ECAwQFBgcICQoLDA0ODw",
        "$pbkdf2-sha1$1000$" SOME16 "$" SOME16,
        "pbkdf2_sha256$1000$$" SOME16,
        "$scrypt$ln=20,r=8,p=1$" SOME16 "$" SOME16, /* 1 GiB, RFC 7914's last */
        "$scrypt$ln=17,r=8,p=1$" SOME16 "$" SOME16,
        "$scrypt$ln=16,r=9,p=1$" SOME16 "$" SOME16,
        "$scrypt$ln=14,r=8,p=17$" SOME16 "$" SOME16,
        "$scrypt$ln=63,r=8,p=1$" SOME16 "$" SOME16,
        "$scrypt$ln=0,r=8,p=1$" SOME16 "$" SOME16,
        "$scrypt$ln=14,r=0,p=1$" SOME16 "$" SOME16,
        "$scrypt$r=8,ln=14,p=1$" SOME16 "$" SOME16,
        "$firescrypt$ln=14,r=8,p=1$" SOME16 "$" SOME16,
        "$firescrypt$ln=14,r=8,p=1$" SOME16 "$" SOME16 "$Bw$" SOME16 "AAAA",
        "$firescrypt$ln=17,r=8,p=1$" FIREBASE_TAIL,
        "$argon2id$v=19$m=4194304,t=1000,p=64$c29tZXNhbHQ$" SOME16,
        "00112233445566778899aabbccddeeff:13af",
        "zz112233445566778899aabbccddeeff:13af89ff6a88bb0fb3277e79ba724c6c0731b15919ca892969d63abd1"
        "534b867d110179e3bc8af39995ede0f9b2ac14b2b97573df10ba3802c498dbeb61e4f64",
        "pbkdf2:sha256:2000001$salt$" HEX16,
        "pbkdf2:sha256:0$salt$" HEX16,
        "pbkdf2:sha256$salt$" HEX16,
        "pbkdf2:sha256:1000:1$salt$" HEX16,
        "pbkdf2:sha1:1000$salt$" HEX16,
        "pbkdf2::1000$salt$" HEX16,
        "pbkdf2:sha256:1000$$" HEX16,
        "pbkdf2:sha256:1000$" HEX16,
        "pbkdf2:sha256:1000$salt$00010203",
        "pbkdf2:sha256:1000$salt$" HEX16 "0",
        "pbkdf2:sha256:1000$salt$" HEX16 "$",
        "pbkdf2:sha256:1000$salt$zz010203040506070809101112131415",
        "pbkdf2:sha512:1000$salt$" HEX16 HEX16 HEX16 HEX16 HEX16, /* 80 bytes */
        "scrypt:131072:8:1$salt$" HEX16,
        "scrypt:65536:9:1$salt$" HEX16,
        "scrypt:32768:8:17$salt$" HEX16,
        "scrypt:32767:8:1$salt$" HEX16, /* no power of 2 */
        "scrypt:1:8:1$salt$" HEX16,
        "scrypt:0:8:1$salt$" HEX16,
        "scrypt:32768:8$salt$" HEX16,
        "scrypt:32768:8:1:1$salt$" HEX16,
        "scrypt:32768:8:1$$" HEX16,
        "scrypt$131072$salt$8$1$" SOME16,
        "scrypt$16384$salt$8$17$" SOME16,
        "scrypt$16383$salt$8$1$" SOME16,
        "scrypt$16384$$8$1$" SOME16,
        "scrypt$16384$salt$8$1$" SOME16 "$",
        "scrypt$16384$salt$8$1",
        "sha256$salt$" HEX16 HEX16,
        "5f4dcc3b5aa765d61d8327deb882cf99", /* MD5 */
        "password",
        "",
        "$",
    };

    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        char stored[PASSWORD_HASH_SIZE];

        assert_non_null(password_hash_import(view_of(refused[i]), stored));
        assert_int_equal(password_hash_verify(&today, view_of(refused[i]), VIEW("x")),
                         PASSWORD_REFUSED);
    }
}

/* The most that is taken. */
static void test_p14_at_the_caps(void **state)
{
    static const char *const taken[] = {
        "$pbkdf2-sha256$2000000$" SOME16 "$" SOME16,
        "$scrypt$ln=16,r=8,p=16$" SOME16 "$" SOME16,
    };
    const struct view costly = VIEW("$scrypt$ln=16,r=8,p=1$" SOME16 "$" SOME16);

    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        assert_true(password_hash_is_taken(view_of(taken[i])));
    }
    assert_int_equal(password_hash_verify(&today, costly, VIEW("x")), PASSWORD_WRONG);
}

static void test_forms_of_others_are_not_stored(void **state)
{
    assert_false(password_hash_is_taken(
        VIEW("pbkdf2_sha256$1000$seasalt0seasalt0$Eg/sdKNx9jSXeOpvqkRLAusivevcEqgZj3PLv0qn/Kg=")));
    assert_false(password_hash_is_taken(VIEW("pbkdf2:sha256:1000$salt$" HEX16 HEX16)));
    assert_false(password_hash_is_taken(VIEW("scrypt:32768:8:1$salt$" HEX16 HEX16)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_stored_form_is_stable),
        cmocka_unit_test(test_e02_decoy),
        cmocka_unit_test(test_p14_caps_and_forms),
        cmocka_unit_test(test_p14_at_the_caps),
        cmocka_unit_test(test_forms_of_others_are_not_stored),
    };

    if (!secret_setup()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
