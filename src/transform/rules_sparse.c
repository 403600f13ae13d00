/*
 * src/transform/rules_sparse.c - sparse products: linear in the values and in the matrix; csr_dot is how the values' cotangents come.
 */
#include "transform/rules.h"

CJ_TANGENT(csr_matmul)
{
    cj_tensor *sum = NULL;
    for (int k = 0; k < 4; k += 3) {
        if (!t[k])
            continue;
        cj_tensor *source[4] = {node->source[0], node->source[1], node->source[2], node->source[3]};
        source[k] = t[k];
        cj_tensor *term = cj_with_sources(at, node, source);
        sum = sum ? cj_add_at(at, sum, term) : term;
    }
    return sum;
}

CJ_COTANGENT(csr_matmul)
{
    cj_tensor *values = node->source[0], *columns = node->source[1], *starts = node->source[2];
    cj_tensor *x = node->source[3];
    bool transposed = node->option[0];
    if (i == 0)
        return cj_csr_dot_node(at, columns, starts, transposed ? x : g, transposed ? g : x);
    return cj_csr_matmul_node(at, values, columns, starts, g, !transposed, x->shape[0]);
}

CJ_TANGENT(csr_dot)
{
    cj_tensor *sum = NULL;
    for (int k = 2; k < 4; k++) {
        if (!t[k])
            continue;
        cj_tensor *a = k == 2 ? t[k] : node->source[2], *b = k == 3 ? t[k] : node->source[3];
        cj_tensor *term = cj_csr_dot_node(at, node->source[0], node->source[1], a, b);
        sum = sum ? cj_add_at(at, sum, term) : term;
    }
    return sum;
}

/* Of a: the rows of g b, g the values; of b those of g^T a. */
CJ_COTANGENT(csr_dot)
{
    cj_tensor *columns = node->source[0], *starts = node->source[1];
    cj_tensor *other = node->source[i == 2 ? 3 : 2];
    return cj_csr_matmul_node(at, g, columns, starts, other, i == 3, node->source[i]->shape[0]);
}
