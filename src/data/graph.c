/*
 * graph.c - graphs in an npz of CSR matrices, checked before anything points into them.
 */
#include "cajal/data_graph.h"
#include "data/data.h"

#include <stdio.h>

typedef struct reader {
    cj_context *context;
    const char *name;
    cj_tensor_file *file;
    cj_graph_data *graph;
} reader;

/* ---- memory ---- */

static void release_array(cj_context *context, void *array, int64_t count, size_t item)
{
    if (array)
        cj_release(context, array, (size_t)count * item);
}

void cj_graph_data_free(cj_context *context, cj_graph_data *g)
{
    if (!g)
        return;
    release_array(context, g->start, g->nodes + 1, sizeof *g->start);
    release_array(context, g->row, g->edges, sizeof *g->row);
    release_array(context, g->column, g->edges, sizeof *g->column);
    release_array(context, g->value, g->edges, sizeof *g->value);
    release_array(context, g->feature_start, g->nodes + 1, sizeof *g->feature_start);
    release_array(context, g->feature_column, g->feature_values, sizeof *g->feature_column);
    release_array(context, g->feature_value, g->feature_values, sizeof *g->feature_value);
    release_array(context, g->label, g->nodes, sizeof *g->label);
    for (int part = 0; part < CJ_PARTS; part++)
        release_array(context, g->mask[part], g->nodes, sizeof *g->mask[part]);
    cj_release(context, g, sizeof *g);
}

/* ---- arrays of the file ---- */

static cj_status find(const reader *r, const char *prefix, const char *name, const cj_array **out)
{
    char full[32];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const cj_array *a = cj_tensor_file_find(r->file, full);
    *out = a;
    if (!a)
        return cj_fail(r->context, CJ_FORMAT,
                       "%s: holds no array %s: a graph is adj_data, adj_indices, adj_indptr, "
                       "adj_shape, the same with attr_, labels, train_index, val_index and "
                       "test_index",
                       r->name, full);
    bool whole = a->dtype == CJ_I32 || a->dtype == CJ_I64, floats = a->dtype == CJ_F32;
    if (a->rank != 1 || !(strcmp(name, "data") == 0 ? floats || a->dtype == CJ_F64 : whole))
        return cj_fail(r->context, CJ_FORMAT, "%s: %s is %s of rank %d; a vector of %s is wanted",
                       r->name, full, cj_dtype_name(a->dtype), a->rank,
                       strcmp(name, "data") == 0 ? "floats" : "whole numbers");
    return CJ_OK;
}

static int64_t whole_at(const cj_array *a, int64_t i)
{
    return a->dtype == CJ_I64 ? ((const int64_t *)a->data)[i] : ((const int32_t *)a->data)[i];
}

static cj_status copy_whole(const reader *r, const char *what, const cj_array *a, int64_t low,
                            int64_t high, int32_t **out)
{
    int64_t count = a->shape[0];
    if (!(*out = cj_allocate(r->context, (size_t)count * sizeof **out)))
        return CJ_NO_MEMORY;
    for (int64_t i = 0; i < count; i++) {
        int64_t v = whole_at(a, i);
        if (v < low || v > high)
            return cj_fail(r->context, CJ_FORMAT,
                           "%s: element %lld of %s is %lld, not %lld to %lld", r->name,
                           (long long)i, what, (long long)v, (long long)low, (long long)high);
        (*out)[i] = (int32_t)v;
    }
    return CJ_OK;
}

static cj_status copy_floats(const reader *r, const cj_array *a, float **out)
{
    int64_t count = a->shape[0];
    if (!(*out = cj_allocate(r->context, (size_t)count * sizeof **out)))
        return CJ_NO_MEMORY;
    for (int64_t i = 0; i < count; i++)
        (*out)[i] =
            a->dtype == CJ_F64 ? (float)((const double *)a->data)[i] : ((const float *)a->data)[i];
    return CJ_OK;
}

/* ---- matrices ---- */

typedef struct matrix {
    int64_t rows, columns, values;
    int32_t *start, *column;
    float *value;
} matrix;

static cj_status check_start(const reader *r, const char *prefix, const matrix *m)
{
    bool right = m->start[0] == 0 && m->start[m->rows] == m->values;
    for (int64_t i = 0; i < m->rows && right; i++)
        right = m->start[i] <= m->start[i + 1];
    return right ? CJ_OK
                 : cj_fail(r->context, CJ_FORMAT,
                           "%s: %sindptr does not rise from 0 to the %lld values", r->name, prefix,
                           (long long)m->values);
}

