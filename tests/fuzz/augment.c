/* Fuzz target: any text as augmentation; what is taken comes back from its canonical text, and is
 * applied to a small picture. */
#include "fuzz.h"

#include "cajal/augment.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[600], canonical[320];
    uint8_t from[3 * 5 * 4], to[3 * 5 * 4];
    cj_augment_draw draw = {.seed = size}, again = {.seed = size};
    cj_context *context = fuzz_context();
    snprintf(text, sizeof text, "%.*s", (int)size, (const char *)data);
    if (cj_augment_parse(context, text, &draw.augment) == CJ_OK) {
        cj_augment_text(&draw.augment, canonical, sizeof canonical);
        if (cj_augment_parse(context, canonical, &again.augment) != CJ_OK)
            abort();
        memset(from, 100, sizeof from);
        for (int i = 0; i < 4; i++)
            cj_augment_apply(&draw, i, 3, 5, 4, from, to);
    }
    cj_context_free(context);
    return 0;
}
