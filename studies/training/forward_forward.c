/*
 * forward_forward.c - Hinton, "The Forward-Forward Algorithm: Some Preliminary Investigations",
 * arXiv 2212.13345, 2022.
 *
 * A layer learns alone: its goodness, the sum of its squared activities, is to be above a threshold for
 * real data and below for negative data. No derivative passes from layer to layer.
 */
#include "cajal/study.h"

#include <string.h>

enum { LAYERS = 3, MOST_CLASSES = 64 };

/* What a net is trained on: wrong labels drawn at random or by its own predictions, none, or hybrid pictures. */
enum negatives { RANDOM_LABELS, HARD_LABELS, TRUE_LABELS, BLURRED_HYBRIDS, PIXEL_HYBRIDS };

typedef struct ff {
    cj_study_run *run;
    cj_scope *root, *scope; /* the net is built in `scope`, one inside of root for each seed */
    int64_t classes, units, height, width;
    bool pictures; /* the label replaces the first pixels; else it stands before the features */
    bool attached; /* control: derivatives pass between layers */
    double theta, sign; /* p(positive) = sigmoid(sign (goodness - theta)) */
    enum negatives kind;
    const char *name; /* of its curve */
    uint64_t seed;
} ff;

/* ---- the net ---- */

/* Each layer's activities; no derivative passes on (in your own net): */
static void forward(const ff *f, cj_tensor *x, cj_tensor *y[LAYERS])
{
    static const char *const name[] = {"fc1", "fc2", "fc3"};
    for (int l = 0; l < LAYERS; l++) {
        y[l] = cj_forward_forward(f->scope, name[l], x, f->units);
        x = f->attached ? y[l] : cj_stop_gradient(y[l]);
    }
}

/* The label's one-hot row over the first pixels of x, or before its features. */
static cj_tensor *overlay(const ff *f, cj_tensor *x, cj_tensor *mark)
{
    if (!x || !mark)
        return NULL;
    cj_tensor *part[] = {mark, f->pictures ? cj_narrow(x, 1, f->classes, cj_extent(x, 1)) : x};
    return cj_concat(1, 2, part);
}

static cj_tensor *neutral(const ff *f, cj_tensor *x)
{
    if (!x)
        return NULL;
    int64_t shape[] = {cj_extent(x, 0), f->classes};
    cj_tensor *even =
        cj_full(cj_tensor_context(x), cj_tensor_dtype(x), 2, shape, 1.0 / (double)f->classes);
    return overlay(f, x, even);
}

static bool is_hybrid(const ff *f)
{
    return f->kind == BLURRED_HYBRIDS || f->kind == PIXEL_HYBRIDS;
}

/* What a linear softmax sees: the normalised activities of all but the first layer. */
static cj_tensor *features(const ff *f, cj_tensor *x)
{
    cj_tensor *y[LAYERS], *seen[LAYERS - 1];
    forward(f, is_hybrid(f) ? x : neutral(f, x), y);
    for (int l = 1; l < LAYERS; l++)
        seen[l - 1] = cj_rms_norm(f->scope, "seen", y[l], .eps = 1e-20, .no_affine = true);
    return cj_stop_gradient(cj_concat(1, LAYERS - 1, seen));
}

/* ---- negative data ---- */

/* Another class than the label, each as likely. */
static cj_tensor *wrong_labels(const ff *f, cj_tensor *labels)
{
    if (!labels)
        return NULL;
    cj_tensor *by =
        cj_random_integer(cj_scope_key(f->scope), CJ_I32, 1, cj_shape(labels), 1, f->classes);
    cj_tensor *moved = cj_add(labels, by), *classes = cj_like(labels, (double)f->classes);
    return cj_where(cj_ge(moved, classes), cj_sub(moved, classes), moved);
}

