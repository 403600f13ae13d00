/*
 * src/graph/build.h - what the files that make nodes share: the graph of a context, the result of the
 * shape rules, and the small steps that most builders begin with.
 */
#ifndef CJ_GRAPH_BUILD_H
#define CJ_GRAPH_BUILD_H

#include "graph/graph.h"
#include "graph/loop.h"

/* A slot of the intern table: index + 1 into `interned` (0: empty) and the upper half of the hash. */
typedef struct cj_intern_slot {
    uint32_t place, tag;
} cj_intern_slot;

/* Where everything stood when a frame was entered. */
typedef struct cj_frame {
    uint64_t id;
    cj_arena_mark arena;
    uint32_t interned, serial, retained;
} cj_frame;

/*
 * The graph of a context. Nodes lie in the arena. Interned ones are listed in the order of making, and the table
 * is open addressing with linear probing over that list: undoing insertions from the last to the first leaves
 * the table as it was, so a frame is cut off in time proportional to what it made.
 */
typedef struct cj_graph {
    cj_context *context;
    cj_arena arena;
    cj_intern_slot *table;
    uint32_t table_size; /* a power of two, or 0 */
    cj_tensor **interned;
    uint32_t interned_count, interned_capacity;
    cj_frame *frame;
    uint32_t frame_count, frame_capacity;
    uint64_t frames_entered;
    cj_variable **retained; /* one reference for each node that reads a variable */
    uint32_t retained_count, retained_capacity;
    uint32_t serial;
    uint64_t variable_serial;
    int64_t bodies; /* of loops, made so far */
    cj_open_body *open;
    cj_variable *variables;
} cj_graph;

/* The context's graph, made at the first call; NULL: no memory, recorded as a building error. */
cj_graph *cj_graph_of(cj_context *context, cj_at at);

/* Memory of the innermost frame, with NULL recorded as a building error. `alignment`: a power of two. */
void *cj_graph_take(cj_graph *graph, cj_at at, size_t size, size_t alignment);

/* Drops the variable from the context's list and frees it. */
void cj_variable_destroy(cj_graph *graph, cj_variable *variable);

/* What the rules say of a node to be made. `shape` points to `extent` or to the shape of a source. */
typedef struct cj_result {
    cj_dtype dtype;
    int rank;
    const int64_t *shape;
    int64_t elements;
    int64_t extent[CJ_MAX_RANK];
} cj_result;

typedef cj_status cj_shape_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                                cj_result *result);

/* Dtype and shape by the rule of the op; records a building error when they do not fit. */
cj_shape_rule cj_infer;
cj_shape_rule cj_rule_conv, cj_rule_window, cj_rule_window_argmax, cj_rule_window_gather,
    cj_rule_window_scatter, cj_rule_gather, cj_rule_scatter, cj_rule_cumulative, cj_rule_recurrence,
    cj_rule_argsort, cj_rule_searchsorted, cj_rule_csr_matmul, cj_rule_csr_dot, cj_rule_bit_matmul;
cj_shape_rule cj_rule_fft, cj_rule_irfft, cj_rule_square, cj_rule_tall, cj_rule_solve;

/* The elements of a shape; SHAPE recorded when an extent is negative, the rank above 16 or the count above 2^60. */
cj_status cj_count_elements(cj_context *context, cj_at at, const char *name, int rank,
                            const int64_t *shape, int64_t *elements);

/* *done: whether the node computes with halves, and is replaced by one that does so in f32 (NULL after an error). */
enum { CJ_HALF_SOURCES = 8 };
cj_tensor *cj_half_node(cj_context *context, cj_at at, const cj_node_spec *spec, bool *done);

/* True when a legal identity replaces the node; *replacement is then what it is (NULL after an error). */
bool cj_simplify(cj_context *context, cj_at at, const cj_node_spec *spec, const cj_result *result,
                 cj_tensor **replacement);

/* A uniform tensor of any shape from a SCALAR. */
cj_tensor *cj_uniform(cj_at at, cj_tensor *scalar, int rank, const int64_t *shape);

/* A SCALAR node from bits of the dtype. */
cj_tensor *cj_scalar_from_bits(cj_at at, cj_context *context, cj_dtype dtype, int64_t bits);

/* The context when x may be built upon, else NULL. */
static inline cj_context *cj_ready(const cj_tensor *x)
{
    return x && x->context->build_status == CJ_OK ? x->context : NULL;
}

/* A composition of sums over half floats is one node to its caller: computed in f32, rounded once. */
#define CJ_IN_F32(x, call_of_wide)                                                                 \
    if ((x) && cj_is_half((x)->dtype)) {                                                           \
        cj_tensor *wide = cj_cast_at(at, x, CJ_F32);                                               \
        return cj_cast_at(at, call_of_wide, (cj_dtype)(x)->dtype);                                 \
    }

/* A node of one source with its options. */
static inline cj_tensor *cj_node_of(cj_at at, cj_op op, cj_tensor *x, int option_count,
                                    const int64_t *option)
{
    return cj_node(x->context, at,
                   &(cj_node_spec){.op = op,
                                   .source_count = 1,
                                   .source = &x,
                                   .option_count = option_count,
                                   .option = option});
}

/* An axis counted from the front; -1 after recording INVALID. `limit` is the rank, or rank + 1 for an insertion. */
int cj_axis_of(cj_at at, const char *name, const cj_tensor *x, int axis, int limit);

#define CJ_SHAPE_OF(x) cj_shape_text(x, (char[CJ_SHAPE_TEXT]){0}, CJ_SHAPE_TEXT)

static inline bool cj_same_shape(const cj_tensor *a, const cj_tensor *b)
{
    return a->rank == b->rank &&
           (a->shape == b->shape ||
            memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0);
}

#endif
