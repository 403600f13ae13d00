/*
 * Matrix products: every kernel of every instruction set has the bits of the scalar reference, whatever the strides, the threads,
 * the blocks, the prologue and the epilogue; and the reference is right to rounding.
 */
#include "contract_support.h"

/* One product with operands and the reference's result. */
typedef struct product {
    cj_matmul_spec spec;
    void *a, *b;
    int64_t c_count;
} product;

static product random_product(random_state *r, cj_dtype dtype, bool special)
{
    product p = {.spec = {.dtype = dtype}};
    cj_matmul_spec *s = &p.spec;
    bool large = random_chance(r, 4);
    s->batch = random_chance(r, 3) ? random_between(r, 0, 4) : 1;
    s->m = random_between(r, random_chance(r, 20) ? 0 : 1, large ? 150 : 40);
    s->n = random_between(r, random_chance(r, 20) ? 0 : 1, large ? 150 : 40);
    if (random_chance(r, 2))
        s->n = (s->n + 15) / 16 * 16;
    s->k = random_between(r, 0, large ? 100 : 40);
    if (random_chance(r, 4))
        s->k = random_between(r, 250, 800);
    int64_t a[3] = {s->batch, s->m, s->k}, b[3] = {s->batch, s->k, s->n},
            c[3] = {s->batch, s->m, s->n};
    bool plain = random_chance(r, 2);
    int64_t a_count = random_strides(r, 3, a, !plain, s->a_stride);
    int64_t b_count = random_strides(r, 3, b, !plain, s->b_stride);
    p.c_count = random_strides(r, 3, c, !plain, s->c_stride);
    if (plain) {
        memcpy(s->b_stride, (int64_t[3]){s->k * s->n, s->n, 1}, sizeof s->b_stride);
        memcpy(s->c_stride, (int64_t[3]){s->m * s->n, s->n, 1}, sizeof s->c_stride);
    }
    if (random_chance(r, 6))
        s->b_stride[0] = 0;
    p.a = random_array(r, dtype, a_count, special);
    p.b = random_array(r, dtype, b_count, special);
    return p;
}

static void free_product(product *p)
{
    free(p->a);
    free(p->b);
}

/* ---- prologue and epilogue that copy, and check how they are called ---- */

typedef struct calls {
    const cj_matmul_spec *spec;
    const void *a;
    void *c;
    int64_t next[8]; /* a thread: the row after its last */
    int64_t rows, grain;
} calls;

static void load_a(void *state, int thread, void *dst, int64_t row_stride, int64_t image,
                   int64_t first_row, int64_t rows)
{
    (void)thread;
    const calls *call = state;
    const cj_matmul_spec *s = call->spec;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < s->k; k++)
            set(s->dtype, dst, i * row_stride + k,
                get(s->dtype, call->a,
                    image * s->a_stride[0] + (first_row + i) * s->a_stride[1] +
                        k * s->a_stride[2]));
}

static void store_c(void *state, int thread, void *tile, int64_t first_row, int64_t rows)
{
    calls *call = state;
    const cj_matmul_spec *s = call->spec;
    assert_true(first_row >= call->next[thread]);
    if (call->next[thread] == 0 && call->grain > 0)
        assert_int_equal(first_row % call->grain, 0);
    call->next[thread] = first_row + rows;
    __atomic_fetch_add(&call->rows, rows, __ATOMIC_RELAXED);
    for (int64_t i = 0; i < rows; i++) {
        int64_t batch = (first_row + i) / s->m, row = (first_row + i) % s->m;
        for (int64_t j = 0; j < s->n; j++)
            set(s->dtype, call->c,
                batch * s->c_stride[0] + row * s->c_stride[1] + j * s->c_stride[2],
                get(s->dtype, tile, i * s->n + j));
    }
    memset(tile, 0xff, (size_t)(rows * s->n) * cj_dtype_size(s->dtype));
}

/* Runs it one way and compares all of c, what lies between its elements too. */
static void check(const product *p, cj_pool *pool, const cj_contract_options *options,
                  const void *want)
{
    cj_matmul_plan plan;
    assert_int_equal(cj_matmul_plan_make(&plan, &p->spec, options), CJ_OK);
    void *scratch = scratch_of(plan.scratch_bytes), *packed = scratch_of(plan.packed_bytes);
    void *c = filled_array(p->spec.dtype, p->c_count, 77);
    calls call = {.spec = &p->spec, .a = p->a, .c = c, .grain = options->row_grain};
    cj_matmul_pack(&plan, pool, p->b, packed);
    cj_matmul_run_args run = {.a = options->load ? NULL : p->a,
                              .b = plan.packed_bytes ? packed : p->b,
                              .c = options->store ? NULL : c,
                              .scratch = scratch,
                              .load = options->load ? load_a : NULL,
                              .load_state = &call,
                              .store = options->store ? store_c : NULL,
                              .store_state = &call};
    cj_matmul_run(&plan, pool, &run);
    char what[200];
    snprintf(what, sizeof what, "%s %s %s %lldx%lldx%lldx%lld threads %d load %d store %d",
             cj_isa_name(options->isa), plan.kernel, cj_dtype_name(p->spec.dtype),
             (long long)p->spec.batch, (long long)p->spec.m, (long long)p->spec.n,
             (long long)p->spec.k, options->threads, options->load, options->store);
    assert_same_bits(p->spec.dtype, c, want, p->c_count, what);
    if (options->store && p->spec.n > 0)
        assert_int_equal(call.rows, p->spec.batch * p->spec.m);
    free(scratch);
    free(packed);
    free(c);
}

