/*
 * src/transform/rules.h - how each op is differentiated: the derivative column of the op list.
 *
 * An elementwise op gives v * (partial derivative to source i), which serves both directions, its Jacobian being diagonal.
 * Any other op gives a pair: `tangent` carries tangents of the sources (NULL: zero) to the node, `cotangent` carries one of the
 * node to source i. All are graphs of the same primitives, so they can be differentiated again. NULL means zero.
 */
#ifndef CJ_TRANSFORM_RULES_H
#define CJ_TRANSFORM_RULES_H

#include "graph/graph.h"

/* `t` is the caller's scratch: a rule may write over it. */
typedef cj_tensor *cj_tangent_rule(cj_at at, cj_tensor *node, cj_tensor **t);
typedef cj_tensor *cj_cotangent_rule(cj_at at, cj_tensor *node, int i, cj_tensor *g);

typedef struct cj_derivative {
    cj_tangent_rule *tangent;
    cj_cotangent_rule *cotangent;
} cj_derivative;

extern const cj_derivative cj_derivative_table[CJ_OP_COUNT];

cj_tangent_rule cj_tangent_map; /* the sum over i of t[i] * partial i, in this order */

#define CJ_X(NAME, name, ...) cj_cotangent_rule cj_partial_##name;
CJ_MAP_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, ...)                                                                      \
    cj_tangent_rule cj_tangent_##name;                                                             \
    cj_cotangent_rule cj_cotangent_##name;
CJ_REDUCE_OP_LIST(CJ_X)
CJ_OTHER_OP_LIST(CJ_X)
#undef CJ_X

/* The rules of every op without a derivative: NULL. */
cj_tangent_rule cj_tangent_none;
cj_cotangent_rule cj_cotangent_none;

/*
 * Reverse mode of a LOOP, for all its results at once: result[j] is a RESULT of it with the cotangent g[j] (NULL: zero);
 * out[i] is the cotangent of source i where wanted[i], or NULL.
 */
void cj_loop_cotangents(cj_at at, cj_tensor *loop, int results, cj_tensor *const *result,
                        cj_tensor *const *g, const bool *wanted, cj_tensor **out);
/* Reverse mode of CUSTOM and CUSTOM_GRADIENT: out[i], for all sources at once, when the node's cotangent is g. */
void cj_custom_cotangents(cj_at at, cj_tensor *node, cj_tensor *g, cj_tensor **out);

/* Tensors x of floats, and v[k] (a tangent or cotangent, NULL: zero) of the dtype and shape of x[k]; else a building error. */
cj_status cj_check_pairs(cj_context *context, cj_at at, const char *name, const char *partner,
                         int count, cj_tensor *const *x, cj_tensor *const *v);

/* The heads of rules; a rule need not look at everything that it is given. */
#define CJ_UNUSED __attribute__((unused))
#define CJ_PARTIAL(name)                                                                           \
    cj_tensor *cj_partial_##name(CJ_UNUSED cj_at at, CJ_UNUSED cj_tensor *node, CJ_UNUSED int i,   \
                                 CJ_UNUSED cj_tensor *v)
#define CJ_TANGENT(name)                                                                           \
    cj_tensor *cj_tangent_##name(CJ_UNUSED cj_at at, CJ_UNUSED cj_tensor *node,                    \
                                 CJ_UNUSED cj_tensor **t)
#define CJ_COTANGENT(name)                                                                         \
    cj_tensor *cj_cotangent_##name(CJ_UNUSED cj_at at, CJ_UNUSED cj_tensor *node, CJ_UNUSED int i, \
                                   CJ_UNUSED cj_tensor *g)

#endif
