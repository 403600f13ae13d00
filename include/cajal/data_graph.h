/*
 * cajal/data_graph.h - graphs whose nodes are the examples: Cora, Citeseer. Part of libcajal-io.
 *
 *     cj_graph_data *g;
 *     if (cj_graph_data_load(context, "cora", &g) != CJ_OK)
 *         return fail(cj_error(context));
 *     cj_graph_data_features(g, features);          f32 [g->nodes][g->features]
 *     ... sum over edges e: node g->row[e] takes from node g->column[e], weight g->value[e]
 *     cj_graph_data_free(context, g);
 */
#ifndef CAJAL_DATA_GRAPH_H
#define CAJAL_DATA_GRAPH_H

#include "cajal/data.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cj_graph_data {
    int64_t nodes, edges, features;
    int classes;
    /* The adjacency matrix, CSR and, by `row`, an edge list: sorted by row. An undirected edge
     * stands there twice, as the file has it; self loops only where the file has them. */
    int32_t *start;  /* [nodes + 1]: the edges of node i are start[i] up to start[i + 1] */
    int32_t *row;    /* [edges] */
    int32_t *column; /* [edges] */
    float *value;    /* [edges] */
    /* The features of the nodes, CSR: mostly zeros. */
    int64_t feature_values;
    int32_t *feature_start;  /* [nodes + 1] */
    int32_t *feature_column; /* [feature_values] */
    float *feature_value;    /* [feature_values] */
    int32_t *label;          /* [nodes], 0 to classes - 1, or -1: not known */
    bool *mask[CJ_PARTS];    /* [nodes]: the nodes of the training, validation and test part */
    int64_t count[CJ_PARTS]; /* how many those are */
    char hash[65];           /* SHA-256 of all of it */
} cj_graph_data;

/*
 * Loads a known graph (cora, citeseer), or an npz of these arrays: adj_data, adj_indices,
 * adj_indptr, adj_shape and the same with attr_ (SciPy's CSR), labels, train_index, val_index,
 * test_index. MISSING: not found, with where it looked. FORMAT: an array is missing or does not
 * fit the others, naming it. A node of the parts without a label is VALUE.
 */
CJ_API cj_status cj_graph_data_load(cj_context *context, const char *what, cj_graph_data **out);
/* The same from the bytes of the npz; `name` is what errors call them. */
CJ_API cj_status cj_graph_data_parse(cj_context *context, const char *name, const void *data,
                                     size_t size, cj_graph_data **out);
CJ_API void cj_graph_data_free(cj_context *context, cj_graph_data *graph); /* NULL is fine */

/* The features as f32 [nodes][features], as stored. */
CJ_API void cj_graph_data_features(const cj_graph_data *graph, float *out);

#ifdef __cplusplus
}
#endif

#endif
