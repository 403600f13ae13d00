/*
 * bench/steps.c - training steps against PyTorch's: the same net from the same weights on the same batches.
 */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOSSES = 5, ROUNDS = 15 };

static double seconds_of_steps(void *state, int64_t times)
{
    double start = bench_seconds();
    for (int64_t i = 0; i < times; i++)
        step_run(state);
    return bench_seconds() - start;
}

static void write_file(const bench *b, const char *name, const void *data, size_t bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file))
        bench_fail("cannot write the peer's data");
}

static void remove_file(const bench *b, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    unlink(path);
}

/* Hands weights and data to the peer; its first losses, or false. */
static bool load_peer(const bench *b, const step *s, double losses[LOSSES])
{
    char path[128];
    snprintf(path, sizeof path, "%s/weights.safetensors", b->folder);
    if (cj_weights_save(s->scope, path) != CJ_OK)
        bench_fail(cj_error(s->context));
    write_file(b, "x", s->x, (size_t)(BATCHES * s->x_size) * sizeof(float));
    write_file(b, "y", s->y, (size_t)(BATCHES * s->y_size) * sizeof(float));
    const char *answer = peer_ask(b->peer, "load %s %s\n", s->work->name, b->folder);
    remove_file(b, "weights.safetensors");
    remove_file(b, "x");
    remove_file(b, "y");
    char *rest;
    if (!answer || strncmp(answer, "forms ", 6) != 0)
        return false;
    strtol(answer + 6, &rest, 10);
    for (int i = 0; i < LOSSES; i++)
        losses[i] = strtod(rest, &rest);
    return true;
}

void bench_step(bench *b, const workload *work)
{
    step s;
    step_open(&s, b->context, work);
    double theirs[LOSSES], apart = 0;
    bool has_peer = load_peer(b, &s, theirs);
    for (int i = 0; i < LOSSES; i++) {
        double ours = step_run(&s);
        if (has_peer)
            apart = fmax(apart, fabs(ours - theirs[i]));
    }
    bench_row *row = bench_row_new(b, UNIT_TIME, work->title);
    row->flops = s.flops;
    row->aim = work->aim;
    bench_by_turns(b, seconds_of_steps, &s, ROUNDS, row->value);
    if (has_peer)
        bench_note(b, "%s: the first %d losses are PyTorch's to %.1e%s", work->title, LOSSES, apart,
                   apart <= 1e-4 ? "" : ", which is MORE than 1e-4: not the same work");
    step_close(&s);
    bench_peaks(b);
}
