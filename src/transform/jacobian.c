/*
 * src/transform/jacobian.c - dense derivatives and products with them, from cj_vjp, cj_jvp and
 * cj_vmap.
 *
 * Forward mode gives a column of a Jacobian for each direction and reverse mode a row, each linear
 * in a direction; so a placeholder stands for the direction, and cj_vmap puts all unit vectors in
 * its place at once.
 */
#include "cajal/transform.h"
#include "transform/rewrite.h"
#include "transform/rules.h"

#include <inttypes.h>

static cj_tensor *zeros(cj_at at, const cj_tensor *like)
{
    return cj_full_at(at, like->context, (cj_dtype)like->dtype, like->rank, like->shape, 0);
}

/* A direction to be named later. */
static cj_tensor *placeholder(cj_at at, const cj_tensor *like)
{
    return cj_tap_at(at, zeros(at, like));
}

/* All unit vectors of x's shape: [elements, shape...]. */
static cj_tensor *unit_vectors(cj_at at, const cj_tensor *x)
{
    int64_t n = x->elements, shape[CJ_MAX_RANK + 1];
    shape[0] = n;
    memcpy(shape + 1, x->shape, x->rank * sizeof *shape);
    int64_t square[2] = {n, n};
    cj_tensor *row = cj_iota_at(at, x->context, CJ_I64, 2, square, 0);
    cj_tensor *column = cj_iota_at(at, x->context, CJ_I64, 2, square, 1);
    cj_tensor *unit = cj_cast_at(at, cj_eq_at(at, row, column), (cj_dtype)x->dtype);
    return cj_reshape_at(at, unit, x->rank + 1, shape);
}

/* [elements of a, elements of b], perhaps transposed, to [shape of a..., shape of b...]. */
static cj_tensor *as_pair(cj_at at, cj_tensor *matrix, bool transposed, const cj_tensor *a,
                          const cj_tensor *b)
{
    int64_t shape[2 * CJ_MAX_RANK];
    memcpy(shape, a->shape, a->rank * sizeof *shape);
    memcpy(shape + a->rank, b->shape, b->rank * sizeof *shape);
    if (transposed) {
        matrix = cj_reshape_at(at, matrix, 2, (int64_t[]){b->elements, a->elements});
        matrix = matrix ? cj_transpose_at(at, matrix, 0, 1) : NULL;
    }
    return cj_reshape_at(at, matrix, a->rank + b->rank, shape);
}

/* out[i] = dy[i]/dx by columns; column: scratch for `outputs`. */
static void by_columns(cj_at at, int outputs, cj_tensor *const *y, cj_tensor *x, cj_tensor **column,
                       cj_tensor **out)
{
    cj_tensor *t = placeholder(at, x), *units = unit_vectors(at, x);
    if (cj_jvp_at(at, 1, &x, &t, outputs, y, column) != CJ_OK)
        return;
    for (int i = 0; i < outputs; i++)
        column[i] = column[i] ? column[i] : zeros(at, y[i]);
    cj_vmap_at(at, 1, &t, &units, outputs, column, out);
    for (int i = 0; i < outputs; i++)
        out[i] = as_pair(at, out[i], true, y[i], x);
}

/* out[k] = dy/dx[k] by rows; row: scratch for `count`. */
static void by_rows(cj_at at, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor **row,
                    cj_tensor **out)
{
    cj_tensor *g = placeholder(at, y), *units = unit_vectors(at, y);
    if (cj_vjp_at(at, 1, &y, &g, count, x, row) != CJ_OK)
        return;
    for (int k = 0; k < count; k++)
        row[k] = row[k] ? row[k] : zeros(at, x[k]);
    cj_vmap_at(at, 1, &g, &units, count, row, out);
    for (int k = 0; k < count; k++)
        out[k] = as_pair(at, out[k], false, y, x[k]);
}

