/*
 * cli/metrics.h - how good predictions are, with 95 % intervals.
 */
#ifndef CAJAL_CLI_METRICS_H
#define CAJAL_CLI_METRICS_H

#include "cli.h"

typedef struct score {
    double value, low, high; /* NaN where it is not defined */
} score;

typedef struct scores {
    int64_t count;
    bool classes;
    /* classes: F1 is the mean of the classes' (macro), balanced accuracy the mean recall; both over classes that occur */
    score accuracy, balanced, f1;
    double loss;
    int64_t *confusion; /* [true][predicted] */
    int class_count;
    /* regression, in the targets' own units, means over the targets */
    score mae, rmse, r2;
    struct scores *target; /* one a target where there are several, else NULL */
    int targets;
} scores;

/*
 * Scores `count` outputs of a model: `raw` as the net gives them (logits, standardised targets), against the labels or targets of
 * the examples. Intervals: Wilson's for the accuracy, else the percentiles 2.5 and 97.5 of 1,000 bootstrap resamples, drawn by
 * Philox from a fixed key, so that the same predictions give the same interval.
 */
cj_status score_outputs(cj_context *context, const cj_preprocess *p, const cj_examples *examples,
                        const float *raw, scores *out);
/* Low and high of a share of `count`: 95 %, Wilson's. */
void score_wilson(score *s, int64_t count);
void scores_free(cj_context *context, scores *s);

#endif
