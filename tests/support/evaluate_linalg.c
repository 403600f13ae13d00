/*
 * tests/support/evaluate_linalg.c - factors of matrices by textbook loops: elimination, Gram-Schmidt, Jacobi's rotations.
 */
#include "support/evaluate_job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One matrix of the batch: a [m, n], b [., k], and its result. */
typedef struct matrices {
    const cj_tensor *node;
    int64_t m, n, k;
    const double *a, *b;
    double *out;
} matrices;

static void cholesky(const matrices *x)
{
    int64_t n = x->n;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = j <= i ? x->a[i * n + j] : 0;
            for (int64_t l = 0; l < j && j <= i; l++)
                sum -= x->out[i * n + l] * x->out[j * n + l];
            x->out[i * n + j] = j == i ? sqrt(sum) : j < i ? sum / x->out[j * n + j] : 0;
        }
}

static void swap_rows(double *a, int64_t n, int64_t i, int64_t j)
{
    for (int64_t c = 0; c < n; c++) {
        double was = a[i * n + c];
        a[i * n + c] = a[j * n + c];
        a[j * n + c] = was;
    }
}

static void lu(const matrices *x)
{
    int64_t n = x->n;
    double *a = x->out, *from = a + n * n, *sign = from + n, parity = 1;
    memcpy(a, x->a, sizeof *a * (size_t)(n * n));
    for (int64_t i = 0; i < n; i++)
        from[i] = (double)i;
    for (int64_t c = 0; c < n; c++) {
        int64_t best = c;
        for (int64_t r = c; r < n; r++)
            best = fabs(a[r * n + c]) > fabs(a[best * n + c]) ? r : best;
        if (best != c) {
            swap_rows(a, n, c, best);
            swap_rows(from, 1, c, best);
            parity = -parity;
        }
        for (int64_t r = c + 1; r < n; r++) {
            double f = a[r * n + c] /= a[c * n + c];
            for (int64_t j = c + 1; j < n; j++)
                a[r * n + j] -= f * a[c * n + j];
        }
    }
    for (int64_t i = 0; i < n; i++)
        sign[i] = parity;
}

static void triangular(const matrices *x)
{
    int64_t n = x->n, k = x->k;
    const int64_t *option = x->node->option;
    bool up = (option[0] != 0) != (option[1] != 0);
    for (int64_t step = 0; step < n; step++) {
        int64_t i = up ? n - 1 - step : step;
        for (int64_t c = 0; c < k; c++) {
            double sum = x->b[i * k + c];
            for (int64_t j = up ? i + 1 : 0; j < (up ? n : i); j++)
                sum -= (option[1] ? x->a[j * n + i] : x->a[i * n + j]) * x->out[j * k + c];
            x->out[i * k + c] = option[2] ? sum : sum / x->a[i * n + i];
        }
    }
}

/* Gram-Schmidt, each column twice. */
static void qr(const matrices *x)
{
    int64_t m = x->m, n = x->n;
    double *q = x->out, *r = q + m * n;
    memcpy(q, x->a, sizeof *q * (size_t)(m * n));
    memset(r, 0, sizeof *r * (size_t)(n * n));
    for (int64_t c = 0; c < n; c++) {
        for (int turn = 0; turn < 2; turn++)
            for (int64_t j = 0; j < c; j++) {
                double dot = 0;
                for (int64_t i = 0; i < m; i++)
                    dot += q[i * n + j] * q[i * n + c];
                for (int64_t i = 0; i < m; i++)
                    q[i * n + c] -= dot * q[i * n + j];
                r[j * n + c] += dot;
            }
        double square = 0;
        for (int64_t i = 0; i < m; i++)
            square += q[i * n + c] * q[i * n + c];
        r[c * n + c] = sqrt(square);
        for (int64_t i = 0; i < m; i++)
            q[i * n + c] /= r[c * n + c];
    }
}

