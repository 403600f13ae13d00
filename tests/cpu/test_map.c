/*
 * tests/cpu/test_map.c - every elementwise kernel of every instruction set at hand equals the
 * scalar definition, bit by bit, at any length, alignment and in place; golden digests compare
 * platforms with each other.
 */
#include "elements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define LONGEST 201
#define BYTES ((LONGEST + 8) * 8)

static const struct {
    const char *name;
    int arity;
    const char *in;
    char out;
} op_row[CJ_MAP_OP_COUNT] = {
#define CJ_X(NAME, name, arity, in, out) {#name, arity, in, out},
    CJ_MAP_OP_LIST(CJ_X)
#undef CJ_X
};

static const char dtype_class[CJ_DTYPE_COUNT] = {
#define CJ_X(NAME, name, type, bytes, kind) kind,
    CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
};

static const char *dtype_name[CJ_DTYPE_COUNT] = {
#define CJ_X(NAME, name, type, bytes, kind) #name,
    CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
};

/* Halves are storage: cast to and from floats, and moved. */
static bool is_half(cj_dtype dtype)
{
    return dtype == CJ_BF16 || dtype == CJ_F16;
}

static bool is_cast(cj_dtype from, cj_dtype to)
{
    return is_half(from) ? to == CJ_F32 : !is_half(to) || from == CJ_F32 || from == CJ_F64;
}

struct sources {
    _Alignas(64) char data[4][BYTES];
    const void *src[4];
};

static void fill_sources(struct sources *s, uint64_t *state, cj_op op, cj_dtype dtype, int64_t n,
                         int64_t offset)
{
    for (int k = 0; k < 4; k++) {
        cj_dtype type = op == CJ_OP_WHERE && k == 0 ? CJ_BOOL : dtype;
        char *at = s->data[k] + (size_t)offset * cj_dtype_size(type);
        fill(state, type, n, at);
        s->src[k] = at;
    }
}

/* Runs a kernel apart from its sources and in place of each that it may replace. */
static void check_kernel(const char *what, const char *isa, cj_map_fn kernel, int arity,
                         cj_dtype in, cj_dtype out, int64_t n, int64_t offset,
                         const struct sources *given, void *expected)
{
    const size_t size = cj_dtype_size(out);
    _Alignas(64) char result[BYTES], guard[BYTES];
    memset(result, 0x5a, sizeof result);
    memcpy(guard, result, sizeof guard);
    char *at = result + (size_t)offset * size;
    kernel(n, at, given->src);
    int64_t bad = first_difference(out, n, at, expected);
    if (bad >= 0) {
        fail_msg("%s of %s on %s: element %d of %d differs", what, dtype_name[in], isa, (int)bad,
                 (int)n);
    }
    memcpy(guard + (size_t)offset * size, at, (size_t)n * size);
    assert_memory_equal(result, guard, sizeof guard); /* nothing beside it was written */
    for (int k = 0; k < arity; k++) {
        struct sources copy = *given;
        if (cj_dtype_size(in) != size ||
            (arity == 3 && given->src[0] == (const void *)given->data[0] && k == 0 && size != 1)) {
            continue;
        }
        for (int j = 0; j < 4; j++) {
            copy.src[j] = copy.data[j] + ((const char *)given->src[j] - given->data[j]);
        }
        void *place = copy.data[k] + ((const char *)given->src[k] - given->data[k]);
        kernel(n, place, copy.src);
        assert_int_equal(first_difference(out, n, place, expected), -1);
    }
}

