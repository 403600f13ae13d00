/* Fuzz target: any bytes as a tar, plain or gzip, read to its end. */
#include "fuzz.h"
#include "io/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_tar tar;
    bool more = true;
    if (cj_tar_open(context, "fuzz", data, size, &tar) == CJ_OK) {
        while (cj_tar_next(&tar, &more) == CJ_OK && more) {
            void *bytes;
            size_t length;
            if (tar.file && cj_tar_data(&tar, 1 << 20, &bytes, &length) == CJ_OK)
                cj_release(context, bytes, length);
        }
        cj_tar_close(&tar);
    }
    cj_context_free(context);
    return 0;
}
