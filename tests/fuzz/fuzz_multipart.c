/* A multipart form; the first byte is the boundary's only one. */
#include "fuzz_table.h"

static struct view boundary;

static enum result decode(struct decoding *decoding, struct view body)
{
    return decode_multipart(decoding, body, boundary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        boundary = view_make(data, 1);
        fuzz_decode(decode, RESULT_MALFORMED_FORM, data + 1, size - 1);
    }
    return 0;
}
