/*
 * cajal/study.h - studies: research systems as small programs that show, with numbers, that a method
 * does what its paper says. Part of libcajal-io.
 *
 *     static cj_status run(cj_study_run *r) { ... cj_study_check(r, "1a", error, CJ_NONE, CJ_NONE); ... }
 *
 *     CJ_STUDY(forward_forward, .title = "The Forward-Forward Algorithm", .number = 119,
 *              .paper = "arXiv:2212.13345", .family = "training",
 *              .settings = {{"units", "500", "units of a hidden layer"}},
 *              .checks = {{"1a", "gradient on other layers", "=", 0, CJ_SMOKE, .exact = true}}, .run = run)
 *
 * The file is a program: `cc study.c $(pkg-config --cflags --libs cajal-io)` makes one that takes
 * --smoke, --quick, --full, --seed N, --threads N, --json, --quiet, --out DIR, --set NAME=VALUE,
 * --data D and --only IDS, as `cajal study run` does. Compiled with CJ_STUDY_TABLE it has no main.
 */
#ifndef CAJAL_STUDY_H
#define CAJAL_STUDY_H

#include "cajal/cajal.h"
#include "cajal/data.h"
#include "cajal/plot.h"

#include <math.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How much a run does; a level makes the checks of those before it too. */
typedef enum cj_study_level { CJ_SMOKE, CJ_QUICK, CJ_FULL } cj_study_level;
CJ_API const char *cj_study_level_text(cj_study_level level); /* "smoke", "quick", "full" */

/* What a study chooses. A value that reads as a number is one, and --set must give one. */
typedef struct cj_study_setting {
    const char *name, *value, *what;
    const char *quick, *smoke; /* the value at these levels; NULL: as at the level above */
} cj_study_setting;

/* What is measured, and what it must be. */
typedef struct cj_study_bound {
    const char *id; /* begins with the number of the item that it belongs to: "1a" */
    const char *what;
    const char *relation; /* "<", "<=", "=", ">=" or ">" */
    double bound;
    cj_study_level level; /* the least at which it is made */
    const char *paper;    /* the paper's figure; NULL: it has none */
    bool exact;           /* holds with any settings and data */
} cj_study_bound;

typedef struct cj_study_difference {
    const char *id, *why;
} cj_study_difference;

typedef struct cj_study_run cj_study_run;

/* Lists end at their first empty element. */
typedef struct cj_study {
    const char *slug; /* _ where it shows - */
    const char *title, *summary, *claim;
    int number, year;
    const char *paper, *authors, *family; /* paper: "arXiv:2212.13345", "ICML 2014", ... */
    const char *data[8];                  /* known data sets (cajal/data.h) that it runs on */
    const char *uses[32];                 /* the library functions that carry it */
    cj_study_setting settings[32];        /* "data" is what --data sets */
    cj_study_bound checks[48];
    cj_study_difference differs[12]; /* where it differs from the paper, by check or item */
    cj_status (*run)(cj_study_run *run);
} cj_study;

/* ---- what a study's run function asks and tells ---- */

CJ_API cj_context *cj_study_context(const cj_study_run *run);
CJ_API cj_study_level cj_study_level_of(const cj_study_run *run);
CJ_API uint64_t cj_study_seed(const cj_study_run *run);

/* The value of a setting. A name that the study does not list is INVALID: the run fails after run returns. */
CJ_API double cj_study_number(cj_study_run *run, const char *name);
CJ_API int64_t cj_study_integer(cj_study_run *run, const char *name);
CJ_API const char *cj_study_text(cj_study_run *run, const char *name);
/* CJ_OK, or what was wrong with a setting asked for so far. */
CJ_API cj_status cj_study_status(const cj_study_run *run);

/* Whether this run is to measure the check, or (by its number, "2") any check of the item. */
CJ_API bool cj_study_wanted(const cj_study_run *run, const char *id);

#define CJ_NONE ((double)NAN) /* no baseline, no control */
/*
 * Tells what was measured for a check, with the same figure of a baseline and of a negative control
 * beside it. Not wanted: nothing happens. NaN fails. A check that is wanted and never told fails.
 */
CJ_API void cj_study_check(cj_study_run *run, const char *id, double measured, double baseline,
                           double control);

/* A point of curves.csv. */
CJ_API void cj_study_curve(cj_study_run *run, const char *method, uint64_t seed, double step,
                           double value);
/* The same figures as a chart: a line a method, the mean over its seeds. OK without pictures. */
CJ_API cj_status cj_study_plot_curves(cj_study_run *run, const char *file, const char *title,
                                      const char *x_label, const char *y_label);
