/*
 * src/nn/metric_rank.c - metrics of numbers, of rankings, of sequences.
 */
#include "base/base.h"
#include "cajal/metric.h"

#include <math.h>
#include <stdlib.h>

/* ---- numbers ---- */

double cj_mean_absolute_error(int64_t n, const double *predicted, const double *target)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += fabs(predicted[i] - target[i]);
    return n ? sum / (double)n : NAN;
}

static double squares(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

double cj_root_mean_square_error(int64_t n, const double *predicted, const double *target)
{
    return n ? sqrt(squares(n, predicted, target) / (double)n) : NAN;
}

double cj_psnr(int64_t n, const double *a, const double *b, double range)
{
    return 20 * log10(range / cj_root_mean_square_error(n, a, b));
}

static double mean(int64_t n, const double *a)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i];
    return sum / (double)n;
}

double cj_r2_score(int64_t n, const double *predicted, const double *target)
{
    double m = mean(n, target), spread = 0;
    for (int64_t i = 0; i < n; i++)
        spread += (target[i] - m) * (target[i] - m);
    return spread > 0 ? 1 - squares(n, predicted, target) / spread : NAN;
}

double cj_pearson(int64_t n, const double *a, const double *b)
{
    double ma = mean(n, a), mb = mean(n, b), ab = 0, aa = 0, bb = 0;
    for (int64_t i = 0; i < n; i++) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* ---- in order ---- */

typedef struct item {
    double key, other;
    int64_t place;
} item;

static int by_key(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->other != y->other)
        return x->other < y->other ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

static item *items_of(cj_context *context, int64_t n)
{
    return cj_allocate(context, (size_t)n * sizeof(item));
}

static void items_free(cj_context *context, item *v, int64_t n)
{
    cj_release(context, v, (size_t)n * sizeof(item));
}

/* rank[i] from 1, ties at their mean; v is scratch. */
static void ranks(int64_t n, const double *a, item *v, double *rank)
{
    for (int64_t i = 0; i < n; i++)
        v[i] = (item){a[i], 0, i};
    qsort(v, (size_t)n, sizeof *v, by_key);
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && v[end].key == v[i].key; end++)
            ;
        for (int64_t k = i; k < end; k++)
            rank[v[k].place] = (double)(i + 1 + end) / 2;
    }
}

double cj_spearman(cj_context *context, int64_t n, const double *a, const double *b)
{
    size_t bytes = 2 * (size_t)n * sizeof(double);
    double *rank = cj_allocate(context, bytes), result = NAN;
    item *v = items_of(context, n);
    if (rank && v) {
        ranks(n, a, v, rank);
        ranks(n, b, v, rank + n);
        result = cj_pearson(n, rank, rank + n);
    }
    items_free(context, v, n);
    cj_release(context, rank, bytes);
    return result;
}

/* Pairs of equal keys; `both`: of equal keys and others. */
static double ties(int64_t n, const item *v, bool both)
{
    double sum = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1;
             end < n && v[end].key == v[i].key && (!both || v[end].other == v[i].other); end++)
            ;
        sum += (double)(end - i) * (double)(end - i - 1) / 2;
    }
    return sum;
}

/* Sorts v by `other`, merging, and counts how many pairs change places. */
static double exchanges(int64_t n, item *v, item *scratch)
{
    if (n < 2)
        return 0;
    int64_t half = n / 2;
    double sum = exchanges(half, v, scratch) + exchanges(n - half, v + half, scratch);
    for (int64_t i = 0, j = half, k = 0; k < n; k++) {
        bool second = i == half || (j < n && v[j].other < v[i].other);
        sum += second ? (double)(half - i) : 0;
        scratch[k] = second ? v[j++] : v[i++];
    }
    memcpy(v, scratch, (size_t)n * sizeof *v);
    return sum;
}

/* Knight, "A computer method for calculating Kendall's tau with ungrouped data", JASA 1966. */
double cj_kendall_tau(cj_context *context, int64_t n, const double *a, const double *b)
{
    item *v = items_of(context, 2 * n);
    if (!v)
        return NAN;
    for (int64_t i = 0; i < n; i++)
        v[i] = (item){a[i], b[i], i};
    qsort(v, (size_t)n, sizeof *v, by_key);
    double all = (double)n * (double)(n - 1) / 2, tied_a = ties(n, v, false);
    double tied_both = ties(n, v, true), apart = exchanges(n, v, v + n);
    for (int64_t i = 0; i < n; i++)
        v[i].key = v[i].other;
    double tied_b = ties(n, v, false);
    items_free(context, v, 2 * n);
    double spread = sqrt(all - tied_a) * sqrt(all - tied_b);
    return spread > 0 ? (all - tied_a - tied_b + tied_both - 2 * apart) / spread : NAN;
}

double cj_roc_auc(cj_context *context, int64_t n, const double *score, const bool *positive)
{
    size_t bytes = (size_t)n * sizeof(double);
    double *rank = cj_allocate(context, bytes), sum = 0, count = 0, result = NAN;
    item *v = items_of(context, n);
    if (rank && v) {
        ranks(n, score, v, rank);
        for (int64_t i = 0; i < n; i++) {
            sum += positive[i] ? rank[i] : 0;
            count += positive[i];
        }
        double pairs = count * ((double)n - count);
        result = pairs > 0 ? (sum - count * (count + 1) / 2) / pairs : NAN;
    }
    items_free(context, v, n);
    cj_release(context, rank, bytes);
    return result;
}

