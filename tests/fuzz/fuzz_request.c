/* Bytes of a connection, through llhttp and the guards: cut anywhere, they are the same requests.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "http/reader.h"

#define BODY_MAX_BYTES ((size_t)1024)
#define REQUESTS_MAX 16

/* What became of all of it. */
struct outcome {
    size_t requests;
    enum result refusal; /* RESULT_OK: none */
    size_t bytes;        /* of targets, headers and bodies */
};

struct feed {
    struct reader reader;
    struct request request;
    struct arena arena;
};

static void begin(struct feed *feed)
{
    arena_reset(&feed->arena);
    feed->request = (struct request){.arena = &feed->arena};
    reader_begin(&feed->reader, &feed->request, BODY_MAX_BYTES);
}

static void check_request(const struct feed *feed, struct outcome *outcome)
{
    const struct request *request = &feed->request;
    FUZZ_CHECK(request->path.len > 0 && request->path.len <= request->target.len);
    FUZZ_CHECK(request->header_count <= GUARD_HEADERS_MAX);
    FUZZ_CHECK(request->body.len <= BODY_MAX_BYTES);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        FUZZ_CHECK(guard_is_token(header->name));
        FUZZ_CHECK(memchr(header->value.at, '\0', header->value.len) == NULL);
        FUZZ_CHECK(memchr(header->value.at, '\n', header->value.len) == NULL);
        outcome->bytes += header->name.len + header->value.len;
    }
    outcome->bytes += request->target.len + request->body.len;
    outcome->requests++;
}

/* Takes what is in the buffer; false when nothing more is read of this connection. */
static bool take(struct feed *feed, size_t size, struct outcome *outcome)
{
    enum reader_state state = reader_take(&feed->reader, size);
    while (state == READER_DONE) {
        check_request(feed, outcome);
        if (!feed->reader.keep_alive || outcome->requests == REQUESTS_MAX)
            return false;
        begin(feed);
        state = reader_take(&feed->reader, 0);
    }
    if (state != READER_REFUSED)
        return true;
    outcome->refusal = feed->reader.verdict.result;
    FUZZ_CHECK(outcome->refusal != RESULT_OK);
    return false;
}

static struct outcome run(const uint8_t *data, size_t size, size_t step)
{
    static struct feed feed;
    struct outcome outcome = {.refusal = RESULT_OK};
    reader_wipe(&feed.reader);
    begin(&feed);
    bool more = true;
    for (size_t at = 0; more && at < size;) {
        size_t room;
        char *space = reader_space(&feed.reader, &room);
        size_t part = size - at < step ? size - at : step;
        part = part < room ? part : room;
        FUZZ_CHECK(part > 0);
        memcpy(space, data + at, part);
        at += part;
        more = take(&feed, part, &outcome);
    }
    arena_clear(&feed.arena);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = run(data, size, SIZE_MAX);
    struct outcome single = run(data, size, 1);
    FUZZ_CHECK(whole.requests == single.requests);
    FUZZ_CHECK(whole.bytes == single.bytes);
    FUZZ_CHECK((whole.refusal == RESULT_OK) == (single.refusal == RESULT_OK));
    return 0;
}
