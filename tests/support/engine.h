/*
 * tests/support/engine.h - whole training steps of the named nets, for tests of the engine: made data, one program
 * a step, the model_hash of what was learnt. (Needs libcajal-io for the hash.)
 */
#ifndef CJ_TESTS_SUPPORT_ENGINE_H
#define CJ_TESTS_SUPPORT_ENGINE_H

#include "cajal/cajal.h"
#include "cajal/net.h"

/* What is trained: "lenet" (momentum), "mlp" (Adam), "resnet20" (Nesterov momentum, weight decay, a cosine rate,
 * clipped), or the text of a net on 1x12x12 pictures (momentum). */
typedef struct engine_job {
    const char *net;
    cj_dtype dtype;
    int64_t batch;
} engine_job;

/* How. Every way must give the same bits within a kernel class. */
typedef struct engine_way {
    const char *name;
    const char *isa; /* NULL: the best */
    int threads;
    bool no_fusion, checkpoints;
} engine_way;

typedef struct engine {
    cj_context *context;
    cj_net *net;
    cj_scope *scope;
    cj_program *program; /* output 0: the loss before the step's update */
    int64_t batch, pixels, steps;
    cj_dtype dtype;
    void *x;
    int32_t *labels;
} engine;

/* A context with smallest_work 1, so that every thread has work in every kernel that can be shared. */
cj_config engine_config(const engine_way *way);

/* Builds the net and compiles its step in a frame that is left. On failure cj_error(e->context) tells why; engine_close in
 * any case. */
cj_status engine_open(engine *e, cj_context *context, const engine_job *job, bool checkpoints);
void engine_close(engine *e); /* all but the context */

/* One step on the next batch; *loss may be NULL. */
cj_status engine_step(engine *e, double *loss);

/* model_hash of the net's parameters and buffers. */
cj_status engine_hash(engine *e, char text[65]);

/* Opens a context, trains `steps` steps and gives the hash; prints what failed and returns false then. */
bool engine_train(const engine_way *way, const engine_job *job, int steps, char hash[65]);

#endif
