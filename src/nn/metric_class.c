/*
 * src/nn/metric_class.c - metrics of classes, of clusterings, of calibration.
 */
#include "base/base.h"
#include "cajal/metric.h"

#include <math.h>

/* ---- the confusion matrix and what follows from it ---- */

void cj_confusion_matrix(int64_t n, const int32_t *label, const int32_t *predicted, int classes,
                         int64_t *count)
{
    memset(count, 0, (size_t)classes * (size_t)classes * sizeof *count);
    for (int64_t i = 0; i < n; i++)
        if (label[i] >= 0 && label[i] < classes && predicted[i] >= 0 && predicted[i] < classes)
            count[label[i] * classes + predicted[i]]++;
}

double cj_top_k_accuracy(int64_t n, int classes, const double *score, const int32_t *label, int k)
{
    int64_t right = 0, all = 0;
    for (int64_t i = 0; i < n; i++) {
        const double *row = score + i * classes;
        int32_t own = label[i];
        int before = 0;
        if (own < 0 || own >= classes)
            continue;
        for (int c = 0; c < classes; c++)
            before += row[c] > row[own] || (row[c] == row[own] && c < own);
        right += before < k;
        all++;
    }
    return all ? (double)right / (double)all : NAN;
}

/* Of one class: how often label, predicted, both. */
typedef struct marginal {
    double label, predicted, both;
} marginal;

static marginal marginal_of(int classes, const int64_t *count, int of)
{
    marginal m = {0, 0, (double)count[of * classes + of]};
    for (int c = 0; c < classes; c++) {
        m.label += (double)count[of * classes + c];
        m.predicted += (double)count[c * classes + of];
    }
    return m;
}

static double share(double part, double all)
{
    return all > 0 ? part / all : 0;
}

double cj_precision_of(int classes, const int64_t *count, int of)
{
    marginal m = marginal_of(classes, count, of);
    return share(m.both, m.predicted);
}

double cj_recall_of(int classes, const int64_t *count, int of)
{
    marginal m = marginal_of(classes, count, of);
    return share(m.both, m.label);
}

double cj_f1_score_of(int classes, const int64_t *count, int of)
{
    marginal m = marginal_of(classes, count, of);
    return share(2 * m.both, m.label + m.predicted);
}

double cj_accuracy(int classes, const int64_t *count)
{
    double right = 0, all = 0;
    for (int i = 0; i < classes * classes; i++) {
        all += (double)count[i];
        right += i % (classes + 1) == 0 ? (double)count[i] : 0;
    }
    return all > 0 ? right / all : NAN;
}

/* The mean of f over classes that occur, as label, or (either) as label or prediction. */
static double macro(int classes, const int64_t *count, bool either,
                    double (*f)(int, const int64_t *, int))
{
    double sum = 0;
    int occurring = 0;
    for (int c = 0; c < classes; c++) {
        marginal m = marginal_of(classes, count, c);
        if (m.label > 0 || (either && m.predicted > 0)) {
            sum += f(classes, count, c);
            occurring++;
        }
    }
    return occurring ? sum / occurring : NAN;
}

double cj_precision(int classes, const int64_t *count)
{
    return macro(classes, count, true, cj_precision_of);
}

double cj_recall(int classes, const int64_t *count)
{
    return macro(classes, count, false, cj_recall_of);
}

double cj_f1_score(int classes, const int64_t *count)
{
    return macro(classes, count, true, cj_f1_score_of);
}

static double iou_of(int classes, const int64_t *count, int of)
{
    marginal m = marginal_of(classes, count, of);
    return share(m.both, m.label + m.predicted - m.both);
}

double cj_mean_iou(int classes, const int64_t *count)
{
    return macro(classes, count, true, iou_of);
}

typedef struct agreement {
    double all, right, product, label_squares, predicted_squares;
} agreement;

static agreement agreement_of(int classes, const int64_t *count)
{
    agreement a = {0};
    for (int c = 0; c < classes; c++) {
        marginal m = marginal_of(classes, count, c);
        a.all += m.label;
        a.right += m.both;
        a.product += m.label * m.predicted;
        a.label_squares += m.label * m.label;
        a.predicted_squares += m.predicted * m.predicted;
    }
    return a;
}

double cj_matthews_correlation(int classes, const int64_t *count)
{
    agreement a = agreement_of(classes, count);
    if (a.all <= 0)
        return NAN;
    double square = a.all * a.all;
    double spread = (square - a.label_squares) * (square - a.predicted_squares);
    return spread > 0 ? (a.right * a.all - a.product) / sqrt(spread) : 0;
}

double cj_cohen_kappa(int classes, const int64_t *count)
{
    agreement a = agreement_of(classes, count);
    double square = a.all * a.all;
    return square > a.product ? (a.right * a.all - a.product) / (square - a.product) : NAN;
}