/* Pixels of one picture where a mask is set, of the next elsewhere. */
static cj_tensor *hybrids(const ff *f, cj_tensor *x)
{
    if (!x)
        return NULL;
    int64_t n = cj_extent(x, 0), pixels = f->height * f->width;
    int64_t blurs = f->kind == PIXEL_HYBRIDS ? 0 : cj_study_integer(f->run, "blurs");
    cj_tensor *mask = cj_hybrid_mask(cj_scope_key(f->scope), n, f->height, f->width, blurs);
    return cj_where(cj_reshape(mask, 2, (int64_t[]){n, pixels}), x, cj_roll(x, 1, 0));
}

/* ---- training: one pass over real rows and negative rows, every layer by its own loss ---- */

static cj_tensor *as_it_is(void *user, cj_scope *s, cj_tensor *x)
{
    (void)user;
    (void)s;
    return x;
}

static cj_tensor *loss(void *user, cj_scope *s, cj_tensor *x, cj_tensor *labels)
{
    const ff *f = user;
    cj_tensor *y[LAYERS], *rows[2] = {x, NULL}, *sum = NULL, *wrong = labels;
    if (is_hybrid(f)) {
        rows[1] = hybrids(f, x);
    } else {
        cj_tensor *mark = cj_one_hot(labels, f->classes, CJ_F32);
        if (f->kind == HARD_LABELS) {
            cj_tensor *logits = cj_linear(s, "softmax", features(f, x), .out_features = f->classes);
            sum = cj_cross_entropy(logits, labels);
            cj_tensor *others = cj_add(cj_stop_gradient(logits), cj_scale(mark, -1e9));
            wrong = cj_random_categorical(cj_scope_key(f->scope), others, 1);
        } else if (f->kind == RANDOM_LABELS) {
            wrong = wrong_labels(f, labels);
        }
        rows[0] = overlay(f, x, mark);
        rows[1] = overlay(f, x, cj_one_hot(wrong, f->classes, CJ_F32));
    }
    forward(f, cj_concat(0, 2, rows), y);
    for (int l = 0; l < LAYERS; l++)
        sum = sum ? cj_add(sum, cj_forward_forward_loss(y[l], f->theta, f->sign < 0))
                  : cj_forward_forward_loss(y[l], f->theta, f->sign < 0);
    return sum;
}

static bool told(void *user, const cj_progress *p)
{
    const ff *f = user;
    if (p->batch == 0)
        cj_study_curve(f->run, f->name, f->seed, (double)p->epoch, p->loss);
    cj_study_progress(f->run, (double)p->epoch / (double)p->epochs, "%s: epoch %lld, loss %.4f",
                      f->name, (long long)p->epoch, p->loss);
    return true;
}

static cj_status fit(ff *f, cj_scope *scope, const cj_study_examples *data, int64_t epochs,
                     cj_tensor *(*build)(void *, cj_scope *, cj_tensor *),
                     cj_tensor *(*cost)(void *, cj_scope *, cj_tensor *, cj_tensor *))
{
    cj_source source = cj_study_source(data);
    source.x_rank = 1;
    source.x_shape[0] = data->inputs;
    int64_t decayed = cj_study_integer(f->run, "decayed"), until = epochs - decayed;
    double lr = cj_study_number(f->run, "lr"), last = cj_study_number(f->run, "last_lr");
    cj_schedule *steps = cj_multistep_rate(.milestones = {until}, .gamma = last / lr);
    return cj_fit(scope, NULL, &source, .build = build, .loss = cost, .net_user = f,
                  .optimiser = cj_adam(.lr = lr),
                  .schedule = until > 0 && decayed > 0 ? steps : NULL, .epochs = epochs,
                  .batch_size = cj_study_integer(f->run, "batch"), .on_epoch = told, .user = f);
}

/* ---- tests ---- */