static void maps_equal_their_definition(void **unused)
{
    (void)unused;
    uint64_t state = 1;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        const struct cj_isa_kernels *kernels = cj_kernels(isa);
        if (kernels == NULL) {
            print_message("%s is not at hand\n", cj_isa_name(isa));
            continue;
        }
        for (cj_op op = 0; op < CJ_MAP_OP_COUNT; op++) {
            for (cj_dtype dtype = 0; op != CJ_OP_CAST && dtype < CJ_DTYPE_COUNT; dtype++) {
                cj_map_fn kernel = kernels->map[op][dtype];
                assert_int_equal(kernel != NULL,
                                 !is_half(dtype) &&
                                     strchr(op_row[op].in, dtype_class[dtype]) != NULL);
                for (int round = 0; kernel != NULL && round < 30; round++) {
                    struct sources s;
                    int64_t n = round == 0 ? LONGEST - 1 : draw_below(&state, LONGEST),
                            offset = draw_below(&state, 8);
                    _Alignas(64) char expected[BYTES];
                    cj_dtype out = op_row[op].out == 'b' ? CJ_BOOL : dtype;
                    fill_sources(&s, &state, op, dtype, n, offset);
                    cj_reference_map(op, dtype, dtype, n, expected, s.src, cj_isa_is_fma(isa));
                    /* the condition of where is replaced only by bytes */
                    int arity =
                        op == CJ_OP_WHERE && cj_dtype_size(dtype) != 1 ? 0 : op_row[op].arity;
                    check_kernel(op_row[op].name, cj_isa_name(isa), kernel, arity, dtype, out, n,
                                 offset, &s, expected);
                }
            }
        }
    }
}

static void casts_equal_their_definition(void **unused)
{
    (void)unused;
    uint64_t state = 2;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        for (int pair = 0; cj_kernels(isa) != NULL && pair < CJ_DTYPE_COUNT * CJ_DTYPE_COUNT;
             pair++) {
            cj_dtype from = (cj_dtype)(pair / CJ_DTYPE_COUNT),
                     to = (cj_dtype)(pair % CJ_DTYPE_COUNT);
            assert_int_equal(cj_kernels(isa)->cast[from][to] != NULL, is_cast(from, to));
            for (int round = 0; is_cast(from, to) && round < 30; round++) {
                struct sources s;
                int64_t n = draw_below(&state, LONGEST), offset = draw_below(&state, 8);
                _Alignas(64) char expected[BYTES];
                fill_sources(&s, &state, CJ_OP_CAST, from, n, offset);
                cj_reference_map(CJ_OP_CAST, from, to, n, expected, s.src, true);
                check_kernel("cast", cj_isa_name(isa), cj_kernels(isa)->cast[from][to], 1, from, to,
                             n, offset, &s, expected);
            }
        }
    }
}

static void casts_saturate(void **unused)
{
    (void)unused;
    const double in[] = {NAN,           INFINITY, -INFINITY, 1e300,  -1e300,      2147483647.9,
                         -2147483648.9, 255.9,    -0.9,      0x1p63, 4294967295.5};
    enum { COUNT = CJ_COUNT(in) };
    const void *src[] = {in};
    const int32_t i32[COUNT] = {0,         INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX,
                                INT32_MIN, 255,       0,         INT32_MAX, INT32_MAX};
    const int64_t i64[COUNT] = {0,           INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN, 2147483647,
                                -2147483648, 255,       0,         INT64_MAX, 4294967295};
    const uint8_t u8[COUNT] = {0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 255};
    const uint32_t u32[COUNT] = {0, UINT32_MAX, 0, UINT32_MAX, 0,         2147483647,
                                 0, 255,        0, UINT32_MAX, UINT32_MAX};
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        char out[COUNT * 8];
        if (cj_kernels(isa) == NULL) {
            continue;
        }
        cj_kernels(isa)->cast[CJ_F64][CJ_I32](COUNT, out, src);
        assert_memory_equal(out, i32, sizeof i32);
        cj_kernels(isa)->cast[CJ_F64][CJ_I64](COUNT, out, src);
        assert_memory_equal(out, i64, sizeof i64);
        cj_kernels(isa)->cast[CJ_F64][CJ_U8](COUNT, out, src);
        assert_memory_equal(out, u8, sizeof u8);
        cj_kernels(isa)->cast[CJ_F64][CJ_U32](COUNT, out, src);
        assert_memory_equal(out, u32, sizeof u32);
    }
}

