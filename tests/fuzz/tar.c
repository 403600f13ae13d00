/* Fuzz target: any bytes as a tar, plain or gzip, with checksums that fit, read to its end. */
#include "fuzz.h"

#include "io/io.h"

#include <stdio.h>

/* Gives every block of a plain tar the checksum of a header, so that what lies behind it is reached. */
static void mend(uint8_t *data, size_t size)
{
    for (uint8_t *block = data; size >= 512; block += 512, size -= 512) {
        unsigned sum = 0;
        char text[8];
        for (int i = 0; i < 512; i++)
            sum += i >= 148 && i < 156 ? ' ' : block[i];
        snprintf(text, sizeof text, "%06o", sum & 0777777);
        memcpy(block + 148, text, 7);
        block[155] = ' ';
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_tar tar;
    bool more = true;
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    if (size && data[size - 1] % 4) /* some stay as they are */
        mend(copy, size);
    if (cj_tar_open(context, "fuzz", copy, size, &tar) == CJ_OK) {
        while (cj_tar_next(&tar, &more) == CJ_OK && more) {
            void *bytes;
            size_t length;
            if (tar.file && cj_tar_data(&tar, 1 << 20, &bytes, &length) == CJ_OK)
                cj_release(context, bytes, length);
        }
        cj_tar_close(&tar);
    }
    free(copy);
    cj_context_free(context);
    return 0;
}
