/*
 * tests/cpu/test_reduce.c - reductions, movement, iota and random bits of every instruction set
 * against their definitions: whole, in pieces cut at random, and side by side in columns.
 */
#include "elements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const op_name[] = {"sum", "amax", "amin", "argmax"};

static cj_dtype result_dtype(cj_op op, cj_dtype dtype)
{
    return op == CJ_OP_ARGMAX ? CJ_I32 : dtype;
}

static void *get(int64_t bytes)
{
    void *p = malloc((size_t)bytes + 64);
    assert_non_null(p);
    return p;
}

/* Drives the streaming pieces as kernels.h says, with tiles of random lengths. */
static void reduce_in_pieces(const struct cj_isa_kernels *k, cj_op op, cj_dtype dtype,
                             int64_t reduced, int64_t inner, const void *in, void *out,
                             uint64_t *state)
{
    const int64_t size = (int64_t)cj_dtype_size(dtype),
                  blocks = (reduced + CJ_REDUCE_BLOCK - 1) / CJ_REDUCE_BLOCK;
    const int r = (int)op - CJ_OP_SUM;
    char *value = get(CJ_REDUCE_LANES * inner * size), *block_value = get(blocks * inner * size);
    int32_t *index = get(CJ_REDUCE_LANES * inner * 4), *block_index = get(blocks * inner * 4);

    memset(value, 0xab, (size_t)(CJ_REDUCE_LANES * inner * size));
    for (int64_t b = 0; b < blocks; b++) {
        int64_t end = CJ_MIN(reduced, (b + 1) * CJ_REDUCE_BLOCK);
        for (int64_t first = b * CJ_REDUCE_BLOCK; first < end;) {
            int64_t length = 1 + draw_below(state, draw(state) % 2 == 0 ? 70 : 3000);
            int64_t n = CJ_MIN(end - first, length);
            const char *tile = (const char *)in + first * inner * size;
            if (inner == 1) {
                k->reduce_row[r][dtype](value, index, tile, first, n);
            } else {
                k->reduce_columns[r][dtype](value, index, tile, inner, first, n, inner);
            }
            first += n;
        }
        int64_t lanes = CJ_MIN(end - b * CJ_REDUCE_BLOCK, CJ_REDUCE_LANES);
        if (inner == 1) {
            k->fold[r][dtype](value, index, lanes);
        } else {
            k->fold_columns[r][dtype](value, index, lanes, inner);
        }
        memcpy(block_value + b * inner * size, value, (size_t)(inner * size));
        memcpy(block_index + b * inner, index, (size_t)inner * 4);
    }
    k->fold_columns[r][dtype](block_value, block_index, blocks, inner);
    if (inner == 1) { /* folding again one entry changes nothing */
        k->fold[r][dtype](block_value, block_index, 1);
    }
    memcpy(out, op == CJ_OP_ARGMAX ? (void *)block_index : block_value,
           (size_t)inner * cj_dtype_size(result_dtype(op, dtype)));
    free(value);
    free(block_value);
    free(index);
    free(block_index);
}

static void check_reduction(int isa, cj_op op, cj_dtype dtype, int64_t outer, int64_t reduced,
                            int64_t inner, uint64_t *state)
{
    const struct cj_isa_kernels *k = cj_kernels(isa);
    cj_dtype to = result_dtype(op, dtype);
    void *in = get(outer * reduced * inner * 8), *expected = get(outer * inner * 8),
         *out = get(outer * inner * 8);
    void *scratch = get((int64_t)cj_reduce_scratch(op, dtype, reduced, inner));
    int64_t bad;

    fill(state, dtype, outer * reduced * inner, in);
    if (draw(state) % 3 != 0 &&
        (dtype == CJ_F32 || dtype == CJ_F64)) { /* else NaN decides too often */
        for (int64_t i = 0; i < outer * reduced * inner; i++) {
            if (dtype == CJ_F32) {
                ((float *)in)[i] = (float)draw_below(state, 1000) / 7 - 50;
            } else {
                ((double *)in)[i] = (double)draw_below(state, 1000) / 7 - 50;
            }
        }
    }
    cj_reference_reduce(op, dtype, outer, reduced, inner, in, expected);
    k->reduce[op - CJ_OP_SUM][dtype](outer, reduced, inner, out, in, scratch);
    bad = first_difference(to, outer * inner, out, expected);
    if (bad >= 0) {
        fail_msg("%s of dtype %d on %s, [%d][%d][%d]: output %d differs", op_name[op - CJ_OP_SUM],
                 (int)dtype, cj_isa_name(isa), (int)outer, (int)reduced, (int)inner, (int)bad);
    }
    if (reduced > 0) {
        reduce_in_pieces(k, op, dtype, reduced, inner, in, out, state);
        if (first_difference(to, inner, out, expected) >= 0) {
            fail_msg("%s of dtype %d on %s in pieces, [%d][%d] differs", op_name[op - CJ_OP_SUM],
                     (int)dtype, cj_isa_name(isa), (int)reduced, (int)inner);
        }
    }
    free(in);
    free(expected);
    free(out);
    free(scratch);
}

