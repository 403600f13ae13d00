/*
 * src/cpu/op_random.c - random bits and folded keys.
 */
#include "cpu/kernels.h"
#include "cpu/op.h"

typedef struct cj_random_job {
    const struct cj_isa_kernels *kernels;
    uint32_t *out;
    cj_key key;
} cj_random_job;

static void run_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_random_job *job = state;
    (void)thread;
    job->kernels->random_bits(end - begin, job->out + begin, job->key, (uint64_t)begin);
}

static cj_key read_key(const cj_op_run *run)
{
    cj_key key;
    memcpy(key.word, run->in[0], sizeof(key.word));
    return key;
}

static cj_status run_bits(const cj_op_run *run)
{
    cj_random_job job = {cj_kernels(run->context->isa), run->out, read_key(run)};
    cj_op_share(run, run->kernel->elements, 1, run_range, &job);
    return CJ_OK;
}

static void reference_bits(const cj_op_run *run)
{
    uint32_t *out = run->out;
    for (int64_t i = 0; i < run->kernel->elements; i++)
        out[i] = cj_key_bits(read_key(run), (uint64_t)i);
}

const cj_op_kernel cj_op_random_bits = {.run = run_bits, .reference = reference_bits};

static void reference_fold(const cj_op_run *run)
{
    uint64_t value;
    memcpy(&value, run->in[1], sizeof(value));
    cj_key key = cj_key_fold(read_key(run), value);
    memcpy(run->out, key.word, sizeof(key.word));
}

static cj_status run_fold(const cj_op_run *run)
{
    reference_fold(run);
    return CJ_OK;
}

const cj_op_kernel cj_op_key_fold = {.run = run_fold, .reference = reference_fold};
