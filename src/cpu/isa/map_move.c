/*
 * src/cpu/isa/map_move.c - kernels that move elements without looking at them, by their size, and
 * those that make them from nothing: iota and random bits.
 */
#include "move.h"

#define MOVE_KERNELS(suffix, T)                                                                    \
    void CJ_ISA_FN(cj_copy_strided_##suffix)(int64_t n, void *out, int64_t out_stride,             \
                                             const void *in, int64_t in_stride)                    \
    {                                                                                              \
        const T *a = in;                                                                           \
        T *result = out;                                                                           \
        if (out_stride == 1 && in_stride == 1) {                                                   \
            memcpy(out, in, (size_t)n * sizeof(T));                                                \
        } else if (in_stride == 0 && out_stride == 1) {                                            \
            T value = *a;                                                                          \
            CJ_LOOP                                                                                \
            for (int64_t i = 0; i < n; i++) {                                                      \
                result[i] = value;                                                                 \
            }                                                                                      \
        } else {                                                                                   \
            for (int64_t i = 0; i < n; i++) {                                                      \
                result[i * out_stride] = a[i * in_stride];                                         \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_splat_##suffix)(int64_t n, void *out, const void *value)                     \
    {                                                                                              \
        const T x = *(const T *)value;                                                             \
        T *result = out;                                                                           \
        CJ_LOOP                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                          \
            result[i] = x;                                                                         \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_repeat_rows_##suffix)(int64_t rows, int64_t inner, void *out,                \
                                            const void *in)                                        \
    {                                                                                              \
        T *result = out;                                                                           \
        for (int64_t row = 0; row < rows; row++, result += inner) {                                \
            memcpy(result, in, (size_t)inner * sizeof(T));                                         \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_spread_rows_##suffix)(int64_t rows, int64_t inner, void *out,                \
                                            const void *in)                                        \
    {                                                                                              \
        const T *a = in;                                                                           \
        T *result = out;                                                                           \
        for (int64_t row = 0; row < rows; row++, result += inner) {                                \
            T x = a[row];                                                                          \
            CJ_LOOP                                                                                \
            for (int64_t i = 0; i < inner; i++) {                                                  \
                result[i] = x;                                                                     \
            }                                                                                      \
        }                                                                                          \
    }

MOVE_KERNELS(1, uint8_t)
MOVE_KERNELS(2, uint16_t)
MOVE_KERNELS(4, uint32_t)
MOVE_KERNELS(8, uint64_t)

/*
 * A transpose by tiles of TILE x TILE elements, whose rows are read and whose columns are written
 * while both stay in the first cache; the vector form of a tile is in move.h.
 */
#define TRANSPOSE(suffix, T, TILE)                                                                 \
    static void transpose_plain_##suffix(int64_t rows, int64_t columns, T *out, int64_t out_pitch, \
                                         const T *in, int64_t in_pitch)                            \
    {                                                                                              \
        for (int64_t c = 0; c < columns; c++) {                                                    \
            for (int64_t r = 0; r < rows; r++) {                                                   \
                out[c * out_pitch + r] = in[r * in_pitch + c];                                     \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_transpose_##suffix)(int64_t rows, int64_t columns, void *out,                \
                                          int64_t out_pitch, const void *in, int64_t in_pitch)     \
    {                                                                                              \
        const T *a = in;                                                                           \
        T *result = out;                                                                           \
        int64_t r = 0;                                                                             \
        for (; r + TILE <= rows; r += TILE) {                                                      \
            int64_t c = 0;                                                                         \
            for (; c + TILE <= columns; c += TILE) {                                               \
                transpose_tile_##suffix(result + c * out_pitch + r, out_pitch,                     \
                                        a + r * in_pitch + c, in_pitch);                           \
            }                                                                                      \
            transpose_plain_##suffix(TILE, columns - c, result + c * out_pitch + r, out_pitch,     \
                                     a + r * in_pitch + c, in_pitch);                              \
        }                                                                                          \
        transpose_plain_##suffix(rows - r, columns, result + r, out_pitch, a + r * in_pitch,       \
                                 in_pitch);                                                        \
    }

TRANSPOSE(1, uint8_t, TRANSPOSE_TILE_1)
TRANSPOSE(2, uint16_t, TRANSPOSE_TILE_2)
TRANSPOSE(4, uint32_t, TRANSPOSE_TILE_4)
TRANSPOSE(8, uint64_t, TRANSPOSE_TILE_8)

void CJ_ISA_FN(cj_iota_i32)(int64_t n, int32_t *out, int32_t start, int32_t step)
{
    CJ_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = (int32_t)((uint32_t)start + (uint32_t)i * (uint32_t)step);
    }
}

void CJ_ISA_FN(cj_iota_i64)(int64_t n, int64_t *out, int64_t start, int64_t step)
{
    CJ_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = (int64_t)((uint64_t)start + (uint64_t)i * (uint64_t)step);
    }
}

