/*
 * src/nn/nn.h - scopes from the inside, and what the layers share.
 *
 * Scopes form a tree under a root. The usual root (scope_entry.c) keeps variables; a derived
 * root answers by its own table and leaves the rest to its base: each of its scopes has a twin,
 * the scope of the same path in the base.
 */
#ifndef CJ_NN_NN_H
#define CJ_NN_NN_H

#include "base/base.h"
#include "cajal/nn.h"

typedef struct cj_root cj_root;

struct cj_scope {
    cj_root *root;
    const char *path;
    cj_scope *twin; /* NULL in the usual root */
    cj_scope *child, *sibling;
    uint64_t draws_build; /* the build that `draws` counts in */
    uint64_t draws;
};

/* A value to be assigned to `variable`, or (NULL) what a path without a variable was last given. */
typedef struct cj_record {
    cj_variable *variable;
    const char *path;
    cj_tensor *value;
    uint64_t frame;
} cj_record;

/* What a watched build has marked. */
typedef struct cj_inner_record {
    cj_inner known;
    uint64_t frame;
} cj_inner_record;

struct cj_root {
    cj_scope top;
    cj_context *context;
    cj_root *next, *previous; /* of the context */
    cj_arena arena;           /* scopes, paths, entries, the state of an over scope */
    cj_scope_table table;
    void *state;
    bool casts; /* a derived root that has a dtype of its own */
    /* the usual root's; a derived one leaves them to its base */
    cj_dtype dtype;
    bool training;
    uint64_t build;
    cj_variable *step;
    cj_entry **entry;
    int entries, entry_capacity;
    int *place; /* open addressing by path: index into entry + 1; twice entry_capacity long */
    cj_record *record;
    int records, record_capacity;
    cj_variable **update_variable; /* record_capacity of each, for cj_scope_updates */
    cj_tensor **update_value;
    bool watching;
    cj_inner_record *inner;
    int inners, inner_capacity;
};

/* scope.c: a root of that table, in the context's list; NULL: no memory. `base` NULL: the usual
 * root. */
cj_root *cj_root_new(cj_context *context, const cj_scope_table *table, void *state, cj_scope *base);
/* The usual root under s. */
cj_root *cj_home(const cj_scope *s);
/* "layer1.0.conv1" and "weight" to "layer1.0.conv1.weight"; false: a building error is recorded
 * (no name, or too long). */
enum { CJ_PATH_SIZE = 512 };
bool cj_scope_join(cj_at at, const cj_scope *s, const char *name, char path[CJ_PATH_SIZE]);
/* False where a scope over the home answers this path itself. */
bool cj_home_answers(const cj_scope *s, const char *path);

/* scope_entry.c */
extern const cj_scope_table cj_usual_table;
void cj_entries_free(cj_root *root);
cj_entry *cj_entry_find(const cj_root *root, const char *path);
bool cj_entry_is_frozen(const cj_scope *s, const char *name); /* the usual scope's, below s */

/* scope_record.c */
void cj_records_free(cj_root *root);

/* scope_inner.c */
void cj_inner_free(cj_root *root);

/* initialise.c: first values of a variable, from (seed, path) alone. */
cj_status cj_initialise(cj_at at, cj_context *context, cj_variable *variable, const char *path,
                        cj_initialiser initialiser);

/* The key of (seed, path), for initial values; draws fold more into it. */
cj_key cj_path_key(cj_context *context, const char *path);

/* ---- options ---- */

/* Spatial options: zero elements after the first take the first, then zero takes `standard`,
 * CJ_ZERO becomes 0. */
void cj_fill_axes(int axes, const int64_t *given, int64_t standard, int64_t *out);

/* "conv2d 'layer1.0.conv1'", for sentences. */
const char *cj_layer_label(const char *kind, const cj_scope *s, const char *name, char *text,
                           size_t size);
enum { CJ_LABEL_SIZE = 192 };
#define CJ_LABEL(kind, s, name)                                                                    \
    cj_layer_label(kind, s, name, (char[CJ_LABEL_SIZE]){0}, CJ_LABEL_SIZE)

/* "f32[64, 10]" */
const char *cj_form_text(cj_dtype dtype, int rank, const int64_t *shape, char *text, size_t size);
const char *cj_tensor_text(const cj_tensor *x, char *text, size_t size);
enum { CJ_TENSOR_TEXT = 160 };
#define CJ_TEXT_OF(x) cj_tensor_text(x, (char[CJ_TENSOR_TEXT]){0}, CJ_TENSOR_TEXT)

/* Whether a layer may be built on x in s: both there, no building error, and x of the scope's
 * dtype (a building error else). */
bool cj_layer_ready(cj_at at, const char *kind, cj_scope *s, const char *name, const cj_tensor *x);

/* The mask of an axis that may be counted from the end; 0: there is none, an error is recorded. */
uint32_t cj_axis_mask(cj_at at, const char *name, const cj_tensor *x, int axis);

/* A [C] tensor as [1, C, 1, ...] of `rank` axes. */
cj_tensor *cj_on_channels(cj_at at, cj_tensor *v, int rank);

static inline cj_initialiser cj_init_or(cj_initialiser given, cj_initialiser standard)
{
    return given.kind == CJ_INIT_DEFAULT ? standard : given;
}

#endif
