#include "unit.h"

#include <stdlib.h>

#include "base/attributes.h"
#include "base/builder.h"
#include "http/reader.h"

#define BODY_MAX_BYTES ((size_t)64 * 1024)
#define GET "GET /a/b?c=d HTTP/1.1\r\nHost: x\r\n"

struct fixture {
    struct reader reader;
    struct request request;
    struct arena arena;
};

static struct fixture *open_reader(void)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    arena_init(&fixture->arena, 0);
    fixture->request.arena = &fixture->arena;
    reader_begin(&fixture->reader, &fixture->request, BODY_MAX_BYTES);
    return fixture;
}

static void begin_next(struct fixture *fixture)
{
    arena_reset(&fixture->arena);
    fixture->request = (struct request){.arena = &fixture->arena};
    reader_begin(&fixture->reader, &fixture->request, BODY_MAX_BYTES);
}

static void close_reader(struct fixture *fixture)
{
    arena_clear(&fixture->arena);
    free(fixture);
}

/* Gives it all of the bytes, at most `step` at a time; what it came to. */
static enum reader_state feed(struct fixture *fixture, struct view bytes, size_t step)
{
    struct reader *reader = &fixture->reader;
    enum reader_state state = reader->state;
    while (bytes.len > 0 && state != READER_REFUSED && state != READER_DONE) {
        size_t size;
        char *space = reader_space(reader, &size);
        size = size < step ? size : step;
        size = size < bytes.len ? size : bytes.len;
        assert_true(size > 0);
        memcpy(space, bytes.at, size);
        bytes = view_sub(bytes, size, bytes.len);
        state = reader_take(reader, size);
    }
    return state;
}

static enum result result_of(struct view bytes)
{
    struct fixture *fixture = open_reader();
    enum reader_state state = feed(fixture, bytes, SIZE_MAX);
    enum result result = fixture->reader.verdict.result;
    assert_int_equal(state == READER_REFUSED, result != RESULT_OK);
    close_reader(fixture);
    return result;
}

/* RFC 9112 section 2.2: they are no part of a request, and none has begun with them. */
static void test_empty_lines_begin_nothing(void **state)
{
    struct fixture *fixture = open_reader();
    assert_int_equal(feed(fixture, VIEW("\r\n"), SIZE_MAX), READER_EMPTY);
    assert_false(reader_has_more(&fixture->reader));
    assert_int_equal(feed(fixture, VIEW("\r\n\r\n" GET), SIZE_MAX), READER_HEAD);
    assert_int_equal(feed(fixture, VIEW("\r\n\r\n"), SIZE_MAX), READER_DONE);
    begin_next(fixture);
    assert_int_equal(reader_take(&fixture->reader, 0), READER_EMPTY);
    assert_false(reader_has_more(&fixture->reader));
    close_reader(fixture);
}

/* However it is cut, it is the same request. */
static void test_any_pieces(void **state)
{
    static const struct view text =
        VIEW_INIT("\r\nPOST /a/b/?c=d HTTP/1.1\r\nHost: x\r\nEmpty:\r\nSpaced: \t a b \t\r\n"
                  "Content-Length: 7\r\n\r\n{\"a\":1}");
    for (size_t step = 1; step <= text.len; step++) {
        struct fixture *fixture = open_reader();
        struct request *request = &fixture->request;
        assert_int_equal(feed(fixture, text, step), READER_DONE);
        assert_int_equal(request->method, METHOD_POST);
        assert_view(request->target, "/a/b/?c=d");
        assert_view(request->path, "/a/b");
        assert_view(request->query, "c=d");
        assert_int_equal(request->header_count, 4);
        assert_view(request_header(request, "host"), "x");
        assert_view(request_header(request, "empty"), "");
        assert_view(request_header(request, "spaced"), "a b");
        assert_view(request->body, "{\"a\":1}");
        assert_true(fixture->reader.keep_alive);
        assert_false(reader_has_more(&fixture->reader));
        close_reader(fixture);
    }
}

static void test_chunks_in_any_pieces(void **state)
{
    static const struct view text =
        VIEW_INIT("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n");
    for (size_t step = 1; step <= text.len; step++) {
        struct fixture *fixture = open_reader();
        assert_int_equal(feed(fixture, text, step), READER_DONE);
        assert_view(fixture->request.body, "abcdefg");
        assert_int_equal(fixture->request.header_count, 2);
        close_reader(fixture);
    }
}

