/*
 * src/compile/eval.c - one tensor, computed now: cj_eval, cj_read, cj_describe; and programs in
 * words.
 */
#include "compile/program.h"

#include <math.h>
#include <stdio.h>

double cj_number_at(cj_dtype dtype, const void *data, int64_t i)
{
    switch (dtype) {
#define CJ_X(NAME, name, type, bytes, kind)                                                        \
    case CJ_##NAME: return (double)((const type *)data)[i];
        CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    default: return 0;
    }
}

cj_tensor *cj_eval_at(cj_at at, cj_tensor *x)
{
    if (!x || x->op == CJ_OP_CONSTANT)
        return x;
    cj_program *p = cj_program_of(at, x);
    if (!p)
        return NULL;
    cj_tensor *leaf =
        cj_tensor_from_at(at, x->context, (cj_dtype)x->dtype, x->rank, x->shape, cj_output(p, 0));
    cj_program_done(p);
    return leaf;
}

cj_status cj_read_at(cj_at at, cj_tensor *x, void *data, size_t bytes)
{
    if (!x)
        return CJ_INVALID;
    cj_context *context = x->context;
    size_t size = (size_t)x->elements * cj_dtype_size((cj_dtype)x->dtype);
    char text[128];
    if (bytes != size)
        return cj_fail(context, CJ_INVALID, "%s:%d: read: %s holds %zu bytes, the memory given %zu",
                       at.file, at.line, cj_shape_text(x, text, sizeof(text)), size, bytes);
    cj_program *p = cj_program_of(at, x);
    if (!p)
        return cj_error_status(context);
    memcpy(data, cj_output(p, 0), bytes);
    cj_program_done(p);
    return CJ_OK;
}

cj_status cj_describe_at(cj_at at, cj_tensor *x, cj_description *d)
{
    memset(d, 0, sizeof(*d));
    if (!x)
        return CJ_INVALID;
    cj_context *context = x->context;
    cj_program *p = cj_program_of(at, x);
    if (!p)
        return cj_error_status(context);
    d->dtype = (cj_dtype)x->dtype;
    d->rank = x->rank;
    memcpy(d->shape, x->shape, sizeof(*x->shape) * (size_t)x->rank);
    d->elements = x->elements;
    d->min = d->max = d->mean = NAN;
    double sum = 0;
    int64_t numbers = 0;
    for (int64_t i = 0; i < x->elements; i++) {
        double v = cj_number_at(d->dtype, cj_output(p, 0), i);
        if (i < (int64_t)CJ_COUNT(d->first))
            d->first[d->first_count++] = v;
        if (isnan(v)) {
            d->nan_count++;
            continue;
        }
        d->min = numbers && d->min < v ? d->min : v;
        d->max = numbers && d->max > v ? d->max : v;
        sum += v;
        numbers++;
    }
    if (numbers)
        d->mean = sum / (double)numbers;
    cj_program_done(p);
    return CJ_OK;
}

/* ---- in words ---- */

typedef struct cj_line {
    char text[512];
    size_t used;
} cj_line;

static CJ_PRINTF(2, 3) void add(cj_line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line->text + line->used, sizeof(line->text) - line->used, format, args);
    va_end(args);
    if (n > 0)
        line->used = CJ_MIN(line->used + (size_t)n, sizeof(line->text) - 1);
}

static const char *instr_name(int op)
{
    return op == CJ_INSTR_LOAD     ? "load"
           : op == CJ_INSTR_SCALAR ? "scalar"
           : op == CJ_INSTR_IOTA   ? "iota"
           : op == CJ_INSTR_HEAD   ? "head"
                                   : cj_op_table[op].name;
}

typedef void cj_print_fn(void *user, const char *text);

static void print_kernels(const cj_target *target, int32_t kernels, cj_kernel *const *kernel,
                          const cj_program_call *call, int depth, cj_print_fn *print, void *user)
{
    for (int32_t i = 0; i < kernels; i++) {
        const cj_kernel *k = kernel[i];
        cj_line line = {.used = 0};
        add(&line, "%*s%3d ", 4 * depth, "", (int)i);
        if (k->loop) {
            add(&line, "loop of %d carries", (int)k->loop->carries);
            if (k->loop->capacity != INT64_MAX)
                add(&line, ", at most %lld iterations", (long long)k->loop->capacity);
            print(user, line.text);
            print_kernels(target, k->loop->body.kernels, k->loop->body.kernel, k->loop->call,
                          depth + 1, print, user);
            continue;
        }
        add(&line, "%s [", target->describe(call[i].call));
        for (int a = 0; a < k->rank; a++)
            add(&line, "%s%lld",
                a == 0                                        ? ""
                : a == k->outer || a == k->outer + k->reduced ? " | "
                                                              : " ",
                (long long)k->extent[a]);
        add(&line, "]%s", k->is_again ? " again" : "");
        for (int a = 0; a < k->instr_count; a++)
            if (k->instr[a].op < CJ_OP_COUNT)
                add(&line, " %s", instr_name(k->instr[a].op));
        for (int a = 0; a < k->reduction_count; a++)
            add(&line, " %s->%d", cj_op_table[k->reduction[a].op].name,
                (int)k->reduction[a].view.buffer);
        for (int a = 0; a < k->store_count; a++)
            add(&line, " ->%d", (int)k->store[a].view.buffer);
        print(user, line.text);
    }
}

void cj_program_print(const cj_program *p, cj_print_fn *print, void *user)
{
    print_kernels(p->target, p->kernels, p->kernel, p->call, 0, print, user);
}
