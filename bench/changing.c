/*
 * bench/changing.c - a new net at every step, as architecture search and evolving nets draw them: made, initialised, differentiated,
 * compiled, run forward and backward once, freed. peer_torch.py draws the same nets.
 */
#include "bench.h"

enum { LAYERS = 20, BATCH = 64, FEATURES = 32, ROUNDS = 12 };

typedef struct drawing {
    cj_context *context;
    uint32_t state;
    float *x;
    size_t program_bytes;
} drawing;

/* Numerical Recipes' quick generator: the same numbers there. */
static uint32_t draw(drawing *d, uint32_t below)
{
    d->state = d->state * 1664525u + 1013904223u;
    return (d->state >> 16) % below;
}

static cj_tensor *activation(drawing *d, cj_tensor *x)
{
    switch (draw(d, 4)) {
    case 0: return cj_relu(x);
    case 1: return cj_tanh(x);
    case 2: return cj_sigmoid(x);
    default: return cj_gelu(x);
    }
}

/* Linear layers of drawn widths and activations; where two widths are equal the input may be added. */
static cj_tensor *net(drawing *d, cj_scope *s)
{
    static const int64_t widths[] = {16, 24, 32, 48};
    cj_tensor *x = cj_input(d->context, "x", CJ_F32, 2, (const int64_t[]){BATCH, FEATURES});
    for (int i = 0; i < LAYERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "fc%d", i);
        cj_tensor *y = cj_linear(s, name, x, .out_features = widths[draw(d, 4)]);
        y = activation(d, y);
        bool adds = draw(d, 2) && cj_extent(x, 1) == cj_extent(y, 1);
        x = adds ? cj_add(x, y) : y;
    }
    return cj_mean(cj_square(x), CJ_ALL, false);
}

static void one(drawing *d)
{
    cj_scope *s = cj_scope_new(d->context);
    cj_frame_enter(d->context);
    cj_tensor *out[1 + 2 * LAYERS], *parameter[2 * LAYERS];
    out[0] = net(d, s);
    for (int i = 0; i < 2 * LAYERS && out[0]; i++)
        parameter[i] = cj_variable_read(cj_scope_entry(s, i)->variable);
    cj_status status = out[0] ? cj_grad(out[0], 2 * LAYERS, parameter, out + 1) : CJ_INVALID;
    cj_program *program =
        status == CJ_OK ? cj_compile(d->context, 1 + 2 * LAYERS, out, NULL) : NULL;
    cj_feed x = {.name = "x", .data = d->x};
    if (!program || cj_run(program, 1, &x) != CJ_OK)
        bench_fail(cj_error(d->context));
    cj_program_free(program);
    cj_frame_leave(d->context);
    cj_scope_free(s);
}

static double repeat(void *state, int64_t times)
{
    double start = bench_seconds();
    for (int64_t i = 0; i < times; i++)
        one(state);
    return bench_seconds() - start;
}

void bench_changing(bench *b)
{
    static float x[BATCH * FEATURES];
    for (int i = 0; i < BATCH * FEATURES; i++)
        x[i] = (float)(i % 17) / 8 - 1;
    drawing d = {.context = b->context, .state = 1, .x = x};
    peer_ask(b->peer, "changing %d %d\n", LAYERS, BATCH);
    bench_row *row =
        bench_row_new(b, UNIT_TIME, "a new net of 20 layers: made, run both ways once");
    bench_by_turns(b, repeat, &d, ROUNDS, row->value);
    row->aim = "PyTorch eager";
}
