/*
 * src/cpu/isa/window.c - the runs of window ops for f32, f64 and i32: one text, window_lanes.h, in three types.
 */
#include "window.h"

#include "simd.h"

#include <math.h>

enum { CJ_WINDOW_VECTORS = 2 };

/* How the lanes of a tensor lie in memory. */
enum cj_gaps { CJ_NO_GAPS, CJ_EVERY_OTHER, CJ_ANY_GAPS };

#define CJ_EVERY_OTHER_2(a, b) __builtin_shufflevector(a, b, 0, 3)
#define CJ_EVERY_OTHER_4(a, b) __builtin_shufflevector(a, b, 0, 2, 5, 7)
#define CJ_EVERY_OTHER_8(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15)
#define CJ_EVERY_OTHER_16(a, b)                                                                    \
    __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31)
#if CJ_VECTOR_BYTES == 64
#define CJ_EVERY_OTHER_OF_4 CJ_EVERY_OTHER_16
#define CJ_EVERY_OTHER_OF_8 CJ_EVERY_OTHER_8
#elif CJ_VECTOR_BYTES == 32
#define CJ_EVERY_OTHER_OF_4 CJ_EVERY_OTHER_8
#define CJ_EVERY_OTHER_OF_8 CJ_EVERY_OTHER_4
#else
#define CJ_EVERY_OTHER_OF_4 CJ_EVERY_OTHER_4
#define CJ_EVERY_OTHER_OF_8 CJ_EVERY_OTHER_2
#endif

/* The elements of the integer vectors, and index vectors of as many lanes as a vector of each type. */
typedef int32_t vi32_element;
typedef int64_t vi64_element;
typedef int32_t vf32_window_index __attribute__((vector_size(CJ_VECTOR_BYTES)));
typedef int32_t vi32_window_index __attribute__((vector_size(CJ_VECTOR_BYTES)));
typedef int32_t vf64_window_index __attribute__((vector_size(CJ_VECTOR_BYTES / 2)));

/* NaN goes before every number, and never again. */
CJ_SIMD vm32 vf32_takes(vf32 v, vf32 best)
{
    return vm32_and(vm32_not(vf32_le(v, best)), vf32_eq(best, best));
}

CJ_SIMD vm64 vf64_takes(vf64 v, vf64 best)
{
    return vm64_and(vm64_not(vf64_le(v, best)), vf64_eq(best, best));
}

CJ_SIMD vm32 vi32_takes(vi32 v, vi32 best)
{
    return vi32_lt(best, v);
}

#define T float
#define V vf32
#define W vi32
#define M vm32
#define LANES CJ_VF32
#define VOP(f) vf32_##f
#define WOP(f) vi32_##f
#define LEAST -INFINITY
#define EVERY_OTHER CJ_EVERY_OTHER_OF_4
#define TAKES vf32_takes
#include "window_lanes.h"
#undef T
#undef V
#undef W
#undef M
#undef LANES
#undef VOP
#undef WOP
#undef LEAST
#undef EVERY_OTHER
#undef TAKES

#define T double
#define V vf64
#define W vi64
#define M vm64
#define LANES CJ_VF64
#define VOP(f) vf64_##f
#define WOP(f) vi64_##f
#define LEAST -(double)INFINITY
#define EVERY_OTHER CJ_EVERY_OTHER_OF_8
#define TAKES vf64_takes
#include "window_lanes.h"
#undef T
#undef V
#undef W
#undef M
#undef LANES
#undef VOP
#undef WOP
#undef LEAST
#undef EVERY_OTHER
#undef TAKES

#define CJ_WINDOW_NO_GATHER
#define T int32_t
#define V vi32
#define W vi32
#define M vm32
#define LANES CJ_VF32
#define VOP(f) vi32_##f
#define WOP(f) vi32_##f
#define LEAST INT32_MIN
#define EVERY_OTHER CJ_EVERY_OTHER_OF_4
#define TAKES vi32_takes
#include "window_lanes.h"

extern const cj_window_table CJ_ISA_FN(cj_window_table);
const cj_window_table CJ_ISA_FN(cj_window_table) = {
    .f32 = {vf32_window_sum, vf32_window_max, vf32_window_gather, vf32_window_scatter},
    .f64 = {vf64_window_sum, vf64_window_max, vf64_window_gather, vf64_window_scatter},
    .i32 = {.sum = vi32_window_sum, .max = vi32_window_max},
};
