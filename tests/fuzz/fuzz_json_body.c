/* A JSON body, decoded by the table with the most kinds of fields. */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

#include "api/decode.h"
#include "api/table_user.h"
#include "base/utf8.h"
#include "model/limits.h"

static void check_text(const struct in_text *text, size_t max_bytes)
{
    FUZZ_CHECK(!text->given || text->null || text->text.at != NULL);
    FUZZ_CHECK(utf8_is_valid(text->text));
    FUZZ_CHECK(text->text.len <= max_bytes);
    FUZZ_CHECK(text->text.len == 0 || memchr(text->text.at, '\0', text->text.len) == NULL);
}

/* What was taken as an object is one, and is written as it was read. */
static void check_object(const struct in_text *text)
{
    if (!text->given) {
        return;
    }
    json_t *json = json_loadb(text->text.at, text->text.len, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json_is_object(json));
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct faults faults = {.count = 0};
    arena_init(&arena, 0);
    struct decoding decoding = {
        .table = &table_user_create, .place = "body", .arena = &arena, .faults = &faults};
    enum result result = decode_json(&decoding, view_make(data, size));
    FUZZ_CHECK(result == RESULT_OK || result == RESULT_INVALID || result == RESULT_MALFORMED_JSON);
    FUZZ_CHECK((result == RESULT_INVALID) == (faults.count > 0));
    if (result == RESULT_OK) {
        const struct table_user_in *in = decoding.out;
        check_text(&in->username, USERNAME_MAX_BYTES * 4);
        check_text(&in->email, EMAIL_MAX_BYTES * 4);
        check_text(&in->password, PASSWORD_MAX_BYTES);
        check_text(&in->name, NAME_MAX_CHARS * 4);
        check_text(&in->metadata, METADATA_MAX_BYTES);
        check_object(&in->metadata);
        FUZZ_CHECK(in->age.number >= 0 && in->age.number <= AGE_MAX);
        FUZZ_CHECK(in->roles.count <= USER_ROLES_MAX);
    }
    arena_clear(&arena);
    return 0;
}
