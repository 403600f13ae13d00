/*
 * src/solve/objective.c - a function of the numbers in some variables: one flat f64 vector, one program.
 */
#include "solve/solve.h"

/* ---- variables ---- */

static bool is_below(const cj_scope *s, const char *path)
{
    size_t length = strlen(cj_scope_path(s));
    return length == 0 || (strncmp(path, cj_scope_path(s), length) == 0 && path[length] == '.');
}

static int64_t elements(const cj_variable *v)
{
    return (int64_t)(cj_variable_bytes(v) / cj_dtype_size(cj_variable_dtype(v)));
}

static void collect(cj_objective *o, cj_scope *scope, int count, cj_variable *const *variable)
{
    cj_scope *root = scope ? &cj_home(scope)->top : NULL;
    o->count = 0;
    for (int i = 0; i < count; i++)
        o->variable[o->count++] = variable[i];
    for (int i = 0; root && !count && i < cj_scope_count(root); i++) {
        const cj_entry *entry = cj_scope_entry(root, i);
        if (entry->kind == CJ_PARAMETER && !entry->frozen && is_below(scope, entry->path))
            o->variable[o->count++] = entry->variable;
    }
}

static int most(cj_scope *scope, int count)
{
    return count ? count : scope ? cj_scope_count(&cj_home(scope)->top) : 0;
}

cj_status cj_objective_take(cj_objective *o, cj_scope *scope, int count,
                            cj_variable *const *variable)
{
    int room = most(scope, count);
    cj_variable **all = cj_allocate(o->context, (size_t)room * sizeof *all);
    if (!all)
        return CJ_NO_MEMORY;
    o->variable = all;
    collect(o, scope, count, variable);
    if (o->count < room) { /* fewer are kept: an exact block, so that one size frees it */
        cj_variable **exact = cj_reallocate(o->context, all, (size_t)room * sizeof *all,
                                            (size_t)CJ_MAX(o->count, 1) * sizeof *all);
        if (!exact) {
            cj_release(o->context, all, (size_t)room * sizeof *all);
            o->variable = NULL;
            return CJ_NO_MEMORY;
        }
        o->variable = exact;
    }
    for (int i = 0; i < o->count; i++) {
        cj_dtype dtype = o->variable[i] ? cj_variable_dtype(o->variable[i]) : CJ_BOOL;
        if (dtype != CJ_F32 && dtype != CJ_F64)
            return cj_fail(o->context, CJ_DTYPE,
                           "%s (%s:%d): variable %d is %s; it moves f32 and f64", o->what,
                           o->at.file, o->at.line, i + 1,
                           o->variable[i] ? cj_dtype_name(dtype) : "NULL");
        o->n += elements(o->variable[i]);
    }
    return o->count ? CJ_OK
                    : cj_fail(o->context, CJ_INVALID, "%s (%s:%d): there is no variable to move",
                              o->what, o->at.file, o->at.line);
}

void cj_objective_free(cj_objective *o)
{
    cj_program_free(o->program);
    cj_release(o->context, o->variable, (size_t)CJ_MAX(o->count, 1) * sizeof *o->variable);
}

/* ---- the program ---- */

static cj_status compile(cj_objective *o, cj_tensor *y, cj_derive_fn *derive, cj_tensor **x,
                         cj_tensor **output)
{
    for (int i = 0; i < o->count; i++)
        x[i] = cj_variable_read_at(o->at, o->variable[i]);
    output[0] = y;
    cj_status status = derive(o->at, y, o->count, x, output + 1);
    if (status != CJ_OK)
        return status;
    o->program = cj_compile_at(o->at, o->context, o->count + 1, output, NULL);
    return o->program ? CJ_OK : cj_error_status(o->context);
}

cj_status cj_objective_compile(cj_objective *o, cj_tensor *y, cj_derive_fn *derive)
{
    size_t bytes = (size_t)(2 * o->count + 1) * sizeof(cj_tensor *);
    cj_tensor **room = cj_allocate_zero(o->context, bytes);
    cj_status status = room ? cj_frame_enter(o->context) : CJ_NO_MEMORY;
    if (status == CJ_OK) {
        status = compile(o, y, derive, room, room + o->count);
        cj_frame_leave(o->context);
    }
    cj_release(o->context, room, bytes);
    return status;
}

static void copy(cj_dtype dtype, const void *from, int64_t n, double *to)
{
    const float *f = from;
    if (dtype == CJ_F64 && n)
        memcpy(to, from, (size_t)n * sizeof *to);
    for (int64_t i = 0; dtype == CJ_F32 && i < n; i++)
        to[i] = f[i];
}

void cj_objective_get(const cj_objective *o, double *x)
{
    for (int i = 0; i < o->count; i++) {
        cj_variable *v = o->variable[i];
        copy(cj_variable_dtype(v), cj_variable_data(v), elements(v), x);
        x += elements(v);
    }
}

void cj_objective_put(const cj_objective *o, const double *x)
{
    for (int i = 0; i < o->count; i++) {
        cj_variable *v = o->variable[i];
        int64_t n = elements(v);
        float *f = cj_variable_data(v);
        if (cj_variable_dtype(v) == CJ_F64 && n)
            memcpy(cj_variable_data(v), x, (size_t)n * sizeof *x);
        else
            for (int64_t j = 0; j < n; j++)
                f[j] = (float)x[j];
        x += n;
    }
}

cj_status cj_objective_run(cj_objective *o, const double *x)
{
    cj_objective_put(o, x);
    o->evaluations++;
    return cj_run(o->program, o->feeds, o->feed);
}

void cj_objective_read(const cj_objective *o, int i, cj_dtype dtype, int64_t n, double *out)
{
    copy(dtype, cj_output(o->program, i), n, out);
}
