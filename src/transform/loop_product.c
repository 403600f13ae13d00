/*
 * src/transform/loop_product.c - see loop_product.h.
 */
#include "transform/loop_product.h"

enum { MOST_DEPTH = 8 };

static bool is_product(const cj_tensor *x)
{
    if (x->op != CJ_OP_MATMUL)
        return false;
    for (int i = 0; i < x->rank - 2; i++)
        if (x->shape[i] != 1)
            return false;
    /* Rows are written once and read once; the sum is read and written in each iteration. */
    const cj_tensor *a = x->source[0];
    return x->elements > 0 && a->shape[a->rank - 1] <= 2 * a->shape[a->rank - 2];
}

static int count(const cj_tensor *d, int depth)
{
    if (depth == MOST_DEPTH)
        return 0;
    if (is_product(d))
        return 1;
    if (d->op == CJ_OP_RESHAPE || d->op == CJ_OP_PERMUTE)
        return count(d->source[0], depth + 1);
    if (d->op != CJ_OP_ADD)
        return 0;
    int a = count(d->source[0], depth + 1), b = count(d->source[1], depth + 1);
    return a && b ? a + b : 0;
}

int cj_count_products(const cj_tensor *d)
{
    return count(d, 0);
}

/* The rows of a factor: k before its other axis; reshapes are left to the stacked rows. */
static cj_tensor *rows_of(cj_at at, cj_tensor *x, bool first)
{
    if (first)
        x = cj_transpose_at(at, x, -1, -2);
    while (x && x->op == CJ_OP_RESHAPE)
        x = x->source[0];
    return x;
}

bool cj_find_products(cj_at at, cj_tensor *d, cj_row_product **product)
{
    if (is_product(d)) {
        cj_row_product *p = (*product)++;
        *p = (cj_row_product){
            .node = d,
            .factor = {rows_of(at, d->source[0], true), rows_of(at, d->source[1], false)}};
        return p->factor[0] && p->factor[1];
    }
    bool good = cj_find_products(at, d->source[0], product);
    return good && (d->op != CJ_OP_ADD || cj_find_products(at, d->source[1], product));
}

static cj_tensor *all_rows(cj_at at, cj_tensor *stacked, int64_t width)
{
    if (!stacked)
        return NULL;
    return cj_reshape_at(at, stacked, 2, (int64_t[]){stacked->elements / width, width});
}

static cj_tensor *multiply(cj_at at, const cj_row_product *p)
{
    const cj_tensor *x = p->node;
    cj_tensor *a = all_rows(at, p->stacked[0], x->shape[x->rank - 2]);
    cj_tensor *b = all_rows(at, p->stacked[1], x->shape[x->rank - 1]);
    if (!a || !b)
        return NULL;
    return cj_reshape_at(at, cj_matmul_at(at, cj_transpose_at(at, a, 0, 1), b), x->rank, x->shape);
}

cj_tensor *cj_finish_products(cj_at at, cj_tensor *d, const cj_row_product **product)
{
    if (is_product(d))
        return multiply(at, (*product)++);
    cj_tensor *source[2] = {cj_finish_products(at, d->source[0], product)};
    if (d->op == CJ_OP_ADD)
        source[1] = cj_finish_products(at, d->source[1], product);
    return source[0] ? cj_with_sources(at, d, source) : NULL;
}
