/*
 * src/cpu/isa/window.h - what an instruction set offers to window ops: runs of outputs (or, for scatter, of inputs) that
 * see the same window positions. src/cpu/window.c cuts an op into such runs.
 */
#ifndef CJ_CPU_ISA_WINDOW_H
#define CJ_CPU_ISA_WINDOW_H

#include <stdint.h>

/* Steps of a pointer, in elements. */
typedef struct cj_window_steps {
    int64_t lane;     /* to the next lane */
    int64_t position; /* to the next position of the run */
    int64_t
        axis[3]; /* to the next window position on each axis; 0 for what the window does not walk */
} cj_window_steps;

/*
 * positions x lanes results, each over count[0] x count[1] x count[2] window positions, whose numbers are
 * number + j_0 number_step[0] + j_1 number_step[1] + j_2 number_step[2]. A count may be 0.
 * The window walks x; for scatter it walks y and index.
 */
typedef struct cj_window_run {
    int64_t positions, lanes;
    int64_t count[3];
    int64_t number, number_step[3];
    void *x, *y;
    int32_t *index;
    cj_window_steps x_step, y_step, index_step;
} cj_window_run;

typedef void (*cj_window_run_fn)(const cj_window_run *run);

/* Of one dtype. NULL where the op does not take it. */
typedef struct cj_window_kernels {
    cj_window_run_fn sum, max, gather, scatter;
} cj_window_kernels;

typedef struct cj_window_table {
    cj_window_kernels f32, f64, i32;
} cj_window_table;

#endif