/* H09: what follows stays, and is the next one. */
static void test_pipeline(void **state)
{
    static const struct view text =
        VIEW_INIT(GET "\r\n"
                      "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                      "\r\n{}" GET "Connection: close\r\n\r\n");
    struct fixture *fixture = open_reader();
    size_t size;
    memcpy(reader_space(&fixture->reader, &size), text.at, text.len);
    assert_int_equal(reader_take(&fixture->reader, text.len), READER_DONE);
    assert_view(fixture->request.target, "/a/b?c=d");
    assert_true(reader_has_more(&fixture->reader));
    begin_next(fixture);
    assert_int_equal(reader_take(&fixture->reader, 0), READER_DONE);
    assert_view(fixture->request.target, "/2");
    assert_view(fixture->request.body, "{}");
    begin_next(fixture);
    assert_int_equal(reader_take(&fixture->reader, 0), READER_DONE);
    assert_view(fixture->request.target, "/a/b?c=d");
    assert_false(fixture->reader.keep_alive);
    assert_false(reader_has_more(&fixture->reader));
    begin_next(fixture);
    assert_int_equal(reader_take(&fixture->reader, 0), READER_EMPTY);
    close_reader(fixture);
}

/* H02, RFC 9110 sections 5.6.2 and 5.5: each octet in a name and in a value. */
static void test_octets_of_headers(void **state)
{
    static const char names[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz";
    for (unsigned octet = 0; octet < 256; octet++) {
        bool in_name = octet != 0 && strchr(names, (int)octet) != NULL;
        bool in_value = octet == '\t' || (octet >= ' ' && octet != 0x7f);
        char name[] = GET "A?a: b\r\n\r\n";
        char value[] = GET "A: b?b\r\n\r\n";
        *strrchr(name, '?') = (char)octet;
        *strrchr(value, '?') = (char)octet;
        /* A colon there only ends the name sooner. */
        if (octet != ':')
            assert_int_equal(result_of(view_make(name, sizeof name - 1)) == RESULT_OK, in_name);
        assert_int_equal(result_of(view_make(value, sizeof value - 1)) == RESULT_OK, in_value);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text;
        enum result result;
    } rows[] = {
        {"BREW / HTTP/1.1\r\n", RESULT_NOT_IMPLEMENTED},
        {"BREW\r\n", RESULT_BAD_REQUEST},
        {"get / HTTP/1.1\r\n", RESULT_NOT_IMPLEMENTED},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", RESULT_NOT_IMPLEMENTED},
        {"G\x01T / HTTP/1.1\r\n", RESULT_BAD_REQUEST},
        {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", RESULT_BAD_REQUEST},
        {"GET /  HTTP/1.1\r\nHost: x\r\n\r\n", RESULT_BAD_REQUEST},
        {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", RESULT_BAD_REQUEST},
        {"GET / HTTP/1.2\r\nHost: x\r\n\r\n", RESULT_BAD_REQUEST},
        {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", RESULT_BAD_REQUEST},
        {"GET / HTTP/0.9\r\nHost: x\r\n\r\n", RESULT_BAD_REQUEST},
        {"GET /\r\n\r\n", RESULT_BAD_REQUEST},
        {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", RESULT_BAD_REQUEST},
        {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", RESULT_OK},
        {GET "A: b\r\n c\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "A: b\n\r\n", RESULT_BAD_REQUEST},
        {GET "A: b\r\n\n", RESULT_BAD_REQUEST},
        {GET "A : b\r\n\r\n", RESULT_BAD_REQUEST},
        {GET ": b\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "A\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "Content-Length: 18446744073709551617\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "Content-Length: 9223372036854775808\r\n\r\n", RESULT_BODY_TOO_LARGE},
        {GET "Content-Length: 65537\r\n\r\n", RESULT_BODY_TOO_LARGE},
        {GET "Content-Length: +1\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "Transfer-Encoding: gzip, chunked\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "Transfer-Encoding: chunked\r\n\r\nz\r\n", RESULT_BAD_REQUEST},
        {GET "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", RESULT_BAD_REQUEST},
        {GET "Transfer-Encoding: chunked\r\n\r\n1\na\r\n", RESULT_BAD_REQUEST},
        {GET "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\n", RESULT_BAD_REQUEST},
        {GET "Upgrade: h2c\r\nConnection: upgrade\r\n\r\n", RESULT_OK},
        {GET "Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n", RESULT_BAD_REQUEST},
        {GET "Transfer-Encoding: chunked\t\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
         RESULT_BAD_REQUEST},
        {"\n" GET "\r\n", RESULT_BAD_REQUEST},
        {"\r\r" GET "\r\n", RESULT_BAD_REQUEST},
        {"\r\n\r\n" GET "\r\n", RESULT_OK},
        {"GET /../a HTTP/1.1\r\nHost: x\r\n\r\n", RESULT_BAD_REQUEST},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum result result = result_of(view_of(rows[i].text));
        if (result != rows[i].result)
            fail_msg("%s: %s", rows[i].text, result_code(result));
    }
}

static struct view repeated(struct arena *arena, const char *start, const char *part, size_t count)
{
    struct builder b;
    struct view text;
    builder_init(&b, arena, (size_t)8 * 1024 * 1024);
    builder_text(&b, start);
    for (size_t i = 0; i < count; i++)
        builder_text(&b, part);
    builder_text(&b, strstr(start, "chunked") != NULL ? "0\r\n\r\n" : "\r\n\r\n");
    assert_true(builder_end(&b, &text));
    return text;
}

/* H04: every size has its end, and its own word for it. */
static void test_limits(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    assert_int_equal(result_of(repeated(&arena, GET, "A: b\r\n", 98)), RESULT_OK);
    assert_int_equal(result_of(repeated(&arena, GET, "A: b\r\n", 100)), RESULT_HEADERS_TOO_LARGE);
    assert_int_equal(result_of(repeated(&arena, GET "A: ", "a", 24 * 1024)),
                     RESULT_HEADERS_TOO_LARGE);
    assert_int_equal(result_of(repeated(&arena, GET "A: ", "a", 128 * 1024)),
                     RESULT_HEADERS_TOO_LARGE);
    assert_int_equal(result_of(repeated(&arena, GET "A: ", "a", 23 * 1024)), RESULT_OK);
    assert_int_equal(result_of(repeated(&arena, "GET /", "a", 9000)), RESULT_TARGET_TOO_LONG);
    assert_int_equal(result_of(repeated(&arena, "GET /", "a", 70000)), RESULT_TARGET_TOO_LONG);
    static const char chunked[] = GET "Transfer-Encoding: chunked\r\n\r\n";
    struct view text = repeated(&arena, chunked, "1\r\na\r\n", BODY_MAX_BYTES);
    assert_int_equal(result_of(text), RESULT_OK);
    text = repeated(&arena, chunked, "1\r\na\r\n", BODY_MAX_BYTES + 1);
    assert_int_equal(result_of(text), RESULT_BODY_TOO_LARGE);
    /* More around the chunks than any client puts there; a trailer section without end. */
    text = repeated(&arena, chunked, "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\na\r\n", 20000);
    assert_int_equal(result_of(text), RESULT_BODY_TOO_LARGE);
    text = repeated(&arena, GET "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n", 200000);
    assert_int_equal(result_of(text), RESULT_BODY_TOO_LARGE);
    arena_clear(&arena);
}

/* A body that fills the buffer many times over, behind a header that leaves little room. */
static void test_large_bodies(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct view head = repeated(
        &arena, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\nA: ", "a", 23 * 1024);
    struct fixture *fixture = open_reader();
    char *body = malloc(BODY_MAX_BYTES);
    assert_non_null(body);
    for (size_t i = 0; i < BODY_MAX_BYTES; i++)
        body[i] = (char)(i * 7 % 251);
    assert_int_equal(feed(fixture, head, SIZE_MAX), READER_BODY);
    assert_int_equal(feed(fixture, view_make(body, BODY_MAX_BYTES), SIZE_MAX), READER_DONE);
    assert_int_equal(fixture->request.body.len, BODY_MAX_BYTES);
    assert_memory_equal(fixture->request.body.at, body, BODY_MAX_BYTES);
    assert_view(request_header(&fixture->request, "Host"), "x");
    assert_int_equal(request_header(&fixture->request, "A").len, 23 * 1024);
    free(body);
    close_reader(fixture);
    arena_clear(&arena);
}

static void test_half_a_request(void **state)
{
    struct fixture *fixture = open_reader();
    assert_int_equal(feed(fixture, VIEW("GET / HT"), SIZE_MAX), READER_HEAD);
    reader_end(&fixture->reader);
    assert_int_equal(fixture->reader.state, READER_REFUSED);
    assert_int_equal(fixture->reader.verdict.result, RESULT_BAD_REQUEST);
    close_reader(fixture);
}

static void test_versions_and_keeping(void **state)
{
    static const struct {
        const char *text;
        bool is_10;
        bool keep;
    } rows[] = {
        {GET "\r\n", false, true},
        {GET "Connection: close\r\n\r\n", false, false},
        {GET "Connection: x, close\r\n\r\n", false, false},
        {"GET / HTTP/1.0\r\n\r\n", true, false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", true, false},
        {GET "Connection: keep-alive\r\nConnection: close\r\n\r\n", false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture *fixture = open_reader();
        assert_int_equal(feed(fixture, view_of(rows[i].text), SIZE_MAX), READER_DONE);
        assert_int_equal(fixture->reader.is_10, rows[i].is_10);
        assert_int_equal(fixture->reader.keep_alive, rows[i].keep);
        close_reader(fixture);
    }
}

static void test_strange_methods_in_any_pieces(void **state)
{
    static const struct view text = VIEW_INIT("BREW /a/b?c HTTP/1.1\r\n");
    for (size_t step = 1; step <= text.len; step++) {
        struct fixture *fixture = open_reader();
        assert_int_equal(feed(fixture, text, step), READER_REFUSED);
        assert_int_equal(fixture->reader.verdict.result, RESULT_NOT_IMPLEMENTED);
        assert_view(fixture->request.target, "/a/b?c");
        close_reader(fixture);
    }
}

/* A body whose protocol might change is a body all the same: nothing hides in it. */
static void test_upgrades_keep_their_bodies(void **state)
{
    struct fixture *fixture = open_reader();
    assert_int_equal(feed(fixture,
                          VIEW("POST / HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: upgrade\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
                          SIZE_MAX),
                     READER_DONE);
    assert_view(fixture->request.body, "abc");
    assert_false(reader_has_more(&fixture->reader));
    close_reader(fixture);
}

/* A refusal of a HEAD has no body either, so its method must be known by then. */
static void test_the_method_is_known_early(void **state)
{
    struct fixture *fixture = open_reader();
    assert_int_equal(feed(fixture, VIEW("HEAD / HTTP/1.1\r\nA : b\r\n"), SIZE_MAX), READER_REFUSED);
    assert_int_equal(fixture->request.method, METHOD_HEAD);
    close_reader(fixture);
}

/* Passwords and tokens leave nothing behind. */
static void test_what_was_read_is_wiped(void **state)
{
    struct fixture *fixture = open_reader();
    assert_int_equal(feed(fixture, VIEW(GET "Authorization: Bearer secret\r\n\r\n"), SIZE_MAX),
                     READER_DONE);
    begin_next(fixture);
    assert_int_equal(feed(fixture,
                          VIEW("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nsecret"),
                          SIZE_MAX),
                     READER_BODY);
    assert_int_equal(feed(fixture, VIEW("..."), SIZE_MAX), READER_DONE);
    assert_view(fixture->request.body, "secret...");
    reader_wipe(&fixture->reader);
    assert_null(memmem(fixture->reader.buffer, sizeof fixture->reader.buffer, "secret", 6));
    close_reader(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_lines_begin_nothing),
        cmocka_unit_test(test_any_pieces),
        cmocka_unit_test(test_chunks_in_any_pieces),
        cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_octets_of_headers),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_large_bodies),
        cmocka_unit_test(test_half_a_request),
        cmocka_unit_test(test_versions_and_keeping),
        cmocka_unit_test(test_strange_methods_in_any_pieces),
        cmocka_unit_test(test_upgrades_keep_their_bodies),
        cmocka_unit_test(test_the_method_is_known_early),
        cmocka_unit_test(test_what_was_read_is_wiped),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
