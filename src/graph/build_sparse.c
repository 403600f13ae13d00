/*
 * src/graph/build_sparse.c - sparse matrices by rows, packed bits: rules and builders.
 */
#include "cajal/index.h"
#include "graph/build.h"

#include <inttypes.h>

static bool is_matrix(const cj_tensor *x, int64_t rows)
{
    return x->rank == 2 && (rows < 0 || x->shape[0] == rows) &&
           (x->dtype == CJ_F32 || x->dtype == CJ_F64);
}

/* i32 columns of the entries, i32 starts of at least no row. */
static bool is_structure(const cj_tensor *columns, const cj_tensor *starts)
{
    return columns->dtype == CJ_I32 && starts->dtype == CJ_I32 && columns->rank == 1 &&
           starts->rank == 1 && starts->shape[0] >= 1;
}

cj_status cj_rule_csr_matmul(cj_context *context, cj_at at, const cj_node_spec *spec,
                             cj_result *result)
{
    const cj_tensor *values = spec->source[0], *columns = spec->source[1];
    const cj_tensor *starts = spec->source[2], *x = spec->source[3];
    bool transposed = spec->option[0];
    bool fits = is_structure(columns, starts) && cj_same_shape(values, columns) &&
                values->dtype == x->dtype && spec->option[1] >= 0;
    int64_t rows = fits ? starts->shape[0] - 1 : 0;
    if (!fits || !is_matrix(x, transposed ? rows : -1) || (!transposed && spec->option[1] != rows))
        return cj_fail_building(context, CJ_SHAPE, at,
                                "csr_matmul: values %s, columns %s, starts %s by %s: values and "
                                "columns [entries], starts [rows + 1], a matrix; one dtype, f32 or "
                                "f64, the indexes i32",
                                CJ_SHAPE_OF(values), CJ_SHAPE_OF(columns), CJ_SHAPE_OF(starts),
                                CJ_SHAPE_OF(x));
    result->dtype = x->dtype;
    result->rank = 2;
    result->shape = result->extent;
    result->extent[0] = spec->option[1];
    result->extent[1] = x->shape[1];
    return CJ_OK;
}

cj_status cj_rule_csr_dot(cj_context *context, cj_at at, const cj_node_spec *spec,
                          cj_result *result)
{
    const cj_tensor *columns = spec->source[0], *starts = spec->source[1];
    const cj_tensor *a = spec->source[2], *b = spec->source[3];
    bool fits = is_structure(columns, starts) && a->dtype == b->dtype && is_matrix(b, -1) &&
                is_matrix(a, starts->shape[0] - 1) && a->shape[1] == b->shape[1];
    if (!fits)
        return cj_fail_building(
            context, CJ_SHAPE, at,
            "csr_dot: columns %s, starts %s of %s and %s: columns [entries], "
            "starts [rows + 1], matrices [rows, k] and [columns, k]; one dtype, "
            "f32 or f64, the indexes i32",
            CJ_SHAPE_OF(columns), CJ_SHAPE_OF(starts), CJ_SHAPE_OF(a), CJ_SHAPE_OF(b));
    result->dtype = a->dtype;
    result->rank = 1;
    result->shape = result->extent;
    result->extent[0] = columns->shape[0];
    return CJ_OK;
}

cj_tensor *cj_csr_matmul_node(cj_at at, cj_tensor *values, cj_tensor *columns, cj_tensor *starts,
                              cj_tensor *x, bool transposed, int64_t rows)
{
    if (!cj_ready(values) || !columns || !starts || !x)
        return NULL;
    return cj_node(values->context, at,
                   &(cj_node_spec){.op = CJ_OP_CSR_MATMUL,
                                   .source_count = 4,
                                   .source = (cj_tensor *[]){values, columns, starts, x},
                                   .option_count = 2,
                                   .option = (int64_t[]){transposed, rows}});
}

cj_tensor *cj_csr_dot_node(cj_at at, cj_tensor *columns, cj_tensor *starts, cj_tensor *a,
                           cj_tensor *b)
{
    if (!cj_ready(columns) || !starts || !a || !b)
        return NULL;
    return cj_node(columns->context, at,
                   &(cj_node_spec){.op = CJ_OP_CSR_DOT,
                                   .source_count = 4,
                                   .source = (cj_tensor *[]){columns, starts, a, b}});
}

static cj_tensor *product(cj_at at, const cj_csr *m, cj_tensor *x, bool transposed, int64_t rows)
{
    bool vector = x->rank == 1;
    if (vector)
        x = cj_unsqueeze_at(at, x, 1);
    cj_tensor *y =
        cj_csr_matmul_node(at, m->values, m->columns, m->row_starts, x, transposed, rows);
    return vector ? cj_squeeze_at(at, y, 1) : y;
}

cj_tensor *cj_csr_matmul_at(cj_at at, const cj_csr *m, cj_tensor *x)
{
    if (!cj_ready(x) || !m->row_starts)
        return NULL;
    int64_t rows = m->row_starts->rank == 1 ? m->row_starts->shape[0] - 1 : -1;
    if (x->rank > 0 && x->shape[0] != m->column_count) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "csr_matmul: %s by a matrix of %" PRId64 " columns", CJ_SHAPE_OF(x),
                         m->column_count);
        return NULL;
    }
    return product(at, m, x, false, rows);
}