/* [N, classes x LAYERS]: goodness of each layer for each candidate label. */
static cj_tensor *candidates(void *user, cj_tensor *x, cj_tensor *labels)
{
    const ff *f = user;
    (void)labels;
    cj_scope_build(f->root, false);
    int64_t n = cj_extent(x, 0), inputs = cj_extent(x, 1), c = f->classes;
    cj_tensor *label = cj_iota(cj_tensor_context(x), CJ_I32, 2, (int64_t[]){n, c}, 1), *y[LAYERS],
              *g[LAYERS];
    cj_tensor *each = cj_expand(cj_unsqueeze(x, 1), 3, (int64_t[]){n, c, inputs});
    label = cj_one_hot(cj_reshape(label, 1, (int64_t[]){n * c}), c, CJ_F32);
    forward(f, overlay(f, cj_reshape(each, 2, (int64_t[]){n * c, inputs}), label), y);
    for (int l = 0; l < LAYERS; l++)
        g[l] = cj_goodness(y[l]);
    return cj_reshape(cj_stack(1, LAYERS, g), 2, (int64_t[]){n, c * LAYERS});
}

typedef struct scores {
    double accuracy, layer[LAYERS]; /* by the sum over all but the first layer; by one layer */
    double gap[LAYERS],
        told[LAYERS]; /* mean goodness, true less wrong; share on its side of theta */
} scores;

static cj_status test_goodness(ff *f, const cj_study_examples *test, scores *out)
{
    int64_t c = f->classes;
    float *g = cj_study_allocate(f->run, (size_t)(test->count * c * LAYERS) * sizeof *g);
    cj_status status = g ? cj_study_apply(f->run, test, 200, candidates, f, g) : CJ_NO_MEMORY;
    *out = (scores){0};
    double n = (double)test->count;
    for (int64_t i = 0; status == CJ_OK && i < test->count; i++) {
        const float *of = g + i * c * LAYERS;
        int64_t truth = test->labels[i], wrong = (truth + 1 + i % (c - 1)) % c,
                best[LAYERS + 1] = {0};
        double most[LAYERS + 1];
        for (int64_t k = 0; k < c; k++) {
            double value[LAYERS + 1] = {0};
            for (int l = 0; l < LAYERS; l++) {
                value[l] = f->sign * of[k * LAYERS + l];
                value[LAYERS] += l ? value[l] : 0;
            }
            for (int l = 0; l <= LAYERS; l++)
                if (!k || value[l] > most[l]) {
                    most[l] = value[l];
                    best[l] = k;
                }
        }
        out->accuracy += (best[LAYERS] == truth) / n;
        for (int l = 0; l < LAYERS; l++) {
            double yes = f->sign * (of[truth * LAYERS + l] - f->theta),
                   no = f->sign * (of[wrong * LAYERS + l] - f->theta);
            out->layer[l] += (best[l] == truth) / n;
            out->gap[l] += (yes - no) / n;
            out->told[l] += ((yes > 0) + (no < 0)) / (2 * n);
        }
    }
    return status;
}

static double least(const double value[LAYERS])
{
    double least = value[0];
    for (int l = 1; l < LAYERS; l++)
        least = value[l] < least ? value[l] : least;
    return least;
}

/* ---- classifiers beside it: a linear softmax on pixels or activities, and the same net by backpropagation ---- */

enum { ON_PIXELS, ON_LAYERS, BY_BACKPROP };

typedef struct classifier {
    ff net; /* first: what `fit` and `told` see */
    cj_scope *scope;
    int kind;
} classifier;

static cj_tensor *logits(void *user, cj_scope *s, cj_tensor *x)
{
    const classifier *k = user;
    static const char *const name[] = {"hidden1", "hidden2", "hidden3"};
    if (k->kind == ON_LAYERS)
        x = features(&k->net, x);
    for (int l = 0; k->kind == BY_BACKPROP && l < LAYERS; l++)
        x = cj_relu(cj_linear(s, name[l], x, .out_features = k->net.units));
    return cj_linear(s, "softmax", x, .out_features = k->net.classes);
}

static cj_tensor *is_right(void *user, cj_tensor *x, cj_tensor *labels)
{
    classifier *k = user;
    cj_scope_build(k->scope, false);
    return cj_cast(cj_eq(cj_argmax(logits(k, k->scope, x), CJ_AXIS(1), false), labels), CJ_F32);
}

