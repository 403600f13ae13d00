/*
 * src/compile/schedule.h - how a graph becomes a list of kernels.
 *
 * Six passes, each a file, over the structures below:
 *     collect   nodes become items, each with a role; checkpoints make a second item of a node
 *     fuse      items that are computed together become groups: a head, maps, reductions over
 *               one domain
 *     order     groups become a sequence, updates in place after the last read
 *     lower     groups become kernels: memory orders are chosen, views are worked out, copies
 *               inserted
 *     share     results take over the memory of operands that die
 *     plan      buffers get offsets in one arena
 * None of them changes a bit of any value, and none looks at a pointer's value.
 *
 * A domain is a shape without its axes of extent 1 ("squeezed"), so that reshapes which only add or
 * drop such axes do not part what belongs together.
 */
#ifndef CJ_COMPILE_SCHEDULE_H
#define CJ_COMPILE_SCHEDULE_H

#include "base/base.h"
#include "cajal/program.h"
#include "compile/kernel.h"
#include "compile/target.h"
#include "graph/graph.h"
#include "graph/loop.h"

enum { CJ_MOST_MEMBERS = 128 }; /* of a group, clones included */

typedef enum cj_role {
    CJ_ROLE_LEAF,   /* a constant, a variable, an input: memory that is there */
    CJ_ROLE_SCALAR, /* one value everywhere: a part of programs */
    CJ_ROLE_ALIAS,  /* its source, squeezed axis for squeezed axis */
    CJ_ROLE_VIEW,   /* its source in memory, otherwise indexed */
    CJ_ROLE_MAP,
    CJ_ROLE_REDUCE,
    CJ_ROLE_HEAD,  /* a contraction or a window */
    CJ_ROLE_OTHER, /* kernels of its own */
    CJ_ROLE_RESULT /* a member of the group of its loop */
} cj_role;

/* Where an item's value lies; strides over the full shape of its node, 0 where the extent is 1. */
typedef struct cj_place {
    int32_t buffer; /* -1: not known yet */
    int64_t offset;
    int64_t stride[CJ_MAX_RANK];
} cj_place;

typedef struct cj_item {
    cj_tensor *node;
    int32_t *source; /* `sources` items */
    int32_t sources; /* as the node's, but for a loop: what it needs, and a copy: what it copies */
    cj_role role;
    bool again;    /* a second computation of the node */
    bool copy;     /* its source's value, stored once more */
    bool stored;   /* its value is wanted outside its group */
    bool wanted;   /* while its group is lowered: by a store or by another member */
    int32_t group; /* of maps, reductions, heads, others; else -1 */
    int32_t next;  /* the next member of its group */
    int32_t clone_of;
    int32_t reg;     /* while its group is lowered: its instruction */
    uint64_t scalar; /* SCALAR: bits */
    cj_place *place;
    const cj_place *copied; /* the last copy in another memory order, or NULL */
    const cj_loop *loop;    /* LOOP: what is needed of it */
    bool fails;             /* LOOP: something in its body can */
} cj_item;

typedef struct cj_group {
    int32_t parent;              /* union-find */
    int32_t head, second;        /* items or -1; second: the argmax of the same windows */
    int32_t first, last;         /* members, maps and reductions, sources before users */
    int32_t members, reductions; /* how many; the second of the first */
    const cj_tensor *domain;     /* its shape */
    uint32_t reduced;            /* squeezed axes, 0: no reduction */
    bool open, other, again, has_reduce;
    int32_t feed[2];  /* groups inlined as prologues of the head's operands, or -1 */
    int32_t position; /* in the sequence */
} cj_group;

typedef enum cj_buffer_kind {
    CJ_BUFFER_ARENA,
    CJ_BUFFER_OUTPUT,
    CJ_BUFFER_CONSTANT,
    CJ_BUFFER_ARGUMENT, /* a constant that is told at each run */
    CJ_BUFFER_VARIABLE,
    CJ_BUFFER_INPUT,
    CJ_BUFFER_PARAMETER /* bound at each iteration */
} cj_buffer_kind;

typedef struct cj_buffer {
    cj_buffer_kind kind;
    cj_dtype dtype;
    int64_t elements;
    size_t bytes;
    const void *data;      /* CONSTANT: to be copied by the program */
    cj_variable *variable; /* VARIABLE */
    const char *name;      /* INPUT */
    uint32_t argument;     /* ARGUMENT: the leaf's place in the traversal */
    int32_t first, last; /* ARENA: kernels that write first and use last; -1: in another's memory */
    size_t offset;       /* ARENA */
} cj_buffer;

