/* What an operator's URL for MongoDB becomes; which servers are refused; what failures mean. */
#include "unit.h"

#include "mongo_library.h"
#include "store/mongo/doc.h"
#include "store/mongo/failure.h"
#include "store/mongo/server.h"
#include "store/mongo/uri.h"

struct reading {
    mongoc_uri_t *uri;
    char database[MONGO_DATABASE_SIZE];
    char message[256];
    enum result result;
};

static struct reading read_url(const char *url)
{
    struct reading reading = {.message = ""};
    reading.result = mongo_uri_read(view_of(url), &reading.uri, reading.database, reading.message,
                                    sizeof reading.message);
    return reading;
}

static void forget(struct reading *reading)
{
    mongoc_uri_destroy(reading->uri);
}

/* MONGODB defaults of the library are half a minute and five minutes. */
static void test_defaults(void **state)
{
    CLEANUP(forget) struct reading reading = read_url("mongodb://db.example.org");
    assert_int_equal(reading.result, RESULT_OK);
    assert_string_equal(reading.database, "latchkey");
    const mongoc_uri_t *uri = reading.uri;
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, "serverselectiontimeoutms", 0), 2000);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, "connecttimeoutms", 0), 1000);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, "sockettimeoutms", 0), 3000);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, "heartbeatfrequencyms", 0), 2000);
    assert_true(mongoc_uri_get_option_as_bool(uri, "retrywrites", false));
    assert_string_equal(mongoc_uri_get_appname(uri), "latchkey");
    assert_true(mongo_uri_is_durable(uri));
    const mongoc_write_concern_t *writes = mongoc_uri_get_write_concern(uri);
    assert_true(mongoc_write_concern_get_journal(writes));
    assert_string_equal(mongoc_read_concern_get_level(mongoc_uri_get_read_concern(uri)),
                        "majority");
}

static void test_the_operator_decides(void **state)
{
    CLEANUP(forget)
    struct reading reading = read_url(
        "MongoDB://u:p%40ss@a:1,b:2/people?replicaSet=rs0&serverSelectionTimeoutMS=5000"
        "&connectTimeoutMS=7&socketTimeoutMS=9000&retryWrites=false&appName=mine&w=2&journal=false"
        "&maxPoolSize=50&readPreference=secondary&readConcernLevel=local");
    assert_int_equal(reading.result, RESULT_OK);
    assert_string_equal(reading.database, "people");
    const mongoc_uri_t *uri = reading.uri;
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, "serverselectiontimeoutms", 0), 5000);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, "connecttimeoutms", 0), 7);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, "sockettimeoutms", 0), 9000);
    assert_int_equal(mongoc_uri_get_option_as_int32(uri, "maxpoolsize", 0), 50);
    assert_false(mongoc_uri_get_option_as_bool(uri, "retrywrites", true));
    assert_string_equal(mongoc_uri_get_appname(uri), "mine");
    assert_string_equal(mongoc_uri_get_password(uri), "p@ss");
    assert_false(mongo_uri_is_durable(uri));
    assert_int_equal(mongoc_write_concern_get_w(mongoc_uri_get_write_concern(uri)), 2);
    assert_false(mongoc_write_concern_get_journal(mongoc_uri_get_write_concern(uri)));
    /* But decisions are made on what a majority has, and the primary. */
    assert_int_equal(mongoc_read_prefs_get_mode(mongoc_uri_get_read_prefs_t(uri)),
                     MONGOC_READ_PRIMARY);
    assert_string_equal(mongoc_read_concern_get_level(mongoc_uri_get_read_concern(uri)),
                        "majority");
}

static void test_refused_urls_tell_no_secret(void **state)
{
    static const char *const urls[] = {
        "mongodb://",
        "mongodb://u:s3cret/x@host/",
        "mongodb://u:s3cret@host:99999/",
        "mongodb://u:s3cret@host/a.b",
        "mongodb://u:s3cret@host/a$b",
        "mongodb://u:s3cret@host/"
        "a123456789a123456789a123456789a123456789a123456789a123456789abcd",
        "mongodb://u:s3cret@host/?w=0",
        "mongodb+srv://u:s3cret@host:1/",
        "mongodb://u:my@s3cret@host/",
        "mongodb://u:s3cret@x@host/",
        "mongodb://u:my?x@s3cret@host/",
        "mongodb://u:my@s3cret,x@host/",
        "mongodb+srv://u:my@s3cret@host.example.org/",
    };
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        CLEANUP(forget) struct reading reading = read_url(urls[i]);
        if (reading.result != RESULT_BAD_REQUEST)
            fail_msg("%s was taken", urls[i]);
        assert_null(reading.uri);
        assert_true(strlen(reading.message) > 10);
        assert_null(strstr(reading.message, "s3cret"));
        assert_null(strchr(reading.message, '\n'));
    }
    CLEANUP(forget) struct reading reading = {.message = ""};
    reading.result = mongo_uri_read(VIEW("mongodb://a\0b/"), &reading.uri, reading.database,
                                    reading.message, sizeof reading.message);
    assert_int_equal(reading.result, RESULT_BAD_REQUEST);
}

