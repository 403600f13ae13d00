/*
 * cajal/abstract.h - what a graph does to sets of inputs: boxes, zonotopes, and both in one.
 *
 * A set is the hybrid zonotope of Mirman, Singh and Vechev ("A provable defense for deep residual
 * networks", 2019):
 *
 *     { center + radius * b + sum over j of s[j] errors[j] :  -1 <= b <= 1,  -1 <= s <= 1 }
 *
 * element by element in b, with one s for all of a tensor, and for all tensors of a graph: errors
 * of the same number move together. Without errors it is a box (interval bound propagation: Gowal
 * et al., "On the effectiveness of interval bound propagation", 2018), without radius a zonotope
 * (Singh et al., "Fast and effective robustness certification", 2018). cj_propagate is a
 * transformation like cj_vmap: its results are nodes, which can be trained through.
 *
 * The result holds y(x) for every x of the set, up to the rounding of the arithmetic. How tight it
 * is hangs on the way y is computed: affine ops keep errors and are exact; a function of one float
 * that is increasing and has its least slope at an end of the range keeps errors under a line of
 * that slope; what else has a rule turns errors into radius (so 0.5 + 0.5 tanh(x / 2) is tighter
 * than cj_sigmoid). An op without a rule, whose sources the set reaches, is an error that names it
 * (UNSUPPORTED). A range that is unbounded (a quotient by one that holds 0) is NaN.
 */
#ifndef CAJAL_ABSTRACT_H
#define CAJAL_ABSTRACT_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cj_abstract {
    cj_tensor *center; /* f32 or f64 */
    cj_tensor *radius; /* of center's form, 0 or more; NULL: 0 */
    cj_tensor *errors; /* [how many, center's shape...]; NULL: none */
} cj_abstract;

/* The ends of the set, element by element: center -+ (radius + sum of |errors|). NULL sources:
 * NULL, and the context's status. */
CJ_API cj_status cj_abstract_bounds_at(cj_at at, const cj_abstract *set, cj_tensor **low,
                                       cj_tensor **high);
#define cj_abstract_bounds(...) cj_abstract_bounds_at(CJ_HERE, __VA_ARGS__)
/* The box between low and high. */
CJ_API cj_abstract cj_abstract_box_at(cj_at at, cj_tensor *low, cj_tensor *high);
#define cj_abstract_box(...) cj_abstract_box_at(CJ_HERE, __VA_ARGS__)
/* The box around the set: its errors become radius. */
CJ_API cj_abstract cj_abstract_concrete_at(cj_at at, const cj_abstract *set);
#define cj_abstract_concrete(...) cj_abstract_concrete_at(CJ_HERE, __VA_ARGS__)
/* The same set with each element's radius as an error of its own, behind those there are. */
CJ_API cj_abstract cj_abstract_correlated_at(cj_at at, const cj_abstract *set);
#define cj_abstract_correlated(...) cj_abstract_correlated_at(CJ_HERE, __VA_ARGS__)

/* What relu does where low < 0 < high and there are errors; a box becomes [0, high] in any case. */
typedef enum cj_relu_rule {
    CJ_RELU_AREA,   /* least area: slope high / (high - low) */
    CJ_RELU_BOX,    /* [0, high], errors dropped there */
    CJ_RELU_SWITCH, /* slope 1 and radius -low / 2 where -low <= high, else as BOX */
    CJ_RELU_SMOOTH  /* between the two in the proportion -low / (high - low + 1e-4) */
} cj_relu_rule;

/*
 * out[j]: the set of y[j] when x[k] is in given[k]. x[k] is of given[k].center's dtype and shape;
 * as in cj_vmap x[k] may be any node, and what an inner set is changed into by the caller is given
 * for that node (a cj_tap) in a second call. A y[j] that depends on no x[k] is a point.
 */
struct cj_propagate_args {
    int count;
    cj_tensor *const *x;
    const cj_abstract *given;
    int outputs;
    cj_tensor *const *y;
    cj_abstract *out;
    cj_at at;
    cj_relu_rule relu;
};
CJ_API cj_status cj_propagate_at(const struct cj_propagate_args *args);
#define cj_propagate(...)                                                                          \
    cj_propagate_at(                                                                               \
        &(struct cj_propagate_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_propagate_args)})

#ifdef __cplusplus
}
#endif

#endif
