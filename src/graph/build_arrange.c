/*
 * src/graph/build_arrange.c - tensors put together, taken apart, repeated and turned: compositions of movement.
 */
#include "cajal/index.h"
#include "graph/build.h"

#include <inttypes.h>

/* ---- padding with what is there ---- */

static const char *const pad_names[] = {"zeros", "reflect", "edge", "circular"};

/* `count` elements before (or behind) those of x along the axis. */
static cj_tensor *margin(cj_at at, cj_tensor *x, cj_pad_mode mode, int axis, int64_t count,
                         bool before)
{
    int64_t n = x->shape[axis], shape[CJ_MAX_RANK];
    switch (mode) {
    case CJ_PAD_REFLECT:
        x = before ? cj_narrow_at(at, x, axis, 1, count + 1)
                   : cj_narrow_at(at, x, axis, n - 1 - count, n - 1);
        return cj_flip_at(at, x, CJ_AXIS(axis));
    case CJ_PAD_EDGE:
        memcpy(shape, x->shape, x->rank * sizeof *shape);
        shape[axis] = count;
        x = cj_narrow_at(at, x, axis, before ? 0 : n - 1, before ? 1 : n);
        return x ? cj_expand_at(at, x, x->rank, shape) : NULL;
    default: return cj_narrow_at(at, x, axis, before ? n - count : 0, before ? n : count);
    }
}

static cj_tensor *pad_axis(cj_at at, cj_tensor *x, cj_pad_mode mode, int axis, int64_t low,
                           int64_t high)
{
    int64_t n = x->shape[axis], most = mode == CJ_PAD_REFLECT ? n - 1
                                       : mode == CJ_PAD_EDGE  ? (n ? INT64_MAX : 0)
                                                              : n;
    if (CJ_MAX(low, high) > most) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "pad: %" PRId64 " before and %" PRId64
                         " after axis %d of %s: mode %s has at "
                         "most %" PRId64 " to give",
                         low, high, axis, CJ_SHAPE_OF(x), pad_names[mode], CJ_MAX(most, 0));
        return NULL;
    }
    cj_tensor *part[3];
    int parts = 0;
    if (low > 0)
        part[parts++] = margin(at, x, mode, axis, low, true);
    part[parts++] = x;
    if (high > 0)
        part[parts++] = margin(at, x, mode, axis, high, false);
    return cj_concat_at(at, axis, parts, part);
}

cj_tensor *cj_pad_mode_at(cj_at at, cj_tensor *x, cj_pad_mode mode, const int64_t *low,
                          const int64_t *high)
{
    if (!cj_ready(x))
        return NULL;
    if ((unsigned)mode > CJ_PAD_CIRCULAR) {
        cj_fail_building(x->context, CJ_INVALID, at, "pad: %d is no mode", (int)mode);
        return NULL;
    }
    if (mode == CJ_PAD_ZEROS)
        return cj_pad_at(at, x, low, high);
    int64_t crop_low[CJ_MAX_RANK], crop_high[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        crop_low[i] = CJ_MIN(low[i], 0);
        crop_high[i] = CJ_MIN(high[i], 0);
    }
    x = cj_pad_at(at, x, crop_low, crop_high);
    for (int i = 0; x && i < x->rank; i++)
        if (low[i] > 0 || high[i] > 0)
            x = pad_axis(at, x, mode, i, low[i], high[i]);
    return x;
}

/* ---- turned, joined, repeated, split ---- */

cj_tensor *cj_roll_at(cj_at at, cj_tensor *x, int64_t shift, int axis)
{
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "roll", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    int64_t n = x->shape[chosen];
    int64_t by = n ? (shift % n + n) % n : 0;
    if (by == 0)
        return x;
    cj_tensor *part[2] = {cj_narrow_at(at, x, chosen, n - by, n),
                          cj_narrow_at(at, x, chosen, 0, n - by)};
    return cj_concat_at(at, chosen, 2, part);
}