/* Leaves in *m what it has made, after a failure too. */
static cj_status read_matrix(const reader *r, const char *prefix, matrix *m)
{
    const cj_array *data, *indices, *indptr, *shape;
    cj_status status = find(r, prefix, "data", &data);
    if (status == CJ_OK)
        status = find(r, prefix, "indices", &indices);
    if (status == CJ_OK)
        status = find(r, prefix, "indptr", &indptr);
    if (status == CJ_OK)
        status = find(r, prefix, "shape", &shape);
    if (status != CJ_OK)
        return status;
    int64_t rows = shape->shape[0] == 2 ? whole_at(shape, 0) : -1;
    int64_t columns = shape->shape[0] == 2 ? whole_at(shape, 1) : -1;
    if (rows < 1 || columns < 1 || rows > INT32_MAX || columns > INT32_MAX ||
        indptr->shape[0] - 1 != rows || indices->shape[0] != data->shape[0] ||
        data->shape[0] > INT32_MAX)
        return cj_fail(r->context, CJ_FORMAT,
                       "%s: the arrays %sdata (%lld), indices (%lld), indptr (%lld) and shape "
                       "(%lld, %lld) are no CSR matrix",
                       r->name, prefix, (long long)data->shape[0], (long long)indices->shape[0],
                       (long long)indptr->shape[0], (long long)rows, (long long)columns);
    *m = (matrix){.rows = rows, .columns = columns, .values = data->shape[0]};
    status = copy_whole(r, "indptr", indptr, 0, m->values, &m->start);
    if (status == CJ_OK)
        status = check_start(r, prefix, m);
    if (status == CJ_OK)
        status = copy_whole(r, "indices", indices, 0, columns - 1, &m->column);
    return status == CJ_OK ? copy_floats(r, data, &m->value) : status;
}

static cj_status read_adjacency(reader *r)
{
    cj_graph_data *g = r->graph;
    matrix m = {0};
    cj_status status = read_matrix(r, "adj_", &m);
    g->nodes = m.rows;
    g->edges = m.values;
    g->start = m.start;
    g->column = m.column;
    g->value = m.value;
    if (status == CJ_OK && m.rows != m.columns)
        status = cj_fail(r->context, CJ_FORMAT, "%s: the adjacency matrix is %lld x %lld", r->name,
                         (long long)m.rows, (long long)m.columns);
    if (status != CJ_OK)
        return status;
    if (!(g->row = cj_allocate(r->context, (size_t)g->edges * sizeof *g->row)))
        return CJ_NO_MEMORY;
    for (int32_t i = 0; i < g->nodes; i++)
        for (int32_t e = g->start[i]; e < g->start[i + 1]; e++)
            g->row[e] = i;
    return CJ_OK;
}

static cj_status read_features(reader *r)
{
    cj_graph_data *g = r->graph;
    matrix m = {0};
    cj_status status = read_matrix(r, "attr_", &m);
    if (status == CJ_OK && m.rows != g->nodes)
        status = cj_fail(r->context, CJ_FORMAT, "%s: %lld nodes, but features of %lld", r->name,
                         (long long)g->nodes, (long long)m.rows);
    if (status != CJ_OK) {
        release_array(r->context, m.start, m.rows + 1, sizeof *m.start);
        release_array(r->context, m.column, m.values, sizeof *m.column);
        release_array(r->context, m.value, m.values, sizeof *m.value);
        return status;
    }
    g->features = m.columns;
    g->feature_values = m.values;
    g->feature_start = m.start;
    g->feature_column = m.column;
    g->feature_value = m.value;
    return CJ_OK;
}

/* ---- labels and parts ---- */

static cj_status read_labels(reader *r)
{
    cj_graph_data *g = r->graph;
    const cj_array *labels;
    cj_status status = find(r, "", "labels", &labels);
    if (status == CJ_OK && labels->shape[0] != g->nodes)
        status = cj_fail(r->context, CJ_FORMAT, "%s: %lld nodes, but %lld labels", r->name,
                         (long long)g->nodes, (long long)labels->shape[0]);
    if (status == CJ_OK)
        status = copy_whole(r, "labels", labels, -1, 65535, &g->label);
    for (int64_t i = 0; status == CJ_OK && i < g->nodes; i++)
        g->classes = CJ_MAX(g->classes, g->label[i] + 1);
    return status;
}

