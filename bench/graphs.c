/*
 * bench/graphs.c - what a node costs: building, differentiating and compiling a multilayer perceptron.
 */
#include "bench.h"

#include "graph/graph.h"

#include <stdlib.h>

static uint32_t made(cj_context *context)
{
    return cj_tap(cj_scalar(context, CJ_F32, 0))->serial;
}

/* tanh(x W + b), `layers` times, then the mean square; the parameters go to `parameter`. */
static cj_tensor *perceptron(cj_context *context, int layers, cj_variable *const *variable,
                             cj_tensor **parameter)
{
    cj_tensor *x = cj_input(context, "x", CJ_F32, 2, (const int64_t[]){64, 32});
    for (int i = 0; i < layers; i++) {
        parameter[2 * i] = cj_variable_read(variable[2 * i]);
        parameter[2 * i + 1] = cj_variable_read(variable[2 * i + 1]);
        x = cj_tanh(cj_add(cj_matmul(x, parameter[2 * i]), parameter[2 * i + 1]));
    }
    return cj_mean(cj_square(x), CJ_ALL, false);
}

static void make_variables(cj_context *context, int layers, cj_variable **variable)
{
    for (int i = 0; i < layers; i++) {
        variable[2 * i] = cj_variable_new(context, "w", CJ_F32, 2, (const int64_t[]){32, 32});
        variable[2 * i + 1] = cj_variable_new(context, "b", CJ_F32, 1, (const int64_t[]){32});
    }
}

enum { BUILD, GRADIENT, COMPILE, LEAVE, PARTS, MOST_ROUNDS = 401 };

static void must(cj_context *context, bool good)
{
    if (!good)
        bench_fail(cj_error(context));
}

/* Seconds of each part of one go, into time[part][round]; the number of nodes after the forward pass, and in all. */
static void go(cj_context *context, int layers, cj_variable **variable, cj_tensor **parameter,
               cj_tensor **gradient, double seconds[PARTS], uint32_t nodes[2])
{
    cj_frame_enter(context);
    double at[PARTS + 1] = {bench_seconds()};
    cj_tensor *loss = perceptron(context, layers, variable, parameter);
    at[1] = bench_seconds();
    nodes[0] = made(context);
    must(context, cj_grad(loss, 2 * layers, parameter, gradient) == CJ_OK);
    at[2] = bench_seconds();
    nodes[1] = made(context);
    cj_program *program = cj_compile(context, 2 * layers, gradient, NULL);
    must(context, program != NULL);
    at[3] = bench_seconds();
    cj_frame_leave(context);
    at[4] = bench_seconds();
    cj_program_free(program);
    for (int part = 0; part < PARTS; part++)
        seconds[part] = at[part + 1] - at[part];
}

static void measure(bench *b, int layers, int rounds)
{
    static double time[PARTS][MOST_ROUNDS];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    size_t parameters = 2 * (size_t)layers;
    cj_tensor **parameter = malloc(parameters * sizeof *parameter);
    cj_tensor **gradient = malloc(parameters * sizeof *gradient);
    cj_variable **variable = malloc(parameters * sizeof *variable);
    if (!context || !parameter || !gradient || !variable)
        bench_fail("no memory");
    make_variables(context, layers, variable);
    uint32_t nodes[2];
    for (int round = 0; round < rounds; round++) {
        double seconds[PARTS];
        go(context, layers, variable, parameter, gradient, seconds, nodes);
        for (int part = 0; part < PARTS; part++)
            time[part][round] = seconds[part];
    }
    double part[PARTS], all = 0;
    for (int i = 0; i < PARTS; i++)
        all += part[i] = bench_median(time[i], rounds);
    char work[72];
    snprintf(work, sizeof work, "build, differentiate, compile %u nodes, a node", nodes[1]);
    bench_row *row = bench_row_new(b, UNIT_TIME, work);
    row->value[OURS] = all / nodes[1];
    row->aim = "2 µs";
    bench_note(
        b,
        "%u nodes: building %.0f ns for each of the %u built, differentiating %.0f ns for each it "
        "makes; of all nodes compiling %.0f ns, leaving the frame %.0f ns",
        nodes[1], 1e9 * part[BUILD] / nodes[0], nodes[0],
        1e9 * part[GRADIENT] / (nodes[1] - nodes[0]), 1e9 * part[COMPILE] / nodes[1],
        1e9 * part[LEAVE] / nodes[1]);
    free(parameter);
    free(gradient);
    free(variable);
    cj_context_free(context);
}

void bench_graphs(bench *b)
{
    measure(b, 16, MOST_ROUNDS);
    measure(b, 130, 101);
    measure(b, 1300, 11);
}
