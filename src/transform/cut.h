/*
 * src/transform/cut.h - what to remember of a forward pass.
 */
#ifndef CJ_TRANSFORM_CUT_H
#define CJ_TRANSFORM_CUT_H

#include "graph/graph.h"

/*
 * The least bytes that must be kept so that the nodes at goal[slot] can be had again: keep[slot]
 * is set for a set of nodes such that each goal is kept, or is computed by cheap elementwise ops
 * and views from kept nodes and from those that are there anyway (`there`) - a minimum cut
 * (Dantzig and Fulkerson, 1956; for recomputation: Chen et al., "Training deep nets with
 * sublinear memory cost", 2016), of several the nearest to the goals, which recomputes least.
 * Only nodes with inside[slot] cost anything. False: no memory.
 */
bool cj_cheapest_cut(cj_arena *memory, const cj_traversal *list, const bool *inside,
                     const bool *there, const bool *goal, bool *keep);

/* Whether computing the node again costs no more than reading it. */
bool cj_is_cheap(const cj_tensor *node);

#endif
