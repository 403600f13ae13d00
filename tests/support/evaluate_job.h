/*
 * tests/support/evaluate_job.h - one node of evaluate.c at work; families of ops have files of their own.
 */
#ifndef CJ_TESTS_EVALUATE_JOB_H
#define CJ_TESTS_EVALUATE_JOB_H

#include "support/evaluate.h"

/* A value: `f` of a float node, `n` of any other. */
typedef struct value {
    double *f;
    int64_t *n;
} value;

typedef struct job {
    const cj_tensor *node;
    const value *source[64]; /* values of its sources */
    value out;
} job;

typedef int64_t coordinates[CJ_MAX_RANK];

static inline bool is_float(const cj_tensor *x)
{
    return cj_dtype_class(x->dtype) == 'f';
}

static inline void unravel(const cj_tensor *x, int64_t index, int64_t *at)
{
    for (int i = x->rank - 1; i >= 0; i--) {
        at[i] = index % x->shape[i];
        index /= x->shape[i];
    }
}

static inline int64_t ravel(const cj_tensor *x, const int64_t *at)
{
    int64_t index = 0;
    for (int i = 0; i < x->rank; i++)
        index = index * x->shape[i] + at[i];
    return index;
}

/* Computes the node if its op is of the family. */
bool evaluate_index(const job *j);
bool evaluate_fft(const job *j);
bool evaluate_linalg(const job *j);

/* evaluate_special.c */
double evaluate_erfinv(double a);
double evaluate_digamma(double x);
double evaluate_zeta(double s, double q);
double evaluate_bessel_ie(double n, double x);
double evaluate_logaddexp(double a, double b);

#endif