cj_tensor *cj_stack_at(cj_at at, int axis, int count, cj_tensor *const *x)
{
    cj_context *context = count > 0 ? cj_ready(x[0]) : NULL;
    cj_tensor **with = context ? cj_allocate(context, sizeof(cj_tensor *) * (size_t)count) : NULL;
    if (!with) {
        if (context)
            cj_fail_building(context, CJ_NO_MEMORY, at, "stack: out of memory");
        return NULL;
    }
    for (int i = 0; i < count; i++)
        with[i] = cj_unsqueeze_at(at, x[i], axis);
    cj_tensor *y = cj_concat_at(at, axis, count, with);
    cj_release(context, with, sizeof(cj_tensor *) * (size_t)count);
    return y;
}

cj_tensor *cj_tile_at(cj_at at, cj_tensor *x, const int64_t *times)
{
    if (!cj_ready(x))
        return NULL;
    for (int i = 0; x && i < x->rank; i++) {
        int64_t one[CJ_MAX_RANK + 1], shape[CJ_MAX_RANK];
        if (times[i] < 0 || x->rank == CJ_MAX_RANK) {
            cj_fail_building(x->context, CJ_INVALID, at,
                             "tile: axis %d of %s %" PRId64
                             " times; it takes 0 or more, of at most "
                             "%d axes",
                             i, CJ_SHAPE_OF(x), times[i], CJ_MAX_RANK - 1);
            return NULL;
        }
        if (times[i] == 1)
            continue;
        memcpy(shape, x->shape, x->rank * sizeof *shape);
        for (int k = 0; k <= x->rank; k++)
            one[k] = k < i ? shape[k] : k == i ? times[i] : shape[k - 1];
        shape[i] *= times[i];
        cj_tensor *apart = cj_unsqueeze_at(at, x, i);
        int rank = x->rank;
        x = apart ? cj_reshape_at(at, cj_expand_at(at, apart, rank + 1, one), rank, shape) : NULL;
    }
    return x;
}

cj_tensor *cj_repeat_interleave_at(cj_at at, cj_tensor *x, int64_t times, int axis)
{
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "repeat_interleave", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    if (times < 0) {
        cj_fail_building(x->context, CJ_INVALID, at, "repeat_interleave: %" PRId64 " times", times);
        return NULL;
    }
    int64_t each[CJ_MAX_RANK + 1], shape[CJ_MAX_RANK], behind = 1;
    memcpy(shape, x->shape, x->rank * sizeof *shape);
    for (int k = 0; k <= x->rank; k++)
        each[k] = k <= chosen ? shape[k] : k == chosen + 1 ? times : shape[k - 1];
    for (int k = chosen + 1; k < x->rank; k++)
        behind *= shape[k];
    shape[chosen] *= times;
    if (behind < 8 && times > 0 && shape[chosen] <= INT32_MAX) { /* too little for a row each */
        cj_tensor *place = cj_iota_at(at, x->context, CJ_I32, 1, &shape[chosen], 0);
        return place ? cj_take_at(at, x, chosen,
                                  cj_div_at(at, place, cj_like_at(at, place, (double)times)))
                     : NULL;
    }
    cj_tensor *apart = cj_unsqueeze_at(at, x, chosen + 1);
    int rank = x->rank;
    return apart ? cj_reshape_at(at, cj_expand_at(at, apart, rank + 1, each), rank, shape) : NULL;
}

cj_status cj_split_at(cj_at at, cj_tensor *x, int axis, int count, const int64_t *sizes,
                      cj_tensor **part)
{
    for (int i = 0; i < count; i++)
        part[i] = NULL;
    if (!cj_ready(x))
        return x ? x->context->build_status : CJ_INVALID;
    int chosen = cj_axis_of(at, "split", x, axis, x->rank);
    if (chosen < 0)
        return x->context->build_status;
    int64_t total = 0;
    bool fits = count > 0;
    for (int i = 0; i < count && fits; i++) {
        fits = sizes[i] >= 0 && sizes[i] <= x->shape[chosen] - total;
        total += fits ? sizes[i] : 0;
    }
    if (!fits || total != x->shape[chosen])
        return cj_fail_building(x->context, CJ_SHAPE, at,
                                "split: the %d parts do not add up to axis %d of %s", count, axis,
                                CJ_SHAPE_OF(x));
    total = 0;
    for (int i = 0; i < count; total += sizes[i++])
        part[i] = cj_narrow_at(at, x, chosen, total, total + sizes[i]);
    return x->context->build_status;
}

