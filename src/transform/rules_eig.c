/*
 * src/transform/rules_eig.c - eigenvalues and -vectors of a general matrix, complex numbers as pairs.
 */
#include "cajal/index.h"
#include "cajal/linalg.h"

#include "transform/rules.h"

static const cj_complex none;

/* values w [n], vectors v [n, n], and what w[j] - w[i] is divided by: its inverse in row i, column j, or 0. */
typedef struct cj_eig_parts {
    cj_complex w, v, gaps;
    cj_tensor *largest; /* 1 at the largest component of each vector */
} cj_eig_parts;

static cj_tensor *vector_of(cj_at at, cj_tensor *packed, int64_t from, int64_t count)
{
    return packed ? cj_narrow_at(at, packed, -1, from, from + count) : NULL;
}

static cj_tensor *matrix_of(cj_at at, cj_tensor *packed, int64_t from, int64_t n)
{
    int64_t shape[CJ_MAX_RANK + 1];
    cj_tensor *part = vector_of(at, packed, from, n * n);
    if (!part)
        return NULL;
    memcpy(shape, part->shape, part->rank * sizeof *shape);
    shape[part->rank - 1] = shape[part->rank] = n;
    return cj_reshape_at(at, part, part->rank + 1, shape);
}

static cj_complex vectors_of(cj_at at, cj_tensor *packed, int64_t n)
{
    return (cj_complex){matrix_of(at, packed, 2 * n, n), matrix_of(at, packed, 2 * n + n * n, n)};
}

static cj_complex each(cj_at at, cj_tensor *(*f)(cj_at, cj_tensor *, int), cj_complex z, int i)
{
    return (cj_complex){f(at, z.re, i), f(at, z.im, i)};
}

static cj_tensor *turned(cj_at at, cj_tensor *x)
{
    return x ? cj_transpose_at(at, x, -1, -2) : NULL;
}

/* The conjugate transpose. */
static cj_complex adjoint(cj_at at, cj_complex z)
{
    return cj_complex_conj_at(at, (cj_complex){turned(at, z.re), turned(at, z.im)});
}

static cj_eig_parts parts_of(cj_at at, cj_tensor *node)
{
    int64_t n = node->source[0]->shape[node->source[0]->rank - 1];
    cj_eig_parts p = {{vector_of(at, node, 0, n), vector_of(at, node, n, n)},
                      vectors_of(at, node, n),
                      none,
                      NULL};
    cj_complex d = cj_complex_sub_at(at, each(at, cj_unsqueeze_at, p.w, -2),
                                     each(at, cj_unsqueeze_at, p.w, -1));
    cj_tensor *size = d.re ? cj_complex_abs2_at(at, d) : NULL;
    if (!size)
        return p;
    cj_tensor *zero = cj_eq_at(at, size, cj_like_at(at, size, 0));
    size = cj_where_at(at, zero, cj_like_at(at, size, 1), size);
    d = cj_complex_conj_at(at, d);
    p.gaps = (cj_complex){cj_div_at(at, d.re, size), cj_div_at(at, d.im, size)};
    cj_tensor *norm = cj_complex_abs2_at(at, p.v);
    cj_tensor *place = norm ? cj_argmax_at(at, norm, CJ_AXIS(norm->rank - 2), false) : NULL;
    p.largest = place ? turned(at, cj_one_hot_at(at, place, n, (cj_dtype)node->dtype)) : NULL;
    return p;
}

/* V^-1 m, or V^-H m, by real blocks [[re, -im], [im, re]]. */
static cj_complex solved(cj_at at, cj_complex v, cj_complex m, bool adjoint_of)
{
    if (!v.re || !v.im || !m.re)
        return none;
    int64_t n = v.re->shape[v.re->rank - 1];
    cj_tensor *im = m.im ? m.im : cj_scale_at(at, m.re, 0);
    cj_tensor *top = cj_concat_at(at, -1, 2, (cj_tensor *[]){v.re, cj_neg_at(at, v.im)});
    cj_tensor *low = cj_concat_at(at, -1, 2, (cj_tensor *[]){v.im, v.re});
    cj_tensor *blocks = top && low ? cj_concat_at(at, -2, 2, (cj_tensor *[]){top, low}) : NULL;
    cj_tensor *right = im ? cj_concat_at(at, -2, 2, (cj_tensor *[]){m.re, im}) : NULL;
    if (!blocks || !right)
        return none;
    cj_tensor *x =
        cj_solve_at(&(struct cj_solve_args){.a = blocks,
                                            .b = right,
                                            .at = {at.file, at.line, sizeof(struct cj_solve_args)},
                                            .transposed = adjoint_of});
    return x ? (cj_complex){cj_narrow_at(at, x, -2, 0, n), cj_narrow_at(at, x, -2, n, 2 * n)}
             : none;
}

