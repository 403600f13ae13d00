/* Fuzz target: any bytes as a picture, a PNG with checksums that fit; what is accepted is resized. */
#include "fuzz.h"

#include <string.h>
#include <zlib.h>

static void store_big(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Gives every chunk of a PNG its checksum, so that what lies behind it is reached. */
static void mend_png(uint8_t *data, size_t size)
{
    for (size_t at = 8; size >= 12 && at <= size - 12;) {
        size_t length = 0;
        for (int i = 0; i < 4; i++)
            length = length << 8 | data[at + (size_t)i];
        if (length > size - 12 - at)
            return;
        store_big(data + at + 8 + length,
                  (uint32_t)crc32(0, data + at + 4, (unsigned)(4 + length)));
        at += 12 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_image image, grey, sized;
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    if (size > 8 && data[0] == 0x89)
        mend_png(copy, size);
    if (cj_image_decode(context, "fuzz", copy, size, &image) == CJ_OK) {
        if (cj_image_convert(context, &image, 1, &grey) == CJ_OK &&
            cj_image_resize(context, &grey, 9, 7, &sized) == CJ_OK)
            cj_image_free(context, &sized);
        cj_image_free(context, &grey);
    }
    cj_image_free(context, &image);
    free(copy);
    cj_context_free(context);
    return 0;
}
