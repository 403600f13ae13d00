/* Fuzz target: any bytes as safetensors; what is accepted must come back from its own bytes. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_tensor_file *file, *back;
    void *bytes;
    size_t length;
    if (cj_safetensors_parse(context, "fuzz", data, size, &file) == CJ_OK) {
        if (cj_safetensors_render(context, file, &bytes, &length) != CJ_OK ||
            cj_safetensors_parse(context, "back", bytes, length, &back) != CJ_OK ||
            back->count != file->count)
            abort();
        cj_tensor_file_free(context, back);
        cj_release(context, bytes, length);
    }
    cj_tensor_file_free(context, file);
    cj_context_free(context);
    return 0;
}
