/*
 * tests/support/evaluate_fft.c - Fourier transforms by their definition: n^2 terms a lane.
 */
#include "support/evaluate_job.h"

#include <math.h>

static double angle(int64_t j, int64_t k, int64_t n)
{
    return 2 * 3.14159265358979323846 * (double)(j * k % n) / (double)n;
}

/* Element e of the packed result: part 0 real, 1 imaginary, of sum k. */
static void forward(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    int64_t axis = node->option[0], n = x->shape[axis];
    bool real = node->op == CJ_OP_RFFT;
    double sign = node->option[1] ? 1 : -1;
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at, from;
        unravel(node, e, at);
        for (int i = 0; i < x->rank; i++)
            from[i] = at[i + 1];
        int64_t k = at[axis + 1];
        double sum = 0;
        for (int64_t m = 0; m < n; m++) {
            from[axis] = m;
            int64_t place = ravel(x, from);
            double re = j->source[0]->f[place], im = real ? 0 : j->source[1]->f[place];
            double c = cos(angle(m, k, n)), s = sign * sin(angle(m, k, n));
            sum += at[0] ? re * s + im * c : re * c - im * s;
        }
        j->out.f[e] = sum;
    }
}

static void backward(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    int64_t axis = node->option[0], n = node->shape[axis];
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at, from;
        unravel(node, e, at);
        unravel(node, e, from);
        double sum = 0;
        for (int64_t k = 0; k < x->shape[axis]; k++) {
            from[axis] = k;
            int64_t place = ravel(x, from);
            double w = angle(k, at[axis], n), twice = k == 0 || 2 * k == n ? 1 : 2;
            sum += twice * j->source[0]->f[place] * cos(w);
            if (twice == 2)
                sum -= twice * j->source[1]->f[place] * sin(w);
        }
        j->out.f[e] = sum;
    }
}

bool evaluate_fft(const job *j)
{
    switch (j->node->op) {
    case CJ_OP_FFT:
    case CJ_OP_RFFT: forward(j); return true;
    case CJ_OP_IRFFT: backward(j); return true;
    default: return false;
    }
}