/* The pairs are given as two ops: t = first(src0, src1) of out class, then second. */
static void pairs_equal_their_ops(void **unused)
{
    (void)unused;
    uint64_t state = 3;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        const struct cj_isa_kernels *k = cj_kernels(isa);
        for (int round = 0; k != NULL && round < 30 * CJ_DTYPE_COUNT; round++) {
            cj_dtype dtype = (cj_dtype)(round % CJ_DTYPE_COUNT);
            const struct {
                cj_map_fn kernel;
                cj_op first, second;
                int order; /* of the second: 0 (t, src2), 1 (src2, t), 2 where(t, src2, src3) */
            } pair[] = {
                {k->select_lt[dtype], CJ_OP_LT, CJ_OP_WHERE, 2},
                {k->select_le[dtype], CJ_OP_LE, CJ_OP_WHERE, 2},
                {k->select_eq[dtype], CJ_OP_EQ, CJ_OP_WHERE, 2},
                {k->mul_add[dtype], CJ_OP_MUL, CJ_OP_ADD, 0},
                {k->mul_sub[dtype], CJ_OP_MUL, CJ_OP_SUB, 0},
                {k->sub_mul[dtype], CJ_OP_MUL, CJ_OP_SUB, 1},
                {k->sub_then_mul[dtype], CJ_OP_SUB, CJ_OP_MUL, 0},
            };
            for (size_t p = 0; p < CJ_COUNT(pair); p++) {
                struct sources s;
                int64_t n = draw_below(&state, LONGEST), offset = draw_below(&state, 8);
                _Alignas(64) char middle[BYTES], expected[BYTES];
                bool takes =
                    !is_half(dtype) && (p < 3 ? dtype != CJ_BOOL : dtype_class[dtype] == 'f');
                assert_int_equal(pair[p].kernel != NULL, takes);
                if (!takes) {
                    continue;
                }
                fill_sources(&s, &state, CJ_OP_ADD, dtype, n, offset);
                const void *orders[3][3] = {
                    {middle, s.src[2]}, {s.src[2], middle}, {middle, s.src[2], s.src[3]}};
                cj_reference_map(pair[p].first, dtype, dtype, n, middle, s.src, true);
                cj_reference_map(pair[p].second, dtype, dtype, n, expected, orders[pair[p].order],
                                 true);
                check_kernel("a pair", cj_isa_name(isa), pair[p].kernel, p < 3 ? 4 : 3, dtype,
                             dtype, n, offset, &s, expected);
            }
        }
    }
}

static void integers_are_total(void **unused)
{
    (void)unused;
    const int32_t a[] = {INT32_MIN, 7, -7, INT32_MAX, INT32_MIN}, b[] = {-1, 0, 2, 1, 0};
    const int32_t quotient[] = {INT32_MIN, 0, -3, INT32_MAX, 0},
                  sum[] = {INT32_MAX, 7, -5, INT32_MIN, INT32_MIN};
    const uint32_t c[] = {1, 1, 0xffffffff, 5}, d[] = {31, 32, 4, 4000000000u},
                   left[] = {0x80000000u, 0, 0xfffffff0u, 0};
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        int32_t out[5];
        if (cj_kernels(isa) == NULL) {
            continue;
        }
        cj_kernels(isa)->map[CJ_OP_DIV][CJ_I32](5, out, (const void *[]){a, b});
        assert_memory_equal(out, quotient, sizeof quotient);
        cj_kernels(isa)->map[CJ_OP_ADD][CJ_I32](5, out, (const void *[]){a, b});
        assert_memory_equal(out, sum, sizeof sum);
        cj_kernels(isa)->map[CJ_OP_SHL][CJ_U32](4, out, (const void *[]){c, d});
        assert_memory_equal(out, left, sizeof left);
    }
}