/* Columns p and q of the [rows, n] matrix turned by the angle. */
static void rotate(double *a, int64_t rows, int64_t n, int64_t p, int64_t q, double c, double s)
{
    for (int64_t i = 0; i < rows; i++) {
        double x = a[i * n + p], y = a[i * n + q];
        a[i * n + p] = c * x - s * y;
        a[i * n + q] = s * x + c * y;
    }
}

/* One-sided Jacobi: u [m, n] becomes U S, v V, sorted by decreasing s. */
static void jacobi(int64_t m, int64_t n, double *u, double *v, double *s)
{
    for (int64_t i = 0; i < n * n; i++)
        v[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < 60; sweep++)
        for (int64_t p = 0; p < n; p++)
            for (int64_t q = p + 1; q < n; q++) {
                double pp = 0, qq = 0, pq = 0;
                for (int64_t i = 0; i < m; i++) {
                    pp += u[i * n + p] * u[i * n + p];
                    qq += u[i * n + q] * u[i * n + q];
                    pq += u[i * n + p] * u[i * n + q];
                }
                if (fabs(pq) <= 1e-17 * sqrt(pp * qq))
                    continue;
                double angle = 0.5 * atan2(2 * pq, qq - pp);
                rotate(u, m, n, p, q, cos(angle), sin(angle));
                rotate(v, n, n, p, q, cos(angle), sin(angle));
            }
    for (int64_t j = 0; j < n; j++) {
        s[j] = 0;
        for (int64_t i = 0; i < m; i++)
            s[j] = hypot(s[j], u[i * n + j]);
    }
    for (int64_t j = 0; j < n; j++)
        for (int64_t l = j + 1; l < n; l++)
            if (s[l] > s[j]) {
                double was = s[j];
                s[j] = s[l];
                s[l] = was;
                rotate(u, m, n, j, l, 0, -1);
                rotate(v, n, n, j, l, 0, -1);
            }
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < m; i++)
            u[i * n + j] = s[j] > 0 ? u[i * n + j] / s[j] : 0;
}

/* The sign that makes the largest component of column j positive. */
static double sign_of(const double *a, int64_t rows, int64_t n, int64_t j)
{
    double largest = 0;
    for (int64_t i = 0; i < rows; i++)
        if (fabs(a[i * n + j]) > fabs(largest))
            largest = a[i * n + j];
    return largest < 0 ? -1 : 1;
}

static double *room(int64_t elements)
{
    return calloc((size_t)elements + 1, sizeof(double));
}

static void svd(const matrices *x)
{
    int64_t m = x->m, n = x->n;
    double *u = room(m * n), *v = room(n * n), *s = room(n);
    memcpy(u, x->a, sizeof *u * (size_t)(m * n));
    jacobi(m, n, u, v, s);
    if (!x->node->option[0]) {
        memcpy(x->out, s, sizeof *s * (size_t)n);
    } else {
        for (int64_t j = 0; j < n; j++) {
            double sign = sign_of(u, m, n, j);
            for (int64_t i = 0; i < m; i++)
                x->out[i * n + j] = sign * u[i * n + j];
            x->out[m * n + j] = s[j];
            for (int64_t i = 0; i < n; i++)
                x->out[m * n + n + j * n + i] = sign * v[i * n + j];
        }
    }
    free(u);
    free(v);
    free(s);
}

/* Two-sided by the one-sided one: A + t I is positive definite, its singular values are those of A, plus t. */
static void eigh(const matrices *x)
{
    int64_t n = x->n;
    double *u = room(n * n), *v = room(n * n), *s = room(n), shift = 1;
    for (int64_t i = 0; i < n * n; i++)
        shift += fabs(x->a[i]);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            u[i * n + j] = x->a[i > j ? i * n + j : j * n + i] + (i == j ? shift : 0);
    jacobi(n, n, u, v, s);
    for (int64_t j = 0; j < n; j++) {
        int64_t from = n - 1 - j;
        x->out[j] = s[from] - shift;
        for (int64_t i = 0; i < n && x->node->option[0]; i++)
            x->out[n + i * n + j] = sign_of(v, n, n, from) * v[i * n + from];
    }
    free(u);
    free(v);
    free(s);
}

