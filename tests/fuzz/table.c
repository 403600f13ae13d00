/* Fuzz target: any bytes as a CSV, through planning, splitting, fitting and the features. */
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int file = memfd_create("fuzz", 0);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    cj_context *context = fuzz_context();
    cj_dataset *dataset, *again;
    char target[2] = {(char)('1' + size % 3), 0};
    cj_data_options options = {.validation_fraction = 0.2,
                               .target = size % 2 ? NULL : target,
                               .csv = {.header = (int)(size % 3) - 1}};
    if (cj_data_load(context, path, &options, &dataset) == CJ_OK) {
        options.preprocess = dataset->preprocess;
        if (cj_data_load(context, path, &options, &again) != CJ_OK)
            abort();
        cj_dataset_free(context, again);
    }
    cj_dataset_free(context, dataset);
    cj_context_free(context);
    close(file);
    return 0;
}
