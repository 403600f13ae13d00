/*
 * bench/workload.c - the nets whose training steps are measured, and their data: noise, the same in every run.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static const workload workloads[] = {
    {"lenet",
     "LeNet, batch 64, momentum",
     "lenet",
     64,
     3,
     {1, 28, 28},
     10,
     false,
     false,
     0.01,
     0.9,
     "1.3 x PyTorch, 1.5 x floor"},
    {"mlp",
     "MLP 784-512-512-10, batch 128, Adam",
     "mlp:512,512",
     128,
     1,
     {784},
     10,
     false,
     true,
     1e-4,
     0,
     "1.3 x PyTorch, 1.5 x floor"},
    {"resnet20",
     "ResNet-20, batch 128, 32x32, momentum",
     "resnet20",
     128,
     3,
     {3, 32, 32},
     10,
     false,
     false,
     0.01,
     0.9,
     "1.3 x PyTorch, 1.5 x floor"},
    {"tanh",
     "2-32-32-1 tanh, batch 64, SGD",
     "linear 32, tanh, linear 32, tanh, linear 1",
     64,
     1,
     {2},
     1,
     true,
     false,
     0.01,
     0,
     "8 µs"},
};

const workload *workload_at(int i)
{
    return i >= 0 && i < (int)CJ_COUNT(workloads) ? &workloads[i] : NULL;
}

const workload *workload_find(const char *name)
{
    for (int i = 0; workload_at(i); i++)
        if (strcmp(workloads[i].name, name) == 0)
            return &workloads[i];
    return NULL;
}

/* The top bits of a linear congruential generator (Knuth's MMIX), as a number in [0, 1). */
static double noise(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 40) / (double)(1 << 24);
}

static void make_data(step *s)
{
    const workload *w = s->work;
    uint64_t state = 1;
    s->x_size = s->y_size = w->batch;
    for (int axis = 0; axis < w->rank; axis++)
        s->x_size *= w->shape[axis];
    s->x = malloc((size_t)(BATCHES * s->x_size) * sizeof *s->x);
    s->y = malloc((size_t)(BATCHES * s->y_size) * sizeof(float));
    if (!s->x || !s->y)
        bench_fail("no memory");
    for (int64_t i = 0; i < BATCHES * s->x_size; i++)
        s->x[i] = (float)(2 * noise(&state) - 1);
    for (int64_t i = 0; i < BATCHES * s->y_size; i++) {
        double y = noise(&state);
        if (w->is_regression)
            ((float *)s->y)[i] = (float)y;
        else
            ((int32_t *)s->y)[i] = (int32_t)(y * (double)w->outputs);
    }
}

/* Forward once, each gradient as much again; nothing asks for the gradient of the first layer's input. */
static double flops_of_step(const cj_net *net, int64_t batch)
{
    double flops = 0;
    bool is_first = true;
    for (int i = 0; i < cj_net_layers(net); i++) {
        double forward = (double)cj_net_layer_at(net, i)->flops;
        flops += forward * (forward > 0 && is_first ? 2 : 3);
        is_first = is_first && forward == 0;
    }
    return flops * (double)batch;
}

void step_open(step *s, cj_context *context, const workload *w)
{
    *s = (step){.work = w, .context = context};
    cj_net *net;
    if (cj_net_parse(context, w->net, w->rank, w->shape, w->outputs, &net) != CJ_OK)
        bench_fail(cj_error(context));
    s->flops = flops_of_step(net, w->batch);
    s->scope = cj_scope_new(context);
    cj_frame_enter(context);
    cj_scope_build(s->scope, true);
    int64_t shape[4] = {w->batch, w->shape[0], w->shape[1], w->shape[2]};
    int64_t target[2] = {w->batch, w->outputs};
    cj_tensor *x = cj_input(context, "x", CJ_F32, w->rank + 1, shape);
    cj_tensor *y = w->is_regression ? cj_input(context, "y", CJ_F32, 2, target)
                                    : cj_input(context, "y", CJ_I32, 1, target);
    cj_tensor *output = cj_net_build(net, s->scope, x);
    cj_tensor *loss = w->is_regression ? cj_mse_loss(output, y) : cj_cross_entropy(output, y);
    cj_optimize(s->scope, loss,
                w->is_adam ? cj_adam(.lr = w->lr) : cj_sgd(.lr = w->lr, .momentum = w->momentum));
    cj_updates updates = cj_scope_updates(s->scope);
    s->program = cj_compile(context, 1, &loss, &updates);
    if (!s->program)
        bench_fail(cj_error(context));
    cj_frame_leave(context);
    cj_net_free(net);
    make_data(s);
}

void step_close(step *s)
{
    cj_program_free(s->program);
    cj_scope_free(s->scope);
    free(s->x);
    free(s->y);
}

double step_run(step *s)
{
    int64_t batch = s->next++ % BATCHES;
    cj_feed feed[] = {{"x", s->x + batch * s->x_size}, {"y", (float *)s->y + batch * s->y_size}};
    if (cj_run(s->program, 2, feed) != CJ_OK)
        bench_fail(cj_error(s->context));
    return cj_output_number(s->program, 0);
}
