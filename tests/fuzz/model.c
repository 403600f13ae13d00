/* Fuzz target: any bytes as a model file, with its net, its preprocessing and a prediction. */
#include "cajal/model.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_tensor_file *file;
    cj_model *model = NULL;
    if (!context)
        abort();
    if (cj_safetensors_parse(context, "fuzz", data, size, &file) == CJ_OK)
        cj_model_from_file(context, "fuzz", file, &(cj_model_options){.net = "mlp:4"}, &model);
    if (model) {
        const cj_preprocess *p = cj_model_preprocess(model);
        int64_t inputs = cj_preprocess_inputs(p), outputs = cj_preprocess_outputs(p);
        if (inputs + outputs < 1 << 16) {
            float *x = calloc((size_t)(inputs + outputs), sizeof *x);
            if (x)
                cj_model_forward(model, 1, x, NULL, x + inputs);
            free(x);
        }
    }
    cj_model_free(model);
    cj_tensor_file_free(context, file);
    cj_context_free(context);
    return 0;
}