/* By the singular values of A, or of A^T where that is the tall one. */
static void lstsq(const matrices *x)
{
    int64_t m = x->m, n = x->n, k = x->k, p = m < n ? n : m, q = m < n ? m : n;
    double *u = room(p * q), *v = room(q * q), *s = room(q), cut;
    memcpy(&cut, &x->node->option[0], sizeof cut);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            u[m < n ? j * q + i : i * q + j] = x->a[i * n + j];
    jacobi(p, q, u, v, s);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < k; c++) {
            double sum = 0;
            for (int64_t l = 0; l < q && s[l] > cut * s[0]; l++)
                for (int64_t r = 0; r < m; r++)
                    sum += (m < n ? u[i * q + l] * v[r * q + l] : v[i * q + l] * u[r * q + l]) /
                           s[l] * x->b[r * k + c];
            x->out[i * k + c] = sum;
        }
    free(u);
    free(v);
    free(s);
}

/* The bands as a full matrix, by elimination. */
static void tridiagonal(const matrices *x)
{
    int64_t n = x->n, k = x->k;
    double *a = room(n * n), *f = room(n * n + 2 * n), *b = room(n * k);
    for (int64_t i = 0; i < n; i++)
        for (int64_t d = -1; d <= 1; d++)
            if (i + d >= 0 && i + d < n)
                a[i * n + i + d] = x->a[(d + 1) * n + i];
    lu(&(matrices){.n = n, .a = a, .out = f});
    for (int64_t i = 0; i < n; i++)
        memcpy(b + i * k, x->b + (int64_t)f[n * n + i] * k, sizeof *b * (size_t)k);
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < i; j++)
                b[i * k + c] -= f[i * n + j] * b[j * k + c];
        for (int64_t i = n - 1; i >= 0; i--) {
            for (int64_t j = i + 1; j < n; j++)
                b[i * k + c] -= f[i * n + j] * b[j * k + c];
            b[i * k + c] /= f[i * n + i];
        }
    }
    memcpy(x->out, b, sizeof *b * (size_t)(n * k));
    free(a);
    free(f);
    free(b);
}

bool evaluate_linalg(const job *j)
{
    static void (*const table[CJ_OP_COUNT])(const matrices *) = {
        [CJ_OP_CHOLESKY] = cholesky,
        [CJ_OP_LU] = lu,
        [CJ_OP_QR] = qr,
        [CJ_OP_SOLVE_TRIANGULAR] = triangular,
        [CJ_OP_EIGH] = eigh,
        [CJ_OP_SVD] = svd,
        [CJ_OP_LSTSQ] = lstsq,
        [CJ_OP_SOLVE_TRIDIAGONAL] = tridiagonal,
    };
    const cj_tensor *node = j->node;
    if (!table[node->op])
        return false;
    const cj_tensor *a = node->source[0], *b = node->source[node->source_count - 1];
    int64_t batch = 1, last[2];
    for (int i = 0; i < a->rank - 2; i++)
        batch *= a->shape[i];
    last[0] = b->shape[b->rank - 2], last[1] = b->shape[b->rank - 1];
    matrices x = {
        .node = node, .m = a->shape[a->rank - 2], .n = a->shape[a->rank - 1], .k = last[1]};
    for (int64_t i = 0; i < batch; i++) {
        x.a = j->source[0]->f + i * x.m * x.n;
        x.b = j->source[node->source_count - 1]->f + i * last[0] * last[1];
        x.out = j->out.f + i * (node->elements / batch);
        table[node->op](&x);
    }
    return true;
}
