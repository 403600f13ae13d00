/*
 * src/cpu/isa/reduce_index.c - ARGMAX: lanes of (value, index). A later element replaces the lane's
 * when it is greater, or NaN where the lane's is not; when two entries are folded, equals go to the
 * lower index, so order never shows.
 */
#include "reduce.h"

#define LANES CJ_REDUCE_LANES

/* y beats x; x != x is a NaN, and never true of integers. */
#define BEATS(y, x) (((y) > (x) || (y) != (y)) && (x) == (x))
#define TIES(y, x) ((y) == (x) || ((y) != (y) && (x) != (x)))

#define ARGMAX(DTYPE, dtype, T)                                                                    \
    static inline void step_##dtype(T *value, int32_t *index, T y, int32_t y_index)                \
    {                                                                                              \
        T x = *value;                                                                              \
        bool wins = BEATS(y, x);                                                                   \
        *value = wins ? y : x;                                                                     \
        *index = wins ? y_index : *index;                                                          \
    }                                                                                              \
                                                                                                   \
    static inline void merge_##dtype(T *value, int32_t *index, T y, int32_t y_index)               \
    {                                                                                              \
        T x = *value;                                                                              \
        bool wins = BEATS(y, x) || (TIES(y, x) && y_index < *index);                               \
        *value = wins ? y : x;                                                                     \
        *index = wins ? y_index : *index;                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_row_argmax_##dtype)(void *value, int32_t *index, const void *tile,           \
                                          int64_t first, int64_t n)                                \
    {                                                                                              \
        const T *a = tile;                                                                         \
        T *state = value;                                                                          \
        int64_t at = first % CJ_REDUCE_BLOCK, i = 0;                                               \
        for (; i < n && (at < LANES || at % LANES != 0); i++, at++) {                              \
            if (at < LANES) {                                                                      \
                state[at] = a[i];                                                                  \
                index[at] = (int32_t)(first + i);                                                  \
            } else {                                                                               \
                step_##dtype(state + at % LANES, index + at % LANES, a[i], (int32_t)(first + i));  \
            }                                                                                      \
        }                                                                                          \
        for (; i + LANES <= n; i += LANES) {                                                       \
            CJ_LOOP                                                                                \
            for (int j = 0; j < LANES; j++) {                                                      \
                step_##dtype(state + j, index + j, a[i + j], (int32_t)(first + i + j));            \
            }                                                                                      \
        }                                                                                          \
        for (int j = 0; i < n; i++, j++) {                                                         \
            step_##dtype(state + j, index + j, a[i], (int32_t)(first + i));                        \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_columns_argmax_##dtype)(void *value, int32_t *index, const void *tile,       \
                                              int64_t pitch, int64_t first, int64_t rows,          \
                                              int64_t inner)                                       \
    {                                                                                              \
        int64_t at = first % CJ_REDUCE_BLOCK;                                                      \
        for (int64_t row = 0; row < rows; row++, at++) {                                           \
            const T *a = (const T *)tile + row * pitch;                                            \
            T *lane = (T *)value + at % LANES * inner;                                             \
            int32_t *lane_index = index + at % LANES * inner, number = (int32_t)(first + row);     \
            if (at < LANES) {                                                                      \
                memcpy(lane, a, (size_t)inner * sizeof(T));                                        \
                CJ_LOOP                                                                            \
                for (int64_t i = 0; i < inner; i++) {                                              \
                    lane_index[i] = number;                                                        \
                }                                                                                  \
                continue;                                                                          \
            }                                                                                      \
            CJ_LOOP                                                                                \
            for (int64_t i = 0; i < inner; i++) {                                                  \
                step_##dtype(lane + i, lane_index + i, a[i], number);                              \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_fold_columns_argmax_##dtype)(void *value, int32_t *index, int64_t count,     \
                                                   int64_t inner)                                  \
    {                                                                                              \
        T *a = value;                                                                              \
        for (int64_t half = first_half(count); count > 1; count = half, half /= 2) {               \
            CJ_LOOP                                                                                \
            for (int64_t j = 0; j < (count - half) * inner; j++) {                                 \
                int64_t other = j + half * inner;                                                  \
                merge_##dtype(a + j, index + j, a[other], index[other]);                           \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_fold_argmax_##dtype)(void *value, int32_t *index, int64_t count)             \
    {                                                                                              \
        CJ_ISA_FN(cj_fold_columns_argmax_##dtype)(value, index, count, 1);                         \
    }                                                                                              \
                                                                                                   \
    CJ_REDUCE_WHOLE(ARGMAX, argmax, DTYPE, dtype)

ARGMAX(F32, f32, float)
ARGMAX(F64, f64, double)
ARGMAX(I8, i8, int8_t)
ARGMAX(I16, i16, int16_t)
ARGMAX(I32, i32, int32_t)
ARGMAX(I64, i64, int64_t)
ARGMAX(U8, u8, uint8_t)
ARGMAX(U16, u16, uint16_t)
ARGMAX(U32, u32, uint32_t)
ARGMAX(U64, u64, uint64_t)
ARGMAX(BOOL, boolean, uint8_t)
