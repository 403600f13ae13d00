/* Fuzz target: an archive in the form of CIFAR-10's. The first bytes say how many records its files
 * have, how many bytes those lack, and the labels; the rest are the names of the classes. */
#include "archive.h"

#include "data/data.h"

enum { RECORD = 3073, RECORDS = 7 };

static const uint8_t *add_batch(FILE *tar, const char *name, const uint8_t *data,
                                const uint8_t *end)
{
    static uint8_t bytes[RECORDS * RECORD];
    size_t records = data < end ? (*data & 15) % (RECORDS + 1) : 0,
           lack = data < end ? *data >> 4 : 0;
    data += data < end;
    for (size_t i = 0; i < records && data < end; i++)
        bytes[i * RECORD] = *data++;
    size_t size = records * RECORD;
    fuzz_archive_add(tar, name, bytes, size > lack ? size - lack : 0);
    return data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;
    const cj_data_options options = {.height = 4, .width = 4};
    cj_context *context = fuzz_context();
    cj_loader loader = {.context = context, .options = &options, .name = "fuzz"};
    FILE *tar = fuzz_archive("cifar-10-binary.tar.gz");
    data = add_batch(tar, "c/data_batch_1.bin", data, end);
    data = add_batch(tar, "c/data_batch_2.bin", data, end);
    data = add_batch(tar, "c/test_batch.bin", data, end);
    fuzz_archive_add(tar, "c/batches.meta.txt", data, (size_t)(end - data));
    fuzz_archive_end(tar);
    loader.dataset = cj_allocate_zero(context, sizeof *loader.dataset);
    if (loader.dataset)
        cj_load_cifar(&loader, fuzz_folder);
    cj_dataset_free(context, loader.dataset);
    cj_context_free(context);
    return 0;
}
