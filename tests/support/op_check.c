/*
 * tests/support/op_check.c - see op_check.h.
 */
#include "support/op_check.h"

#include "compile/program.h"
#include "cpu/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

cj_context *op_context(int threads)
{
    cj_context *context =
        cj_context_new(&(cj_config){.threads = threads, .smallest_work = 1}, NULL, 0);
    assert_non_null(context);
    return context;
}

cj_tensor *made(cj_context *context, cj_dtype dtype, int rank, const int64_t *shape, double low,
                double high, uint64_t seed)
{
    int64_t elements = 1;
    for (int i = 0; i < rank; i++)
        elements *= shape[i];
    double *data = malloc((size_t)(elements + 1) * sizeof *data);
    cj_key key = cj_key_from_seed(seed);
    for (int64_t e = 0; e < elements; e++)
        data[e] = low + (high - low) * cj_key_bits(key, (uint64_t)e) * 0x1p-32;
    cj_tensor *x = cj_tensor_from(context, CJ_F64, rank, shape, data);
    free(data);
    bool whole = cj_dtype_class(dtype) != 'f';
    return cj_eval(cj_cast(whole ? cj_floor(x) : x, dtype));
}

static bool is_nan(cj_dtype dtype, const void *element)
{
    float f;
    double d;
    if (dtype == CJ_F32) {
        memcpy(&f, element, sizeof f);
        return f != f;
    }
    if (dtype != CJ_F64)
        return false;
    memcpy(&d, element, sizeof d);
    return d != d;
}

static void compare(const cj_tensor *x, const char *fast, const char *slow)
{
    size_t size = cj_dtype_size((cj_dtype)x->dtype);
    for (int64_t e = 0; e < x->elements; e++, fast += size, slow += size) {
        char text[160];
        if (memcmp(fast, slow, size) == 0 ||
            (is_nan((cj_dtype)x->dtype, fast) && is_nan((cj_dtype)x->dtype, slow)))
            continue;
        print_error("%s: %s: element %lld is %.17g, the reference gives %.17g\n",
                    cj_op_table[x->op].name, cj_shape_text(x, text, sizeof text), (long long)e,
                    cj_number_at((cj_dtype)x->dtype, fast, 0),
                    cj_number_at((cj_dtype)x->dtype, slow, 0));
        fail();
    }
}

void check_op(cj_tensor *x)
{
    if (!x) {
        print_error("check_op: no tensor\n");
        fail();
        return;
    }
    cj_program *p = cj_compile(x->context, 1, &x, NULL);
    if (!p || cj_run(p, 0, NULL)) {
        print_error("%s: %s\n", cj_op_table[x->op].name, cj_error(x->context));
        fail();
        return;
    }
    const cj_kernel *k = p->kernel[p->kernels - 1];
    assert_int_equal(k->kind, CJ_KERNEL_CALL);
    assert_int_equal(k->op, x->op);
    const void **in = calloc((size_t)k->operand_count + 1, sizeof *in);
    for (int i = 0; i < k->operand_count; i++)
        in[i] = (char *)p->pointer[k->operand[i].view.buffer] +
                (size_t)k->operand[i].view.offset * cj_dtype_size((cj_dtype)k->operand[i].dtype);
    void *slow = malloc((size_t)x->elements * cj_dtype_size((cj_dtype)x->dtype) + 1);
    cj_op_kernels[k->op]->reference(&(cj_op_run){.context = x->context,
                                                 .kernel = k,
                                                 .in = in,
                                                 .out = slow,
                                                 .scratch = p->call[p->kernels - 1].scratch,
                                                 .plan = cj_op_plan(p->call[p->kernels - 1].call)});
    compare(x, cj_output(p, 0), slow);
    free(slow);
    free(in);
    cj_program_free(p);
}