static cj_status check_ranks(cj_context *context, cj_at at, const char *name, const cj_tensor *y,
                             int count, cj_tensor *const *x)
{
    char one[160], two[160];
    for (int k = 0; k < count; k++)
        if (y->rank + x[k]->rank > CJ_MAX_RANK)
            return cj_fail_building(
                context, CJ_SHAPE, at, "%s: %s by %s has %d axes; there are at most %d", name,
                cj_shape_text(y, one, sizeof one), cj_shape_text(x[k], two, sizeof two),
                y->rank + x[k]->rank, CJ_MAX_RANK);
    return CJ_OK;
}

/* The status of the tensors, all floats of one context; the results are NULL until there are
 * any. */
static cj_status begin(cj_context **context, cj_at at, const char *name, cj_tensor *y, int count,
                       cj_tensor *const *x, int results, cj_tensor **out)
{
    for (int k = 0; k < results; k++)
        out[k] = NULL;
    *context = NULL;
    cj_status status = cj_check_tensors(context, at, name, 1, &y, false);
    if (status == CJ_OK)
        status = cj_check_tensors(context, at, name, count, x, false);
    if (status == CJ_OK)
        status = cj_check_pairs(*context, at, name, "output", 1, &y, &y);
    return status == CJ_OK ? cj_check_pairs(*context, at, name, "tensor", count, x, x) : status;
}

/* After an error no result is handed out. */
static cj_status finish(const cj_context *context, int results, cj_tensor **out)
{
    for (int k = 0; k < results && context->build_status != CJ_OK; k++)
        out[k] = NULL;
    return context->build_status;
}

cj_status cj_jacobian_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor **out)
{
    cj_context *context;
    cj_status status = begin(&context, at, "jacobian", y, count, x, count, out);
    if (status == CJ_OK)
        status = check_ranks(context, at, "jacobian", y, count, x);
    if (status != CJ_OK)
        return status;
    size_t bytes = (size_t)(count + 1) * sizeof(cj_tensor *);
    cj_tensor **scratch = cj_allocate(context, bytes);
    if (!scratch)
        return cj_fail_building(context, CJ_NO_MEMORY, at, "jacobian: out of memory");
    bool rows = false;
    for (int k = 0; k < count; k++)
        rows |= x[k]->elements >= y->elements;
    if (rows)
        by_rows(at, y, count, x, scratch, out);
    for (int k = 0; k < count && context->build_status == CJ_OK; k++)
        if (x[k]->elements < y->elements)
            by_columns(at, 1, &y, x[k], scratch, &out[k]);
    cj_release(context, scratch, bytes);
    return finish(context, count, out);
}

cj_status cj_hessian_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor **out)
{
    cj_context *context;
    cj_status status = begin(&context, at, "hessian", y, count, x, count * count, out);
    if (status != CJ_OK)
        return status;
    size_t bytes = (size_t)(3 * count) * sizeof(cj_tensor *);
    cj_tensor **gradient = cj_allocate(context, bytes);
    if (!gradient)
        return cj_fail_building(context, CJ_NO_MEMORY, at, "hessian: out of memory");
    cj_tensor **column = gradient + count, **columns = column + count;
    status = cj_grad_at(at, y, count, x, gradient);
    for (int k = 0; k < count && status == CJ_OK; k++)
        status = check_ranks(context, at, "hessian", x[k], count, x);
    for (int j = 0; j < count && context->build_status == CJ_OK; j++) {
        by_columns(at, count, gradient, x[j], column, columns);
        for (int i = 0; i < count && context->build_status == CJ_OK; i++)
            out[i * count + j] = columns[i];
    }
    cj_release(context, gradient, bytes);
    return finish(context, count * count, out);
}

/* ---- products ---- */

static void fill_zeros(cj_at at, int count, cj_tensor *const *x, cj_tensor **out)
{
    for (int k = 0; k < count; k++)
        if (!out[k])
            out[k] = zeros(at, x[k]);
}

cj_status cj_hvp_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *const *v,
                    cj_tensor **out)
{
    cj_context *context;
    cj_status status = begin(&context, at, "hvp", y, count, x, count, out);
    if (status != CJ_OK)
        return status;
    size_t bytes = (size_t)count * sizeof(cj_tensor *);
    cj_tensor **gradient = cj_allocate(context, bytes);
    if (!gradient)
        return cj_fail_building(context, CJ_NO_MEMORY, at, "hvp: out of memory");
    status = cj_grad_at(at, y, count, x, gradient);
    if (status == CJ_OK)
        status = cj_jvp_at(at, count, x, v, count, gradient, out);
    if (status == CJ_OK)
        fill_zeros(at, count, x, out);
    cj_release(context, gradient, bytes);
    return finish(context, count, out);
}