cj_status cj_chunk_at(cj_at at, cj_tensor *x, int axis, int count, cj_tensor **part)
{
    for (int i = 0; i < count; i++)
        part[i] = NULL;
    if (!cj_ready(x))
        return x ? x->context->build_status : CJ_INVALID;
    int chosen = cj_axis_of(at, "chunk", x, axis, x->rank);
    if (chosen < 0)
        return x->context->build_status;
    if (count < 1)
        return cj_fail_building(x->context, CJ_INVALID, at, "chunk: %d parts", count);
    int64_t n = x->shape[chosen], each = (n + count - 1) / count;
    for (int i = 0; i < count; i++)
        part[i] = cj_narrow_at(at, x, chosen, CJ_MIN(i * each, n), CJ_MIN((i + 1) * each, n));
    return x->context->build_status;
}

/* ---- triangles and diagonals ---- */

/* The index along the last axis less that along the one before it, i64 of x's shape; NULL: an error. */
static cj_tensor *column_less_row(cj_at at, const char *name, cj_tensor *x)
{
    if (x->rank < 2) {
        cj_fail_building(x->context, CJ_SHAPE, at, "%s: %s has fewer than 2 axes", name,
                         CJ_SHAPE_OF(x));
        return NULL;
    }
    cj_tensor *column = cj_iota_at(at, x->context, CJ_I64, x->rank, x->shape, x->rank - 1);
    cj_tensor *row = cj_iota_at(at, x->context, CJ_I64, x->rank, x->shape, x->rank - 2);
    return cj_sub_at(at, column, row);
}

static cj_tensor *zero_unless(cj_at at, cj_tensor *kept, cj_tensor *x)
{
    return cj_where_at(at, kept, x, cj_like_at(at, x, 0));
}

cj_tensor *cj_tril_at(cj_at at, cj_tensor *x, int64_t diagonal)
{
    cj_tensor *place = cj_ready(x) ? column_less_row(at, "tril", x) : NULL;
    if (!place)
        return NULL;
    return zero_unless(at, cj_le_at(at, place, cj_like_at(at, place, (double)diagonal)), x);
}

cj_tensor *cj_triu_at(cj_at at, cj_tensor *x, int64_t diagonal)
{
    cj_tensor *place = cj_ready(x) ? column_less_row(at, "triu", x) : NULL;
    if (!place)
        return NULL;
    return zero_unless(at, cj_ge_at(at, place, cj_like_at(at, place, (double)diagonal)), x);
}

/* In row-major order the elements of a diagonal stand columns + 1 apart. */
cj_tensor *cj_diagonal_at(cj_at at, cj_tensor *x, int64_t diagonal)
{
    if (!cj_ready(x))
        return NULL;
    int last = x->rank - 2; /* of the two as one */
    int64_t rows = last < 0 ? 0 : x->shape[last], columns = last < 0 ? 0 : x->shape[last + 1];
    if (last < 0 || diagonal > columns || -diagonal > rows) {
        cj_fail_building(x->context, CJ_SHAPE, at, "diagonal: diagonal %" PRId64 " of %s", diagonal,
                         CJ_SHAPE_OF(x));
        return NULL;
    }
    int64_t first = diagonal >= 0 ? diagonal : -diagonal * columns;
    int64_t count =
        diagonal >= 0 ? CJ_MIN(rows, columns - diagonal) : CJ_MIN(rows + diagonal, columns);
    int64_t shape[CJ_MAX_RANK], start[CJ_MAX_RANK] = {0}, step[CJ_MAX_RANK];
    for (int i = 0; i <= last; i++) {
        shape[i] = i == last ? rows * columns : x->shape[i];
        step[i] = i == last ? columns + 1 : 1;
    }
    x = cj_reshape_at(at, x, last + 1, shape);
    start[last] = count ? first : 0;
    shape[last] = count ? first + (count - 1) * (columns + 1) + 1 : 0;
    return cj_slice_at(at, x, start, shape, step);
}

