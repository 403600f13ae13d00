/*
 * src/transform/rewrite.h - a graph made again with some nodes replaced: the walk behind cj_replace
 * and cj_vmap.
 */
#ifndef CJ_TRANSFORM_REWRITE_H
#define CJ_TRANSFORM_REWRITE_H

#include "graph/graph.h"

/* Makes a node again: source[i] is what stands for its source i, other than that itself where
 * changed[i] (at least one). Both are the caller's scratch: a rule may write over them. */
typedef cj_tensor *cj_remake_rule(cj_at at, void *state, cj_tensor *node, cj_tensor **source,
                                  bool *changed);

/*
 * out[j]: y[j] made again with by[k] in place of x[k] (NULL: x[k] stays); NULL where y[j] depends
 * on none. Only nodes on a path from a replaced one to an output are made again; marks of
 * checkpoints go with them. All tensors are of `context`.
 */
cj_status cj_rewrite(cj_context *context, cj_at at, const char *name, int count,
                     cj_tensor *const *x, cj_tensor *const *by, int outputs, cj_tensor *const *y,
                     cj_remake_rule *remake, void *state, cj_tensor **out);

/* Checks that the tensors are there (a NULL is fine where `gaps`) and of one context, *context,
 * which is found here when it is NULL; INVALID else, and the status of the context when it holds
 * an error. */
cj_status cj_check_tensors(cj_context **context, cj_at at, const char *name, int count,
                           cj_tensor *const *v, bool gaps);

#endif
