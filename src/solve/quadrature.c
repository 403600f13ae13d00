/*
 * src/solve/quadrature.c - Gauss's rules from the recurrence of orthogonal polynomials:
 * x p[k] = sqrt(b[k+1]) p[k+1] + a[k] p[k] + sqrt(b[k]) p[k-1].
 */
#include "cajal/solve.h"

#include <float.h>
#include <math.h>

enum { MOST = 1000 };

/* Coefficients a and b; b[0] is the integral of the weight. */
typedef struct recurrence {
    int64_t n;
    double a[MOST], b[MOST];
} recurrence;

static void jacobi(recurrence *r, double alpha, double beta)
{
    double both = alpha + beta;
    r->b[0] = exp((both + 1) * log(2) + lgamma(alpha + 1) + lgamma(beta + 1) - lgamma(both + 2));
    r->a[0] = (beta - alpha) / (both + 2);
    for (int64_t i = 1; i < r->n; i++) {
        double k = (double)i, twice = 2 * k + both;
        r->a[i] = (beta * beta - alpha * alpha) / (twice * (twice + 2));
        r->b[i] = i == 1 ? 4 * (1 + alpha) * (1 + beta) / ((2 + both) * (2 + both) * (3 + both))
                         : 4 * k * (k + alpha) * (k + beta) * (k + both) /
                               (twice * twice * (twice + 1) * (twice - 1));
    }
}

static void make(recurrence *r, cj_gauss_kind kind, double alpha, double beta)
{
    if (kind == CJ_LEGENDRE || kind == CJ_JACOBI) {
        jacobi(r, kind == CJ_JACOBI ? alpha : 0, kind == CJ_JACOBI ? beta : 0);
        return;
    }
    bool hermite = kind == CJ_HERMITE;
    r->b[0] = hermite ? sqrt(3.14159265358979323846) : tgamma(alpha + 1);
    for (int64_t i = 0; i < r->n; i++) {
        double k = (double)i;
        r->a[i] = hermite ? 0 : 2 * k + 1 + alpha;
        if (i)
            r->b[i] = hermite ? k / 2 : k * (k + alpha);
    }
}

/* How many eigenvalues are below x (Sturm). */
static int64_t below(const recurrence *r, double x)
{
    int64_t count = 0;
    double d = 1;
    for (int64_t i = 0; i < r->n; i++) {
        d = r->a[i] - x - (i ? r->b[i] / d : 0);
        if (d == 0)
            d = DBL_MIN;
        count += d < 0;
    }
    return count;
}

/* The i-th eigenvalue from below, to the last bit that bisection finds. */
static double eigenvalue(const recurrence *r, int64_t i, double low, double high)
{
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return middle;
        if (below(r, middle) > i)
            high = middle;
        else
            low = middle;
    }
}

/* b[0] over the sum of the squares of the polynomials, orthonormal for a weight of integral 1. */
static double weight_at(const recurrence *r, double x)
{
    double before = 0, now = 1, sum = 1;
    for (int64_t i = 0; i + 1 < r->n; i++) {
        double back = i ? sqrt(r->b[i]) * before : 0;
        double next = ((x - r->a[i]) * now - back) / sqrt(r->b[i + 1]);
        before = now;
        now = next;
        sum += now * now;
    }
    return r->b[0] / sum;
}

cj_status cj_gauss(cj_context *context, cj_gauss_kind kind, int64_t n, double alpha, double beta,
                   double *node, double *weight)
{
    if (n < 1 || n > MOST || (unsigned)kind > CJ_JACOBI || !(alpha > -1) || !(beta > -1))
        return cj_fail(context, CJ_INVALID,
                       "gauss: it takes 1 to %d points, and alpha and beta over -1", MOST);
    recurrence *r = cj_allocate(context, sizeof *r);
    if (!r)
        return CJ_NO_MEMORY;
    r->n = n;
    make(r, kind, alpha, beta);
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < n; i++) { /* Gershgorin's circles */
        double radius = (i ? sqrt(r->b[i]) : 0) + (i + 1 < n ? sqrt(r->b[i + 1]) : 0);
        low = fmin(low, r->a[i] - radius - 1e-3);
        high = fmax(high, r->a[i] + radius + 1e-3);
    }
    for (int64_t i = 0; i < n; i++) {
        node[i] = eigenvalue(r, i, low, high);
        if (r->a[0] == 0 && fabs(node[i]) < 1e-15) /* the middle of a symmetric rule */
            node[i] = 0;
        weight[i] = weight_at(r, node[i]);
    }
    cj_release(context, r, sizeof *r);
    return CJ_OK;
}