cj_tensor *cj_diag_embed_at(cj_at at, cj_tensor *x, int64_t diagonal)
{
    if (!cj_ready(x))
        return NULL;
    if (x->rank < 1 || x->rank == CJ_MAX_RANK) {
        cj_fail_building(x->context, CJ_SHAPE, at, "diag_embed: %s; it takes 1 to %d axes",
                         CJ_SHAPE_OF(x), CJ_MAX_RANK - 1);
        return NULL;
    }
    int last = x->rank - 1;
    int64_t none[CJ_MAX_RANK] = {0}, more[CJ_MAX_RANK] = {0}, shape[CJ_MAX_RANK];
    more[last] = diagonal < 0 ? -diagonal : diagonal;
    x = cj_pad_at(at, x, none, more);
    if (!x)
        return NULL;
    memcpy(shape, x->shape, x->rank * sizeof *shape);
    shape[last + 1] = shape[last];
    x = cj_unsqueeze_at(at, x, diagonal < 0 ? last : last + 1);
    x = x ? cj_expand_at(at, x, last + 2, shape) : NULL;
    cj_tensor *place = x ? column_less_row(at, "diag_embed", x) : NULL;
    if (!place)
        return NULL;
    return zero_unless(at, cj_eq_at(at, place, cj_like_at(at, place, (double)diagonal)), x);
}

/* ---- masks and ranges ---- */

cj_tensor *cj_masked_fill_at(cj_at at, cj_tensor *x, cj_tensor *mask, double value)
{
    return cj_ready(x) ? cj_where_at(at, mask, cj_like_at(at, x, value), x) : NULL;
}

cj_tensor *cj_one_hot_at(cj_at at, cj_tensor *index, int64_t classes, cj_dtype dtype)
{
    if (!cj_ready(index))
        return NULL;
    char class = cj_dtype_class(index->dtype);
    if (class != 'i' && class != 'u') {
        cj_fail_building(index->context, CJ_DTYPE, at, "one_hot: %s; an index is an integer",
                         CJ_SHAPE_OF(index));
        return NULL;
    }
    index = cj_unsqueeze_at(at, cj_cast_at(at, index, CJ_I64), index->rank);
    if (!index)
        return NULL;
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, index->shape, index->rank * sizeof *shape);
    shape[index->rank - 1] = classes;
    cj_tensor *number = cj_iota_at(at, index->context, CJ_I64, index->rank, shape, index->rank - 1);
    return cj_cast_at(at, cj_eq_at(at, index, number), dtype);
}

/* start + i * step, computed in f64 and cast. */
static cj_tensor *line(cj_at at, cj_context *context, cj_dtype dtype, double start, double step,
                       int64_t count, double last)
{
    cj_tensor *place = cj_iota_at(at, context, CJ_F64, 1, &count, 0);
    if (!place)
        return NULL;
    cj_tensor *y = cj_shift_at(at, cj_scale_at(at, place, step), start);
    cj_tensor *end = cj_ge_at(at, place, cj_like_at(at, place, (double)(count - 1)));
    return cj_cast_at(at, cj_where_at(at, end, cj_like_at(at, place, last), y), dtype);
}

cj_tensor *cj_arange_at(cj_at at, cj_context *context, cj_dtype dtype, double start, double stop,
                        double step)
{
    double steps = (stop - start) / step;
    if (!(step > 0 || step < 0) || !(steps < 0x1p53)) {
        cj_fail_building(context, CJ_INVALID, at, "arange: from %g to %g in steps of %g", start,
                         stop, step);
        return NULL;
    }
    int64_t count = steps > 0 ? (int64_t)steps + ((double)(int64_t)steps < steps) : 0;
    return line(at, context, dtype, start, step, count, start + (double)(count - 1) * step);
}

