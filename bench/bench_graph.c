/*
 * bench/bench_graph.c - nanoseconds a node for building, differentiating and compiling a multilayer perceptron.
 */
#include "cajal/program.h"
#include "cajal/transform.h"
#include "graph/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

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

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *value, int count)
{
    qsort(value, (size_t)count, sizeof *value, compare);
    return value[count / 2];
}

enum { BUILD, GRADIENT, COMPILE, LEAVE, PARTS, MOST_ROUNDS = 401 };

static void must(cj_context *context, bool good)
{
    if (good)
        return;
    fprintf(stderr, "%s\n", cj_error(context));
    exit(1);
}

static void bench(int layers, int rounds)
{
    static double time[PARTS][MOST_ROUNDS];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    size_t parameters = 2 * (size_t)layers;
    cj_tensor **parameter = malloc(parameters * sizeof *parameter);
    cj_tensor **gradient = malloc(parameters * sizeof *gradient);
    cj_variable **variable = malloc(parameters * sizeof *variable);
    make_variables(context, layers, variable);
    uint32_t forward = 0, all = 0;
    for (int round = 0; round < rounds; round++) {
        cj_frame_enter(context);
        double at[PARTS + 1] = {now()};
        cj_tensor *loss = perceptron(context, layers, variable, parameter);
        at[1] = now();
        forward = made(context);
        must(context, cj_grad(loss, 2 * layers, parameter, gradient) == CJ_OK);
        at[2] = now();
        all = made(context);
        cj_program *program = cj_compile(context, 2 * layers, gradient, NULL);
        must(context, program != NULL);
        at[3] = now();
        cj_frame_leave(context);
        at[4] = now();
        cj_program_free(program);
        for (int part = 0; part < PARTS; part++)
            time[part][round] = at[part + 1] - at[part];
    }
    double build = median(time[BUILD], rounds), grad = median(time[GRADIENT], rounds);
    double compile = median(time[COMPILE], rounds), leave = median(time[LEAVE], rounds);
    printf("%6u nodes: build %4.0f ns a node, gradient %4.0f ns a node made; of all nodes: compile "
           "%4.0f, leave %3.0f, together %5.0f ns\n",
           all, build / forward, grad / (all - forward), compile / all, leave / all,
           (build + grad + compile + leave) / all);
    free(parameter);
    free(gradient);
    free(variable);
    cj_context_free(context);
}

int main(void)
{
    bench(16, MOST_ROUNDS);
    bench(130, 101);
    bench(1300, 11);
    return 0;
}
