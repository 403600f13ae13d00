/*
 * bench/kernel_cost.h - what a kernel of a compiled program has to do. A header of its own: the inside of the compiler and
 * cajal/nn.h do not go into one file.
 */
#ifndef CJ_BENCH_KERNEL_COST_H
#define CJ_BENCH_KERNEL_COST_H

#include "cajal/program.h"

/* Of a matrix product or a convolution, 2 a multiply-add, the holes of a dilated input left out; else 0. */
double kernel_flops(const cj_program *program, int kernel);

/* Of the arrays that it reads, each once, and of those that it writes. */
double kernel_bytes(const cj_program *program, int kernel);

#endif