cj_status cj_gauss_newton_at(cj_at at, cj_tensor *loss, cj_tensor *y, int count,
                             cj_tensor *const *x, cj_tensor *const *v, cj_tensor **out)
{
    cj_context *context;
    cj_status status = begin(&context, at, "gauss_newton", loss, count, x, count, out);
    if (status == CJ_OK)
        status = cj_check_tensors(&context, at, "gauss_newton", 1, &y, false);
    cj_tensor *pushed = NULL, *curved = NULL;
    if (status == CJ_OK)
        status = cj_jvp_at(at, count, x, v, 1, &y, &pushed);
    if (status == CJ_OK && pushed)
        status = cj_hvp_at(at, loss, 1, &y, &pushed, &curved);
    if (status == CJ_OK && curved)
        status = cj_vjp_at(at, 1, &y, &curved, count, x, out);
    if (status != CJ_OK)
        return status;
    fill_zeros(at, count, x, out);
    return finish(context, count, out);
}

/* ---- differences ---- */

/* (y(x + step e) - y(x - step e)) / (2 step) for all unit vectors e at once, of x's shape. */
static cj_tensor *differences(cj_at at, cj_tensor *y, cj_tensor *x, double step)
{
    cj_tensor *move = cj_scale_at(at, unit_vectors(at, x), step), *end[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        cj_tensor *lanes = i ? cj_add_at(at, x, move) : cj_sub_at(at, x, move);
        if (!lanes || cj_vmap_at(at, 1, &x, &lanes, 1, &y, &end[i]) != CJ_OK)
            return NULL;
    }
    cj_tensor *slope = cj_scale_at(at, cj_sub_at(at, end[1], end[0]), 0.5 / step);
    return cj_reshape_at(at, slope, x->rank, x->shape);
}

cj_status cj_finite_difference_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x,
                                  double step, cj_tensor **out)
{
    cj_context *context;
    cj_status status = begin(&context, at, "finite_difference", y, count, x, count, out);
    if (status != CJ_OK)
        return status;
    if (y->elements != 1 || !(step > 0))
        return cj_fail_building(context, CJ_SHAPE, at,
                                "finite_difference: y is %s, the step %g; it takes one number, and "
                                "a step above 0",
                                cj_shape_text(y, (char[160]){0}, 160), step);
    for (int k = 0; k < count && context->build_status == CJ_OK; k++)
        out[k] = x[k]->elements ? differences(at, y, x[k], step) : zeros(at, x[k]);
    return finish(context, count, out);
}

cj_tensor *cj_check_gradient_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x, double step)
{
    if (!y || y->context->build_status != CJ_OK)
        return NULL;
    cj_context *context = y->context;
    size_t bytes = (size_t)(2 * count) * sizeof(cj_tensor *);
    cj_tensor **slope = cj_allocate(context, bytes), *worst = NULL;
    if (!slope && count > 0) {
        cj_fail_building(context, CJ_NO_MEMORY, at, "check_gradient: out of memory");
        return NULL;
    }
    cj_tensor **gradient = slope + count;
    cj_status status = cj_finite_difference_at(at, y, count, x, step, slope);
    if (status == CJ_OK)
        status = cj_grad_at(at, y, count, x, gradient);
    for (int k = 0; k < count && status == CJ_OK; k++) {
        cj_tensor *error = cj_abs_at(at, cj_sub_at(at, gradient[k], slope[k]));
        error = cj_div_at(at, error, cj_shift_at(at, cj_abs_at(at, slope[k]), 1));
        error = x[k]->elements ? cj_amax_at(at, error, CJ_ALL, false)
                               : cj_scalar_at(at, context, (cj_dtype)x[k]->dtype, 0);
        worst = worst ? cj_maximum_at(at, worst, error) : error;
    }
    cj_release(context, slope, bytes);
    return worst;
}