/* --- servers ---------------------------------------------------------------------------------- */

static enum result check(const char *build_info, const char *hello, bool *is_replicated,
                         char message[256])
{
    bson_t *first = bson_new_from_json((const uint8_t *)build_info, -1, NULL);
    bson_t *second = bson_new_from_json((const uint8_t *)hello, -1, NULL);
    message[0] = '\0';
    enum result result = mongo_server_check(first, second, is_replicated, message, 256);
    bson_destroy(first);
    bson_destroy(second);
    return result;
}

static void test_servers(void **state)
{
    static const struct {
        const char *build_info;
        const char *hello;
        enum result result;
        bool is_replicated;
        const char *says;
    } cases[] = {
        {"{\"version\":\"6.0.5\",\"versionArray\":[6,0,5,0]}", "{\"setName\":\"rs0\"}", RESULT_OK,
         true, ""},
        {"{\"version\":\"5.0.0\",\"versionArray\":[5,0,0,0]}", "{\"msg\":\"isdbgrid\"}", RESULT_OK,
         true, ""},
        {"{\"version\":\"7.0.1\",\"versionArray\":[7,0,1,0]}", "{}", RESULT_OK, false, ""},
        {"{\"version\":\"4.4.29\",\"versionArray\":[4,4,29,0]}", "{\"setName\":\"rs0\"}",
         RESULT_INVALID, true, "4.4.29"},
        {"{}", "{}", RESULT_INVALID, false, "5 or newer"},
        {"{\"version\":\"7.0.42\",\"versionArray\":[7,0,42,0],\"ferretdbVersion\":\"v1.24.2\"}",
         "{\"setName\":\"rs0\"}", RESULT_INVALID, true, "FerretDB 1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool is_replicated = false;
        char message[256];
        assert_int_equal(check(cases[i].build_info, cases[i].hello, &is_replicated, message),
                         cases[i].result);
        assert_int_equal(is_replicated, cases[i].is_replicated);
        assert_non_null(strstr(message, cases[i].says));
    }
}

/* --- failures --------------------------------------------------------------------------------- */

static void test_duplicates_name_their_key(void **state)
{
    bson_error_t error;
    char key[FAILURE_KEY_SIZE] = "unset";
    DOC_LOCAL(top);
    DOC_LOCAL(in_list);
    doc_make(&top, DOC(doc_open("keyPattern"), doc_number("username_key", 1), doc_close()));
    doc_make(&in_list, DOC(doc_list("writeErrors"), doc_open(NULL), doc_open("keyPattern"),
                           doc_number("email_key", 1), doc_close(), doc_close(), doc_close()));
    bson_set_error(&error, MONGOC_ERROR_SERVER, 11000, "E11000");
    assert_true(failure_is_duplicate(&error, &top, key));
    assert_string_equal(key, "username_key");
    assert_true(failure_is_duplicate(&error, &in_list, key));
    assert_string_equal(key, "email_key");
    bson_set_error(&error, MONGOC_ERROR_SERVER, 112, "WriteConflict");
    assert_false(failure_is_duplicate(&error, &top, key));
    assert_true(failure_is_transient(&error));
    bson_set_error(&error, MONGOC_ERROR_STREAM, 4, "gone");
    assert_false(failure_is_transient(&error));
}

static void test_replies_that_say_ok_all_the_same(void **state)
{
    bson_error_t error;
    DOC_LOCAL(good);
    DOC_LOCAL(unconfirmed);
    DOC_LOCAL(refused);
    doc_make(&good, DOC(doc_number("ok", 1)));
    doc_make(&unconfirmed, DOC(doc_number("ok", 1), doc_open("writeConcernError"),
                               doc_number("code", 64), doc_close()));
    doc_make(&refused, DOC(doc_number("ok", 1), doc_list("writeErrors"), doc_open(NULL),
                           doc_number("code", 11000), doc_close(), doc_close()));
    assert_false(failure_in_reply(&good, &error));
    assert_true(failure_in_reply(&unconfirmed, &error));
    assert_int_equal(error.domain, MONGOC_ERROR_WRITE_CONCERN);
    assert_int_equal(error.code, 64);
    assert_true(failure_in_reply(&refused, &error));
    assert_int_equal(error.code, 11000);
    assert_int_equal(failure_of(NULL, "users", &error, &refused), RESULT_STORE_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_the_operator_decides),
        cmocka_unit_test(test_refused_urls_tell_no_secret),
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_duplicates_name_their_key),
        cmocka_unit_test(test_replies_that_say_ok_all_the_same),
    };
    return cmocka_run_group_tests(tests, mongo_library, NULL);
}
