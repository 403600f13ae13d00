/*
 * src/graph/graph.h - nodes as the rooms below see them.
 *
 * A node's options are a row of 64-bit words, so that hashing, comparing and copying know no op:
 *   SCALAR           bits of the value (of the dtype, zero-extended)
 *   CAST             -
 *   VARIABLE         its serial number
 *   IOTA             axis
 *   PERMUTE          rank axes: axis i of the result is axis option[i] of the source
 *   PAD              rank lows, then rank highs
 *   SLICE            rank starts, then rank steps (stops follow from the shape)
 *   FLIP, reductions one mask of axes
 *   CONCAT           axis
 *   CONV             spatial d, then d each of stride, input dilation, kernel dilation, low, high
 *   WINDOW_*         spatial d, then d each of window, stride, dilation, input dilation, low, high
 *   GATHER           axis, 1 for zeros in place of NaN
 *   SCATTER_*        axis, its new extent
 *   FFT, RFFT        axis, 1 for e^(+2 pi i j k / n) (FFT)
 *   IRFFT            axis, its new extent
 *   SOLVE_TRIANGULAR upper, transposed, unit diagonal
 *   QR               1 for all m columns of Q
 *   EIGH, SVD        1 for vectors beside the values
 *   LSTSQ            bits of the cut-off (f64), 1 for pivoted QR in place of singular values
 *   CUMSUM           axis, 1 for from the last element to the first; so RECURRENCE
 *   CUMULATIVE_*     axis
 *   ARGSORT          axis, 1 for the largest first, how many of the order
 *   SEARCHSORTED     1 for the last place of equals, not the first
 *   CSR_MATMUL       1 for the transposed matrix, its rows
 *   LOOP             the number of its body
 *   RESULT           kind, then which carry, or the serial number of the body's node
 *   CUSTOM*          pointers: see custom.h
 * RESHAPE, EXPAND, MATMUL, RANDOM_BITS, maps: none, the shape says it. Elementwise ops have sources of their own shape
 * (the builders insert reshape and expand); reductions keep reduced axes with extent 1 (builders reshape after);
 * MATMUL has equal leading axes on both sources.
 */
#ifndef CJ_GRAPH_GRAPH_H
#define CJ_GRAPH_GRAPH_H

#include "base/base.h"
#include "cajal/graph.h"
#include "cajal/math.h"
#include "graph/op_list.h"

struct cj_tensor {
    cj_context *context;
    uint16_t op; /* cj_op */
    uint8_t dtype;
    uint8_t rank;
    bool checkpoint;
    int32_t source_count;
    int32_t option_count;
    uint32_t serial; /* order of making within the context */
    uint32_t slot;   /* position in the list of the traversal at hand: see cj_traverse */
    const int64_t *shape;
    cj_tensor *const *source;
    const int64_t *option;
    void *
        payload; /* CONSTANT: its data; INPUT: its name; VARIABLE: the cj_variable; LOOP: its cj_loop; RESULT: loop.h */
    uint64_t hash;
    int64_t elements;
    cj_at at;
};

struct cj_variable {
    cj_context *context;
    char *name;
    cj_dtype dtype;
    int rank;
    int64_t shape[CJ_MAX_RANK];
    size_t bytes;
    void *data; /* 64-byte aligned */
    int references;
    uint64_t serial;
    cj_variable *previous, *next; /* all of the context, so that it can free what nobody released */
};

/* What a row of the op list says about the op itself; dtype and shape rules are its functions in src/graph/shape.c. */
typedef struct cj_op_info {
    const char *name;
    int arity;           /* -1: any */
    const char *accepts; /* dtype classes of the sources, NULL: any */
    char out;            /* maps: '=', 'b', 'c' */
} cj_op_info;
extern const cj_op_info cj_op_table[CJ_OP_COUNT];

static inline bool cj_op_is_map(int op)
{
    return op < CJ_MAP_OP_COUNT;
}
static inline bool cj_op_is_reduce(int op)
{
    return op >= CJ_OP_SUM && op <= CJ_OP_ARGMAX;
}
static inline bool cj_op_is_call(int op)
{
    return op >= CJ_OP_RANDOM_BITS;
}
/* How many of its sources, from the first, the value is made of; the others are there for its derivative. */
static inline int cj_value_sources(const cj_tensor *node)
{
    return node->op == CJ_OP_CUSTOM_GRADIENT ? 1 : node->source_count;
}
static inline char cj_dtype_class(cj_dtype dtype)
{
    static const char class_of[] = {
#define CJ_X(NAME, name, type, bytes, kind) kind,
        CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    };
    return class_of[dtype];
}

static inline bool cj_is_half(int dtype)
{
    return dtype == CJ_BF16 || dtype == CJ_F16;
}

/*
 * The one door through which nodes are made: checks dtypes and shapes by the op's rules, simplifies by the legal
 * identities, interns pure ops. `dtype`, `rank`, `shape` are used where the rule cannot know them (leaves, CAST, RESHAPE,
 * EXPAND, PAD, SLICE, WINDOW_SCATTER, RANDOM_BITS), else ignored. Returns NULL with a building error recorded.
 */
