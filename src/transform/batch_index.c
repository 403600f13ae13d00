/*
 * src/transform/batch_index.c - gather and the scatters over lanes (a source that all lanes share gets an axis of 1, which repeats),
 * sparse products, products of bits.
 */
#include "transform/batch.h"

static cj_tensor *with_axis(cj_at at, cj_tensor *x, bool batched)
{
    return batched ? x : cj_unsqueeze_at(at, x, 0);
}

CJ_BATCH(gather)
{
    (void)lanes;
    return cj_gather_node(at, with_axis(at, source[0], batched[0]), (int)node->option[0] + 1,
                          with_axis(at, source[1], batched[1]), node->option[1]);
}

static cj_tensor *batch_scatter(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                                const bool *batched)
{
    int last = node->source_count - 1;
    cj_tensor *x = batched[0] ? source[0] : cj_repeat_lanes(at, source[0], lanes);
    return cj_scatter_node(at, (cj_op)node->op, x, (int)node->option[0] + 1,
                           with_axis(at, source[last], batched[last]), node->option[1]);
}

CJ_BATCH(scatter_add)
{
    return batch_scatter(at, node, lanes, source, batched);
}

CJ_BATCH(scatter_max)
{
    return batch_scatter(at, node, lanes, source, batched);
}

CJ_BATCH(scatter_min)
{
    return batch_scatter(at, node, lanes, source, batched);
}

CJ_BATCH(scatter_last)
{
    return batch_scatter(at, node, lanes, source, batched);
}

/* ---- sparse matrices: lanes are blocks on the diagonal of one; lanes of a dense factor alone are further columns ---- */

/* [lanes, n, k] or, the same in all lanes, [n, k], as [lanes * n, k]. */
static cj_tensor *stacked(cj_at at, cj_tensor *x, int64_t lanes, bool batched)
{
    x = batched ? x : cj_repeat_lanes(at, x, lanes);
    return x ? cj_reshape_at(at, x, x->rank - 1,
                             (int64_t[]){x->shape[0] * x->shape[1], x->rank > 2 ? x->shape[2] : 1})
             : NULL;
}

/* i32 numbers [n] of each lane, raised by the lane's number times `by`: [lanes, n]. */
static cj_tensor *raised(cj_at at, cj_tensor *x, int64_t lanes, bool batched, int64_t by)
{
    x = batched ? x : cj_repeat_lanes(at, x, lanes);
    cj_tensor *lane = x ? cj_iota_at(at, x->context, CJ_I32, 2, x->shape, 0) : NULL;
    return lane ? cj_add_at(at, x, cj_scale_at(at, lane, (double)by)) : NULL;
}

/* A column that is outside in its lane stays outside. */
static cj_tensor *block_columns(cj_at at, cj_tensor *columns, int64_t lanes, bool batched,
                                int64_t extent)
{
    cj_tensor *all = batched ? columns : cj_repeat_lanes(at, columns, lanes);
    cj_tensor *moved = raised(at, columns, lanes, batched, extent);
    if (!moved)
        return NULL;
    cj_tensor *inside = cj_and_at(at, cj_ge_at(at, all, cj_like_at(at, all, 0)),
                                  cj_lt_at(at, all, cj_like_at(at, all, (double)extent)));
    moved = cj_where_at(at, inside, moved, cj_like_at(at, all, -1));
    return stacked(at, moved, lanes, true);
}

/* The starts of all lanes' rows, then the end of the last. */
static cj_tensor *block_starts(cj_at at, cj_tensor *starts, int64_t lanes, bool batched,
                               int64_t entries)
{
    cj_tensor *moved = raised(at, starts, lanes, batched, entries);
    if (!moved)
        return NULL;
    int64_t rows = moved->shape[1] - 1;
    cj_tensor *first = stacked(at, cj_narrow_at(at, moved, 1, 0, rows), lanes, true);
    cj_tensor *ends = stacked(at, cj_narrow_at(at, moved, 1, rows, rows + 1), lanes, true);
    cj_tensor *last = lanes ? cj_narrow_at(at, ends, 0, lanes - 1, lanes)
                            : cj_full_at(at, moved->context, CJ_I32, 1, (int64_t[]){1}, 0);
    cj_tensor *part[2] = {first, last};
    return cj_concat_at(at, 0, 2, part);
}

CJ_BATCH(csr_matmul)
{
    int64_t entries = node->source[1]->shape[0], rows = node->shape[0], k = node->shape[1];
    bool transposed = node->option[0];
    cj_tensor *y;
    if (!batched[0] && !batched[1] && !batched[2]) {
        cj_tensor *x = cj_permute_at(at, source[3], (int[]){1, 0, 2});
        x = x ? cj_reshape_at(at, x, 2, (int64_t[]){x->shape[0], lanes * k}) : NULL;
        y = cj_csr_matmul_node(at, source[0], source[1], source[2], x, transposed, rows);
        y = cj_reshape_at(at, y, 3, (int64_t[]){rows, lanes, k});
        return y ? cj_permute_at(at, y, (int[]){1, 0, 2}) : NULL;
    }
    int64_t columns = transposed ? rows : node->source[3]->shape[0];
    y = cj_csr_matmul_node(at, stacked(at, source[0], lanes, batched[0]),
                           block_columns(at, source[1], lanes, batched[1], columns),
                           block_starts(at, source[2], lanes, batched[2], entries),
                           stacked(at, source[3], lanes, batched[3]), transposed, lanes * rows);
    return cj_reshape_at(at, y, 3, (int64_t[]){lanes, rows, k});
}

CJ_BATCH(csr_dot)
{
    int64_t entries = node->source[0]->shape[0], columns = node->source[3]->shape[0];
    cj_tensor *y = cj_csr_dot_node(at, block_columns(at, source[0], lanes, batched[0], columns),
                                   block_starts(at, source[1], lanes, batched[1], entries),
                                   stacked(at, source[2], lanes, batched[2]),
                                   stacked(at, source[3], lanes, batched[3]));
    return cj_reshape_at(at, y, 2, (int64_t[]){lanes, entries});
}

CJ_BATCH(bit_matmul)
{
    return cj_batch_leading(at, node, lanes, source, batched, NULL);
}