/* One number an op, over all its dtypes, for the classes fma and baseline. */
static const uint64_t golden[CJ_MAP_OP_COUNT][2] = {
    [CJ_OP_NEG] = {0x9b4904cf228f5e2a, 0x9b4904cf228f5e2a},
    [CJ_OP_ABS] = {0x9f45cb1e14be2b21, 0x9f45cb1e14be2b21},
    [CJ_OP_SIGN] = {0xfb015a392ab418d0, 0xfb015a392ab418d0},
    [CJ_OP_FLOOR] = {0x3cf756b65c24eae5, 0x3cf756b65c24eae5},
    [CJ_OP_CEIL] = {0xd5998197016e9df8, 0xd5998197016e9df8},
    [CJ_OP_ROUND] = {0x244a79efbaf53c6a, 0x244a79efbaf53c6a},
    [CJ_OP_SQRT] = {0xe7c9d1d6f10dec54, 0xe7c9d1d6f10dec54},
    [CJ_OP_EXP] = {0x7b045943101f07e5, 0x5c3fa9760da33483},
    [CJ_OP_EXPM1] = {0xb7c06de0d0afa0e3, 0x6001684ff84f8e06},
    [CJ_OP_LOG] = {0x358ec99c51799b06, 0x358ec99c51799b06},
    [CJ_OP_LOG1P] = {0x1711daa06f56bd2f, 0x77ec463213b53059},
    [CJ_OP_SIN] = {0x0755b1627b4f2a0b, 0xaced5468f3f9bd83},
    [CJ_OP_COS] = {0x967eb5cf1b746a1e, 0x26d77f762a5d4b6a},
    [CJ_OP_TANH] = {0x09eecd961a20713e, 0x53ea16912f07efa5},
    [CJ_OP_ERF] = {0xf98f1d17b49997c2, 0x16045ec1305cf7b8},
    [CJ_OP_NOT] = {0xb45caf881fc1d258, 0xb45caf881fc1d258},
    [CJ_OP_ADD] = {0xcff1bc6a7fa5160a, 0xcff1bc6a7fa5160a},
    [CJ_OP_SUB] = {0x6e4d0b8c0ed77cff, 0x6e4d0b8c0ed77cff},
    [CJ_OP_MUL] = {0x0051d45c87de9dbd, 0x0051d45c87de9dbd},
    [CJ_OP_DIV] = {0xc7409859ca0c8b0f, 0xc7409859ca0c8b0f},
    [CJ_OP_POW] = {0x329c80ef0cc56356, 0x35112ec18f66438c},
    [CJ_OP_MAX] = {0x71ce27cadbc2b162, 0x71ce27cadbc2b162},
    [CJ_OP_MIN] = {0x8aa70bb2d43200a2, 0x8aa70bb2d43200a2},
    [CJ_OP_EQ] = {0xfbc72beadc7d511f, 0xfbc72beadc7d511f},
    [CJ_OP_NE] = {0x5804b1cd04fdeb6e, 0x5804b1cd04fdeb6e},
    [CJ_OP_LT] = {0x8817a7450538d5cc, 0x8817a7450538d5cc},
    [CJ_OP_LE] = {0x454a3d4a6376c2c6, 0x454a3d4a6376c2c6},
    [CJ_OP_AND] = {0xae03636f6997b927, 0xae03636f6997b927},
    [CJ_OP_OR] = {0xbf21c8b1ca57acfc, 0xbf21c8b1ca57acfc},
    [CJ_OP_XOR] = {0xa5173b24056ffc0d, 0xa5173b24056ffc0d},
    [CJ_OP_SHL] = {0xf3e76108e9e042fb, 0xf3e76108e9e042fb},
    [CJ_OP_SHR] = {0x4437f0e7bbe848b8, 0x4437f0e7bbe848b8},
    [CJ_OP_WHERE] = {0x03e24c8efa7f89c9, 0x03e24c8efa7f89c9},
    [CJ_OP_CAST] = {0x064e7e72fdb006c7, 0x064e7e72fdb006c7},
    [CJ_OP_EXP2] = {0xe92951df0e59a412, 0x824fe30ba51079e7},
    [CJ_OP_LOG2] = {0xdc626e115de412b4, 0x3615c39500a4a67a},
    [CJ_OP_TAN] = {0x04a73ea07149ea1f, 0x8373dd9b17575480},
    [CJ_OP_ASIN] = {0x8c73614fb0f7401f, 0xc9493bc03eb27ff8},
    [CJ_OP_ACOS] = {0x9a232182060915a8, 0x40d1022e9ca45019},
    [CJ_OP_ATAN] = {0x4afda6f4abf0d999, 0x23b523658598c48b},
    [CJ_OP_SINH] = {0x02f2828db447f8a3, 0xd537305438c19abb},
    [CJ_OP_COSH] = {0x40a99773cd6dbf8c, 0xf5f3dafc43195b82},
    [CJ_OP_ASINH] = {0xf62758a68fd354b5, 0x52cafecf08c081cc},
    [CJ_OP_ACOSH] = {0xd93aec73afc0096e, 0xb1ce3db72cd4c548},
    [CJ_OP_ATANH] = {0x4c2231cceed2c729, 0x92e3f2a9c73b2a11},
    [CJ_OP_CBRT] = {0x95f6aacb9daa495c, 0x95f6aacb9daa495c},
    [CJ_OP_ERFC] = {0xabf558d207c17037, 0x52c07b8f648c9074},
    [CJ_OP_ERFINV] = {0x2dd7271586d3b956, 0x590ae6a58e60cdd6},
    [CJ_OP_LGAMMA] = {0x5ce48a9f50d455e5, 0x7c6eb9ac541099d5},
    [CJ_OP_DIGAMMA] = {0x14883c053eb82e58, 0xae1b8bf9bb288aff},
    [CJ_OP_ATAN2] = {0xf2e3826bfbf5b307, 0xc7142f1e3774a34f},
    [CJ_OP_HYPOT] = {0xd8b2431d9b268787, 0xdaf9c40b81cef549},
    [CJ_OP_LOGADDEXP] = {0x2fe46968d511818b, 0xb078164ac6de75b8},
    [CJ_OP_ZETA] = {0x10b198690338eb24, 0x04f121bbdcf67287},
    [CJ_OP_BESSEL_IE] = {0x270ac0cf014e7f87, 0x015e20ff122443d3},
    [CJ_OP_FMOD] = {0x0bd8febde610cff5, 0x0bd8febde610cff5},
    [CJ_OP_POPCOUNT] = {0xe2d74f9c5ccdc4ea, 0xe2d74f9c5ccdc4ea},
    [CJ_OP_RELU] = {0xa86b9f9cbd60a44f, 0xa86b9f9cbd60a44f},
};

