/*
 * cli/metrics.c - accuracy, balanced accuracy, F1; MAE, RMSE, R2; their intervals.
 */
#include "metrics.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>

#define RESAMPLES 1000
#define MOST_DRAWS INT64_C(20000000)

/* ---- classes ---- */

static int best_of(const float *logit, int classes)
{
    int best = 0;
    for (int i = 1; i < classes; i++)
        if (logit[i] > logit[best] || (logit[best] != logit[best] && logit[i] == logit[i]))
            best = i;
    return best;
}

/* -log softmax(logit)[label] */
static double negative_log(const float *logit, int classes, int label)
{
    double most = logit[0], sum = 0;
    for (int i = 1; i < classes; i++)
        most = fmax(most, logit[i]);
    for (int i = 0; i < classes; i++)
        sum += exp(logit[i] - most);
    return log(sum) + most - logit[label];
}

typedef struct rates {
    double accuracy, balanced, f1;
} rates;

static rates rates_of(const int64_t *confusion, int classes)
{
    int64_t right = 0, all = 0;
    double recalls = 0, f1s = 0;
    int occurring = 0, met = 0;
    for (int i = 0; i < classes; i++) {
        int64_t row = 0, column = 0, hit = confusion[i * classes + i];
        for (int j = 0; j < classes; j++) {
            row += confusion[i * classes + j];
            column += confusion[j * classes + i];
        }
        right += hit;
        all += row;
        if (row) {
            recalls += (double)hit / (double)row;
            occurring++;
        }
        if (row + column) {
            f1s += 2.0 * (double)hit / (double)(row + column);
            met++;
        }
    }
    return (rates){all ? (double)right / (double)all : NAN, occurring ? recalls / occurring : NAN,
                   met ? f1s / met : NAN};
}

/* Wilson, "Probable inference, the law of succession, and statistical inference", 1927. */
void score_wilson(score *s, int64_t count)
{
    double n = (double)count, z = 1.959963984540054, p = s->value;
    double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    s->low = fmax(0, middle - half);
    s->high = fmin(1, middle + half);
}

/* ---- the bootstrap: Efron, "Bootstrap methods: another look at the jackknife", 1979 ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The percentiles of `count` values, sorted in place; NaN values are left out. */
static void percentiles(score *s, double *value, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (!isnan(value[i]))
            value[kept++] = value[i];
    s->low = s->high = NAN;
    if (!kept)
        return;
    qsort(value, (size_t)kept, sizeof *value, by_value);
    s->low = value[(int)floor(0.025 * (kept - 1))];
    s->high = value[(int)ceil(0.975 * (kept - 1))];
}

static int resamples(int64_t count)
{
    return (int)CJ_MAX(100, CJ_MIN(RESAMPLES, MOST_DRAWS / CJ_MAX(count, 1)));
}

/* A place below n, of the draw e: the high word of bits times n. */
static int64_t place(cj_key key, uint64_t e, int64_t n)
{
    return (int64_t)(((uint64_t)cj_key_bits(key, e) * (uint64_t)n) >> 32);
}

static cj_status bootstrap_classes(cj_context *context, scores *s, const int32_t *pair)
{
    int classes = s->class_count, draws = resamples(s->count);
    size_t cells = (size_t)classes * (size_t)classes, bytes = cells * sizeof(int64_t);
    size_t value_bytes = 2 * (size_t)draws * sizeof(double);
    int64_t *confusion = cj_allocate(context, bytes);
    double *value = cj_allocate(context, value_bytes);
    cj_status status = confusion && value ? CJ_OK : CJ_NO_MEMORY;
    for (int r = 0; r < draws && status == CJ_OK; r++) {
        cj_key key = cj_key_fold(cj_key_from_seed(0), (uint64_t)r);
        memset(confusion, 0, bytes);
        for (int64_t i = 0; i < s->count; i++)
            confusion[pair[place(key, (uint64_t)i, s->count)]]++;
        rates x = rates_of(confusion, classes);
        value[r] = x.balanced;
        value[draws + r] = x.f1;
    }
    if (status == CJ_OK) {
        percentiles(&s->balanced, value, draws);
        percentiles(&s->f1, value + draws, draws);
    }
    if (confusion)
        cj_release(context, confusion, bytes);
    if (value)
        cj_release(context, value, value_bytes);
    return status;
}

