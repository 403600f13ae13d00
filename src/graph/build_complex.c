/*
 * src/graph/build_complex.c - complex numbers as pairs of real tensors.
 */
#include "cajal/fft.h"

#include "graph/build.h"

static const cj_complex none;

cj_complex cj_complex_of_at(cj_at at, cj_tensor *re, cj_tensor *im)
{
    if (!cj_ready(re))
        return none;
    if (!im)
        return (cj_complex){re, NULL};
    if (re->dtype != im->dtype || (re->dtype != CJ_F32 && re->dtype != CJ_F64)) {
        cj_fail_building(re->context, CJ_DTYPE, at,
                         "complex_of: %s and %s; real and imaginary part are both f32 or both f64: "
                         "cj_cast them",
                         CJ_SHAPE_OF(re), CJ_SHAPE_OF(im));
        return none;
    }
    if (!cj_same_shape(re, im)) {
        cj_tensor *both = cj_add_at(at, re, im); /* for its shape alone */
        if (!both)
            return none;
        re = cj_expand_at(at, re, both->rank, both->shape);
        im = cj_expand_at(at, im, both->rank, both->shape);
    }
    return (cj_complex){re, im};
}

cj_complex cj_complex_polar_at(cj_at at, cj_tensor *r, cj_tensor *angle)
{
    return (cj_complex){cj_mul_at(at, r, cj_cos_at(at, angle)),
                        cj_mul_at(at, r, cj_sin_at(at, angle))};
}

cj_complex cj_complex_from_pairs_at(cj_at at, cj_tensor *x)
{
    if (!cj_ready(x))
        return none;
    if (x->rank < 1 || x->shape[x->rank - 1] != 2) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "complex_from_pairs: %s; the last axis must have 2 elements",
                         CJ_SHAPE_OF(x));
        return none;
    }
    return (cj_complex){cj_squeeze_at(at, cj_narrow_at(at, x, -1, 0, 1), -1),
                        cj_squeeze_at(at, cj_narrow_at(at, x, -1, 1, 2), -1)};
}

/* The imaginary part, zeros where there is none. */
static cj_tensor *imaginary(cj_at at, cj_complex z)
{
    return z.im ? z.im
                : cj_full_at(at, z.re->context, (cj_dtype)z.re->dtype, z.re->rank, z.re->shape, 0);
}

cj_tensor *cj_complex_to_pairs_at(cj_at at, cj_complex z)
{
    if (!cj_ready(z.re))
        return NULL;
    cj_tensor *part[2] = {cj_unsqueeze_at(at, z.re, -1), cj_unsqueeze_at(at, imaginary(at, z), -1)};
    return part[1] ? cj_concat_at(at, -1, 2, part) : NULL;
}

cj_complex cj_complex_add_at(cj_at at, cj_complex a, cj_complex b)
{
    if (!a.im && !b.im)
        return (cj_complex){cj_add_at(at, a.re, b.re), NULL};
    return cj_complex_of_at(at, cj_add_at(at, a.re, b.re),
                            !a.im   ? b.im
                            : !b.im ? a.im
                                    : cj_add_at(at, a.im, b.im));
}

cj_complex cj_complex_neg_at(cj_at at, cj_complex z)
{
    return (cj_complex){cj_neg_at(at, z.re), z.im ? cj_neg_at(at, z.im) : NULL};
}

cj_complex cj_complex_sub_at(cj_at at, cj_complex a, cj_complex b)
{
    if (a.im && b.im)
        return (cj_complex){cj_sub_at(at, a.re, b.re), cj_sub_at(at, a.im, b.im)};
    return cj_complex_add_at(at, a, cj_complex_neg_at(at, b));
}

