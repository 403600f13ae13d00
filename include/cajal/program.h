/*
 * cajal/program.h - from graph to numbers.
 *
 * cj_compile makes a program of some outputs and updates: kernels over one planned arena. cj_run
 * runs it again and again with nothing allocated. cj_eval and cj_read compute one tensor now.
 */
#ifndef CAJAL_PROGRAM_H
#define CAJAL_PROGRAM_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cj_program cj_program;

/* Assignments that a program makes at its end: variable[i] = value[i], all values from before the
 * step. */
typedef struct cj_updates {
    int count;
    cj_variable *const *variable;
    cj_tensor *const *value; /* dtype and shape of the variable */
} cj_updates;

/*
 * Compiles. The program owns kernels, plan, outputs and constants, retains the variables it names,
 * and holds no node: the frame may be left. NULL on failure (cj_error). Free it with
 * cj_program_free before its context.
 */
CJ_API cj_program *cj_compile_at(cj_at at, cj_context *context, int outputs,
                                 cj_tensor *const *output, const cj_updates *updates);
#define cj_compile(...) cj_compile_at(CJ_HERE, __VA_ARGS__)
CJ_API void cj_program_free(cj_program *program); /* NULL is fine */

/* The memory of an input: row-major, of the input's dtype and shape. */
typedef struct cj_feed {
    const char *name;
    const void *data;
} cj_feed;

/*
 * Runs the program. Every input must be fed (NOT_FOUND names the one that is not); feeds that it
 * does not know are ignored. Memory that is fed is borrowed until cj_run returns. A failed run
 * changes no variable.
 */
CJ_API cj_status cj_run(cj_program *program, int feeds, const cj_feed *feed);

/* Output i, 0 to outputs - 1, row-major, of its tensor's dtype and shape; valid until the next run
 * or cj_program_free. */
CJ_API const void *cj_output(const cj_program *program, int i);
/* Output i's first element as a double: what a loss is. */
CJ_API double cj_output_number(const cj_program *program, int i);

typedef struct cj_program_info {
    int64_t nodes;            /* of the graph after simplification */
    int64_t kernels;          /* calls a run */
    int64_t recomputed;       /* nodes computed a second time because of checkpoints */
    size_t peak_bytes;        /* of the planned arena, scratch included */
    size_t lower_bound_bytes; /* the largest sum of what is live at one kernel */
    size_t constant_bytes;
} cj_program_info;
CJ_API cj_program_info cj_program_describe(const cj_program *program);
/* A line a kernel (its stages, shapes, chosen kernel), to a callback. */
CJ_API void cj_program_print(const cj_program *program, void (*line)(void *user, const char *text),
                             void *user);

/* Runs the program `rounds` times (updates included) and writes the least time of each kernel, in
 * seconds, to seconds[0 .. kernels). */
CJ_API cj_status cj_program_time(cj_program *program, int feeds, const cj_feed *feed, int rounds,
                                 double *seconds);

/* Computes x now and returns a leaf that holds its value; a constant is returned as it is. NULL
 * (cj_error) on failure; x must not depend on inputs (NOT_FOUND). */
CJ_API cj_tensor *cj_eval_at(cj_at at, cj_tensor *x);
#define cj_eval(...) cj_eval_at(CJ_HERE, __VA_ARGS__)
/* cj_eval, cj_read and cj_describe keep their programs under the structure, dtypes and shapes of the graph, at most 64 and 16
 * MiB of them: the same graph of other constants and scalars is not compiled again. The bytes kept now. */
CJ_API size_t cj_eval_cached_bytes(const cj_context *context);

/* Computes x now and copies it, row-major, to data, which holds `bytes` bytes, exactly those of the
 * tensor (INVALID else). The building error, where there is one; x must not depend on inputs. */
CJ_API cj_status cj_read_at(cj_at at, cj_tensor *x, void *data, size_t bytes);
#define cj_read(...) cj_read_at(CJ_HERE, __VA_ARGS__)

/* What a tensor holds, told in numbers. NaN are left out of min, mean and max, which are NaN where
 * nothing else is there. */
typedef struct cj_description {
    cj_dtype dtype;
    int rank;
    int64_t shape[CJ_MAX_RANK];
    int64_t elements, nan_count;
    double min, mean, max;
    int first_count; /* at most 8 */
    double first[8]; /* the first elements, row-major */
} cj_description;
/* Computes x now and describes it; errors as cj_read. */
CJ_API cj_status cj_describe_at(cj_at at, cj_tensor *x, cj_description *description);
#define cj_describe(...) cj_describe_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
