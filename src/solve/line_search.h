/*
 * src/solve/line_search.h - along a line to a point that meets the strong Wolfe conditions.
 */
#ifndef CJ_SOLVE_LINE_SEARCH_H
#define CJ_SOLVE_LINE_SEARCH_H

#include "solve/solve.h"

/* A point of a line: how far, the loss there, its slope along the line, the gradient. */
typedef struct cj_line_point {
    double t, f, slope;
    double *g;
} cj_line_point;

/* The place x of the descent, and what is known there. */
typedef struct cj_line {
    cj_objective *o;
    double *x;
    cj_line_point at;
    /* of a search */
    const double *d;
    double *trial;
    cj_line_point previous, now, bracket[2];
    double *memory;
} cj_line;

cj_status cj_line_new(cj_line *line, cj_objective *o);
void cj_line_free(cj_line *line);
/* x from the variables, and the loss and gradient there. */
cj_status cj_line_begin(cj_line *line);
/*
 * From line->at (with its slope) along d, `first` the first length: moves x and line->at, *length is
 * how far. Ends also when the bracket times the largest element of d is below `tolerance`.
 */
cj_status cj_line_search(cj_line *line, const double *d, double first, double tolerance,
                         double *length);

#endif