static cj_status score_classes(cj_context *context, const cj_examples *examples, const float *raw,
                               scores *s)
{
    int classes = s->class_count;
    size_t bytes = (size_t)s->count * sizeof(int32_t);
    int32_t *pair = cj_allocate(context, bytes); /* cell of the confusion matrix of each example */
    s->confusion = cj_allocate_zero(context, (size_t)classes * (size_t)classes * sizeof(int64_t));
    if (!pair || !s->confusion) {
        if (pair)
            cj_release(context, pair, bytes);
        return CJ_NO_MEMORY;
    }
    for (int64_t i = 0; i < s->count; i++) {
        const float *logit = raw + i * classes;
        pair[i] = examples->label[i] * classes + best_of(logit, classes);
        s->confusion[pair[i]]++;
        s->loss += negative_log(logit, classes, examples->label[i]);
    }
    s->loss /= (double)s->count;
    rates x = rates_of(s->confusion, classes);
    s->accuracy.value = x.accuracy;
    s->balanced.value = x.balanced;
    s->f1.value = x.f1;
    score_wilson(&s->accuracy, s->count);
    cj_status status = bootstrap_classes(context, s, pair);
    cj_release(context, pair, bytes);
    return status;
}

/* ---- regression ---- */

typedef struct errors {
    double mae, rmse, r2;
} errors;

/* Which targets are averaged over: from, from + 1, ..., before end. */
typedef struct span {
    int from, end;
} span;

/* Means over the targets of a span, of the examples that `key` draws (NULL: of all). */
static errors errors_of(const cj_preprocess *p, const cj_examples *examples, const float *raw,
                        span targets, const cj_key *key)
{
    errors sum = {0};
    int64_t n = examples->count;
    int count = targets.end - targets.from;
    for (int t = targets.from; t < targets.end; t++) {
        double scale = p->target_scale[t], absolute = 0, square = 0, total = 0, total_square = 0;
        for (int64_t i = 0; i < n; i++) {
            int64_t at = (key ? place(*key, (uint64_t)i, n) : i) * p->targets + t;
            double y = examples->target[at], e = raw[at] - y;
            absolute += fabs(e);
            square += e * e;
            total += y;
            total_square += y * y;
        }
        double deviation = total_square - total * total / (double)n;
        sum.mae += scale * absolute / (double)n;
        sum.rmse += scale * sqrt(square / (double)n);
        sum.r2 += deviation > 0 ? 1 - square / deviation : NAN;
    }
    return (errors){sum.mae / count, sum.rmse / count, sum.r2 / count};
}

static cj_status score_targets(cj_context *context, const cj_preprocess *p,
                               const cj_examples *examples, const float *raw, span targets,
                               scores *s)
{
    int draws = resamples(examples->count);
    size_t bytes = 3 * (size_t)draws * sizeof(double);
    errors all = errors_of(p, examples, raw, targets, NULL);
    double *value = cj_allocate(context, bytes);
    if (!value)
        return CJ_NO_MEMORY;
    for (int r = 0; r < draws; r++) {
        cj_key key = cj_key_fold(cj_key_from_seed(0), (uint64_t)r);
        errors x = errors_of(p, examples, raw, targets, &key);
        value[r] = x.mae;
        value[draws + r] = x.rmse;
        value[2 * draws + r] = x.r2;
    }
    s->mae.value = all.mae;
    s->rmse.value = all.rmse;
    s->r2.value = all.r2;
    percentiles(&s->mae, value, draws);
    percentiles(&s->rmse, value + draws, draws);
    percentiles(&s->r2, value + 2 * draws, draws);
    cj_release(context, value, bytes);
    return CJ_OK;
}

static cj_status score_regression(cj_context *context, const cj_preprocess *p,
                                  const cj_examples *examples, const float *raw, scores *s)
{
    int64_t numbers = s->count * p->targets;
    for (int64_t i = 0; i < numbers; i++) {
        double e = (double)raw[i] - (double)examples->target[i];
        s->loss += e * e / (double)numbers;
    }
    cj_status status = score_targets(context, p, examples, raw, (span){0, p->targets}, s);
    if (status != CJ_OK || p->targets < 2)
        return status;
    s->target = cj_allocate_zero(context, (size_t)p->targets * sizeof *s->target);
    s->targets = s->target ? p->targets : 0;
    for (int t = 0; t < s->targets && status == CJ_OK; t++) {
        s->target[t].count = s->count;
        status = score_targets(context, p, examples, raw, (span){t, t + 1}, &s->target[t]);
    }
    return s->target ? status : CJ_NO_MEMORY;
}

cj_status score_outputs(cj_context *context, const cj_preprocess *p, const cj_examples *examples,
                        const float *raw, scores *out)
{
    *out = (scores){
        .count = examples->count, .classes = p->task == CJ_TASK_CLASSES, .class_count = p->classes};
    if (!examples->count)
        return cj_fail(context, CJ_INVALID, "there are no examples to measure on");
    cj_status status = out->classes ? score_classes(context, examples, raw, out)
                                    : score_regression(context, p, examples, raw, out);
    if (status != CJ_OK)
        scores_free(context, out);
    return status;
}

void scores_free(cj_context *context, scores *s)
{
    if (s->confusion)
        cj_release(context, s->confusion,
                   (size_t)s->class_count * (size_t)s->class_count * sizeof(int64_t));
    if (s->target)
        cj_release(context, s->target, (size_t)s->targets * sizeof *s->target);
    s->confusion = NULL;
    s->target = NULL;
}
