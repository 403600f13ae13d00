/*
 * cli/report.h - tables of scores, for train and eval.
 */
#ifndef CAJAL_CLI_REPORT_H
#define CAJAL_CLI_REPORT_H

#include "metrics.h"

/*
 * A line a model: accuracy, balanced accuracy and F1, or MAE, RMSE and R2, each with its 95 % interval; below the first a
 * line for each target where there are several. `what` says what they were measured on: "test examples".
 */
void print_scores(const cj_preprocess *p, const char *what, int count, const char *const *name,
                  const scores *s);
/* Rows are the true classes; the recall of each at the end. Above 20 classes, only the ten of the lowest recall. */
void print_confusion(const cj_preprocess *p, const scores *s);
/* PREFIXaccuracy, PREFIXaccuracy_low, ...; several targets: PREFIXtargets, an object of objects, too. */
void add_scores(json_t *object, const cj_preprocess *p, const scores *s, const char *prefix);
/* {"CLASS": recall, ...} */
json_t *recalls_json(const cj_preprocess *p, const scores *s);

#endif
