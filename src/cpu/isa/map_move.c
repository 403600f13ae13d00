/*
 * src/cpu/isa/map_move.c - kernels that move elements without looking at them, by their size, and those that make them
 * from nothing: iota and random bits.
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
MOVE_KERNELS(4, uint32_t)
MOVE_KERNELS(8, uint64_t)

/*
 * A transpose by tiles of TILE x TILE elements, whose rows are read and whose columns are written while both stay in
 * the first cache; the vector form of a tile is in move.h.
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

/* Philox 4x32-10 of PHILOX_LANES counters side by side. */
#define PHILOX_LANES 16

static void philox_blocks(uint64_t counter, cj_key key, uint32_t *out)
{
    uint32_t c0[PHILOX_LANES], c1[PHILOX_LANES], c2[PHILOX_LANES], c3[PHILOX_LANES];
    uint32_t k0 = key.word[0], k1 = key.word[1];

    for (uint32_t i = 0; i < PHILOX_LANES; i++) {
        c0[i] = (uint32_t)(counter + i);
        c1[i] = (uint32_t)((counter + i) >> 32);
        c2[i] = c3[i] = 0;
    }
    for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
        CJ_LOOP
        for (int i = 0; i < PHILOX_LANES; i++) {
            uint64_t first = (uint64_t)c0[i] * 0xd2511f53u;
            uint64_t second = (uint64_t)c2[i] * 0xcd9e8d57u;
            c0[i] = (uint32_t)(second >> 32) ^ c1[i] ^ k0;
            c2[i] = (uint32_t)(first >> 32) ^ c3[i] ^ k1;
            c1[i] = (uint32_t)second;
            c3[i] = (uint32_t)first;
        }
    }
    for (int i = 0; i < PHILOX_LANES; i++) {
        out[4 * i] = c0[i];
        out[4 * i + 1] = c1[i];
        out[4 * i + 2] = c2[i];
        out[4 * i + 3] = c3[i];
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
