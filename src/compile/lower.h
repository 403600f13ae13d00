/*
 * src/compile/lower.h - what the files that make kernels share.
 */
#ifndef CJ_COMPILE_LOWER_H
#define CJ_COMPILE_LOWER_H

#include "compile/schedule.h"

/* Sorts axes by the size of their strides, largest first; equal ones keep their order. */
void cj_sort_axes(int count, int *axis, const int64_t *stride);

/* The strides of a place over the squeezed axes of its node. */
void cj_squeezed_strides(const cj_tensor *node, const cj_place *place, int64_t *stride);

cj_view cj_view_of(const cj_place *place);

cj_kernel *cj_kernel_new(cj_schedule *s, cj_kernel_kind kind, int operands, int instrs, int stores,
                         int reductions);
cj_status cj_kernel_append(cj_schedule *s, cj_kernel *kernel);

/* Appends a kernel that copies `from` to `to`, or fills `to` with the bits at `fill`, over the
 * extents. */
cj_status cj_kernel_copy_region(cj_schedule *s, cj_dtype dtype, int rank, const int64_t *extent,
                                const cj_view *from, const cj_view *to, const uint64_t *fill);

/* The buffer of a variable's memory. */
cj_status cj_variable_buffer(cj_schedule *s, cj_variable *variable, int32_t *buffer);

/* Operands (but for those that are fed: extents only) and kind of a contraction, and the order of
 * its loops in squeezed axes. */
cj_status cj_lower_head(cj_schedule *s, int32_t item, const int32_t *feed, cj_kernel *kernel,
                        int *loop);

/* Kernels of their own. */
cj_status cj_lower_window(cj_schedule *s, int32_t item, int32_t argmax);
cj_status cj_lower_other(cj_schedule *s, int32_t item);
cj_status cj_lower_loop(cj_schedule *s, int32_t group);

#endif
