/* Fuzz target: any bytes as IDX, plain or gzip. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_array array;
    cj_idx_parse(context, "fuzz", data, size, &array);
    cj_array_free(context, &array);
    cj_context_free(context);
    return 0;
}
