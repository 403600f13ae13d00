/*
 * src/cpu/isa/reduce.c - SUM, AMAX and AMIN in the order that DESIGN.md fixes ("The bits"). A
 * chain's step is lane = step(lane, element), a fold's is step(entry, entry half further).
 *
 * A run of elements is cut in groups of 32, element j of a group for lane j, so that whole vectors
 * step at once; what stands before the first group's border and after the last one's is stepped
 * alone.
 */
#include "reduce.h"

#define STEP_SUM_FLOAT(T, U, x, y) ((x) + (y))
#define STEP_SUM_INTEGER(T, U, x, y) ((T)((U)(x) + (U)(y)))
#define STEP_MAX_FLOAT(T, U, x, y) ((x) > (y) || (x) != (x) ? (x) : (y))
#define STEP_MIN_FLOAT(T, U, x, y) ((x) < (y) || (x) != (x) ? (x) : (y))
#define STEP_MAX(T, U, x, y) ((x) > (y) ? (x) : (y))
#define STEP_MIN(T, U, x, y) ((x) < (y) ? (x) : (y))

#define LANES CJ_REDUCE_LANES

/* Whole groups, with the lanes in registers. */
#define GROUPS_FLOAT(name, dtype, T, width, step)                                                  \
    static void groups_##name##_##dtype(T *state, const T *a, int64_t groups)                      \
    {                                                                                              \
        enum { VECTORS = LANES / (width) };                                                        \
        v##dtype lane[VECTORS];                                                                    \
        for (int v = 0; v < VECTORS; v++) {                                                        \
            lane[v] = v##dtype##_load(state + v * (width));                                        \
        }                                                                                          \
        for (; groups > 0; groups--, a += LANES) {                                                 \
            for (int v = 0; v < VECTORS; v++) {                                                    \
                lane[v] = v##dtype##_##step(lane[v], v##dtype##_load(a + v * (width)));            \
            }                                                                                      \
        }                                                                                          \
        for (int v = 0; v < VECTORS; v++) {                                                        \
            v##dtype##_store(state + v * (width), lane[v]);                                        \
        }                                                                                          \
    }
GROUPS_FLOAT(sum, f32, float, CJ_VF32, add)
GROUPS_FLOAT(amax, f32, float, CJ_VF32, max)
GROUPS_FLOAT(amin, f32, float, CJ_VF32, min)
GROUPS_FLOAT(sum, f64, double, CJ_VF64, add)
GROUPS_FLOAT(amax, f64, double, CJ_VF64, max)
GROUPS_FLOAT(amin, f64, double, CJ_VF64, min)

#define GROUPS_INTEGER(name, dtype, T, U, STEP)                                                    \
    static void groups_##name##_##dtype(T *state, const T *a, int64_t groups)                      \
    {                                                                                              \
        T lane[LANES];                                                                             \
        memcpy(lane, state, sizeof lane);                                                          \
        for (; groups > 0; groups--, a += LANES) {                                                 \
            CJ_LOOP                                                                                \
            for (int j = 0; j < LANES; j++) {                                                      \
                T x = lane[j], y = a[j];                                                           \
                lane[j] = STEP(T, U, x, y);                                                        \
            }                                                                                      \
        }                                                                                          \
        memcpy(state, lane, sizeof lane);                                                          \
    }
#define GROUPS_INTEGERS(dtype, T, U)                                                               \
    GROUPS_INTEGER(sum, dtype, T, U, STEP_SUM_INTEGER)                                             \
    GROUPS_INTEGER(amax, dtype, T, U, STEP_MAX)                                                    \
    GROUPS_INTEGER(amin, dtype, T, U, STEP_MIN)
GROUPS_INTEGERS(i8, int8_t, uint8_t)
GROUPS_INTEGERS(i16, int16_t, uint16_t)
GROUPS_INTEGERS(i32, int32_t, uint32_t)
GROUPS_INTEGERS(i64, int64_t, uint64_t)
GROUPS_INTEGERS(u8, uint8_t, uint8_t)
GROUPS_INTEGERS(u16, uint16_t, uint16_t)
GROUPS_INTEGERS(u32, uint32_t, uint32_t)
GROUPS_INTEGERS(u64, uint64_t, uint64_t)
GROUPS_INTEGER(amax, boolean, uint8_t, uint8_t, STEP_MAX)
GROUPS_INTEGER(amin, boolean, uint8_t, uint8_t, STEP_MIN)