static void digests_are_golden(void **unused)
{
    (void)unused;
    bool differs = false;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        for (cj_op op = 0; cj_kernels(isa) != NULL && op < CJ_MAP_OP_COUNT; op++) {
            uint64_t hash = DIGEST_START,
                     state = cj_hash_bytes(4, op_row[op].name, strlen(op_row[op].name));
            for (int type = 0; type < CJ_DTYPE_COUNT * CJ_DTYPE_COUNT; type++) {
                cj_dtype dtype = (cj_dtype)(type / CJ_DTYPE_COUNT),
                         to = (cj_dtype)(type % CJ_DTYPE_COUNT);
                cj_map_fn kernel = op == CJ_OP_CAST ? cj_kernels(isa)->cast[dtype][to]
                                   : to == CJ_BOOL  ? cj_kernels(isa)->map[op][dtype]
                                                    : NULL;
                for (int round = 0; kernel != NULL && round < 20; round++) {
                    struct sources s;
                    _Alignas(64) char out[BYTES];
                    fill_sources(&s, &state, op, dtype, LONGEST, 0);
                    kernel(LONGEST, out, s.src);
                    hash = digest(hash,
                                  op == CJ_OP_CAST        ? to
                                  : op_row[op].out == 'b' ? CJ_BOOL
                                                          : dtype,
                                  LONGEST, out);
                }
            }
            if (hash != golden[op][!cj_isa_is_fma(isa)]) {
                print_error("%s on %s: 0x%016llx\n", op_row[op].name, cj_isa_name(isa),
                            (unsigned long long)hash);
                differs = true;
            }
        }
    }
    assert_false(differs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_equal_their_definition),
        cmocka_unit_test(casts_equal_their_definition),
        cmocka_unit_test(casts_saturate),
        cmocka_unit_test(pairs_equal_their_ops),
        cmocka_unit_test(integers_are_total),
        cmocka_unit_test(digests_are_golden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
