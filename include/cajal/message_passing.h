/*
 * cajal/message_passing.h - layers over graphs whose nodes and edges are data: x [n, features] of the
 * nodes, edge e from node source[e] to node target[e], both of an integer dtype [edges], in any order.
 * Conventions are those of cajal/nn.h; names of parameters are PyTorch Geometric's. Messages are
 * summed in the order of the edges. An edge to or from a node that does not exist is dropped (to) or
 * gives NaN (from): check edges at the door. Graphs of a batch stand in one list of nodes and edges,
 * their nodes counted on; a readout is cj_segment_sum, cj_segment_mean or cj_segment_max
 * (cajal/index.h) by the graph's number of each node.
 */
#ifndef CAJAL_MESSAGE_PASSING_H
#define CAJAL_MESSAGE_PASSING_H

#include "cajal/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cj_aggregate {
    CJ_AGGREGATE_SUM,
    CJ_AGGREGATE_MEAN,
    CJ_AGGREGATE_MAX,
    CJ_AGGREGATE_MIN
} cj_aggregate;

/* y[i] = the aggregate over the edges e to i of weight[e] x[source[e]] (weight [edges], NULL: 1): [n,
 * features]; of no edges 0. */
struct cj_message_passing_args {
    cj_tensor *x, *source, *target;
    cj_at at;
    cj_tensor *weight;
    cj_aggregate aggregate;
};
CJ_API cj_tensor *cj_message_passing_at(const struct cj_message_passing_args *args);
#define cj_message_passing(...)                                                                    \
    cj_message_passing_at(&(struct cj_message_passing_args){                                       \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_message_passing_args)})

struct cj_graph_conv_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x, *source, *target;
    cj_at at;
    int64_t out_features; /* mandatory; of a head, for gat_conv */
    cj_tensor *weight;    /* [edges], of gcn_conv; 1 */
    bool no_bias, no_self_loops;
    bool no_normalise;     /* of gcn_conv: A as it is */
    bool normalise;        /* of sage_conv: rows of length 1 */
    bool max_pool;         /* of sage_conv: the largest of the neighbours, not their mean */
    int64_t heads;         /* of gat_conv; 1 */
    bool average;          /* of gat_conv: the mean of the heads, not one after the other */
    double slope;          /* of gat_conv's leaky relu; 0.2 */
    double dropout;        /* of gat_conv's attention, in training builds */
    cj_tensor **attention; /* result of gat_conv, where wanted: [edges, then n self loops; heads] */
};

/* D^-1/2 (A + I) D^-1/2 x W^T + b, D the sums of rows of A + I: lin.weight [out, in] xavier_uniform,
 * bias [out]. Kipf and Welling, ICLR 2017. */
CJ_API cj_tensor *cj_gcn_conv_at(const struct cj_graph_conv_args *args);
/* lin_l(mean of the neighbours) + lin_r(x): lin_l.weight, lin_l.bias, lin_r.weight. Hamilton, Ying and
 * Leskovec, "GraphSAGE", NeurIPS 2017. */
CJ_API cj_tensor *cj_sage_conv_at(const struct cj_graph_conv_args *args);
/* Attention over incoming edges and a self loop: with h = x W^T in heads, y[i] = sum over j of a_ij
 * h[j], a = softmax over j of leaky_relu(att_src . h[j] + att_dst . h[i]). lin.weight, att_src and
 * att_dst [1, heads, out], bias. Velickovic et al., ICLR 2018. */
CJ_API cj_tensor *cj_gat_conv_at(const struct cj_graph_conv_args *args);
/* (1 + eps) x + the sum of the neighbours, eps [1] a parameter that begins at 0: the input of the
 * multilayer perceptron of a GIN. Xu et al., ICLR 2019. */
CJ_API cj_tensor *cj_gin_sum_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                cj_tensor *source, cj_tensor *target);
#define CJ_GRAPH_CONV_ARGS(...)                                                                    \
    (&(struct cj_graph_conv_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_graph_conv_args)})
#define cj_gcn_conv(...) cj_gcn_conv_at(CJ_GRAPH_CONV_ARGS(__VA_ARGS__))
#define cj_sage_conv(...) cj_sage_conv_at(CJ_GRAPH_CONV_ARGS(__VA_ARGS__))
#define cj_gat_conv(...) cj_gat_conv_at(CJ_GRAPH_CONV_ARGS(__VA_ARGS__))
#define cj_gin_sum(...) cj_gin_sum_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
