/* contract.c - the register tiles of one instruction set, and its table. */
#include "contract.h"
#include "contract_pack.h"
#include "simd.h"

#if defined(__clang__)
#define CJ_UNROLL _Pragma("clang loop unroll(full)")
#else
#define CJ_UNROLL _Pragma("GCC unroll 24")
#endif

/* Hides from the compiler how a pointer came about, so that it keeps few address registers and no more. */
#define CJ_OPAQUE(pointer) __asm__("" : "+r"(pointer))

/* clang-format off */
/* All tiles: X(vectors, rows). As many sums as leave registers for the vectors of b and one value of a. */
#if defined(CJ_ISA_AVX512) || defined(__aarch64__)
#define CJ_TILE_LIST(X)                                                                            \
    X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(1, 9) X(1, 10) X(1, 11)      \
    X(1, 12) X(1, 13) X(1, 14) X(1, 15) X(1, 16) X(1, 17) X(1, 18) X(1, 19) X(1, 20) X(1, 21)      \
    X(1, 22) X(1, 23) X(1, 24)                                                                     \
    X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5) X(2, 6) X(2, 7) X(2, 8) X(2, 9) X(2, 10) X(2, 11)      \
    X(2, 12)                                                                                       \
    X(3, 1) X(3, 2) X(3, 3) X(3, 4) X(3, 5) X(3, 6) X(3, 7) X(3, 8)                                \
    X(4, 1) X(4, 2) X(4, 3) X(4, 4) X(4, 5) X(4, 6)
#define CJ_MOST_ROWS {0, 24, 12, 8, 6}
#define CJ_SLIDE_ROWS_LIST(X)                                                                      \
    X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)
#define CJ_SLIDE_TAPS_LIST(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define CJ_MOST_CHANNELS 8
#define CJ_MOST_SLIDE_ROWS 16
#else
#define CJ_TILE_LIST(X)                                                                            \
    X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(1, 9) X(1, 10) X(1, 11)      \
    X(1, 12)                                                                                       \
    X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5) X(2, 6)                                                \
    X(3, 1) X(3, 2) X(3, 3) X(3, 4)                                                                \
    X(4, 1) X(4, 2) X(4, 3)
#define CJ_MOST_ROWS {0, 12, 6, 4, 3}
#define CJ_SLIDE_ROWS_LIST(X) X(4) X(5) X(6) X(7) X(8) X(9) X(10)
#define CJ_SLIDE_TAPS_LIST(X) X(1) X(2) X(3)
#define CJ_MOST_CHANNELS 3
#define CJ_MOST_SLIDE_ROWS 10
#endif
/* clang-format on */

#define CJ_DEPTH_LIST(X)                                                                           \
    X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5)

#define T float
#define V vf32
#define LANES CJ_VF32
#define NAME(x) vf32_##x
#include "contract_tile.h"
#undef T
#undef V
#undef LANES
#undef NAME

#define T double
#define V vf64
#define LANES CJ_VF64
#define NAME(x) vf64_##x
#include "contract_tile.h"
#undef T
#undef V
#undef LANES
#undef NAME

#define F32_DEPTH(v, r) .depth[v - 1][r - 1] = vf32_depth_##v##_##r,
#define F32_ROWS(n) .slide_rows[n - 1] = vf32_slide_rows_##n,
#define F32_TAPS(n) .slide_taps[n - 1] = vf32_slide_taps_##n,
#define F32_TILE(v, r) .tile[v - 1][r - 1] = vf32_tile_##v##_##r,
#define F64_DEPTH(v, r) .depth[v - 1][r - 1] = vf64_depth_##v##_##r,
#define F64_ROWS(n) .slide_rows[n - 1] = vf64_slide_rows_##n,
#define F64_TAPS(n) .slide_taps[n - 1] = vf64_slide_taps_##n,
#define F64_TILE(v, r) .tile[v - 1][r - 1] = vf64_tile_##v##_##r,

const cj_contract_kernels CJ_ISA_FN(cj_contract_kernels) = {
    .type = {{.lanes = CJ_VF32,
              .most_rows = CJ_MOST_ROWS,
              .most_slide_rows = CJ_MOST_SLIDE_ROWS,
              .most_channels = CJ_MOST_CHANNELS,
              CJ_TILE_LIST(F32_TILE) CJ_DEPTH_LIST(F32_DEPTH) CJ_SLIDE_ROWS_LIST(F32_ROWS)
                  CJ_SLIDE_TAPS_LIST(F32_TAPS)
                      .pack = CJ_ISA_FN(cj_pack_f32),
              .unpack = CJ_ISA_FN(cj_unpack_f32),
              .add_chunks = CJ_ISA_FN(cj_add_chunks_f32),
              .all_finite = CJ_ISA_FN(cj_all_finite_f32),
              .has_negative_zero = CJ_ISA_FN(cj_has_negative_zero_f32)},
             {.lanes = CJ_VF64,
              .most_rows = CJ_MOST_ROWS,
              .most_slide_rows = CJ_MOST_SLIDE_ROWS,
              .most_channels = CJ_MOST_CHANNELS,
              CJ_TILE_LIST(F64_TILE) CJ_DEPTH_LIST(F64_DEPTH) CJ_SLIDE_ROWS_LIST(F64_ROWS)
                  CJ_SLIDE_TAPS_LIST(F64_TAPS)
                      .pack = CJ_ISA_FN(cj_pack_f64),
              .unpack = CJ_ISA_FN(cj_unpack_f64),
              .add_chunks = CJ_ISA_FN(cj_add_chunks_f64),
              .all_finite = CJ_ISA_FN(cj_all_finite_f64),
              .has_negative_zero = CJ_ISA_FN(cj_has_negative_zero_f64)}},
};