#define REDUCE(NAME, name, DTYPE, dtype, T, U, STEP)                                               \
    void CJ_ISA_FN(cj_row_##name##_##dtype)(void *value, int32_t *index, const void *tile,         \
                                            int64_t first, int64_t n)                              \
    {                                                                                              \
        const T *a = tile;                                                                         \
        T *state = value;                                                                          \
        int64_t at = first % CJ_REDUCE_BLOCK, i = 0;                                               \
        (void)index;                                                                               \
        for (; i < n && (at < LANES || at % LANES != 0); i++, at++) {                              \
            if (at == 0 && n >= LANES) { /* the first element of every lane at once */             \
                memcpy(state, a, LANES * sizeof(T));                                               \
                i += LANES - 1;                                                                    \
                at += LANES - 1;                                                                   \
            } else {                                                                               \
                T *l = state + at % LANES;                                                         \
                *l = at < LANES ? a[i] : STEP(T, U, *l, a[i]);                                     \
            }                                                                                      \
        }                                                                                          \
        if (i + LANES <= n) {                                                                      \
            groups_##name##_##dtype(state, a + i, (n - i) / LANES);                                \
            i += (n - i) / LANES * LANES;                                                          \
        }                                                                                          \
        for (int j = 0; i < n; i++, j++) {                                                         \
            state[j] = STEP(T, U, state[j], a[i]);                                                 \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_columns_##name##_##dtype)(void *value, int32_t *index, const void *tile,     \
                                                int64_t pitch, int64_t first, int64_t rows,        \
                                                int64_t inner)                                     \
    {                                                                                              \
        int64_t at = first % CJ_REDUCE_BLOCK;                                                      \
        (void)index;                                                                               \
        for (int64_t row = 0; row < rows; row++, at++) {                                           \
            const T *a = (const T *)tile + row * pitch;                                            \
            T *lane = (T *)value + at % LANES * inner;                                             \
            if (at < LANES) {                                                                      \
                memcpy(lane, a, (size_t)inner * sizeof(T));                                        \
                continue;                                                                          \
            }                                                                                      \
            CJ_LOOP                                                                                \
            for (int64_t i = 0; i < inner; i++) {                                                  \
                T x = lane[i], y = a[i];                                                           \
                lane[i] = STEP(T, U, x, y);                                                        \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_fold_##name##_##dtype)(void *value, int32_t *index, int64_t count)           \
    {                                                                                              \
        T *a = value;                                                                              \
        (void)index;                                                                               \
        if (count == LANES) {                                                                      \
            T lane[LANES];                                                                         \
            memcpy(lane, a, sizeof lane);                                                          \
            for (int half = LANES / 2; half > 0; half /= 2) {                                      \
                CJ_LOOP                                                                            \
                for (int j = 0; j < half; j++) {                                                   \
                    T x = lane[j], y = lane[j + half];                                             \
                    lane[j] = STEP(T, U, x, y);                                                    \
                }                                                                                  \
            }                                                                                      \
            a[0] = lane[0];                                                                        \
            return;                                                                                \
        }                                                                                          \
        for (int64_t half = first_half(count); count > 1; count = half, half /= 2) {               \
            CJ_LOOP                                                                                \
            for (int64_t j = 0; j < count - half; j++) {                                           \
                T x = a[j], y = a[j + half];                                                       \
                a[j] = STEP(T, U, x, y);                                                           \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_fold_columns_##name##_##dtype)(void *value, int32_t *index, int64_t count,   \
                                                     int64_t inner)                                \
    {                                                                                              \
        T *a = value;                                                                              \
        (void)index;                                                                               \
        for (int64_t half = first_half(count); count > 1; count = half, half /= 2) {               \
            CJ_LOOP                                                                                \
            for (int64_t j = 0; j < (count - half) * inner; j++) {                                 \
                T x = a[j], y = a[j + half * inner];                                               \
                a[j] = STEP(T, U, x, y);                                                           \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    CJ_REDUCE_WHOLE(NAME, name, DTYPE, dtype)

#define REDUCE_EACH(DTYPE, dtype, T, U, ADD, MORE, LESS)                                           \
    REDUCE(SUM, sum, DTYPE, dtype, T, U, STEP_##ADD)                                               \
    REDUCE(AMAX, amax, DTYPE, dtype, T, U, STEP_##MORE)                                            \
    REDUCE(AMIN, amin, DTYPE, dtype, T, U, STEP_##LESS)

REDUCE_EACH(F32, f32, float, float, SUM_FLOAT, MAX_FLOAT, MIN_FLOAT)
REDUCE_EACH(F64, f64, double, double, SUM_FLOAT, MAX_FLOAT, MIN_FLOAT)
REDUCE_EACH(I8, i8, int8_t, uint8_t, SUM_INTEGER, MAX, MIN)
REDUCE_EACH(I16, i16, int16_t, uint16_t, SUM_INTEGER, MAX, MIN)
REDUCE_EACH(I32, i32, int32_t, uint32_t, SUM_INTEGER, MAX, MIN)
REDUCE_EACH(I64, i64, int64_t, uint64_t, SUM_INTEGER, MAX, MIN)
REDUCE_EACH(U8, u8, uint8_t, uint8_t, SUM_INTEGER, MAX, MIN)
REDUCE_EACH(U16, u16, uint16_t, uint16_t, SUM_INTEGER, MAX, MIN)
REDUCE_EACH(U64, u64, uint64_t, uint64_t, SUM_INTEGER, MAX, MIN)
REDUCE_EACH(U32, u32, uint32_t, uint32_t, SUM_INTEGER, MAX, MIN)
REDUCE(AMAX, amax, BOOL, boolean, uint8_t, uint8_t, STEP_MAX)
REDUCE(AMIN, amin, BOOL, boolean, uint8_t, uint8_t, STEP_MIN)