static cj_status classify(const ff *f, const char *name, int kind, const cj_study_examples *train,
                          const cj_study_examples *test, double *accuracy)
{
    classifier k = {.net = *f, .scope = cj_scope_new(cj_study_context(f->run)), .kind = kind};
    float *right = cj_study_allocate(f->run, (size_t)test->count * sizeof *right);
    if (!k.scope || !right)
        return CJ_NO_MEMORY;
    k.net.name = name;
    cj_status status =
        fit(&k.net, k.scope, train, cj_study_integer(f->run, "softmax_epochs"), logits, NULL);
    if (status == CJ_OK)
        status = cj_study_apply(f->run, test, 500, is_right, &k, right);
    *accuracy = 0;
    for (int64_t i = 0; status == CJ_OK && i < test->count; i++)
        *accuracy += right[i] / (double)test->count;
    cj_scope_free(k.scope);
    return status;
}

/* ---- 1: what holds exactly, in f64 ---- */

static cj_status check_exact(cj_study_run *run)
{
    cj_context *c = cj_study_context(run);
    enum { ROWS = 20, INPUTS = 30, UNITS = 16 };
    double measured[3] = {0}, attached = 0;
    for (int pass = 0; pass < 2; pass++) {
        ff f = {.run = run,
                .root = cj_scope_new(c),
                .units = UNITS,
                .theta = UNITS,
                .sign = 1,
                .attached = pass};
        f.scope = f.root;
        cj_scope_set_dtype(f.root, CJ_F64);
        cj_scope_build(f.root, true);
        cj_tensor *x =
            cj_random_uniform(cj_key(c, cj_study_seed(run)), CJ_F64, 2, (int64_t[]){ROWS, INPUTS});
        cj_tensor *y[LAYERS], *z[LAYERS], *weight[LAYERS], *gradient[LAYERS];
        static const char *const path[] = {"fc1.weight", "fc2.weight", "fc3.weight"};
        forward(&f, x, y);
        forward(&f, cj_scale(x, 37), z);
        for (int l = 0; l < LAYERS; l++)
            weight[l] = cj_variable_read(cj_scope_find(f.root, path[l]));
        for (int l = 0; l < LAYERS; l++) {
            cj_tensor *logit = cj_shift(cj_goodness(y[l]), -f.theta), *before = l ? y[l - 1] : x;
            cj_tensor *p = cj_sigmoid(logit),
                      *half = cj_lt(cj_iota(c, CJ_I32, 1, (int64_t[]){ROWS}, 0),
                                    cj_scalar(c, CJ_I32, ROWS / 2));
            cj_tensor *by = cj_scale(cj_sub(p, cj_cast(half, CJ_F64)),
                                     2.0 / ROWS); /* -(1 - p) or p, times 2 y x */
            before = cj_rms_norm(f.root, "x", before, .eps = 1e-20, .no_affine = true);
            cj_tensor *closed =
                cj_matmul(cj_transpose(cj_mul(cj_unsqueeze(by, 1), y[l]), 0, 1), before);
            cj_grad(cj_forward_forward_loss(y[l], f.theta, f.sign < 0), LAYERS, weight, gradient);
            cj_description of;
            for (int k = 0; k < LAYERS; k++) {
                if (cj_describe(cj_amax(cj_abs(k == l ? cj_sub(gradient[k], closed) : gradient[k]),
                                        CJ_ALL, false),
                                &of) != CJ_OK)
                    return cj_error_status(c);
                double *into = pass ? &attached : &measured[k == l];
                if (!pass || k != l)
                    *into = of.max > *into ? of.max : *into;
            }
            if (cj_describe(cj_amax(cj_abs(cj_sub(y[l], z[l])), CJ_ALL, false), &of) != CJ_OK)
                return cj_error_status(c);
            measured[2] = of.max > measured[2] ? of.max : measured[2];
        }
        cj_scope_free(f.root);
    }
    cj_study_check(run, "1a", measured[0], CJ_NONE, attached);
    cj_study_check(run, "1b", measured[1], CJ_NONE, CJ_NONE);
    cj_study_check(run, "1c", measured[2], CJ_NONE, CJ_NONE);
    return cj_context_status(c);
}