/* ---- calibration ---- */

double cj_calibration_error(int64_t n, const double *probability, const bool *right, int bins,
                            double *largest)
{
    double error = 0, most = 0;
    for (int b = 0; b < bins; b++) {
        double low = (double)b / bins, high = (double)(b + 1) / bins, sum = 0, hits = 0;
        int64_t in = 0;
        for (int64_t i = 0; i < n; i++) {
            double p = probability[i];
            if ((p > low && p <= high) || (b == 0 && p == 0)) {
                sum += p;
                hits += right[i];
                in++;
            }
        }
        error += fabs(sum - hits) / (double)CJ_MAX(n, 1);
        most = in ? fmax(most, fabs(sum - hits) / (double)in) : most;
    }
    if (largest)
        *largest = n ? most : NAN;
    return n ? error : NAN;
}

double cj_brier_score(int64_t n, const double *probability, const bool *outcome)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = probability[i] - (outcome[i] ? 1 : 0);
        sum += d * d;
    }
    return n ? sum / (double)n : NAN;
}

/* ---- clusterings ---- */

/* How often each pair of label and cluster occurs, and each by itself. */
typedef struct contingency {
    cj_context *context;
    int classes, clusters;
    double all, *pair, *label, *cluster;
} contingency;

static size_t cells(const contingency *t)
{
    size_t classes = (size_t)t->classes, clusters = (size_t)t->clusters;
    return classes * clusters + classes + clusters;
}

static bool count_pairs(contingency *t, int64_t n, const int32_t *label, const int32_t *cluster)
{
    t->pair = cj_allocate_zero(t->context, cells(t) * sizeof(double));
    if (!t->pair)
        return false;
    t->label = t->pair + (size_t)t->classes * (size_t)t->clusters;
    t->cluster = t->label + t->classes;
    for (int64_t i = 0; i < n; i++)
        if (label[i] >= 0 && label[i] < t->classes && cluster[i] >= 0 && cluster[i] < t->clusters) {
            t->pair[label[i] * t->clusters + cluster[i]]++;
            t->label[label[i]]++;
            t->cluster[cluster[i]]++;
            t->all++;
        }
    return true;
}

static void contingency_free(contingency *t)
{
    cj_release(t->context, t->pair, cells(t) * sizeof(double));
}

static double pairs_in(int count, const double *of)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += of[i] * (of[i] - 1) / 2;
    return sum;
}

/* (index - expected) / (mean of the sides - expected), of pairs of items that are together (Hubert and
 * Arabie, 1985); 1 where both sides put all, or none, together. */
double cj_adjusted_rand(cj_context *context, int64_t n, const int32_t *label, int classes,
                        const int32_t *cluster, int clusters)
{
    contingency t = {.context = context, .classes = classes, .clusters = clusters};
    if (!count_pairs(&t, n, label, cluster))
        return NAN;
    double both = pairs_in(classes * clusters, t.pair), all = t.all * (t.all - 1) / 2;
    double a = pairs_in(classes, t.label), b = pairs_in(clusters, t.cluster);
    double expected = all > 0 ? a * b / all : 0, mean = (a + b) / 2;
    contingency_free(&t);
    if (t.all < 1)
        return NAN;
    return mean == expected ? 1 : (both - expected) / (mean - expected);
}

static double entropy(int count, const double *of, double all)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum -= of[i] > 0 ? of[i] / all * log(of[i] / all) : 0;
    return sum;
}

double cj_normalized_mutual_information(cj_context *context, int64_t n, const int32_t *label,
                                        int classes, const int32_t *cluster, int clusters)
{
    contingency t = {.context = context, .classes = classes, .clusters = clusters};
    if (!count_pairs(&t, n, label, cluster))
        return NAN;
    double a = entropy(classes, t.label, t.all), b = entropy(clusters, t.cluster, t.all);
    double both = entropy(classes * clusters, t.pair, t.all);
    contingency_free(&t);
    if (t.all < 1)
        return NAN;
    return a + b > 0 ? (a + b - both) / ((a + b) / 2) : 1;
}

double cj_purity(cj_context *context, int64_t n, const int32_t *label, int classes,
                 const int32_t *cluster, int clusters)
{
    contingency t = {.context = context, .classes = classes, .clusters = clusters};
    if (!count_pairs(&t, n, label, cluster))
        return NAN;
    double sum = 0;
    for (int k = 0; k < clusters; k++) {
        double most = 0;
        for (int c = 0; c < classes; c++)
            most = fmax(most, t.pair[c * clusters + k]);
        sum += most;
    }
    contingency_free(&t);
    return t.all > 0 ? sum / t.all : NAN;
}
