/*
 * cli/task_operator.c - the task of an operator between functions: from the state of an equation now to its state later.
 *
 * The data are made: u_t + u u_x = nu u_xx, periodic on (0, 1), nu = 0.01, from u(x, 0) drawn with mean 0 and covariance 625 (-Laplacian +
 * 25)^-2 (Li et al., "Fourier neural operator", ICLR 2021, section 5.1) to u(x, 1), by the transform of Cole and Hopf: u = -2 nu
 * phi_x / phi, where phi obeys the heat equation and begins as exp(-U / (2 nu)), U the integral of u. In f64 by the library's own
 * transforms, always the same functions.
 */
#include "task.h"

#include "base/base.h"
#include "cajal/fft.h"
#include "cajal/random.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS = 128 };
#define VISCOSITY 0.01

static const int64_t part_count[CJ_PARTS] = {1000, 100, 200};

typedef struct functions {
    float *x[CJ_PARTS], *y[CJ_PARTS]; /* [count][POINTS] */
} functions;

/* ---- data ---- */

enum { MODES = POINTS / 2 + 1 };

static cj_tensor *modes(cj_context *context, const double *factor)
{
    return cj_tensor_from(context, CJ_F64, 1, ((int64_t[]){MODES}), factor);
}

/* Each mode of the functions x times re, or times i im. */
static cj_tensor *by_modes(cj_tensor *x, cj_tensor *re, cj_tensor *im)
{
    cj_complex z = cj_rfft(x, 1, CJ_FFT_BACKWARD);
    z = re ? (cj_complex){cj_mul(z.re, re), cj_mul(z.im, re)}
           : (cj_complex){cj_neg(cj_mul(z.im, im)), cj_mul(z.re, im)};
    return cj_irfft(z, 1, POINTS, CJ_FFT_BACKWARD);
}

static cj_status make_functions(cj_context *context, float *x, float *y, int64_t count)
{
    const double root = 11.313708498984761; /* of POINTS: a mode of white noise is so large */
    double field[MODES] = {0}, integral[MODES] = {0}, slope[MODES] = {0}, decay[MODES] = {0};
    int64_t shape[2] = {count, POINTS};
    size_t bytes = (size_t)(count * POINTS) * sizeof *x;
    for (int k = 1; k < MODES; k++) {
        double w = 2 * 3.14159265358979323846 * k;
        field[k] = root * 25 / (w * w + 25);
        integral[k] = -1 / w;
        slope[k] = k < MODES - 1 ? w : 0;
        decay[k] = -VISCOSITY * w * w;
    }
    cj_status status = cj_frame_enter(context);
    if (status != CJ_OK)
        return status;
    cj_tensor *noise = cj_random_normal(cj_key(context, 0), CJ_F64, 2, shape);
    cj_tensor *u = by_modes(noise, modes(context, field), NULL);
    cj_tensor *sum = by_modes(u, NULL, modes(context, integral));
    cj_tensor *phi =
        by_modes(cj_exp(cj_scale(sum, -1 / (2 * VISCOSITY))), cj_exp(modes(context, decay)), NULL);
    cj_tensor *phi_x = by_modes(phi, NULL, modes(context, slope));
    cj_tensor *later = cj_scale(cj_div(phi_x, phi), -2 * VISCOSITY);
    status = cj_read(cj_cast(u, CJ_F32), x, bytes);
    if (status == CJ_OK)
        status = cj_read(cj_cast(later, CJ_F32), y, bytes);
    cj_frame_leave(context);
    return status;
}

static int64_t all_functions(void)
{
    return part_count[CJ_TRAIN] + part_count[CJ_VALIDATION] + part_count[CJ_TEST];
}

static size_t all_bytes(void)
{
    return (size_t)(all_functions() * POINTS) * sizeof(float);
}

