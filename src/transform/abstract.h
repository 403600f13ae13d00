/*
 * src/transform/abstract.h - how each op carries a set: the column behind cj_propagate.
 */
#ifndef CJ_TRANSFORM_ABSTRACT_H
#define CJ_TRANSFORM_ABSTRACT_H

#include "cajal/abstract.h"
#include "graph/graph.h"

/* The set of a node that the given sets reach. Of floats `set`, and the ends once somebody asked
 * for them; of other dtypes the ends alone: of truth values, what is true for sure and what may
 * be. */
typedef struct cj_range {
    bool reached;
    cj_abstract set;
    cj_tensor *low, *high;
} cj_range;

typedef struct cj_carrier {
    cj_at at;
    cj_context *context;
    cj_relu_rule relu;
    cj_tensor *node;
    cj_range **source;   /* of each source of the node */
    cj_tensor **room[3]; /* scratch for its sources */
} cj_carrier;

/* The set of c->node, at least one of whose sources is reached. */
typedef void cj_abstract_rule(cj_carrier *c, cj_range *out);

/* NULL: no rule. */
extern cj_abstract_rule *const cj_abstract_table[CJ_OP_COUNT];

/* The ends of source i, reached or not. */
cj_tensor *cj_low_of(cj_carrier *c, int i);
cj_tensor *cj_high_of(cj_carrier *c, int i);

/* A result between two ends. */
void cj_put_ends(cj_carrier *c, cj_range *out, cj_tensor *low, cj_tensor *high);

#endif