cj_tensor *cj_csr_matmul_transposed_at(cj_at at, const cj_csr *m, cj_tensor *x)
{
    return cj_ready(x) ? product(at, m, x, true, m->column_count) : NULL;
}

cj_tensor *cj_csr_dot_at(cj_at at, const cj_csr *m, cj_tensor *a, cj_tensor *b)
{
    return cj_csr_dot_node(at, m->columns, m->row_starts, a, b);
}

/* ---- packed bits ---- */

cj_status cj_rule_bit_matmul(cj_context *context, cj_at at, const cj_node_spec *spec,
                             cj_result *result)
{
    const cj_tensor *a = spec->source[0], *b = spec->source[1];
    int last = a->rank - 1;
    bool fits = a->dtype == CJ_U32 && b->dtype == CJ_U32 && a->rank >= 2 && b->rank == a->rank &&
                a->shape[last] == b->shape[last] && a->shape[last] < INT32_MAX / 32;
    for (int i = 0; fits && i < last - 1; i++)
        fits = a->shape[i] == b->shape[i];
    if (!fits)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "bit_matmul: %s and %s: u32 [..., m, words] and [..., n, words], "
                                "leading axes equal",
                                CJ_SHAPE_OF(a), CJ_SHAPE_OF(b));
    result->dtype = CJ_I32;
    result->rank = a->rank;
    result->shape = result->extent;
    memcpy(result->extent, a->shape, a->rank * sizeof *a->shape);
    result->extent[last] = b->shape[last - 1];
    return CJ_OK;
}

/* 0 to 31 along the last axis of a shape. */
static cj_tensor *bit_numbers(cj_at at, cj_context *context, int rank, const int64_t *shape)
{
    return cj_cast_at(at, cj_iota_at(at, context, CJ_I32, rank, shape, rank - 1), CJ_U32);
}

cj_tensor *cj_bit_pack_at(cj_at at, cj_tensor *x)
{
    if (!cj_ready(x))
        return NULL;
    if (x->dtype != CJ_BOOL || x->rank < 1 || x->rank == CJ_MAX_RANK) {
        cj_fail_building(x->context, CJ_DTYPE, at,
                         "bit_pack: %s; it takes bool of 1 to %d axes: compare first",
                         CJ_SHAPE_OF(x), CJ_MAX_RANK - 1);
        return NULL;
    }
    int last = x->rank - 1;
    int64_t none[CJ_MAX_RANK] = {0}, more[CJ_MAX_RANK] = {0}, shape[CJ_MAX_RANK];
    memcpy(shape, x->shape, x->rank * sizeof *shape);
    shape[last] = (x->shape[last] + 31) / 32;
    shape[last + 1] = 32;
    more[last] = shape[last] * 32 - x->shape[last];
    cj_tensor *bits = cj_reshape_at(at, cj_pad_at(at, x, none, more), last + 2, shape);
    cj_tensor *number = bit_numbers(at, x->context, last + 2, shape);
    cj_tensor *word = cj_shift_left_at(at, cj_cast_at(at, bits, CJ_U32), number);
    return cj_sum_at(at, word, CJ_AXIS(last + 1), false);
}

cj_tensor *cj_bit_unpack_at(cj_at at, cj_tensor *words, int64_t count)
{
    if (!cj_ready(words))
        return NULL;
    int last = words->rank - 1;
    if (words->dtype != CJ_U32 || last < 0 || words->rank == CJ_MAX_RANK || count < 0 ||
        (count + 31) / 32 != words->shape[last]) {
        cj_fail_building(words->context, CJ_SHAPE, at,
                         "bit_unpack: %" PRId64 " bits of %s; it takes u32, 32 bits a word", count,
                         CJ_SHAPE_OF(words));
        return NULL;
    }
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, words->shape, words->rank * sizeof *shape);
    shape[last + 1] = 32;
    cj_tensor *number = bit_numbers(at, words->context, last + 2, shape);
    cj_tensor *bits = cj_shift_right_at(at, cj_unsqueeze_at(at, words, last + 1), number);
    if (!bits)
        return NULL;
    bits = cj_cast_at(at, cj_and_at(at, bits, cj_like_at(at, bits, 1)), CJ_BOOL);
    shape[last] *= 32;
    return cj_narrow_at(at, cj_reshape_at(at, bits, last + 1, shape), last, 0, count);
}

cj_tensor *cj_bit_matmul_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!cj_ready(a) || !b)
        return NULL;
    return cj_node(a->context, at,
                   &(cj_node_spec){
                       .op = CJ_OP_BIT_MATMUL, .source_count = 2, .source = (cj_tensor *[]){a, b}});
}

cj_tensor *cj_sign_matmul_at(cj_at at, cj_tensor *a, cj_tensor *b, int64_t count)
{
    cj_tensor *differ = cj_bit_matmul_at(at, a, b);
    if (!differ)
        return NULL;
    return cj_sub_at(at, cj_like_at(at, differ, (double)count), cj_scale_at(at, differ, 2));
}