/* ---- 5: why the length goes: an untrained second layer after the trained first ---- */

typedef struct second {
    const ff *net;
    cj_scope *fresh;
} second;

/* [N, 5]: goodness of the fresh layer, of h1 as it is and normalised, for true and wrong labels; and how
 * far apart the nets' goodnesses lie when every candidate is the neutral label. */
static cj_tensor *second_layer(void *user, cj_tensor *x, cj_tensor *labels)
{
    const second *k = user;
    const ff *f = k->net;
    cj_scope_build(f->root, false);
    cj_scope_build(k->fresh, false);
    cj_tensor *wrong = wrong_labels(f, labels), *out[5], *y[LAYERS];
    cj_initialiser normal = {CJ_INIT_NORMAL, 1, 0, 1};
    for (int i = 0; i < 2; i++) {
        forward(f, overlay(f, x, cj_one_hot(i ? wrong : labels, f->classes, CJ_F32)), y);
        out[i] = cj_goodness(cj_relu(cj_linear(k->fresh, "raw", y[0], .out_features = f->units,
                                               .weight_init = normal, .no_bias = true)));
        out[2 + i] = cj_goodness(cj_forward_forward(k->fresh, "fc2", y[0], f->units));
    }
    cj_tensor *two[] = {neutral(f, x), neutral(f, x)};
    forward(f, cj_concat(0, 2, two), y);
    cj_tensor *g = cj_goodness(y[1]);
    if (!g)
        return NULL;
    int64_t n = cj_extent(x, 0);
    out[4] = cj_abs(cj_sub(cj_narrow(g, 0, 0, n), cj_narrow(g, 0, n, 2 * n)));
    return cj_stack(1, 5, out);
}

static cj_status check_length(const ff *f, const cj_study_examples *test)
{
    cj_study_run *run = f->run;
    second k = {f, cj_scope_new(cj_study_context(run))};
    int64_t n = test->count;
    float *g = cj_study_allocate(run, (size_t)(5 * n) * sizeof *g);
    double *score = cj_study_allocate(run, (size_t)(2 * n) * sizeof *score), auc[2], apart = 0;
    bool *real = cj_study_allocate(run, (size_t)(2 * n));
    if (!k.fresh || !g || !score || !real)
        return CJ_NO_MEMORY;
    cj_status status = cj_study_apply(run, test, 500, second_layer, &k, g);
    for (int way = 0; way < 2; way++) {
        for (int64_t i = 0; i < 2 * n; i++) {
            real[i] = i < n;
            score[i] = (double)g[5 * (i % n) + 2 * way + i / n];
            apart = g[5 * (i % n) + 4] > apart ? (double)g[5 * (i % n) + 4] : apart;
        }
        auc[way] = cj_roc_auc(cj_study_context(run), 2 * n, score, real);
    }
    cj_scope_free(k.fresh);
    cj_study_check(run, "5a", auc[0], auc[1], CJ_NONE);
    cj_study_check(run, "5b", fabs(auc[1] - 0.5), CJ_NONE, fabs(auc[0] - 0.5));
    cj_study_check(run, "5d", apart, CJ_NONE, CJ_NONE);
    return status;
}

/* ---- pictures ---- */

