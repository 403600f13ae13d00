/*
 * src/solve/path.c - a path through values at rising places.
 */
#include "solve/ode.h"

/* Rows `index` + ahead of x, as the shape of the result asks. */
static cj_tensor *rows(cj_at at, cj_tensor *x, cj_tensor *index, double ahead)
{
    return cj_take_at(at, x, 0, ahead != 0 ? cj_shift_at(at, index, ahead) : index);
}

/* [m] as [m, 1, ...] of y's rank. */
static cj_tensor *down(cj_at at, cj_tensor *x, const cj_tensor *y)
{
    int64_t shape[CJ_MAX_RANK] = {x ? cj_extent(x, 0) : 0};
    for (int i = 1; i < cj_rank(y); i++)
        shape[i] = 1;
    return cj_reshape_at(at, x, cj_rank(y), shape);
}

/* At each x: how y has changed from the x before, a unit of x. */
static cj_tensor *slopes(cj_at at, cj_tensor *x, cj_tensor *y)
{
    int64_t n = cj_extent(x, 0);
    cj_tensor *dx = cj_sub_at(at, cj_narrow_at(at, x, 0, 1, n), cj_narrow_at(at, x, 0, 0, n - 1));
    cj_tensor *dy = cj_sub_at(at, cj_narrow_at(at, y, 0, 1, n), cj_narrow_at(at, y, 0, 0, n - 1));
    cj_tensor *d = cj_div_at(at, dy, down(at, dx, y));
    cj_tensor *both[2] = {d ? cj_narrow_at(at, d, 0, 0, 1) : NULL, d};
    return both[0] ? cj_concat_at(at, 0, 2, both) : NULL;
}

static cj_tensor *between(cj_at at, cj_path_kind kind, cj_tensor *x, cj_tensor *y, cj_tensor *place,
                          cj_tensor *index)
{
    cj_tensor *x0 = rows(at, x, index, 0), *y0 = rows(at, y, index, 0);
    cj_tensor *h = cj_sub_at(at, rows(at, x, index, 1), x0);
    cj_tensor *u = down(at, cj_div_at(at, cj_sub_at(at, place, x0), h), y);
    cj_tensor *change = cj_sub_at(at, rows(at, y, index, 1), y0);
    cj_tensor *line = cj_add_at(at, y0, cj_mul_at(at, u, change));
    if (kind == CJ_PATH_LINEAR || !line)
        return line;
    cj_tensor *s = slopes(at, x, y), *wide = down(at, h, y);
    cj_tensor *d0 = cj_mul_at(at, rows(at, s, index, 0), wide);
    cj_tensor *d1 = cj_mul_at(at, rows(at, s, index, 1), wide);
    /* y0 + u (c + (1 - u) ((1 - u) (d0 - c) - u (d1 - c))), c the change */
    cj_tensor *rest = cj_shift_at(at, cj_neg_at(at, u), 1);
    cj_tensor *bend = cj_sub_at(at, cj_mul_at(at, rest, cj_sub_at(at, d0, change)),
                                cj_mul_at(at, u, cj_sub_at(at, d1, change)));
    return cj_add_at(at, line, cj_mul_at(at, cj_mul_at(at, u, rest), bend));
}

cj_tensor *cj_path_at(cj_at at, cj_path_kind kind, cj_tensor *x, cj_tensor *y, cj_tensor *at_x)
{
    if (!x || !y || !at_x)
        return NULL;
    cj_context *context = cj_tensor_context(x);
    cj_dtype dtype = cj_tensor_dtype(y);
    bool good = (dtype == CJ_F32 || dtype == CJ_F64) && cj_tensor_dtype(x) == dtype &&
                cj_tensor_dtype(at_x) == dtype && cj_rank(x) == 1 && cj_rank(at_x) == 1 &&
                cj_rank(y) >= 1 && cj_extent(y, 0) == cj_extent(x, 0) && cj_extent(x, 0) >= 2;
    if (!good || (unsigned)kind > CJ_PATH_HERMITE) {
        cj_fail_building(
            context, CJ_SHAPE, at,
            "path: x is %s, y %s, the places %s; they must be [n], [n, ...] and [m] of one "
            "float dtype, n at least 2",
            CJ_TEXT_OF(x), CJ_TEXT_OF(y), CJ_TEXT_OF(at_x));
        return NULL;
    }
    cj_tensor *index =
        cj_searchsorted_at(at, cj_stop_gradient_at(at, x), cj_stop_gradient_at(at, at_x), true);
    if (!index)
        return NULL;
    double last = (double)(cj_extent(x, 0) - (kind == CJ_PATH_PREVIOUS ? 1 : 2));
    index = cj_maximum_at(at, cj_shift_at(at, index, -1), cj_like_at(at, index, 0));
    index = cj_minimum_at(at, index, cj_like_at(at, index, last));
    return kind == CJ_PATH_PREVIOUS ? rows(at, y, index, 0) : between(at, kind, x, y, at_x, index);
}
