/*
 * src/cpu/tile_walk.c - strided views: joining axes, walking along them.
 */
#include "cpu/tile.h"

void cj_join_axes(cj_tile_axes *axes, int views, int64_t *const *stride, uint32_t borders)
{
    int at = 0;
    for (int i = 0; i < axes->rank; i++) {
        bool join = at > 0 && !(borders >> i & 1);
        for (int v = 0; v < views && join; v++)
            join = stride[v][at - 1] == stride[v][i] * axes->extent[i];
        if (join) {
            axes->extent[at - 1] *= axes->extent[i];
            for (int v = 0; v < views; v++)
                stride[v][at - 1] = stride[v][i];
            continue;
        }
        axes->extent[at] = axes->extent[i];
        for (int v = 0; v < views; v++)
            stride[v][at] = stride[v][i];
        at++;
    }
    axes->rank = at;
}

/* A position in the axes: indexes of all but the last, and the offset of the row they name. */
typedef struct cj_walk {
    int64_t index[CJ_MAX_RANK], offset, inner;
} cj_walk;

static cj_walk walk_start(const cj_tile_axes *axes, const int64_t *stride, int64_t first)
{
    cj_walk w;
    int last = axes->rank - 1;
    w.offset = 0;
    w.inner = first % axes->extent[last];
    first /= axes->extent[last];
    for (int i = last - 1; i >= 0; i--) {
        w.index[i] = first % axes->extent[i];
        first /= axes->extent[i];
        w.offset += w.index[i] * stride[i];
    }
    return w;
}

static void walk_next_row(cj_walk *w, const cj_tile_axes *axes, const int64_t *stride)
{
    w->inner = 0;
    for (int i = axes->rank - 2; i >= 0; i--) {
        w->offset += stride[i];
        if (++w->index[i] < axes->extent[i])
            return;
        w->offset -= axes->extent[i] * stride[i];
        w->index[i] = 0;
    }
}

void cj_walk_load(const struct cj_isa_kernels *kernels, const cj_tile_axes *axes,
                  const int64_t *stride, size_t size, int64_t first, int64_t n, void *out,
                  const void *in)
{
    cj_copy_strided_fn copy = kernels->copy_strided[cj_size_class_of(size)];
    if (n <= 0)
        return;
    if (axes->rank == 0) {
        memcpy(out, in, size);
        return;
    }
    int last = axes->rank - 1;
    int64_t step = stride[last];
    cj_walk w = walk_start(axes, stride, first);
    for (char *to = out; n > 0; walk_next_row(&w, axes, stride)) {
        int64_t count = CJ_MIN(n, axes->extent[last] - w.inner);
        const char *from = (const char *)in + (w.offset + w.inner * step) * (int64_t)size;
        copy(count, to, 1, from, step);
        to += (size_t)count * size;
        n -= count;
    }
}

void cj_walk_store(const struct cj_isa_kernels *kernels, const cj_tile_axes *axes,
                   const int64_t *stride, size_t size, int64_t first, int64_t n, void *out,
                   const void *in)
{
    cj_copy_strided_fn copy = kernels->copy_strided[cj_size_class_of(size)];
    if (n <= 0)
        return;
    if (axes->rank == 0) {
        memcpy(out, in, size);
        return;
    }
    int last = axes->rank - 1;
    int64_t step = stride[last];
    cj_walk w = walk_start(axes, stride, first);
    for (const char *from = in; n > 0; walk_next_row(&w, axes, stride)) {
        int64_t count = CJ_MIN(n, axes->extent[last] - w.inner);
        copy(count, (char *)out + (w.offset + w.inner * step) * (int64_t)size, step, from, 1);
        from += (size_t)count * size;
        n -= count;
    }
}
