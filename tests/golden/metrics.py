#!/usr/bin/env python3
"""Writes metrics.h: what scikit-learn, SciPy and NLTK give for the metrics of cajal/metric.h.

Run: python3 tests/golden/metrics.py > tests/golden/metrics.h
"""
import numpy as np
import sklearn.metrics as m
from nltk.translate.bleu_score import corpus_bleu
from scipy import stats

rng = np.random.default_rng(7)
n, classes = 60, 4
label = rng.integers(0, classes, n)
guess = np.where(rng.random(n) < 0.6, label, rng.integers(0, classes, n))
score = rng.integers(0, 12, n) / 8.0  # with ties
positive = rng.random(n) < score / 2
a = rng.integers(0, 9, n) / 4.0
b = a + rng.integers(0, 9, n) / 4.0
rows = rng.random((n, classes)).round(9)
gain = rng.integers(0, 4, n).astype(float)
order = rng.permutation(n) / 64.0
candidates = [list(rng.integers(0, 5, k)) for k in (9, 14, 7)]
references = [list(np.where(rng.random(len(c)) < 0.85, c, 6)) + [1] for c in candidates]

print("/* Written by metrics.py: do not edit. */\n#ifndef CJ_GOLDEN_METRICS_H\n#define CJ_GOLDEN_METRICS_H\n")
print("#include <stdbool.h>\n#include <stdint.h>\n")


def array(type, name, values):
    text = ", ".join("%.17g" % v for v in np.asarray(values, float).reshape(-1))
    print("static const %s %s[] = {%s};" % (type, name, text))


print("enum { METRIC_N = %d, METRIC_CLASSES = %d };" % (n, classes))
array("int32_t", "metric_label", label)
array("int32_t", "metric_guess", guess)
array("double", "metric_score", score)
array("bool", "metric_positive", positive)
array("double", "metric_a", a)
array("double", "metric_b", b)
array("double", "metric_rows", rows)
array("double", "metric_gain", gain)
array("double", "metric_order", order)
for i in range(3):
    array("int32_t", "metric_candidate_%d" % i, candidates[i])
    array("int32_t", "metric_reference_%d" % i, references[i])
edges = np.ceil(score / 1.5 * 10).clip(1, 10)
ece = sum(abs((score[edges == k] / 1.5).sum() - positive[edges == k].sum()) for k in range(1, 11)) / n
values = dict(
    accuracy=m.accuracy_score(label, guess), precision=m.precision_score(label, guess, average="macro"),
    recall=m.balanced_accuracy_score(label, guess), f1=m.f1_score(label, guess, average="macro"),
    f1_of_2=m.f1_score(label == 2, guess == 2), matthews=m.matthews_corrcoef(label, guess),
    kappa=m.cohen_kappa_score(label, guess), iou=m.jaccard_score(label, guess, average="macro"),
    top_2=m.top_k_accuracy_score(label, rows, k=2), auc=m.roc_auc_score(positive, score),
    average_precision=m.average_precision_score(positive, score), ece=ece,
    brier=m.brier_score_loss(positive, score / 1.5), mae=m.mean_absolute_error(b, a),
    rmse=np.sqrt(m.mean_squared_error(b, a)), r2=m.r2_score(b, a), pearson=stats.pearsonr(a, b)[0],
    spearman=stats.spearmanr(a, b)[0], kendall=stats.kendalltau(a, b)[0],
    wasserstein=stats.wasserstein_distance(a, b[:40]), ndcg=m.ndcg_score([2 ** gain - 1], [order]),
    ndcg_5=m.ndcg_score([2 ** gain - 1], [order], k=5), rand=m.adjusted_rand_score(label, guess),
    nmi=m.normalized_mutual_info_score(label, guess), bleu=corpus_bleu([[r] for r in references], candidates))
for name, v in values.items():
    print("static const double golden_%s = %.17g;" % (name, v))
print("\n#endif")
