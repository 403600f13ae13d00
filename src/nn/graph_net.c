/*
 * src/nn/graph_net.c - convolutions over a graph, one after the other.
 */
#include "cajal/architecture.h"

#include "cajal/message_passing.h"
#include "nn/nn.h"

#include <stdio.h>

static cj_tensor *convolve(const cj_architecture *a, struct cj_graph_conv_args *args, bool last)
{
    switch (a->kind) {
    case CJ_SAGE: return cj_sage_conv_at(args);
    case CJ_GAT:
        args->heads = last ? 1 : a->heads;
        args->dropout = a->dropout;
        return cj_gat_conv_at(args);
    default: return cj_gcn_conv_at(args);
    }
}

cj_tensor *cj_graph_net_at(cj_at at, cj_scope *s, const cj_architecture *a, int64_t classes,
                           cj_tensor *x, cj_tensor *source, cj_tensor *target)
{
    for (int64_t i = 1; i <= a->layers && x; i++) {
        char name[32];
        bool last = i == a->layers;
        snprintf(name, sizeof name, "conv%lld", (long long)i);
        struct cj_graph_conv_args args = {.scope = s,
                                          .name = name,
                                          .x = cj_dropout_at(at, s, x, a->dropout),
                                          .source = source,
                                          .target = target,
                                          .at = at,
                                          .out_features = last ? classes : a->hidden};
        args.at.size = sizeof args;
        x = convolve(a, &args, last);
        if (!last)
            x = a->kind == CJ_GAT ? cj_elu_at(at, x, 1) : cj_relu_at(at, x);
    }
    return x;
}