double cj_average_precision(cj_context *context, int64_t n, const double *score,
                            const bool *positive)
{
    item *v = items_of(context, n);
    double hits = 0, sum = 0;
    if (!v)
        return NAN;
    for (int64_t i = 0; i < n; i++)
        v[i] = (item){-score[i], positive[i], i};
    qsort(v, (size_t)n, sizeof *v, by_key);
    for (int64_t i = 0, end; i < n; i = end) {
        double before = hits;
        for (end = i; end < n && v[end].key == v[i].key; end++)
            hits += v[end].other;
        sum += (hits - before) * hits / (double)end;
    }
    items_free(context, v, n);
    return hits > 0 ? sum / hits : NAN;
}

double cj_ndcg(cj_context *context, int64_t n, const double *score, const double *gain, int64_t k)
{
    item *v = items_of(context, n);
    double sum[2] = {0, 0};
    if (!v)
        return NAN;
    k = k ? CJ_MIN(k, n) : n;
    for (int best = 0; best < 2; best++) {
        for (int64_t i = 0; i < n; i++)
            v[i] = (item){-(best ? gain[i] : score[i]), 0, i};
        qsort(v, (size_t)n, sizeof *v, by_key);
        for (int64_t i = 0; i < k; i++)
            sum[best] += (exp2(gain[v[i].place]) - 1) / log2((double)i + 2);
    }
    items_free(context, v, n);
    return sum[1] > 0 ? sum[0] / sum[1] : NAN;
}

double cj_mean_reciprocal_rank(int64_t queries, const int64_t *rank)
{
    double sum = 0;
    for (int64_t i = 0; i < queries; i++)
        sum += 1 / (double)rank[i];
    return queries ? sum / (double)queries : NAN;
}

/* The integral of |F - G|: between neighbours of the joint order both are constant. */
double cj_wasserstein_1d(cj_context *context, int64_t n, const double *a, int64_t m,
                         const double *b)
{
    item *v = items_of(context, n + m);
    double gap = 0, sum = 0;
    if (!v)
        return NAN;
    for (int64_t i = 0; i < n + m; i++)
        v[i] = i < n ? (item){a[i], 1 / (double)n, i} : (item){b[i - n], -1 / (double)m, i};
    qsort(v, (size_t)(n + m), sizeof *v, by_key);
    for (int64_t i = 0; i + 1 < n + m; i++) {
        gap += v[i].other;
        sum += fabs(gap) * (v[i + 1].key - v[i].key);
    }
    items_free(context, v, n + m);
    return n && m ? sum : NAN;
}

/* ---- sequences ---- */

int64_t cj_edit_distance(cj_context *context, int64_t n, const int32_t *a, int64_t m,
                         const int32_t *b)
{
    size_t bytes = (size_t)(m + 1) * sizeof(int64_t);
    int64_t *row = cj_allocate(context, bytes);
    if (!row)
        return -1;
    for (int64_t j = 0; j <= m; j++)
        row[j] = j;
    for (int64_t i = 0; i < n; i++) {
        int64_t diagonal = row[0];
        row[0] = i + 1;
        for (int64_t j = 0; j < m; j++) {
            int64_t other = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = CJ_MIN(CJ_MIN(diagonal, row[j]) + 1, other);
        }
    }
    int64_t distance = row[m];
    cj_release(context, row, bytes);
    return distance;
}

static bool same(const int32_t *a, const int32_t *b, int n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* n-grams of the candidate that the reference has too, each at most as often: `used` marks those of
 * the reference that were met. */
static double common(const cj_tokens *candidate, const cj_tokens *reference, int n, bool *used)
{
    double sum = 0;
    memset(used, 0, (size_t)reference->length);
    for (int64_t i = 0; i + n <= candidate->length; i++)
        for (int64_t j = 0; j + n <= reference->length; j++)
            if (!used[j] && same(candidate->token + i, reference->token + j, n)) {
                used[j] = true;
                sum++;
                break;
            }
    return sum;
}

double cj_bleu(cj_context *context, int64_t count, const cj_tokens *candidate,
               const cj_tokens *reference, int most)
{
    int64_t longest = 1, c = 0, r = 0;
    for (int64_t i = 0; i < count; i++) {
        longest = CJ_MAX(longest, reference[i].length);
        c += candidate[i].length;
        r += reference[i].length;
    }
    bool *used = cj_allocate(context, (size_t)longest);
    if (!used)
        return NAN;
    double log_sum = 0;
    for (int n = 1; n <= most; n++) {
        double met = 0, all = 0;
        for (int64_t i = 0; i < count; i++) {
            met += common(&candidate[i], &reference[i], n, used);
            all += (double)CJ_MAX(candidate[i].length - n + 1, 0);
        }
        log_sum += log(all > 0 ? met / all : 0) / most;
    }
    cj_release(context, used, (size_t)longest);
    double penalty = c < r ? 1 - (double)r / (double)CJ_MAX(c, 1) : 0;
    return count ? exp(log_sum + penalty) : NAN;
}