static cj_status draw(const ff *f, const cj_study_examples *train)
{
    int64_t shape[] = {f->units, train->inputs}, count = f->units < 100 ? f->units : 100;
    char path[64];
    const char *file =
        train->pictures && train->shape[0] == 1 ? cj_study_picture(f->run, "fields.png") : NULL;
    float *weight =
        file ? cj_study_allocate(f->run, (size_t)(shape[0] * shape[1]) * sizeof *weight) : NULL;
    if (!weight)
        return CJ_OK;
    snprintf(path, sizeof path, "%s.fc1.weight", cj_scope_path(f->scope));
    cj_status status = cj_scope_copy_out(f->root, path, CJ_F32, 2, shape, weight);
    cj_image_grid grid = {.title = "Receptive fields of first-layer units",
                          .count = count,
                          .channels = 1,
                          .height = (int)f->height,
                          .width = (int)f->width,
                          .value = weight};
    if (status == CJ_OK)
        status = cj_study_drawn(f->run, cj_plot_images(cj_study_context(f->run), file, &grid));
    return status;
}

/* ---- the run ---- */

typedef struct totals {
    double ff, hard, softmax, pixels, untrained, backprop, layer, gap, told, none, hybrid, bits,
        hybrid_untrained;
} totals;

static cj_status make(cj_study_run *run, const cj_study_examples *d, enum negatives kind,
                      const char *name, int64_t seed, ff *f)
{
    char scope[32];
    int64_t units = cj_study_integer(run, "units");
    bool least = !strcmp(cj_study_text(run, "goodness"), "min-ssq");
    *f = (ff){.run = run,
              .root = cj_scope_new(cj_study_context(run)),
              .classes = d->classes,
              .units = units,
              .height = d->shape[1],
              .width = d->shape[2],
              .pictures = d->pictures && d->inputs > d->classes,
              .theta = cj_study_number(run, "theta") * (double)units,
              .sign = least ? -1 : 1,
              .kind = kind,
              .name = name,
              .seed = (uint64_t)seed};
    snprintf(scope, sizeof scope, "seed%lld", (long long)seed);
    f->scope = f->root ? cj_scope_enter(f->root, scope) : NULL;
    return f->scope ? cj_study_status(run) : CJ_NO_MEMORY;
}

/* Trains a net of that kind; what is asked of it goes where the pointers show. */
static cj_status train_one(cj_study_run *run, const cj_study_examples *train,
                           const cj_study_examples *test, enum negatives kind, const char *name,
                           int64_t seed, int64_t epochs, ff *f, scores *found, double *softmax)
{
    cj_status status = make(run, train, kind, name, seed, f);
    if (status == CJ_OK && epochs)
        status = fit(f, f->root, train, epochs, as_it_is, loss);
    if (status == CJ_OK && found)
        status = test_goodness(f, test, found);
    return status == CJ_OK && softmax
               ? classify(f, "softmax on activities", ON_LAYERS, train, test, softmax)
               : status;
}

static cj_status supervised(cj_study_run *run, const cj_study_examples *train,
                            const cj_study_examples *test, int64_t seed, totals *t)
{
    int64_t epochs = cj_study_integer(run, "epochs"),
            control = cj_study_integer(run, "control_epochs");
    scores found, none;
    ff f, fresh, blind;
    double pixels, untrained, softmax = 0, backprop = 0;
    bool full = cj_study_wanted(run, "2d");
    cj_status status = train_one(
        run, train, test, cj_study_text(run, "negatives")[0] == 'h' ? HARD_LABELS : RANDOM_LABELS,
        "forward-forward", seed, epochs, &f, &found, full ? &softmax : NULL);
    if (status == CJ_OK)
        status = classify(&f, "softmax on pixels", ON_PIXELS, train, test, &pixels);
    if (status == CJ_OK)
        status = train_one(run, train, test, RANDOM_LABELS, "untrained", seed, 0, &fresh, NULL,
                           &untrained);
    if (status == CJ_OK && full)
        status = classify(&f, "backpropagation", BY_BACKPROP, train, test, &backprop);
    if (status == CJ_OK)
        status = train_one(run, train, test, TRUE_LABELS, "no wrong labels", seed, control, &blind,
                           &none, NULL);
    if (status == CJ_OK && !seed)
        status = check_length(&f, test);
    if (status == CJ_OK && !seed)
        status = draw(&f, train);
    if (status != CJ_OK)
        return status;
    t->ff += found.accuracy;
    t->softmax += softmax;
    t->pixels += pixels;
    t->untrained += untrained;
    t->backprop += backprop;
    t->none += none.accuracy;
    t->layer += least(found.layer);
    t->gap += least(found.gap);
    t->told += least(found.told);
    cj_scope_free(f.root);
    cj_scope_free(fresh.root);
    cj_scope_free(blind.root);
    return CJ_OK;
}

