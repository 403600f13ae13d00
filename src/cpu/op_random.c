/*
 * src/cpu/op_random.c - random bits and folded keys, of one key or of lanes of keys.
 */
#include "cpu/kernels.h"
#include "cpu/op.h"

static int64_t lanes_of(const cj_op_run *run)
{
    const cj_operand *keys = &run->kernel->operand[0];
    return cj_extent_product(keys->extent, 0, keys->rank - 1);
}

static cj_key key_of(const cj_op_run *run, int64_t lane)
{
    cj_key key;
    memcpy(key.word, (const uint32_t *)run->in[0] + 2 * lane, sizeof(key.word));
    return key;
}

typedef struct cj_random_job {
    const cj_op_run *run;
    const struct cj_isa_kernels *kernels;
    int64_t each; /* words of a lane */
} cj_random_job;

static void run_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_random_job *job = state;
    uint32_t *out = job->run->out;
    (void)thread;
    while (begin < end) {
        int64_t lane = begin / job->each, first = begin % job->each;
        int64_t n = CJ_MIN(job->each - first, end - begin);
        job->kernels->random_bits(n, out + begin, key_of(job->run, lane), (uint64_t)first);
        begin += n;
    }
}

static cj_status run_bits(const cj_op_run *run)
{
    int64_t lanes = lanes_of(run);
    cj_random_job job = {run, cj_kernels(run->context->isa),
                         lanes ? run->kernel->elements / lanes : 0};
    cj_op_share(run, run->kernel->elements, 1, run_range, &job);
    return CJ_OK;
}

static void reference_bits(const cj_op_run *run)
{
    uint32_t *out = run->out;
    int64_t lanes = lanes_of(run), each = lanes ? run->kernel->elements / lanes : 0;
    for (int64_t i = 0; i < run->kernel->elements; i++)
        out[i] = cj_key_bits(key_of(run, i / each), (uint64_t)(i % each));
}

const cj_op_kernel cj_op_random_bits = {.run = run_bits, .reference = reference_bits};

static void fold_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_op_run *run = state;
    uint32_t *out = run->out;
    (void)thread;
    for (int64_t lane = begin; lane < end; lane++) {
        uint64_t value;
        memcpy(&value, (const int64_t *)run->in[1] + lane, sizeof(value));
        cj_key key = cj_key_fold(key_of(run, lane), value);
        memcpy(out + 2 * lane, key.word, sizeof(key.word));
    }
}

static void reference_fold(const cj_op_run *run)
{
    fold_range((void *)run, 0, 0, lanes_of(run));
}

static cj_status run_fold(const cj_op_run *run)
{
    cj_op_share(run, lanes_of(run), 32, fold_range, (void *)run);
    return CJ_OK;
}

const cj_op_kernel cj_op_key_fold = {.run = run_fold, .reference = reference_fold};