/*
 * Philox 4x32-10 of PHILOX_LANES counters side by side, a 32-bit word in each 64-bit lane. The
 * upper halves hold what is left of products, and are cut off at the end.
 */
#define PHILOX_VECTORS 4
#define PHILOX_LANES (PHILOX_VECTORS * CJ_VF64)

static void philox_blocks(uint64_t counter, cj_key key, uint32_t *out)
{
    const vi64 low_word = vi64_splat(0xffffffff);
    vi64 c0[PHILOX_VECTORS], c1[PHILOX_VECTORS], c2[PHILOX_VECTORS], c3[PHILOX_VECTORS];
    uint32_t k0 = key.word[0], k1 = key.word[1];
    int64_t lane[CJ_VF64], words[2][CJ_VF64];

    for (int v = 0; v < PHILOX_VECTORS; v++) {
        for (int i = 0; i < CJ_VF64; i++) {
            lane[i] = (int64_t)(counter + (uint64_t)(v * CJ_VF64 + i));
        }
        c0[v] = vi64_load(lane);
        c1[v] = vi64_shr(c0[v], 32);
        c2[v] = c3[v] = vi64_splat(0);
    }
    for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
#pragma GCC unroll 4
        for (int v = 0; v < PHILOX_VECTORS; v++) {
            vi64 first = vi64_mul_words(c0[v], vi64_splat(0xd2511f53));
            vi64 second = vi64_mul_words(c2[v], vi64_splat(0xcd9e8d57));
            c0[v] = vi64_xor(vi64_xor(vi64_shr(second, 32), c1[v]), vi64_splat(k0));
            c2[v] = vi64_xor(vi64_xor(vi64_shr(first, 32), c3[v]), vi64_splat(k1));
            c1[v] = second;
            c3[v] = first;
        }
    }
    for (int v = 0; v < PHILOX_VECTORS; v++, out += 4 * CJ_VF64) {
        vi64_store(words[0], vi64_or(vi64_and(c0[v], low_word), vi64_shl(c1[v], 32)));
        vi64_store(words[1], vi64_or(vi64_and(c2[v], low_word), vi64_shl(c3[v], 32)));
        for (int i = 0; i < CJ_VF64; i++) {
            memcpy(out + 4 * i, &words[0][i], 8);
            memcpy(out + 4 * i + 2, &words[1][i], 8);
        }
    }
}

void CJ_ISA_FN(cj_random_bits)(int64_t n, uint32_t *out, cj_key key, uint64_t first)
{
    uint32_t words[4 * PHILOX_LANES];
    int64_t done = 0;

    while (done < n) {
        uint64_t element = first + (uint64_t)done;
        int64_t skip = (int64_t)(element % 4), count = 4 * PHILOX_LANES - skip;
        if (skip == 0 && n - done >= count) {
            philox_blocks(element / 4, key, out + done);
        } else {
            philox_blocks(element / 4, key, words);
            count = CJ_MIN(count, n - done);
            memcpy(out + done, words + skip, (size_t)count * sizeof *out);
        }
        done += count;
    }
}