static cj_status unsupervised(cj_study_run *run, const cj_study_examples *train,
                              const cj_study_examples *test)
{
    int64_t epochs = cj_study_integer(run, "epochs");
    ff f;
    double blurred, pixels, untrained;
    if (!train->pictures || train->shape[0] != 1)
        return CJ_OK;
    cj_status status =
        train_one(run, train, test, BLURRED_HYBRIDS, "hybrids", 0, epochs, &f, NULL, &blurred);
    if (status == CJ_OK)
        status = train_one(run, train, test, PIXEL_HYBRIDS, "hybrids of single pixels", 0, epochs,
                           &f, NULL, &pixels);
    if (status == CJ_OK)
        status =
            train_one(run, train, test, BLURRED_HYBRIDS, "untrained", 0, 0, &f, NULL, &untrained);
    if (status != CJ_OK)
        return status;
    cj_study_check(run, "4a", blurred, untrained, pixels);
    cj_study_check(run, "4b", blurred - untrained, CJ_NONE, CJ_NONE);
    return CJ_OK;
}

static cj_status run(cj_study_run *run)
{
    cj_study_examples train, test;
    totals t = {0};
    int64_t seeds = cj_study_integer(run, "seeds");
    cj_status status = check_exact(run);
    if (status != CJ_OK || !(cj_study_wanted(run, "2") || cj_study_wanted(run, "3") ||
                             cj_study_wanted(run, "4") || cj_study_wanted(run, "5")))
        return status;
    status = cj_study_load(run, CJ_TRAIN, cj_study_integer(run, "images"), &train);
    if (status == CJ_OK)
        status = cj_study_load(run, CJ_TEST, cj_study_integer(run, "test_images"), &test);
    if (status != CJ_OK)
        return status;
    if (train.classes < 2 || train.classes > MOST_CLASSES)
        return cj_fail(cj_study_context(run), CJ_VALUE,
                       "forward-forward takes data with 2 to %d classes", MOST_CLASSES);
    bool labelled =
        cj_study_wanted(run, "2") || cj_study_wanted(run, "3") || cj_study_wanted(run, "5");
    for (int64_t i = 0; status == CJ_OK && labelled && i < seeds; i++)
        status = supervised(run, &train, &test, i, &t);
    if (status == CJ_OK && cj_study_wanted(run, "4"))
        status = unsupervised(run, &train, &test);
    if (status == CJ_OK)
        status = cj_study_plot_curves(run, "loss.png", "Training", "epoch", "loss");
    double n = (double)seeds;
    cj_study_check(run, "2a", t.ff / n, t.pixels / n, t.untrained / n);
    cj_study_check(run, "2b", t.ff / n, t.backprop / n, t.untrained / n);
    cj_study_check(run, "2c", (t.ff - t.pixels) / n, CJ_NONE, (t.untrained - t.pixels) / n);
    cj_study_check(run, "2d", (t.backprop - t.ff) / n, CJ_NONE, CJ_NONE);
    cj_study_check(run, "2e", t.ff / n, t.pixels / n, t.none / n);
    cj_study_check(run, "3a", t.layer / n, CJ_NONE, CJ_NONE);
    cj_study_check(run, "3b", t.gap / n, CJ_NONE, CJ_NONE);
    cj_study_check(run, "3c", t.told / n, 0.5, CJ_NONE);
    cj_study_check(run, "5c", t.none / n, t.ff / n, CJ_NONE);
    return status;
}

