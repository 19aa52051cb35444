/* A form body. */
#include "fuzz_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decode(decode_form, RESULT_MALFORMED_FORM, data, size);
    return 0;
}
