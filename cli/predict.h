/*
 * cli/predict.h - what the parts of `cajal predict` share.
 */
#ifndef CAJAL_CLI_PREDICT_H
#define CAJAL_CLI_PREDICT_H

#include "cli.h"

typedef struct predictor {
    cli *c;
    cj_model *model;
    const cj_preprocess *p;
    FILE *out;
    float *result;      /* of ROWS_AT_ONCE examples */
    const char **row;   /* the fields of so many rows */
    int64_t unseen;     /* values of categories never seen in training */
    int64_t not_finite; /* examples for which the net gives no number */
    bool begun;         /* the header is written */
} predictor;

#define ROWS_AT_ONCE 256

/* Writes one answer, after the header where it is the first. */
void put_prediction(predictor *q, const char *input, const float *y);

/* predict_arrays.c: the examples of a file of arrays; the rows of a table of numbers, for a model that takes arrays. */
int predict_arrays(predictor *q, const char *name, const void *data, size_t size);
int predict_numbers(predictor *q, const char *name, const cj_csv *csv);

/* predict_sound.c: one recording, for a model that takes such. */
int predict_sound(predictor *q, const char *name, const void *data, size_t size);

#endif
