/* Fuzz target: any bytes as an npz of a graph. */
#include "fuzz.h"

#include "cajal/data_graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cj_context *context = fuzz_context();
    cj_graph_data *graph;
    cj_graph_data_parse(context, "fuzz", data, size, &graph);
    cj_graph_data_free(context, graph);
    cj_context_free(context);
    return 0;
}