static cj_tensor *column_sums(cj_at at, cj_tensor *x)
{
    return x ? cj_sum_at(at, x, CJ_AXIS(x->rank - 2), true) : NULL;
}

/* The real part of the sum of conj(a) b over each column; of i a: the imaginary one. */
static cj_tensor *column_dots(cj_at at, cj_complex a, cj_complex b)
{
    return column_sums(at, cj_complex_mul_at(at, cj_complex_conj_at(at, a), b).re);
}

static cj_tensor *flat(cj_at at, cj_tensor *x)
{
    int64_t shape[CJ_MAX_RANK];
    if (!x)
        return NULL;
    memcpy(shape, x->shape, (size_t)(x->rank - 2) * sizeof *shape);
    shape[x->rank - 2] = x->shape[x->rank - 2] * x->shape[x->rank - 1];
    return cj_reshape_at(at, x, x->rank - 1, shape);
}

/* With P = V^-1 dA V: dw = diagonal of P, dV = V (gaps * P) + V c, where c keeps each vector at
 * length 1 and its largest component real. */
CJ_TANGENT(eig)
{
    cj_eig_parts e = parts_of(at, node);
    cj_complex p = cj_complex_matmul_at(at, (cj_complex){t[0], NULL}, e.v);
    p = solved(at, e.v, p, false);
    if (!p.re || !e.largest)
        return NULL;
    cj_complex dv = cj_complex_matmul_at(at, e.v, cj_complex_mul_at(at, e.gaps, p));
    cj_tensor *length = column_dots(at, e.v, dv);
    cj_tensor *there = column_sums(at, cj_mul_at(at, e.v.re, e.largest));
    cj_tensor *phase = column_sums(at, cj_mul_at(at, dv.im, e.largest));
    cj_complex c = {cj_neg_at(at, length), cj_neg_at(at, cj_div_at(at, phase, there))};
    dv = cj_complex_add_at(at, dv, cj_complex_mul_at(at, e.v, c));
    cj_tensor *part[4] = {cj_diagonal_at(at, p.re, 0), cj_diagonal_at(at, p.im, 0), flat(at, dv.re),
                          flat(at, dv.im)};
    return part[3] ? cj_concat_at(at, -1, 4, part) : NULL;
}

/* The transpose of the above, step by step from the last. */
CJ_COTANGENT(eig)
{
    int64_t n = node->source[0]->shape[node->source[0]->rank - 1];
    cj_eig_parts e = parts_of(at, node);
    cj_complex gv = vectors_of(at, g, n);
    if (!e.largest || !gv.im)
        return NULL;
    cj_complex s = cj_complex_mul_at(at, cj_complex_conj_at(at, gv), e.v);
    cj_tensor *length = column_sums(at, s.re), *turn = column_sums(at, s.im);
    cj_tensor *there = column_sums(at, cj_mul_at(at, e.v.re, e.largest));
    gv.re = cj_sub_at(at, gv.re, cj_mul_at(at, e.v.re, length));
    gv.im = cj_sub_at(at, gv.im, cj_mul_at(at, e.v.im, length));
    gv.im = cj_add_at(at, gv.im, cj_mul_at(at, e.largest, cj_div_at(at, turn, there)));
    cj_complex q = cj_complex_matmul_at(at, adjoint(at, e.v), gv);
    q = cj_complex_mul_at(at, cj_complex_conj_at(at, e.gaps), q);
    q = cj_complex_add_at(at, q,
                          (cj_complex){cj_diag_embed_at(at, vector_of(at, g, 0, n), 0),
                                       cj_diag_embed_at(at, vector_of(at, g, n, n), 0)});
    q = cj_complex_matmul_at(at, q, adjoint(at, e.v));
    return solved(at, e.v, q, true).re;
}
