/*
 * bench/bench.h - one table of measured figures: ours, the floor, the peer.
 *
 * Every part measures by turns, ours and each form of the peer, in rounds; a row holds the medians. The floor is worked out at
 * the end, from the best multiply-add peak seen between the parts.
 */
#ifndef CJ_BENCH_BENCH_H
#define CJ_BENCH_BENCH_H

#include "peak.h"

#include "cajal/cajal.h"
#include "cajal/net.h"
#include "cajal/weights.h"

#include <stdio.h>

typedef struct peer peer;

/* The ways to do the same work that are measured by turns. */
enum { OURS, EAGER, COMPILED, FORMS };

typedef enum bench_unit {
    UNIT_TIME, /* seconds; the floor is flops at the peak */
    UNIT_RATE, /* seconds, shown as flops a second */
    UNIT_BYTES
} bench_unit;

typedef struct bench_row {
    char work[72];
    bench_unit unit;
    double value[FORMS]; /* 0: there is none */
    double flops;        /* 0: no floor */
    cj_dtype dtype;
    const char *aim;
} bench_row;

enum { MOST_ROWS = 64, MOST_NOTES = 24 };

typedef struct bench {
    cj_context *context;
    cj_pool *pool; /* for the peak */
    int isa;
    double peak[2], lowest_peak; /* f32, f64: the best; f32: the least */
    peer *peer;
    char folder[64];     /* for what the peer reads */
    const char *program; /* the path of this program */
    bench_row row[MOST_ROWS];
    char note[MOST_NOTES][200];
    int rows, notes;
} bench;

static const double bench_round_seconds = 0.12;

double bench_median(double *value, int count);
bench_row *bench_row_new(bench *b, bench_unit unit, const char *work);
void bench_note(bench *b, const char *format, ...) CJ_PRINTF(2, 3);
void bench_peaks(bench *b); /* measures the peak once more */
_Noreturn void bench_fail(const char *text);

/* Seconds that `times` repetitions take. */
typedef double (*bench_repeat)(void *state, int64_t times);
/* Ours and the peer's loaded work by turns, `rounds` times: the medians of the seconds of one repetition. */
void bench_by_turns(bench *b, bench_repeat ours, void *state, int rounds, double value[FORMS]);

/* ---- the peer: a child that answers a line with a line ---- */

peer *peer_start(const char *script);
void peer_stop(peer *p);
/* What it is ("PyTorch 2.13.0"), or why there is none. */
const char *peer_name(const peer *p);
bool peer_is_there(const peer *p);
int peer_forms(const peer *p); /* of the loaded work: eager, then compiled */
/* Sends the line; the answer, valid until the next; NULL: it failed (peer_name says how). */
const char *peer_ask(peer *p, const char *format, ...) CJ_PRINTF(2, 3);

/* ---- workloads: a net, its data, its training step ---- */

enum { BATCHES = 8 };

typedef struct workload {
    const char *name, *title, *net;
    int64_t batch;
    int rank;
    int64_t shape[3], outputs;
    bool is_regression, is_adam;
    double lr, momentum;
    const char *aim;
} workload;

typedef struct step {
    const workload *work;
    cj_context *context;
    cj_scope *scope;
    cj_program *program;
    double flops; /* forward and both gradients, the whole batch */
    int64_t x_size, y_size, next;
    float *x;
    void *y; /* i32 labels or f32 targets, BATCHES batches as x */
} step;

const workload *workload_find(const char *name); /* NULL: none */
const workload *workload_at(int i);              /* NULL past the last */
void step_open(step *s, cj_context *context, const workload *work);
void step_close(step *s);
double step_run(step *s); /* one step on the next batch; its loss */

/* ---- parts ---- */

void bench_products(bench *b);
void bench_step(bench *b, const workload *work);
void bench_graphs(bench *b);
void bench_changing(bench *b);
void bench_process(bench *b);
void bench_first_step(const char *name, int steps); /* what bench_process starts */
void bench_profile(cj_context *context, double peak, const workload *work);

/* The table as Markdown, with the machine's description. */
void report_print(const bench *b, FILE *out);
/* Puts it between the markers of the file. */
void report_write(const bench *b, const char *path);

#endif