/* One block each of x and y, parts one after the other. */
static cj_status load(train *t, functions *f)
{
    cj_context *context = t->c->context;
    float *x = f->x[0] = cj_allocate(context, all_bytes());
    float *y = f->y[0] = cj_allocate(context, all_bytes());
    if (!x || !y)
        return CJ_NO_MEMORY;
    for (int part = 1; part < CJ_PARTS; part++) {
        f->x[part] = f->x[part - 1] + part_count[part - 1] * POINTS;
        f->y[part] = f->y[part - 1] + part_count[part - 1] * POINTS;
    }
    cj_status status = make_functions(context, x, y, all_functions());
    cj_sha256 sha;
    uint8_t digest[32];
    cj_sha256_init(&sha);
    cj_sha256_add(&sha, x, all_bytes());
    cj_sha256_add(&sha, y, all_bytes());
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, t->data_hash);
    return status;
}

static int prepare(train *t)
{
    cli *c = t->c;
    int code = named_net(t);
    if (code != EXIT_DONE)
        return code;
    if (2 * t->architecture.modes > POINTS)
        return fail(c, EXIT_USAGE, "net fno: modes=%lld is more than half of the %d points",
                    (long long)t->architecture.modes, POINTS);
    functions *f = t->own = calloc(1, sizeof *f);
    cj_status status = f ? load(t, f) : CJ_NO_MEMORY;
    if (status != CJ_OK)
        return fail_library(c, status);
    t->examples = part_count[CJ_TRAIN];
    t->unit = "functions";
    t->loss = "relative error (L2)";
    return named_decide(t,
                        &(named_defaults){.batch = 20,
                                          .epochs = 50,
                                          .patience = 10,
                                          .optimiser = "adam:lr=0.001",
                                          .schedule = "cosine"},
                        true);
}

/* ---- nets and loss ---- */

static cj_tensor *build(void *user, cj_scope *scope, cj_tensor *x)
{
    const train *t = user;
    return cj_operator_net(scope, &t->architecture, 1, x ? cj_unsqueeze(x, 1) : NULL);
}

static cj_tensor *build_linear(void *user, cj_scope *scope, cj_tensor *x)
{
    (void)user;
    return cj_linear(scope, "linear", x, .out_features = POINTS);
}

/* The mean over functions of |output - y| / |y|. */
static cj_tensor *relative_error(void *user, cj_scope *scope, cj_tensor *output, cj_tensor *y)
{
    (void)user, (void)scope;
    if (!output || !y)
        return NULL;
    cj_tensor *error = cj_square(cj_sub(cj_reshape(output, cj_rank(y), cj_shape(y)), y));
    cj_tensor *part = cj_div(cj_sqrt(cj_sum(error, CJ_AXIS(1), false)),
                             cj_sqrt(cj_sum(cj_square(y), CJ_AXIS(1), false)));
    return cj_mean(part, CJ_ALL, false);
}

static cj_source source_of_part(const functions *f, int part)
{
    return (cj_source){.count = part_count[part],
                       .x = f->x[part],
                       .y = f->y[part],
                       .x_dtype = CJ_F32,
                       .x_rank = 1,
                       .x_shape = {POINTS},
                       .y_is_float = true,
                       .y_rank = 1,
                       .y_shape = {POINTS}};
}

static void fit(train *t, struct cj_fit_args *a, cj_source *source, cj_source *held)
{
    a->build = build;
    a->loss = relative_error;
    a->net_user = t;
    *source = source_of_part(t->own, CJ_TRAIN);
    *held = source_of_part(t->own, CJ_VALIDATION);
}

static void announce(const train *t)
{
    tell(
        t->c,
        "burgers: %lld training, %lld validation, %lld test functions on %d points, made from u(x, "
        "0), viscosity %g",
        (long long)part_count[CJ_TRAIN], (long long)part_count[CJ_VALIDATION],
        (long long)part_count[CJ_TEST], POINTS, VISCOSITY);
    tell(t->c, "task: u(x, 1) from u(x, 0)");
    tell(t->c, "net: %s", t->plan.net);
}

/* ---- the end ---- */

static void fill_row(measures *m, const char *name, double error)
{
    measured *row = &m->row[m->rows++];
    snprintf(row->name, sizeof row->name, "%s", name);
    row->value[0].value = error;
}

