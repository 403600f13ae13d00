/* Fuzz target: any bytes as npz. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_tensor_file *file;
    cj_npz_parse(context, "fuzz", data, size, &file);
    cj_tensor_file_free(context, file);
    cj_context_free(context);
    return 0;
}
