/* Fuzz target: any text as a net; what is accepted must come back from its canonical form. */
#include "cajal/net.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t shape[3] = {3, 32, 32};
    cj_context *context = fuzz_context();
    char *text = malloc(size + 1);
    cj_net *net, *back;
    if (!context || !text)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    if (cj_net_parse(context, text, 3, shape, 10, &net) == CJ_OK) {
        if (cj_net_parse(context, cj_net_text(net), 3, shape, 10, &back) != CJ_OK ||
            strcmp(cj_net_text(net), cj_net_text(back)) ||
            cj_net_layers(net) != cj_net_layers(back))
            abort();
        cj_net_free(back);
    }
    cj_net_free(net);
    free(text);
    cj_context_free(context);
    return 0;
}
