/* Fuzz target: any bytes as a picture; what is accepted is converted and resized. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_image image, grey, sized;
    if (cj_image_decode(context, "fuzz", data, size, &image) == CJ_OK) {
        if (cj_image_convert(context, &image, 1, &grey) == CJ_OK &&
            cj_image_resize(context, &grey, 9, 7, &sized) == CJ_OK)
            cj_image_free(context, &sized);
        cj_image_free(context, &grey);
    }
    cj_image_free(context, &image);
    cj_context_free(context);
    return 0;
}
