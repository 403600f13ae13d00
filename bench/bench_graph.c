/*
 * bench/bench_graph.c - nanoseconds a node for building and for differentiating a multilayer perceptron.
 */
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
static cj_tensor *perceptron(cj_context *context, int layers, cj_tensor **parameter)
{
    cj_tensor *x = cj_input(context, "x", CJ_F32, 2, (const int64_t[]){64, 32});
    for (int i = 0; i < layers; i++) {
        parameter[2 * i] = cj_input(context, "w", CJ_F32, 2, (const int64_t[]){32, 32});
        parameter[2 * i + 1] = cj_input(context, "b", CJ_F32, 1, (const int64_t[]){32});
        x = cj_tanh(cj_add(cj_matmul(x, parameter[2 * i]), parameter[2 * i + 1]));
    }
    return cj_mean(cj_square(x), CJ_ALL, false);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench(int layers, int rounds)
{
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_tensor **parameter = malloc(2 * (size_t)layers * sizeof *parameter);
    cj_tensor **gradient = malloc(2 * (size_t)layers * sizeof *gradient);
    double *build = malloc((size_t)rounds * sizeof *build);
    double *differentiate = malloc((size_t)rounds * sizeof *differentiate);
    uint32_t forward = 0, all = 0;
    for (int round = 0; round < rounds; round++) {
        cj_frame_enter(context);
        double start = now();
        cj_tensor *loss = perceptron(context, layers, parameter);
        double middle = now();
        forward = made(context);
        double again = now();
        if (cj_grad(loss, 2 * layers, parameter, gradient) != CJ_OK) {
            fprintf(stderr, "%s\n", cj_error(context));
            exit(1);
        }
        build[round] = middle - start;
        differentiate[round] = now() - again;
        all = made(context);
        cj_frame_leave(context);
    }
    qsort(build, (size_t)rounds, sizeof *build, compare);
    qsort(differentiate, (size_t)rounds, sizeof *differentiate, compare);
    double building = build[rounds / 2], differentiating = differentiate[rounds / 2];
    printf("graph  %6u nodes  build %6.1f ns a node  gradient %6.1f ns a node made  "
           "together %6.1f ns a node\n",
           all, building / forward, differentiating / (all - forward),
           (building + differentiating) / all);
    free(parameter);
    free(gradient);
    free(build);
    free(differentiate);
    cj_context_free(context);
}

int main(void)
{
    bench(16, 401);
    bench(130, 101);
    bench(1300, 21);
    return 0;
}