/* u(x, 0) as the answer. */
static double error_of_standstill(const functions *f)
{
    double sum = 0;
    for (int64_t i = 0; i < part_count[CJ_TEST]; i++) {
        const float *x = f->x[CJ_TEST] + i * POINTS, *y = f->y[CJ_TEST] + i * POINTS;
        double apart = 0, norm = 0;
        for (int j = 0; j < POINTS; j++) {
            apart += ((double)x[j] - (double)y[j]) * ((double)x[j] - (double)y[j]);
            norm += (double)y[j] * (double)y[j];
        }
        sum += sqrt(apart / norm);
    }
    return sum / (double)part_count[CJ_TEST];
}

/* Any linear map of the 128 values, trained as the net is. */
static cj_status error_of_linear(train *t, double *error)
{
    cj_scope *scope = cj_scope_new(t->c->context);
    cj_source source = source_of_part(t->own, CJ_TRAIN), test = source_of_part(t->own, CJ_TEST);
    cj_scores found = {0};
    struct cj_fit_args a = {.scope = scope,
                            .at = CJ_HERE_OF(struct cj_fit_args),
                            .build = build_linear,
                            .loss = relative_error,
                            .source = &source,
                            .optimiser = cj_adam(.lr = 1e-3),
                            .schedule = cj_cosine_rate(),
                            .batch_size = 20,
                            .epochs = 50};
    cj_trainer *trainer = scope ? cj_trainer_new(&a) : NULL;
    cj_status status = trainer ? CJ_OK : CJ_NO_MEMORY;
    while (status == CJ_OK && (cj_trainer_epoch_open(trainer) || !cj_trainer_done(trainer)))
        status = cj_trainer_epoch_open(trainer) ? cj_trainer_end_epoch(trainer, NULL)
                                                : cj_trainer_step(trainer, NULL);
    if (status == CJ_OK)
        status = cj_trainer_evaluate(trainer, &test, &found, NULL);
    *error = found.loss;
    cj_trainer_free(trainer);
    cj_scope_free(scope);
    return status;
}

static int measure(train *t, measures *m)
{
    cj_source test = source_of_part(t->own, CJ_TEST);
    cj_scores found;
    double linear;
    cj_status status = cj_trainer_evaluate(t->trainer, &test, &found, NULL);
    if (status == CJ_OK)
        status = error_of_linear(t, &linear);
    if (status != CJ_OK)
        return fail_library(t->c, status);
    m->columns = 1;
    m->head[0] = "relative error";
    m->key[0] = "error";
    m->percent[0] = true;
    snprintf(m->of, sizeof m->of, "%lld test functions", (long long)found.examples);
    fill_row(m, t->plan.net_name, found.loss);
    fill_row(m, "a linear map", linear);
    fill_row(m, "u(x, 0) as it is", error_of_standstill(t->own));
    return EXIT_DONE;
}

static void suggest(const train *t)
{
    printf("  --net fno:hidden=%lld,modes=%lld     (a larger net)\n",
           (long long)(2 * t->architecture.hidden), (long long)t->architecture.modes);
}

static json_t *about(const train *t)
{
    (void)t;
    return json_pack("{s:s, s:s, s:i}", "task", "operator", "data", "burgers", "points", POINTS);
}

static void release(train *t)
{
    functions *f = t->own;
    if (!f)
        return;
    if (f->x[0])
        cj_release(t->c->context, f->x[0], all_bytes());
    if (f->y[0])
        cj_release(t->c->context, f->y[0], all_bytes());
    free(f);
}

const task_row task_operator = {.name = "operator",
                                .named = true,
                                .purpose = CJ_FOR_OPERATORS,
                                .made = "burgers",
                                .default_net = "fno",
                                .holds = "functions (burgers)",
                                .idle = BIT64(OPT_TARGET) | BIT64(OPT_TASK) | BIT64(OPT_TEST) |
                                        BIT64(OPT_VAL) | BIT64(OPT_CLASS_WEIGHT) | BIT64(OPT_SIZE) |
                                        BIT64(OPT_AUGMENT) | BIT64(OPT_HEADER) |
                                        BIT64(OPT_SEPARATOR) | BIT64(OPT_INIT) | BIT64(OPT_FREEZE),
                                .prepare = prepare,
                                .fit = fit,
                                .announce = announce,
                                .finish = named_finish,
                                .about = about,
                                .measure = measure,
                                .suggest = suggest,
                                .release = release};
