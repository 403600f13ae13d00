/*
 * src/nn/metric_chance.c - what chance alone would do: quantiles, errors of means, tests of two samples.
 */
#include "base/base.h"
#include "cajal/metric.h"

#include <math.h>
#include <stdlib.h>

double cj_standard_error(int64_t n, const double *x)
{
    double mean = 0, square = 0;
    for (int64_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        square += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sqrt(square / (double)(n - 1) / (double)n) : NAN;
}

/* ---- quantiles: the distribution function is inverted by halving ---- */

typedef double cdf_fn(double x, double parameter);

static double inverse(cdf_fn *cdf, double parameter, double p, double low, double high)
{
    for (int i = 0; i < 200 && low < high; i++) {
        double middle = low + (high - low) / 2;
        if (middle == low || middle == high)
            break;
        if (cdf(middle, parameter) < p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static double normal_cdf(double x, double unused)
{
    (void)unused;
    return 0.5 * erfc(-x * 0.70710678118654752440);
}

double cj_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p > 0.5)
        return -cj_normal_quantile(1 - p);
    return p == 0 ? -INFINITY : p == 0.5 ? 0 : inverse(normal_cdf, 0, p, -40, 0);
}

/* The regularised incomplete gamma function P(a, x): its series below a + 1, above 1 less its continued fraction
 * (Abramowitz and Stegun, 6.5.29 and 6.5.31), evaluated from the front by Lentz' method. */
static double gamma_p(double a, double x)
{
    if (!(x > 0))
        return 0;
    double front = exp(a * log(x) - x - lgamma(a));
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (int i = 1; i < 100000 && term > sum * 1e-17; i++) {
            term *= x / (a + i);
            sum += term;
        }
        return front * sum;
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
    for (int i = 1; i < 100000; i++) {
        double an = -i * (i - a);
        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        h *= c * d;
        if (fabs(c * d - 1) < 1e-16)
            break;
    }
    return 1 - front * h;
}

static double chi_square_cdf(double x, double freedom)
{
    return gamma_p(freedom / 2, x / 2);
}

double cj_chi_square_quantile(double p, double freedom)
{
    if (!(p >= 0 && p <= 1 && freedom > 0))
        return NAN;
    if (p == 1)
        return INFINITY;
    double high = freedom + 1;
    while (chi_square_cdf(high, freedom) < p && high < 1e9)
        high *= 2;
    return p == 0 ? 0 : inverse(chi_square_cdf, freedom, p, 0, high);
}

int64_t cj_binomial_quantile(double p, int64_t n, double chance)
{
    if (!(p >= 0 && p <= 1 && n >= 0 && chance >= 0 && chance <= 1))
        return -1;
    if (chance == 0 || chance == 1)
        return chance > 0 ? n : 0;
    double sum = 0;
    for (int64_t k = 0; k < n; k++) {
        double count = (double)k, all = (double)n;
        sum += exp(lgamma(all + 1) - lgamma(count + 1) - lgamma(all - count + 1) +
                   count * log(chance) + (all - count) * log1p(-chance));
        if (sum >= p * (1 - 1e-13))
            return k;
    }
    return n;
}

/* ---- two samples ---- */

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Both samples behind each other; NULL: no memory, or nothing, or a NaN. */
static double *joined(cj_context *context, const char *name, int64_t n, const double *a, int64_t m,
                      const double *b)
{
    for (int64_t i = 0; i < n + m; i++)
        if (isnan(i < n ? a[i] : b[i - n]))
            return NULL;
    double *x = n > 0 && m > 0 ? cj_allocate(context, (size_t)(n + m) * sizeof *x) : NULL;
    if (!x) {
        if (n > 0 && m > 0)
            cj_fail(context, CJ_NO_MEMORY, "%s: out of memory", name);
        return NULL;
    }
    memcpy(x, a, (size_t)n * sizeof *x);
    memcpy(x + n, b, (size_t)m * sizeof *x);
    return x;
}

/* The chance that Kolmogorov's statistic is above t. */
static double kolmogorov_above(double t)
{
    double sum = 0;
    if (t < 0.2)
        return 1;
    for (int j = 1; j < 100; j++)
        sum += (j % 2 ? 2 : -2) * exp(-2.0 * j * j * t * t);
    return fmin(fmax(sum, 0), 1);
}

double cj_ks_test(cj_context *context, int64_t n, const double *a, int64_t m, const double *b,
                  double *p)
{
    double *x = joined(context, "ks_test", n, a, m, b), worst = 0;
    if (p)
        *p = NAN;
    if (!x)
        return NAN;
    qsort(x, (size_t)n, sizeof *x, rising);
    qsort(x + n, (size_t)m, sizeof *x, rising);
    for (int64_t i = 0, j = 0; i < n && j < m;) {
        double at = fmin(x[i], x[n + j]);
        while (i < n && x[i] == at)
            i++;
        while (j < m && x[n + j] == at)
            j++;
        worst = fmax(worst, fabs((double)i / (double)n - (double)j / (double)m));
    }
    cj_release(context, x, (size_t)(n + m) * sizeof *x);
    double root = sqrt((double)n * (double)m / (double)(n + m));
    if (p)
        *p = kolmogorov_above((root + 0.12 + 0.11 / root) * worst);
    return worst;
}

/* The sum of the first n. */
static double sum_of(int64_t n, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

double cj_permutation_test(cj_context *context, int64_t n, const double *a, int64_t m,
                           const double *b, int64_t rounds, uint64_t seed)
{
    double *x = rounds > 0 ? joined(context, "permutation_test", n, a, m, b) : NULL;
    if (!x)
        return NAN;
    double middle = sum_of(n + m, x) * (double)n / (double)(n + m);
    double seen = fabs(sum_of(n, x) - middle) * (1 - 1e-12);
    int64_t as_far = 0;
    cj_key key = cj_key_from_seed(seed);
    uint64_t draws = 0;
    for (int64_t r = 0; r < rounds; r++) {
        for (int64_t i = 0; i < n; i++) { /* the first n of a random order */
            uint64_t left = (uint64_t)(n + m - i);
            int64_t k = i + (int64_t)((cj_key_bits(key, draws++) * left) >> 32);
            double t = x[i];
            x[i] = x[k];
            x[k] = t;
        }
        as_far += fabs(sum_of(n, x) - middle) >= seen;
    }
    cj_release(context, x, (size_t)(n + m) * sizeof *x);
    return (double)(as_far + 1) / (double)(rounds + 1);
}