/* The path of a picture of that name ("goodness.png"), which the result then lists; NULL where the run keeps no
 * files. Drawn by cajal/plot.h; where that is MISSING, the run goes on without: cj_study_drawn. */
CJ_API const char *cj_study_picture(cj_study_run *run, const char *file);
CJ_API cj_status cj_study_drawn(cj_study_run *run, cj_status status);

/* What goes on, and which part of the whole is done (0 to 1). */
CJ_API void cj_study_progress(cj_study_run *run, double part, const char *format, ...)
    CJ_PRINTF(3, 4);

/* Memory until the end of the run, zeroed; NULL: cj_error. */
CJ_API void *cj_study_allocate(cj_study_run *run, size_t size);

/* ---- data ---- */

/* Examples in memory, owned by the run: x [count][inputs], pictures as pixel / 255, others standardised. */
typedef struct cj_study_examples {
    int64_t count, inputs;
    int rank; /* of an example */
    int64_t shape[4];
    int classes; /* 0: numbers to regress */
    bool pictures;
    const float *x;
    const int32_t *labels; /* [count] */
    int targets;
    const float *target; /* [count][targets], standardised */
} cj_study_examples;
/*
 * At most `limit` (0: all) examples of a part of the data that the setting "data" names (any D of
 * `cajal train` with examples), drawn without replacement by the run's seed. A status that is MISSING or
 * NOT_FOUND ends the run with exit status 3.
 */
CJ_API cj_status cj_study_load(cj_study_run *run, cj_part_id part, int64_t limit,
                               cj_study_examples *out);
/* As a source of cj_fit; e must live as long. */
CJ_API cj_source cj_study_source(const cj_study_examples *e);
/*
 * out[count][..] = f(user, x [chunk, inputs], labels [chunk]) of f32, for all examples, `chunk` at a time (at most
 * count): a row of what f gives depends on its own example alone. INVALID where it is not [chunk, ...] of f32.
 */
typedef cj_tensor *cj_study_fn(void *user, cj_tensor *x, cj_tensor *labels);
CJ_API cj_status cj_study_apply(cj_study_run *run, const cj_study_examples *e, int64_t chunk,
                                cj_study_fn *f, void *user, float *out);

/* ---- running ---- */

/* Told text for standard output, or (error) for the eye beside it. */
typedef void cj_study_print(void *user, bool error, const char *text);

typedef struct cj_study_options {
    cj_study_level level;
    uint64_t seed;
    int threads;      /* 0: one a processor */
    bool json, quiet; /* JSON lines; no progress */
    const char *
        out; /* the folder of result.json, curves.csv and pictures; NULL: runs/SLUG-LEVEL; "": none */
    const char *data; /* NULL: the setting's */
    const char *only; /* items or checks with commas, "2,3b"; NULL: all */
    int set_count;
    const char *const *set; /* NAME=VALUE */
    cj_study_print *print;
    void *user;
} cj_study_options;

/* The exit status of a run: 0, 1 (a check fails, or an error), 2 (an option is wrong), 3 (data are missing). */
CJ_API int cj_study_perform(const cj_study *study, const cj_study_options *options);
/* The same from a command line. */
CJ_API int cj_study_main(const cj_study *study, int argc, char **argv, cj_study_print *print,
                         void *user);

/* Registers a study as cj_study_NAME; alone it is a program. Its rows end where their defaults begin, which
 * -Wextra would have spelled out. */
#define CJ_STUDY_ROWS                                                                              \
    _Pragma("GCC diagnostic push")                                                                 \
        _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")
#ifdef CJ_STUDY_TABLE
#define CJ_STUDY(name, ...)                                                                        \
    extern const cj_study cj_study_##name;                                                         \
    CJ_STUDY_ROWS                                                                                  \
    const cj_study cj_study_##name = {.slug = #name, __VA_ARGS__};                                 \
    _Pragma("GCC diagnostic pop")
#else
static inline void cj_study_put(void *user, bool error, const char *text)
{
    (void)user;
    fputs(text, error ? stderr : stdout);
    fflush(error ? stderr : stdout);
}
#define CJ_STUDY(name, ...)                                                                        \
    CJ_STUDY_ROWS                                                                                  \
    static const cj_study cj_study_##name = {.slug = #name, __VA_ARGS__};                          \
    _Pragma("GCC diagnostic pop") int main(int argc, char **argv)                                  \
    {                                                                                              \
        return cj_study_main(&cj_study_##name, argc, argv, cj_study_put, NULL);                    \
    }
#endif

#ifdef __cplusplus
}
#endif

#endif