/* What a value is stored to besides its own place. */
typedef struct cj_target_store {
    int32_t item;
    int32_t output;        /* index, or -1 */
    cj_variable *variable; /* or NULL */
    bool direct;           /* the group that computes it may write the variable itself */
} cj_target_store;

/* A parameter of a body: how the value that it stands for lies in memory, and the buffer that is
 * bound to it. */
typedef struct cj_binding {
    const cj_tensor *param;
    int64_t stride[CJ_MAX_RANK];
    int32_t buffer; /* -1: the body does not read it */
} cj_binding;

typedef struct cj_schedule {
    cj_context *context;
    const cj_target *target;
    bool no_fusion;
    bool arguments; /* constants are arguments: the program is for any graph of this structure */
    cj_arena *keep; /* what the program goes on using */
    cj_arena *work; /* of the compilation */
    cj_traversal list;
    cj_item *item;
    int32_t items, item_capacity;
    cj_group *group;
    int32_t groups, group_capacity;
    int32_t *sequence; /* groups, in order */
    int32_t sequence_count;
    cj_target_store *store;
    int32_t stores;
    int32_t *first_store, *next_store; /* of an item; of a store */
    int32_t outputs;
    int32_t *output_buffer; /* of output i */
    cj_buffer *buffer;
    int32_t buffers, buffer_capacity;
    cj_kernel **kernel;
    int32_t kernels, kernel_capacity;
    int64_t recomputed;
    cj_binding *binding; /* of a loop's body: its parameters */
    int32_t bindings;
    size_t *scratch,
        *scratch_offset; /* of each kernel: bytes, told by the target; place in the arena */
    size_t peak_bytes, lower_bound_bytes;
} cj_schedule;

/* Makes room for one more element; false: no memory (recorded). */
bool cj_grow(cj_arena *arena, void *array, int32_t *capacity, int32_t count, size_t size);

cj_status cj_schedule_collect(cj_schedule *s, int outputs, cj_tensor *const *output,
                              const cj_updates *updates);
cj_status cj_schedule_fuse(cj_schedule *s);
cj_status cj_schedule_order(cj_schedule *s);
cj_status cj_schedule_lower(cj_schedule *s);
cj_status cj_schedule_share(cj_schedule *s);
cj_status cj_schedule_plan(cj_schedule *s);

/* ---- collect.c ---- */

int cj_squeezed_extents(const cj_tensor *node,
                        int64_t *extent); /* squeezed extents; returns their number */
int cj_squeezed_axis(const cj_tensor *node,
                     int axis); /* number of the axis among them (extent not 1) */
bool cj_same_domain(const cj_tensor *a, const cj_tensor *b);
bool cj_is_contraction(const cj_tensor *node); /* a matrix product or a convolution */
int32_t cj_item_new(cj_schedule *s, cj_tensor *node, cj_role role); /* -1: no memory */
/* Whether a scalar is told at each run where constants are: all but 0, 1, -1, 2 and 1/2. */
bool cj_scalar_is_argument(const cj_tensor *scalar);
/* Sources that the item reads. */
static inline int32_t cj_source_count(const cj_item *item)
{
    return item->sources;
}
int32_t cj_alias_root(const cj_schedule *s, int32_t item);
/* Through aliases and views: the item whose memory it is. */
int32_t cj_memory_root(const cj_schedule *s, int32_t item);

/* For each axis of the item the axis of its memory root, -1 where the extent is 1; false: other
 * views than permutes between. */
bool cj_feed_axes(const cj_schedule *s, int32_t item, int *axis);

/* ---- loop_collect.c ---- */

/* Which carries, rows and captures of each loop the results that are wanted need. */
cj_status cj_collect_loops(cj_schedule *s);
/* Which carry of `loop`, made of parts of others, the RESULT is the last value of. */
int32_t cj_loop_carry_of(const cj_loop *loop, const cj_tensor *result);

/* ---- loop_merge.c ---- */

/* Makes one loop of those that share a body, such as a loop and its tangents. */
cj_status cj_merge_loops(cj_schedule *s);

/* ---- fuse.c ---- */

int32_t cj_group_of(cj_schedule *s, int32_t group); /* the group it has become part of */

/* ---- place.c ---- */

int32_t cj_buffer_new(cj_schedule *s, cj_buffer_kind kind, cj_dtype dtype, int64_t elements);
/* The place of an item's value, worked out through views; may append a copying kernel. NULL: no
 * memory. */
const cj_place *cj_item_place(cj_schedule *s, int32_t item);
/* A copy of the item in row-major memory of its own. */
const cj_place *cj_item_copy(cj_schedule *s, int32_t item);
void cj_row_major(const cj_tensor *node, int64_t *stride);

#endif