static cj_status read_part(reader *r, int part)
{
    static const char *const name[CJ_PARTS] = {"train_index", "val_index", "test_index"};
    cj_graph_data *g = r->graph;
    const cj_array *index;
    cj_status status = find(r, "", name[part], &index);
    if (status != CJ_OK)
        return status;
    if (!(g->mask[part] = cj_allocate_zero(r->context, (size_t)g->nodes * sizeof(bool))))
        return CJ_NO_MEMORY;
    for (int64_t i = 0; i < index->shape[0]; i++) {
        int64_t node = whole_at(index, i);
        if (node < 0 || node >= g->nodes)
            return cj_fail(r->context, CJ_FORMAT, "%s: %s names node %lld; there are 0 to %lld",
                           r->name, name[part], (long long)node, (long long)g->nodes - 1);
        if (g->label[node] < 0)
            return cj_fail(r->context, CJ_VALUE, "%s: %s names node %lld, which has no label",
                           r->name, name[part], (long long)node);
        g->count[part] += !g->mask[part][node];
        g->mask[part][node] = true;
    }
    return CJ_OK;
}

static void hash_graph(cj_graph_data *g)
{
    cj_sha256 sha;
    uint8_t digest[32];
    int64_t head[4] = {g->nodes, g->edges, g->features, g->feature_values};
    cj_sha256_init(&sha);
    cj_sha256_add(&sha, head, sizeof head);
    cj_sha256_add(&sha, g->start, (size_t)(g->nodes + 1) * sizeof *g->start);
    cj_sha256_add(&sha, g->column, (size_t)g->edges * sizeof *g->column);
    cj_sha256_add(&sha, g->value, (size_t)g->edges * sizeof *g->value);
    cj_sha256_add(&sha, g->feature_start, (size_t)(g->nodes + 1) * sizeof *g->feature_start);
    cj_sha256_add(&sha, g->feature_column, (size_t)g->feature_values * sizeof(int32_t));
    cj_sha256_add(&sha, g->feature_value, (size_t)g->feature_values * sizeof(float));
    cj_sha256_add(&sha, g->label, (size_t)g->nodes * sizeof *g->label);
    for (int part = 0; part < CJ_PARTS; part++)
        cj_sha256_add(&sha, g->mask[part], (size_t)g->nodes * sizeof(bool));
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, g->hash);
}

/* ---- all of it ---- */

static cj_status read_graph(reader *r)
{
    if (!(r->graph = cj_allocate_zero(r->context, sizeof *r->graph)))
        return CJ_NO_MEMORY;
    cj_status status = read_adjacency(r);
    if (status == CJ_OK)
        status = read_features(r);
    if (status == CJ_OK)
        status = read_labels(r);
    for (int part = 0; part < CJ_PARTS && status == CJ_OK; part++)
        status = read_part(r, part);
    if (status == CJ_OK)
        hash_graph(r->graph);
    return status;
}

cj_status cj_graph_data_parse(cj_context *context, const char *name, const void *data, size_t size,
                              cj_graph_data **out)
{
    reader r = {.context = context, .name = name};
    *out = NULL;
    cj_status status = cj_npz_parse(context, name, data, size, &r.file);
    if (status != CJ_OK)
        return status;
    status = read_graph(&r);
    cj_tensor_file_free(context, r.file);
    if (status == CJ_OK)
        *out = r.graph;
    else
        cj_graph_data_free(context, r.graph);
    return status;
}

cj_status cj_graph_data_load(cj_context *context, const char *what, cj_graph_data **out)
{
    char path[4096];
    void *data;
    size_t size;
    *out = NULL;
    cj_status status = cj_data_locate(context, what, CJ_DATA_GRAPH, path, sizeof path);
    if (status == CJ_OK)
        status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_graph_data_parse(context, what, data, size, out);
    cj_release(context, data, size);
    return status;
}

void cj_graph_data_features(const cj_graph_data *g, float *out)
{
    memset(out, 0, (size_t)(g->nodes * g->features) * sizeof *out);
    for (int64_t i = 0; i < g->nodes; i++)
        for (int32_t k = g->feature_start[i]; k < g->feature_start[i + 1]; k++)
            out[i * g->features + g->feature_column[k]] = g->feature_value[k];
}
