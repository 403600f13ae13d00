/* Fuzz target: any bytes as CSV; every field of what is accepted is read. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_csv csv;
    double number;
    if (cj_csv_parse(context, "fuzz", data, size, NULL, &csv) == CJ_OK) {
        if (csv.rows + csv.header < 1 || csv.columns < 1)
            abort();
        for (int64_t r = 0; r < csv.rows; r++)
            for (int64_t c = 0; c < csv.columns; c++)
                cj_parse_number(cj_csv_field(&csv, r, c), &number);
    }
    cj_csv_free(context, &csv);
    cj_context_free(context);
    return 0;
}
