/*
 * src/solve/solve.h - what the minimisers share: a program over the variables that they move.
 *
 * objective.c is the flat f64 vector over variables and the program; lbfgs.c and levenberg.c are loops
 * over it; ode*.c are graph code.
 */
#ifndef CJ_SOLVE_SOLVE_H
#define CJ_SOLVE_SOLVE_H

#include "cajal/solve.h"
#include "nn/nn.h"

typedef struct cj_objective {
    cj_context *context;
    const char *what; /* "lbfgs", for sentences */
    cj_at at;
    int count;
    cj_variable **variable;
    int64_t n; /* numbers in all */
    cj_program *program;
    int64_t outputs; /* of the program, the first is the loss or the residual */
    int feeds;
    const cj_feed *feed;
    int64_t evaluations;
} cj_objective;

/* Collects the variables (those given, or the scope's parameters) and checks them. */
cj_status cj_objective_take(cj_objective *o, cj_scope *scope, int count,
                            cj_variable *const *variable);
/* Compiles `y` and what `derive` makes of it by the reads of the variables, one tensor each. */
typedef cj_status cj_derive_fn(cj_at at, cj_tensor *y, int count, cj_tensor *const *x,
                               cj_tensor **out);
cj_status cj_objective_compile(cj_objective *o, cj_tensor *y, cj_derive_fn *derive);
void cj_objective_free(cj_objective *o);

/* Between the variables and x[n]; what is read back is what f32 has made of it. */
void cj_objective_get(const cj_objective *o, double *x);
void cj_objective_put(const cj_objective *o, const double *x);
/* Runs the program at x. */
cj_status cj_objective_run(cj_objective *o, const double *x);
/* Output i of the last run as f64. */
void cj_objective_read(const cj_objective *o, int i, cj_dtype dtype, int64_t elements, double *out);

#endif
