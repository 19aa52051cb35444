/* A query. */
#include "fuzz_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decode(decode_query, RESULT_BAD_REQUEST, data, size);
    return 0;
}
