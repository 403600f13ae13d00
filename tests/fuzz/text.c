/* Fuzz target: any bytes as each of the sets of texts that have one file. The first byte chooses. */
#include "fuzz.h"

#include "cajal/data_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const set[] = {NULL, "names", "sick", "sms-spam"};
    cj_context *context = fuzz_context();
    cj_text_data *text;
    if (size) {
        cj_text_options options = {.unit = (cj_text_unit)(data[0] >> 2 & 3), .least = data[0] >> 6};
        cj_text_parse(context, set[data[0] & 3], "fuzz", data + 1, size - 1, &options, &text);
        cj_text_free(context, text);
    }
    cj_context_free(context);
    return 0;
}
