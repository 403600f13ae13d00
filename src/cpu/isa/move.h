/*
 * src/cpu/isa/move.h - the movement kernels' prototypes, and the transpose of one tile in
 * registers.
 */
#ifndef CJ_CPU_ISA_MOVE_H
#define CJ_CPU_ISA_MOVE_H

#include "../kernels.h"
#include "simd.h"

/* X(SIZE CLASS, suffix) */
/* clang-format off */
#define CJ_MOVE_SIZES(X) X(CJ_SIZE_1, 1) X(CJ_SIZE_2, 2) X(CJ_SIZE_4, 4) X(CJ_SIZE_8, 8)
/* clang-format on */

#define CJ_X(CLASS, suffix)                                                                        \
    void CJ_ISA_FN(cj_copy_strided_##suffix)(int64_t n, void *out, int64_t out_stride,             \
                                             const void *in, int64_t in_stride);                   \
    void CJ_ISA_FN(cj_splat_##suffix)(int64_t n, void *out, const void *value);                    \
    void CJ_ISA_FN(cj_repeat_rows_##suffix)(int64_t rows, int64_t inner, void *out,                \
                                            const void *in);                                       \
    void CJ_ISA_FN(cj_spread_rows_##suffix)(int64_t rows, int64_t inner, void *out,                \
                                            const void *in);                                       \
    void CJ_ISA_FN(cj_transpose_##suffix)(int64_t rows, int64_t columns, void *out,                \
                                          int64_t out_pitch, const void *in, int64_t in_pitch);
CJ_MOVE_SIZES(CJ_X)
#undef CJ_X

void CJ_ISA_FN(cj_iota_i32)(int64_t n, int32_t *out, int32_t start, int32_t step);
void CJ_ISA_FN(cj_iota_i64)(int64_t n, int64_t *out, int64_t start, int64_t step);
void CJ_ISA_FN(cj_random_bits)(int64_t n, uint32_t *out, cj_key key, uint64_t first);

/* out[c][r] = in[r][c] of a square of TRANSPOSE_TILE elements. */
#define TRANSPOSE_TILE_1 16
#define TRANSPOSE_TILE_2 16
#define TRANSPOSE_SQUARE(suffix, T)                                                                \
    CJ_SIMD void transpose_tile_##suffix(T *out, int64_t out_pitch, const T *in, int64_t in_pitch) \
    {                                                                                              \
        for (int c = 0; c < TRANSPOSE_TILE_##suffix; c++) {                                        \
            for (int r = 0; r < TRANSPOSE_TILE_##suffix; r++) {                                    \
                out[c * out_pitch + r] = in[r * in_pitch + c];                                     \
            }                                                                                      \
        }                                                                                          \
    }
TRANSPOSE_SQUARE(1, uint8_t)
TRANSPOSE_SQUARE(2, uint16_t)

#if defined(CJ_ISA_AVX2) || defined(CJ_ISA_AVX512)

/* 8 x 8: pairs, then pairs of pairs, then the halves of the registers change places. */
#define TRANSPOSE_TILE_4 8
CJ_SIMD void transpose_tile_4(uint32_t *out, int64_t out_pitch, const uint32_t *in,
                              int64_t in_pitch)
{
    __m256 row[8], pair[8], quad[8];
    for (int i = 0; i < 8; i++) {
        row[i] = _mm256_castsi256_ps(
            _mm256_loadu_si256((const __m256i *)(const void *)(in + i * in_pitch)));
    }
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        quad[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
        quad[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
        quad[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
        quad[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        __m256 first = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x20);
        __m256 second = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x31);
        _mm256_storeu_si256((__m256i *)(void *)(out + i * out_pitch), _mm256_castps_si256(first));
        _mm256_storeu_si256((__m256i *)(void *)(out + (i + 4) * out_pitch),
                            _mm256_castps_si256(second));
    }
}

#define TRANSPOSE_TILE_8 4
CJ_SIMD void transpose_tile_8(uint64_t *out, int64_t out_pitch, const uint64_t *in,
                              int64_t in_pitch)
{
    __m256d row[4], pair[4];
    for (int i = 0; i < 4; i++) {
        row[i] = _mm256_castsi256_pd(
            _mm256_loadu_si256((const __m256i *)(const void *)(in + i * in_pitch)));
    }
    for (int i = 0; i < 4; i += 2) {
        pair[i] = _mm256_unpacklo_pd(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_pd(row[i], row[i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        __m256d first = _mm256_permute2f128_pd(pair[i], pair[i + 2], 0x20);
        __m256d second = _mm256_permute2f128_pd(pair[i], pair[i + 2], 0x31);
        _mm256_storeu_si256((__m256i *)(void *)(out + i * out_pitch), _mm256_castpd_si256(first));
        _mm256_storeu_si256((__m256i *)(void *)(out + (i + 2) * out_pitch),
                            _mm256_castpd_si256(second));
    }
}

#else

/* 4 x 4 and 2 x 2 of 16-byte vectors, which the compiler makes shuffles of. */
#define TRANSPOSE_TILE_4 4
CJ_SIMD void transpose_tile_4(uint32_t *out, int64_t out_pitch, const uint32_t *in,
                              int64_t in_pitch)
{
    const uint32_t *a = in, *b = in + in_pitch, *c = in + 2 * in_pitch, *d = in + 3 * in_pitch;
    vu32 column[4];
    for (int i = 0; i < 4; i++) {
        column[i] = (vu32){a[i], b[i], c[i], d[i]};
    }
    for (int i = 0; i < 4; i++) {
        memcpy(out + i * out_pitch, &column[i], sizeof column[i]);
    }
}

#define TRANSPOSE_TILE_8 2
CJ_SIMD void transpose_tile_8(uint64_t *out, int64_t out_pitch, const uint64_t *in,
                              int64_t in_pitch)
{
    vu64 first = {in[0], in[in_pitch]}, second = {in[1], in[in_pitch + 1]};
    memcpy(out, &first, sizeof first);
    memcpy(out + out_pitch, &second, sizeof second);
}

#endif

#endif