/* A product of any kind, with what is zero left out. */
static cj_complex product(cj_at at, cj_tensor *(*times)(cj_at, cj_tensor *, cj_tensor *),
                          cj_complex a, cj_complex b)
{
    cj_tensor *re = times(at, a.re, b.re);
    if (a.im && b.im)
        return (cj_complex){
            cj_sub_at(at, re, times(at, a.im, b.im)),
            cj_add_at(at, times(at, a.re, b.im), times(at, a.im, b.re)),
        };
    return (cj_complex){re, a.im ? times(at, a.im, b.re) : b.im ? times(at, a.re, b.im) : NULL};
}

cj_complex cj_complex_mul_at(cj_at at, cj_complex a, cj_complex b)
{
    return product(at, cj_mul_at, a, b);
}

cj_complex cj_complex_matmul_at(cj_at at, cj_complex a, cj_complex b)
{
    return product(at, cj_matmul_at, a, b);
}

cj_complex cj_complex_div_at(cj_at at, cj_complex a, cj_complex b)
{
    cj_complex y = cj_complex_mul_at(at, a, cj_complex_conj_at(at, b));
    cj_tensor *norm = cj_complex_abs2_at(at, b);
    return (cj_complex){cj_div_at(at, y.re, norm), y.im ? cj_div_at(at, y.im, norm) : NULL};
}

cj_complex cj_complex_scale_at(cj_at at, cj_complex z, double s)
{
    return (cj_complex){cj_scale_at(at, z.re, s), z.im ? cj_scale_at(at, z.im, s) : NULL};
}

cj_complex cj_complex_conj_at(cj_at at, cj_complex z)
{
    return (cj_complex){z.re, z.im ? cj_neg_at(at, z.im) : NULL};
}

cj_complex cj_complex_exp_at(cj_at at, cj_complex z)
{
    cj_tensor *r = cj_exp_at(at, z.re);
    return z.im ? cj_complex_polar_at(at, r, z.im) : (cj_complex){r, NULL};
}

/* t = sqrt((|z| + |re|) / 2), the other part |im| / (2 t): nothing cancels. */
cj_complex cj_complex_sqrt_at(cj_at at, cj_complex z)
{
    if (!cj_ready(z.re))
        return none;
    cj_tensor *im = imaginary(at, z);
    cj_tensor *size = cj_complex_abs_at(at, (cj_complex){z.re, im});
    cj_tensor *t = cj_add_at(at, size, cj_abs_at(at, z.re));
    if (!t)
        return none;
    cj_tensor *zero = cj_eq_at(at, t, cj_like_at(at, t, 0));
    t = cj_sqrt_at(at, cj_scale_at(at, cj_where_at(at, zero, cj_like_at(at, t, 1), t), 0.5));
    t = cj_where_at(at, zero, cj_like_at(at, t, 0), t);
    cj_tensor *other = cj_where_at(at, zero, t, cj_div_at(at, cj_scale_at(at, im, 0.5), t));
    cj_tensor *right = cj_ge_at(at, z.re, cj_like_at(at, t, 0));
    cj_tensor *below = cj_lt_at(at, im, cj_like_at(at, t, 0));
    return (cj_complex){
        cj_where_at(at, right, t, cj_abs_at(at, other)),
        cj_where_at(at, right, other, cj_where_at(at, below, cj_neg_at(at, t), t)),
    };
}

cj_tensor *cj_complex_abs2_at(cj_at at, cj_complex z)
{
    cj_tensor *square = cj_square_at(at, z.re);
    return z.im ? cj_add_at(at, square, cj_square_at(at, z.im)) : square;
}

cj_tensor *cj_complex_abs_at(cj_at at, cj_complex z)
{
    if (!z.im)
        return cj_abs_at(at, z.re);
    cj_tensor *square = cj_complex_abs2_at(at, z);
    if (!square)
        return NULL;
    cj_tensor *zero = cj_eq_at(at, square, cj_like_at(at, square, 0));
    cj_tensor *root = cj_sqrt_at(at, cj_where_at(at, zero, cj_like_at(at, square, 1), square));
    return cj_where_at(at, zero, cj_like_at(at, square, 0), root);
}
