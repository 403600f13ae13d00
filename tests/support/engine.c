/*
 * tests/support/engine.c - see engine.h.
 */
#include "support/engine.h"
#include "cajal/io.h"
#include "graph/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cj_config engine_config(const engine_way *way)
{
    return (cj_config){.threads = way->threads,
                       .seed = 7,
                       .smallest_work = 1,
                       .no_fusion = way->no_fusion,
                       .isa = way->isa};
}

static cj_status optimise(engine *e, const char *net, cj_tensor *loss)
{
    if (strcmp(net, "mlp") == 0)
        return cj_optimize(e->scope, loss, cj_adam(.lr = 1e-3));
    if (strcmp(net, "resnet20"))
        return cj_optimize(e->scope, loss, cj_sgd(.lr = 0.02, .momentum = 0.9));
    cj_tensor *step = cj_variable_read(cj_scope_step(e->scope));
    cj_tensor *rate = cj_schedule_rate(cj_cosine_rate(.warmup = 2), step, 0.1, 10, 20);
    return cj_optimize(e->scope, loss,
                       cj_sgd(.lr = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-4),
                       .rate = rate, .clip_norm = 5);
}

/* Marks the results of every third convolution or product of the forward pass. */
static cj_status mark(cj_context *context, cj_tensor *output)
{
    cj_traversal list = {0};
    cj_status status = cj_traverse(&list, context, 1, &output);
    int met = 0;
    for (uint32_t i = 0; i < list.count && !status; i++)
        if ((list.node[i]->op == CJ_OP_CONV || list.node[i]->op == CJ_OP_MATMUL) && met++ % 3 == 0)
            cj_checkpoint(list.node[i]);
    cj_traverse_free(&list);
    return status;
}

static cj_status build(engine *e, const engine_job *job, bool checkpoints)
{
    int64_t shape[CJ_MAX_RANK] = {job->batch};
    int rank = cj_net_rank(e->net) + 1;
    memcpy(shape + 1, cj_net_shape(e->net), sizeof(int64_t) * (size_t)(rank - 1));
    cj_scope_build(e->scope, true);
    cj_tensor *x = cj_input(e->context, "x", job->dtype, rank, shape);
    cj_tensor *labels = cj_input(e->context, "labels", CJ_I32, 1, &job->batch);
    cj_tensor *output = cj_net_build(e->net, e->scope, x);
    cj_tensor *loss = cj_cross_entropy(output, labels);
    cj_status status = optimise(e, job->net, loss);
    if (!status && checkpoints)
        status = mark(e->context, output);
    if (status)
        return status;
    cj_updates updates = cj_scope_updates(e->scope);
    e->program = cj_compile(e->context, 1, &loss, &updates);
    return e->program ? CJ_OK : cj_error_status(e->context);
}

cj_status engine_open(engine *e, cj_context *context, const engine_job *job, bool checkpoints)
{
    static const int64_t lenet[] = {1, 28, 28}, resnet[] = {3, 32, 32}, small[] = {1, 12, 12};
    bool named = strcmp(job->net, "lenet") == 0 || strcmp(job->net, "mlp") == 0;
    const int64_t *shape = named ? lenet : strcmp(job->net, "resnet20") == 0 ? resnet : small;
    *e = (engine){.context = context,
                  .batch = job->batch,
                  .dtype = job->dtype,
                  .pixels = shape[0] * shape[1] * shape[2]};
    e->x = calloc((size_t)(e->batch * e->pixels), cj_dtype_size(e->dtype));
    e->labels = calloc((size_t)e->batch, sizeof(*e->labels));
    cj_status status = cj_net_parse(context, job->net, 3, shape, 10, &e->net);
    if (status)
        return status;
    e->scope = cj_scope_new(context);
    if (!e->scope)
        return cj_error_status(context);
    status = cj_scope_set_dtype(e->scope, job->dtype);
    if (!status)
        status = cj_frame_enter(context);
    if (status)
        return status;
    status = build(e, job, checkpoints);
    cj_frame_leave(context);
    return status;
}

void engine_close(engine *e)
{
    cj_program_free(e->program);
    cj_scope_free(e->scope);
    cj_net_free(e->net);
    free(e->x);
    free(e->labels);
}

/* Pictures of noise with a bar whose place is the label; multiples of 1/256, which every float holds. */
static void make_batch(engine *e)
{
    uint64_t state = (uint64_t)(e->steps + 1) * UINT64_C(0x9e3779b97f4a7c15);
    for (int64_t i = 0; i < e->batch; i++) {
        e->labels[i] = (int32_t)((i + 3 * e->steps) % 10);
        for (int64_t p = 0; p < e->pixels; p++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bool bar = p * 10 / e->pixels == e->labels[i];
            double value = (double)(state >> 57) / 256 + (bar ? 0.5 : 0);
            if (e->dtype == CJ_F64)
                ((double *)e->x)[i * e->pixels + p] = value;
            else
                ((float *)e->x)[i * e->pixels + p] = (float)value;
        }
    }
}

cj_status engine_step(engine *e, double *loss)
{
    make_batch(e);
    cj_status status = cj_run(e->program, 2, (cj_feed[]){{"x", e->x}, {"labels", e->labels}});
    e->steps++;
    if (!status && loss)
        *loss = cj_output_number(e->program, 0);
    return status;
}

cj_status engine_hash(engine *e, char text[65])
{
    cj_tensor_file *file = cj_tensor_file_new(e->context);
    cj_status status = file ? CJ_OK : CJ_NO_MEMORY;
    for (int i = 0; i < cj_scope_count(e->scope) && !status; i++) {
        const cj_entry *entry = cj_scope_entry(e->scope, i);
        cj_variable *v = entry->variable;
        if (entry->kind != CJ_STATE)
            status =
                cj_tensor_file_add(e->context, file, entry->path, cj_variable_dtype(v),
                                   cj_variable_rank(v), cj_variable_shape(v), cj_variable_data(v));
    }
    if (!status)
        status = cj_tensor_file_hash(e->context, file, text);
    cj_tensor_file_free(e->context, file);
    return status;
}

bool engine_train(const engine_way *way, const engine_job *job, int steps, char hash[65])
{
    char error[512];
    cj_config config = engine_config(way);
    cj_context *context = cj_context_new(&config, error, sizeof(error));
    if (!context) {
        fprintf(stderr, "%s: %s\n", way->name, error);
        return false;
    }
    engine e;
    cj_status status = engine_open(&e, context, job, way->checkpoints);
    for (int i = 0; i < steps && !status; i++)
        status = engine_step(&e, NULL);
    if (!status)
        status = engine_hash(&e, hash);
    if (status)
        fprintf(stderr, "%s, %s: %s\n", way->name, job->net, cj_error(context));
    engine_close(&e);
    cj_context_free(context);
    return status == CJ_OK;
}