static void reductions_equal_their_definition(void **unused)
{
    (void)unused;
    static const int64_t length[] = {0,   1,    2,    5,    31,   32,    33,   64,
                                     100, 4095, 4096, 4097, 9000, 12288, 20500};
    uint64_t state = 11;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        for (int row = 0; cj_kernels(isa) != NULL && row < CJ_REDUCE_OP_COUNT * CJ_DTYPE_COUNT;
             row++) {
            cj_op op = (cj_op)(CJ_OP_SUM + row / CJ_DTYPE_COUNT);
            cj_dtype dtype = (cj_dtype)(row % CJ_DTYPE_COUNT);
            bool takes =
                (op != CJ_OP_SUM || dtype != CJ_BOOL) && dtype != CJ_BF16 && dtype != CJ_F16;
            assert_int_equal(cj_kernels(isa)->reduce[op - CJ_OP_SUM][dtype] != NULL, takes);
            for (size_t i = 0; takes && i < CJ_COUNT(length); i++) {
                check_reduction(isa, op, dtype, 2, length[i], 1, &state);
                check_reduction(isa, op, dtype, 1, CJ_MIN(length[i], 9000),
                                1 + draw_below(&state, 5), &state);
                check_reduction(isa, op, dtype, 2, draw_below(&state, 200),
                                1 + draw_below(&state, 150), &state);
            }
        }
    }
}

static void argmax_takes_the_first_of_ties_and_nan(void **unused)
{
    (void)unused;
    float ties[100] = {0}, nan[100] = {0};
    char scratch[4096];
    int32_t index;
    ties[17] = ties[50] = ties[49] = 3;
    nan[70] = nan[41] = NAN;
    nan[3] = INFINITY;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        if (cj_kernels(isa) != NULL) {
            cj_kernels(isa)->reduce[CJ_OP_ARGMAX - CJ_OP_SUM][CJ_F32](1, 100, 1, &index, ties,
                                                                      scratch);
            assert_int_equal(index, 17);
            cj_kernels(isa)->reduce[CJ_OP_ARGMAX - CJ_OP_SUM][CJ_F32](1, 100, 1, &index, nan,
                                                                      scratch);
            assert_int_equal(index, 41);
        }
    }
}

/* 2^24 + 1 + 1 + ...: only the order of DESIGN.md gives this sum. */
static void sum_has_the_stated_order(void **unused)
{
    (void)unused;
    float in[70], sum;
    char scratch[4096];
    float lane[32];
    for (int i = 0; i < 70; i++) {
        in[i] = i == 0 ? 0x1p24f : 1 + (float)i / 3;
    }
    for (int i = 0; i < 32; i++) {
        lane[i] = i < 6 ? (in[i] + in[i + 32]) + in[i + 64] : in[i] + in[i + 32];
    }
    for (int half = 16; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) {
            lane[i] += lane[i + half];
        }
    }
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        if (cj_kernels(isa) != NULL) {
            cj_kernels(isa)->reduce[0][CJ_F32](1, 70, 1, &sum, in, scratch);
            assert_memory_equal(&sum, &lane[0], sizeof sum);
        }
    }
}

