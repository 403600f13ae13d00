/*
 * src/cpu/lapack.h - LAPACK, opened when it is there.
 *
 * Each context opens it when the first op that needs it is compiled: OpenBLAS built for threads where the
 * distribution has it, else what is installed. It is opened privately (nothing of the process
 * sees its symbols) and told to use one thread: a batch is spread over ours. A library that bears one
 * thread only is called by one at a time. All is in columns, as Fortran has it; a matrix in rows is
 * the transpose of one in columns.
 */
#ifndef CJ_CPU_LAPACK_H
#define CJ_CPU_LAPACK_H

#include "base/base.h"

typedef int32_t cj_fint; /* Fortran's INTEGER */

#define CJ_F const char *
#define CJ_N const cj_fint *
#define CJ_A void *
#define CJ_I cj_fint *
#define CJ_L size_t /* the length of each text, at the end */

/* X(name, arguments): in both precisions, with s and d before and _ after the name. */
#define CJ_LAPACK_LIST(X)                                                                          \
    X(potrf, (CJ_F uplo, CJ_N n, CJ_A a, CJ_N lda, CJ_I info, CJ_L))                               \
    X(getrf, (CJ_N m, CJ_N n, CJ_A a, CJ_N lda, CJ_I pivot, CJ_I info))                            \
    X(trsm, (CJ_F side, CJ_F uplo, CJ_F trans, CJ_F diagonal, CJ_N m, CJ_N n, const void *alpha,   \
             const void *a, CJ_N lda, CJ_A b, CJ_N ldb, CJ_L, CJ_L, CJ_L, CJ_L))                   \
    X(gelqf, (CJ_N m, CJ_N n, CJ_A a, CJ_N lda, CJ_A tau, CJ_A work, CJ_N lwork, CJ_I info))       \
    X(orglq,                                                                                       \
      (CJ_N m, CJ_N n, CJ_N k, CJ_A a, CJ_N lda, CJ_A tau, CJ_A work, CJ_N lwork, CJ_I info))      \
    X(syevd, (CJ_F job, CJ_F uplo, CJ_N n, CJ_A a, CJ_N lda, CJ_A w, CJ_A work, CJ_N lwork,        \
              CJ_I iwork, CJ_N liwork, CJ_I info, CJ_L, CJ_L))                                     \
    X(gesdd, (CJ_F job, CJ_N m, CJ_N n, CJ_A a, CJ_N lda, CJ_A s, CJ_A u, CJ_N ldu, CJ_A vt,       \
              CJ_N ldvt, CJ_A work, CJ_N lwork, CJ_I iwork, CJ_I info, CJ_L))                      \
    X(gelsd, (CJ_N m, CJ_N n, CJ_N rhs, CJ_A a, CJ_N lda, CJ_A b, CJ_N ldb, CJ_A s,                \
              const void *rcond, CJ_I rank, CJ_A work, CJ_N lwork, CJ_I iwork, CJ_I info))         \
    X(gelsy, (CJ_N m, CJ_N n, CJ_N rhs, CJ_A a, CJ_N lda, CJ_A b, CJ_N ldb, CJ_I pivot,            \
              const void *rcond, CJ_I rank, CJ_A work, CJ_N lwork, CJ_I info))                     \
    X(geev, (CJ_F left, CJ_F right, CJ_N n, CJ_A a, CJ_N lda, CJ_A wr, CJ_A wi, CJ_A vl,           \
             CJ_N ldvl, CJ_A vr, CJ_N ldvr, CJ_A work, CJ_N lwork, CJ_I info, CJ_L, CJ_L))

typedef struct cj_lapack_precision {
#define CJ_X(name, arguments) void(*name) arguments;
    CJ_LAPACK_LIST(CJ_X)
#undef CJ_X
} cj_lapack_precision;

typedef struct cj_lapack {
    void *library;
    cj_lapack_precision f32, f64;
    bool is_safe_for_threads; /* of its own making: several of ours may call it at once */
    char provider[96];
} cj_lapack;

#undef CJ_F
#undef CJ_N
#undef CJ_A
#undef CJ_I
#undef CJ_L

/* The context's, opened at the first call. NULL, with a sentence that begins with `name` and tells which package to
 * install (MISSING), where there is none. */
const cj_lapack *cj_lapack_of(cj_context *context, const char *name);

/* Around what calls it: one thread at a time where it wants that. */
void cj_lapack_begin(const cj_lapack *lapack);
void cj_lapack_end(const cj_lapack *lapack);

/* The routines of a dtype; NULL where none is open. */
const cj_lapack_precision *cj_lapack_for(cj_context *context, int dtype);

#endif