cj_tensor *cj_linspace_at(cj_at at, cj_context *context, cj_dtype dtype, double start, double stop,
                          int64_t count)
{
    double step = count > 1 ? (stop - start) / (double)(count - 1) : 0;
    return line(at, context, dtype, start, step, count, count > 1 ? stop : start);
}

cj_status cj_meshgrid_at(cj_at at, int count, cj_tensor *const *x, cj_tensor **grid)
{
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < count; i++)
        grid[i] = NULL;
    for (int i = 0; i < count; i++) {
        if (!cj_ready(x[i]))
            return x[i] ? x[i]->context->build_status : CJ_INVALID;
        if (x[i]->rank != 1 || count > CJ_MAX_RANK)
            return cj_fail_building(x[i]->context, CJ_SHAPE, at,
                                    "meshgrid: %s among %d; it takes up to %d vectors",
                                    CJ_SHAPE_OF(x[i]), count, CJ_MAX_RANK);
        shape[i] = x[i]->shape[0];
    }
    for (int i = 0; i < count; i++) {
        int64_t one[CJ_MAX_RANK];
        for (int k = 0; k < count; k++)
            one[k] = k == i ? shape[i] : 1;
        cj_tensor *line_of = cj_reshape_at(at, x[i], count, one);
        grid[i] = line_of ? cj_expand_at(at, line_of, count, shape) : NULL;
    }
    return count ? x[0]->context->build_status : CJ_OK;
}

/* ---- products ---- */

cj_tensor *cj_outer_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!cj_ready(a) || !b)
        return NULL;
    if (a->rank != 1 || b->rank != 1) {
        cj_fail_building(a->context, CJ_SHAPE, at, "outer: %s and %s; it takes two vectors",
                         CJ_SHAPE_OF(a), CJ_SHAPE_OF(b));
        return NULL;
    }
    return cj_mul_at(at, cj_unsqueeze_at(at, a, 1), b);
}

cj_tensor *cj_kron_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!cj_ready(a) || !b)
        return NULL;
    int rank = CJ_MAX(a->rank, b->rank);
    if (2 * rank > CJ_MAX_RANK) {
        cj_fail_building(a->context, CJ_SHAPE, at, "kron: %s and %s; it takes up to %d axes",
                         CJ_SHAPE_OF(a), CJ_SHAPE_OF(b), CJ_MAX_RANK / 2);
        return NULL;
    }
    int64_t outer[CJ_MAX_RANK], inner[CJ_MAX_RANK], shape[CJ_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        int p = i - (rank - a->rank), q = i - (rank - b->rank);
        outer[2 * i] = p < 0 ? 1 : a->shape[p];
        inner[2 * i + 1] = q < 0 ? 1 : b->shape[q];
        outer[2 * i + 1] = inner[2 * i] = 1;
        shape[i] = outer[2 * i] * inner[2 * i + 1];
    }
    cj_tensor *y =
        cj_mul_at(at, cj_reshape_at(at, a, 2 * rank, outer), cj_reshape_at(at, b, 2 * rank, inner));
    return cj_reshape_at(at, y, rank, shape);
}

cj_tensor *cj_cross_at(cj_at at, cj_tensor *a, cj_tensor *b, int axis)
{
    if (!cj_ready(a) || !b)
        return NULL;
    int chosen = cj_axis_of(at, "cross", a, axis, a->rank);
    if (chosen < 0)
        return NULL;
    if (!cj_same_shape(a, b) || a->shape[chosen] != 3) {
        cj_fail_building(a->context, CJ_SHAPE, at,
                         "cross: %s and %s along axis %d: one shape, with extent 3 there",
                         CJ_SHAPE_OF(a), CJ_SHAPE_OF(b), axis);
        return NULL;
    }
    cj_tensor *plus = cj_mul_at(at, cj_roll_at(at, a, -1, chosen), cj_roll_at(at, b, 1, chosen));
    cj_tensor *minus = cj_mul_at(at, cj_roll_at(at, a, 1, chosen), cj_roll_at(at, b, -1, chosen));
    return cj_sub_at(at, plus, minus);
}
