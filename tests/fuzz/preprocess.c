/* Fuzz target: any text as the preprocessing of a model; what is accepted must come back, and take
 * any row. */
#include "fuzz.h"

#include <string.h>

static void use_row(cj_context *context, const cj_preprocess *p, int64_t inputs)
{
    size_t columns = (size_t)p->columns;
    const char **row = calloc(columns, sizeof *row);
    int *map = calloc(columns, sizeof *map);
    float *x = calloc((size_t)inputs, sizeof *x);
    for (size_t i = 0; i < columns; i++)
        row[i] = i % 3 ? "1.5" : "red";
    if (cj_preprocess_match(context, p, NULL, p->columns, map) == CJ_OK)
        cj_preprocess_row(context, p, "fuzz", row, map, x, NULL);
    free(row);
    free(map);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_preprocess *p, *back;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    if (cj_preprocess_from_json(context, "fuzz", text, &p) == CJ_OK) {
        int64_t inputs = cj_preprocess_inputs(p);
        if (cj_preprocess_copy(context, p, &back) != CJ_OK || cj_preprocess_inputs(back) != inputs)
            abort();
        if (p->kind == CJ_INPUT_TABLE && inputs < 1 << 20)
            use_row(context, p, inputs);
        cj_preprocess_free(context, back);
    }
    cj_preprocess_free(context, p);
    free(text);
    cj_context_free(context);
    return 0;
}