static void every_isa_has_the_reference_bits(void **state)
{
    fixture *f = *state;
    random_state r = {1};
    for (int round = 0; round < rounds(120, 60); round++) {
        product p =
            random_product(&r, random_chance(&r, 2) ? CJ_F64 : CJ_F32, random_chance(&r, 3));
        void *want[2];
        for (int is_fma = 0; is_fma < 2; is_fma++) {
            want[is_fma] = filled_array(p.spec.dtype, p.c_count, 77);
            cj_reference_matmul(&p.spec, is_fma, p.a, p.b, want[is_fma]);
        }
        for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
            if (!cj_isa_available(isa))
                continue;
            for (int way = 0; way < 6; way++) {
                int i = (int)random_between(&r, 0, POOLS - 1);
                cj_contract_options options = {
                    .isa = isa,
                    .threads = pool_threads[i],
                    .load = way == 3 || way == 5,
                    .store = way == 4 || way == 5,
                    .spread = way > 0,
                    .generic = way == 2,
                    .row_grain = way == 4 ? random_between(&r, 1, 50) : 0,
                    .tile_rows = way == 1 ? random_between(&r, 1, 30) : 0};
                check(&p, f->pool[i], &options, want[cj_isa_is_fma(isa)]);
            }
        }
        free(want[0]);
        free(want[1]);
        free_product(&p);
    }
}

static void threads_work_and_do_not_show(void **state)
{
    fixture *f = *state;
    random_state r = {2};
    product p = {.spec = {.dtype = CJ_F32,
                          .batch = 1,
                          .m = 67,
                          .n = 96,
                          .k = 520,
                          .a_stride = {0, 520, 1},
                          .b_stride = {0, 96, 1},
                          .c_stride = {0, 96, 1}},
                 .c_count = 67 * 96};
    int isa = cj_isa_choose(NULL, NULL, 0);
    p.a = random_array(&r, CJ_F32, 67 * 520, false);
    p.b = random_array(&r, CJ_F32, 520 * 96, false);
    void *want = filled_array(CJ_F32, p.c_count, 77);
    cj_reference_matmul(&p.spec, cj_isa_is_fma(isa), p.a, p.b, want);
    for (int i = 0; i < POOLS; i++) {
        cj_contract_options options = {
            .isa = isa, .threads = pool_threads[i], .store = true, .spread = true};
        uint64_t before[8];
        for (int t = 0; t < pool_threads[i]; t++)
            before[t] = cj_pool_runs(f->pool[i], t);
        check(&p, f->pool[i], &options, want);
        for (int t = 0; t < pool_threads[i]; t++)
            assert_true(cj_pool_runs(f->pool[i], t) > before[t]);
    }
    free(want);
    free_product(&p);
}

static void reference_is_right(void **state)
{
    (void)state;
    random_state r = {3};
    for (int round = 0; round < 20; round++) {
        product p = random_product(&r, round % 2 ? CJ_F64 : CJ_F32, false);
        const cj_matmul_spec *s = &p.spec;
        void *c = filled_array(s->dtype, p.c_count, 77);
        cj_reference_matmul(s, round % 3 == 0, p.a, p.b, c);
        for (int64_t e = 0; e < s->batch * s->m * s->n; e++) {
            int64_t j = e % s->n, i = e / s->n % s->m, batch = e / s->n / s->m;
            double sum = 0, size = 0;
            for (int64_t k = 0; k < s->k; k++) {
                double term =
                    get(s->dtype, p.a,
                        batch * s->a_stride[0] + i * s->a_stride[1] + k * s->a_stride[2]) *
                    get(s->dtype, p.b,
                        batch * s->b_stride[0] + k * s->b_stride[1] + j * s->b_stride[2]);
                sum += term;
                size += fabs(term);
            }
            double got =
                get(s->dtype, c, batch * s->c_stride[0] + i * s->c_stride[1] + j * s->c_stride[2]);
            double bound = (double)(s->k + 2) * (s->dtype == CJ_F32 ? 0x1p-24 : 0x1p-52) * size;
            assert_true(fabs(got - sum) <= bound);
        }
        free(c);
        free_product(&p);
    }
}

static void kernels_differ(void **state)
{
    (void)state;
    cj_matmul_plan plan;
    cj_contract_options options = {.isa = CJ_ISA_ID_BASELINE, .threads = 1};
    cj_matmul_spec spec = {.dtype = CJ_F32,
                           .batch = 1,
                           .m = 16,
                           .n = 32,
                           .k = 8,
                           .a_stride = {0, 8, 1},
                           .b_stride = {0, 32, 1},
                           .c_stride = {0, 32, 1}};
    assert_int_equal(cj_matmul_plan_make(&plan, &spec, &options), CJ_OK);
    assert_string_equal(plan.kernel, "matmul.direct");
    spec.b_stride[1] = 1, spec.b_stride[2] = 8;
    assert_int_equal(cj_matmul_plan_make(&plan, &spec, &options), CJ_OK);
    assert_string_equal(plan.kernel, "matmul.packed");
    spec.dtype = CJ_I32;
    assert_int_equal(cj_matmul_plan_make(&plan, &spec, &options), CJ_DTYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_isa_has_the_reference_bits),
        cmocka_unit_test(threads_work_and_do_not_show),
        cmocka_unit_test(reference_is_right),
        cmocka_unit_test(kernels_differ),
    };
    return cmocka_run_group_tests(tests, set_up_pools, tear_down_pools);
}