static void movement_moves(void **unused)
{
    (void)unused;
    static const size_t bytes[CJ_SIZE_COUNT] = {1, 2, 4, 8};
    enum { MOST = 80 };
    uint64_t state = 12;
    char *in = get(MOST * MOST * 8), *out = get(MOST * MOST * 8), *expected = get(MOST * MOST * 8);
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        const struct cj_isa_kernels *k = cj_kernels(isa);
        for (int round = 0; k != NULL && round < 300; round++) {
            int s = round % CJ_SIZE_COUNT;
            size_t size = bytes[s];
            int64_t rows = draw_below(&state, 40), columns = 1 + draw_below(&state, 40);
            int64_t in_pitch = columns + draw_below(&state, 5),
                    out_pitch = rows + draw_below(&state, 5);
            fill(&state, CJ_U8, MOST * MOST * 8, in);
            assert_int_equal(cj_size_class_of(size), s);

            memset(out, 1, MOST * MOST * 8);
            memset(expected, 1, MOST * MOST * 8);
            k->transpose[s](rows, columns, out, out_pitch, in, in_pitch);
            for (int64_t r = 0; r < rows; r++) {
                for (int64_t c = 0; c < columns; c++) {
                    memcpy(expected + (size_t)(c * out_pitch + r) * size,
                           in + (size_t)(r * in_pitch + c) * size, size);
                }
            }
            assert_memory_equal(out, expected, MOST * MOST * 8);

            int64_t out_stride = 1 + draw_below(&state, 3), in_stride = draw_below(&state, 5) - 2;
            const char *from = in + (size_t)(2 * MOST) * size;
            k->copy_strided[s](rows, out, out_stride, from, in_stride);
            for (int64_t r = 0; r < rows; r++) {
                memcpy(expected + (size_t)(r * out_stride) * size,
                       from + r * in_stride * (int64_t)size, size);
            }
            assert_memory_equal(out, expected, MOST * MOST * 8);

            k->repeat_rows[s](rows, columns, out, in);
            for (int64_t r = 0; r < rows; r++) {
                memcpy(expected + (size_t)(r * columns) * size, in, (size_t)columns * size);
            }
            assert_memory_equal(out, expected, MOST * MOST * 8);

            k->spread_rows[s](rows, columns, out, in);
            for (int64_t i = 0; i < rows * columns; i++) {
                memcpy(expected + (size_t)i * size, in + (size_t)(i / columns) * size, size);
            }
            assert_memory_equal(out, expected, MOST * MOST * 8);

            k->splat[s](rows * 3, out, in);
            for (int64_t i = 0; i < rows * 3; i++) {
                memcpy(expected + (size_t)i * size, in, size);
            }
            assert_memory_equal(out, expected, MOST * MOST * 8);
        }
    }
    free(in);
    free(out);
    free(expected);
}

static void iota_and_random_bits_equal_their_definition(void **unused)
{
    (void)unused;
    enum { MOST = 700 };
    static const uint64_t starts[] = {0, 1, 2, 3, 255, 17179869183u - 20, UINT64_MAX / 4};
    uint64_t state = 13;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        const struct cj_isa_kernels *k = cj_kernels(isa);
        for (int round = 0; k != NULL && round < 50; round++) {
            int32_t narrow[MOST];
            int64_t wide[MOST], n = draw_below(&state, MOST + 1);
            uint32_t bits[MOST];
            int32_t start = (int32_t)(uint32_t)draw(&state), step = (int32_t)(uint32_t)draw(&state);
            cj_key key = {{(uint32_t)draw(&state), (uint32_t)draw(&state)}};
            uint64_t first = starts[round % (int)CJ_COUNT(starts)];
            k->iota_i32(n, narrow, start, step);
            k->iota_i64(n, wide, start, step);
            k->random_bits(n, bits, key, first);
            for (int64_t i = 0; i < n; i++) {
                assert_int_equal((uint32_t)narrow[i],
                                 (uint32_t)start + (uint32_t)i * (uint32_t)step);
                assert_true(wide[i] == start + i * step);
                assert_int_equal(bits[i], cj_key_bits(key, first + (uint64_t)i));
            }
        }
    }
}

static void digests_are_golden(void **unused)
{
    (void)unused;
    static const uint64_t golden[] = {0x8b385785fb7f85ac, 0x1beba3e253159e34, 0x1a5225e17efaa975,
                                      0x0eaa68babfd45b3c};
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        for (int r = 0; cj_kernels(isa) != NULL && r < CJ_REDUCE_OP_COUNT; r++) {
            uint64_t hash = DIGEST_START, state = 14;
            for (cj_dtype dtype = 0; dtype < CJ_DTYPE_COUNT; dtype++) {
                cj_op op = (cj_op)(CJ_OP_SUM + r);
                double in[9000], out[3];
                char scratch[4096];
                if (cj_kernels(isa)->reduce[r][dtype] == NULL) {
                    continue;
                }
                fill(&state, dtype, 9000, in);
                for (int i = 0; i < 9000 && dtype <= CJ_F64; i++) {
                    if (dtype == CJ_F32) {
                        ((float *)(void *)in)[i] = (float)draw_below(&state, 1000) / 7 - 50;
                    } else {
                        in[i] = (double)draw_below(&state, 1000) / 7 - 50;
                    }
                }
                cj_kernels(isa)->reduce[r][dtype](1, 9000, 1, out, in, scratch);
                hash = digest(hash, result_dtype(op, dtype), 1, out);
                cj_kernels(isa)->reduce[r][dtype](1, 3000, 3, out, in, scratch);
                hash = digest(hash, result_dtype(op, dtype), 3, out);
            }
            if (hash != golden[r]) {
                fail_msg("%s on %s: 0x%016llx", op_name[r], cj_isa_name(isa),
                         (unsigned long long)hash);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reductions_equal_their_definition),
        cmocka_unit_test(argmax_takes_the_first_of_ties_and_nan),
        cmocka_unit_test(sum_has_the_stated_order),
        cmocka_unit_test(movement_moves),
        cmocka_unit_test(iota_and_random_bits_equal_their_definition),
        cmocka_unit_test(digests_are_golden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
