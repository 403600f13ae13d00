/*
 * bench/kernel_cost.c - flops and bytes of a program's kernels, read from its inside.
 */
#include "kernel_cost.h"

#include "compile/program.h"

#include <stdlib.h>

double kernel_flops(const cj_program *p, int kernel)
{
    const cj_kernel *k = p->kernel[kernel];
    const cj_operand *a = &k->operand[0], *b = &k->operand[1];
    double terms = 0;
    if (k->kind == CJ_KERNEL_MATMUL)
        terms = (double)a->extent[a->rank - 1];
    if (k->kind == CJ_KERNEL_CONV) {
        terms = 1;
        for (int axis = 2; axis < b->rank; axis++)
            terms *= (double)b->extent[axis];
        for (int axis = 3; axis < a->rank; axis++)
            terms /= (double)k->conv.input_dilation[axis - 3];
    }
    return 2 * terms * (double)k->elements;
}

static void count_buffer(const cj_program *p, int32_t buffer, bool *seen, double *bytes)
{
    if (buffer < 0 || seen[buffer])
        return;
    seen[buffer] = true;
    *bytes += (double)p->buffer[buffer].bytes;
}

static void count_reads(const cj_program *p, const cj_kernel *k, bool *seen, double *bytes)
{
    for (int i = 0; i < k->instr_count; i++)
        if (k->instr[i].op == CJ_INSTR_LOAD)
            count_buffer(p, k->instr[i].view.buffer, seen, bytes);
    for (int i = 0; i < k->operand_count; i++) {
        if (k->operand[i].feed)
            count_reads(p, k->operand[i].feed, seen, bytes);
        else
            count_buffer(p, k->operand[i].view.buffer, seen, bytes);
    }
}

double kernel_bytes(const cj_program *p, int kernel)
{
    const cj_kernel *k = p->kernel[kernel];
    double bytes = 0;
    bool *seen = calloc(2 * (size_t)p->buffers, sizeof *seen), *written = seen + p->buffers;
    if (!seen)
        return 0;
    count_reads(p, k, seen, &bytes);
    for (int i = 0; i < k->store_count; i++)
        count_buffer(p, k->store[i].view.buffer, written, &bytes);
    for (int i = 0; i < k->reduction_count; i++)
        count_buffer(p, k->reduction[i].view.buffer, written, &bytes);
    free(seen);
    return bytes;
}
