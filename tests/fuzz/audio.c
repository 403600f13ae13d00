/* Fuzz target: recordings whose names are the lines of any text, each the same short sound, as a set
 * of arrays. */
#include "archive.h"

#include "data/data.h"

static const uint8_t sound[52] =
    "RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x8\0"
    "data\x8\0\0\0\x80\x90\xa0\xb0\x70\x60\x50\x80";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;
    const cj_data_options options = {0};
    cj_context *context = fuzz_context();
    cj_loader loader = {.context = context, .options = &options, .name = "fuzz"};
    FILE *tar = fuzz_archive("recordings.tar");
    for (int files = 0; data < end && files < 40; files++) {
        const uint8_t *stop = memchr(data, '\n', (size_t)(end - data));
        size_t length = (size_t)((stop ? stop : end) - data);
        char name[100];
        snprintf(name, sizeof name, "r/%.*s.wav", (int)(length < 90 ? length : 90),
                 (const char *)data);
        fuzz_archive_add(tar, name, sound, sizeof sound);
        data = stop ? stop + 1 : end;
    }
    fuzz_archive_end(tar);
    loader.dataset = cj_allocate_zero(context, sizeof *loader.dataset);
    if (loader.dataset)
        cj_load_audio(&loader, fuzz_path);
    cj_dataset_free(context, loader.dataset);
    cj_context_free(context);
    return 0;
}