typedef struct cj_node_spec {
    cj_op op;
    cj_dtype dtype;
    int rank;
    const int64_t *shape;
    int source_count;
    cj_tensor *const *source;
    int option_count;
    const int64_t *option;
    void *payload;
} cj_node_spec;
cj_tensor *cj_node(cj_context *context, cj_at at, const cj_node_spec *spec);

/* The node with other sources, of the shapes and dtypes of its own. */
cj_tensor *cj_with_sources(cj_at at, const cj_tensor *node, cj_tensor *const *source);

/*
 * Depth-first walk from the roots, sources left to right: a list in which sources stand before their users, each
 * node once, and node->slot is its place (valid while list->node[slot] == node; one traversal is current at a time, nodes
 * made later are not in it). Iterative: deep graphs do not use the stack. Memory from the context, freed by cj_traverse_free.
 */
typedef struct cj_traversal {
    cj_context *context;
    cj_tensor **node;
    uint32_t *met; /* met[slot]: how many nodes the walk had met before this one */
    uint32_t count, capacity;
    uint32_t *first_edge; /* by slot: where its sources begin in `edge`; [count]: the end */
    uint32_t *edge;       /* the slot of each source */
} cj_traversal;
cj_status cj_traverse(cj_traversal *list, cj_context *context, int roots, cj_tensor *const *root);
/* Writes down the slots of all sources, which stay true when another walk has numbered the nodes anew: what calls rules and
 * functions that walk themselves needs them. */
cj_status cj_traverse_edges(cj_traversal *list);
/* The same, but for what lies beyond nodes whose serial is less than `since`. */
cj_status cj_traverse_since(cj_traversal *list, cj_context *context, uint32_t since, int roots,
                            cj_tensor *const *root);
/* The walk over what the values of the roots are made of. */
cj_status cj_traverse_values(cj_traversal *list, cj_context *context, int roots,
                             cj_tensor *const *root);
void cj_traverse_free(cj_traversal *list);
static inline uint32_t cj_source_slot(const cj_traversal *list, uint32_t slot, int i)
{
    return list->edge[list->first_edge[slot] + (uint32_t)i];
}
static inline bool cj_traversed(const cj_traversal *list, const cj_tensor *node)
{
    return node->slot < list->count && list->node[node->slot] == node;
}

/* "f32[64, 10]" into text, for sentences and prints. */
const char *cj_shape_text(const cj_tensor *x, char *text, size_t size);

/* The innermost frame, unique among all of the context (0: none was entered), and whether it still stands: what holds
 * nodes outside the graph asks before it touches them. */
uint64_t cj_frame_id(const cj_context *context);
bool cj_frame_is_open(const cj_context *context, uint64_t id);

/* The SCALAR that the tensor repeats everywhere, or NULL. */
cj_tensor *cj_uniform_scalar(cj_tensor *x);

/* The value of a SCALAR node, as a double (exact for all dtypes but large i64). */
double cj_scalar_number(const cj_tensor *scalar);

/* GATHER and SCATTER_*: the index has i32 or i64, x's rank, and x's extents or 1 but along the axis (scatters: there too).
 * Whoever wants 0 in place of NaN outside, as the transpose of SCATTER_ADD does, says so. */
cj_tensor *cj_gather_node(cj_at at, cj_tensor *x, int axis, cj_tensor *index, bool zero);
cj_tensor *cj_scatter_node(cj_at at, cj_op op, cj_tensor *x, int axis, cj_tensor *index,
                           int64_t extent);

cj_tensor *cj_csr_matmul_node(cj_at at, cj_tensor *values, cj_tensor *columns, cj_tensor *starts,
                              cj_tensor *x, bool transposed, int64_t rows);
cj_tensor *cj_csr_dot_node(cj_at at, cj_tensor *columns, cj_tensor *starts, cj_tensor *a,
                           cj_tensor *b);
cj_tensor *cj_recurrence_node(cj_at at, cj_tensor *a, cj_tensor *b, int axis, bool reverse);

/* The sums of FFT and RFFT (im: NULL), [2, ...]: re and im behind each other; and of IRFFT. Neither divides. */
cj_tensor *cj_fft_node(cj_at at, cj_op op, cj_tensor *re, cj_tensor *im, int axis, bool inverse);
cj_tensor *cj_irfft_node(cj_at at, cj_tensor *re, cj_tensor *im, int axis, int64_t extent);
/* Part i of a leading axis, which goes. */
cj_tensor *cj_part_of(cj_at at, cj_tensor *packed, int i);

/* Unpacked options. */
cj_conv_options cj_conv_options_of(const cj_tensor *node);
cj_window_options cj_window_options_of(const cj_tensor *node);

/* The extent of a convolution or window along one axis: floor((dilated + low + high - dilated window) / stride) + 1, or 0. */
int64_t cj_window_extent(int64_t extent, int64_t window, int64_t stride, int64_t input_dilation,
                         int64_t window_dilation, int64_t low, int64_t high);

#endif