CJ_STUDY(
    forward_forward, .title = "The Forward-Forward Algorithm: Some Preliminary Investigations",
    .summary = "learns without backpropagation: each layer wants high goodness on real data, low "
               "on negative data",
    .claim = "MNIST test error 1.36 % supervised and 1.37 % unsupervised, comparable nets trained "
             "by backpropagation 1.4 %.",
    .number = 119, .year = 2022, .paper = "arXiv:2212.13345", .authors = "Geoffrey Hinton",
    .family = "training", .data = {"mnist"},
    .uses = {"cj_forward_forward", "cj_forward_forward_loss", "cj_goodness", "cj_hybrid_mask",
             "cj_stop_gradient", "cj_one_hot", "cj_random_integer", "cj_random_categorical",
             "cj_fit"},
    .settings = {{"data", "mnist", "pictures, or a table, with classes"},
                 {"images", "60000", "training examples", "10000", "3000"},
                 {"test_images", "10000", "test examples", "10000", "500"},
                 {"units", "500", "units of each of the three hidden layers", NULL, "100"},
                 {"epochs", "15", "epochs", "6", "4"},
                 {"decayed", "3", "of them the last ones, at last_lr", "1", "1"},
                 {"softmax_epochs", "5", "epochs of the classifiers beside it", "3", "2"},
                 {"control_epochs", "5", "epochs of the control without wrong labels", "2", "1"},
                 {"batch", "100", "examples a step"},
                 {"lr", "1e-3", "learning rate of Adam", NULL, "3e-3"},
                 {"last_lr", "2e-4", "learning rate of the last epochs", NULL, "1e-3"},
                 {"theta", "1", "threshold of goodness, a unit"},
                 {"goodness", "ssq", "ssq, the sum of squares, or min-ssq, its negative"},
                 {"negatives", "random",
                  "wrong labels: random, or hard, drawn from the net's predictions"},
                 {"blurs", "6", "how often the masks of hybrids are blurred"},
                 {"seeds", "3", "nets that the figures are a mean of", "1", "1"}},
    .checks = {{"1a", "gradient of a layer's loss on other layers", "=", 0, CJ_SMOKE,
                .exact = true},
               {"1b", "autodiff against the closed form", "<=", 1e-6, CJ_SMOKE, .exact = true},
               {"1c", "output for 37 x against output for x", "<=", 1e-6, CJ_SMOKE, .exact = true},
               {"2a", "test accuracy, 10-label test", ">=", 0.88, CJ_QUICK},
               {"2b", "test accuracy, 10-label test, all data", ">=", 0.968, CJ_FULL, "0.9864"},
               {"2c", "accuracy less softmax regression's", ">=", 0.04, CJ_FULL},
               {"2d", "backpropagation's accuracy less this", "<=", 0.02, CJ_FULL, "-0.0004"},
               {"2e", "test accuracy after a few steps", ">=", 0.2, CJ_SMOKE},
               {"3a", "accuracy by the least good layer alone", ">=", 0.90, CJ_FULL},
               {"3b", "least mean goodness, true less wrong label", ">", 0, CJ_SMOKE},
               {"3c", "least share on its side of theta", ">=", 0.93, CJ_FULL},
               {"4a", "softmax on hybrids' layers (control: pixel masks)", ">=", 0.95, CJ_FULL,
                "0.9863"},
               {"4b", "the same less untrained layers", ">=", 0.02, CJ_FULL},
               {"5a", "AUC of an untrained layer on raw activities", ">=", 0.75, CJ_QUICK},
               {"5b", "|AUC - 0.5| on normalised activities", "<=", 0.12, CJ_QUICK},
               {"5c", "accuracy with no wrong labels", "<=", 0.20, CJ_QUICK},
               {"5d", "goodness apart for the neutral label", "<=", 1e-6, CJ_SMOKE, .exact = true}},
    .differs = {{"variants",
                 "the recurrent net and the local receptive fields of CIFAR-10 are not made"}},
    .run = run)
