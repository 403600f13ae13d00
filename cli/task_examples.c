/*
 * cli/task_examples.c - the tasks classes and regression: pictures, tables and arrays, read, split and made ready.
 */
#include "task.h"

#include "base/base.h"

#include <stdlib.h>

/* Where nobody says otherwise. A run that stops early on a table may take many short epochs. */
#define TABLE_EPOCHS 300
#define TABLE_PATIENCE 30
#define PICTURE_EPOCHS 12
#define PICTURE_PATIENCE 4
#define SMALL_TABLE 1000

/* ---- data ---- */

/* An option that these data have no use for is a mistake. */
static int refuse_idle_options(train *t)
{
    static const char *const holds[] = {"pictures", "a table", "arrays"};
    static const struct {
        enum option_id id;
        cj_input_kind kind;
        const char *wants;
    } bound[] = {{OPT_SIZE, CJ_INPUT_IMAGES, "pictures"},
                 {OPT_AUGMENT, CJ_INPUT_IMAGES, "pictures"},
                 {OPT_TARGET, CJ_INPUT_TABLE, "tables"},
                 {OPT_HEADER, CJ_INPUT_TABLE, "tables"},
                 {OPT_SEPARATOR, CJ_INPUT_TABLE, "tables"}};
    cli *c = t->c;
    cj_input_kind kind = t->data->preprocess->kind;
    for (size_t i = 0; i < CJ_COUNT(bound); i++)
        if (c->value[bound[i].id] && kind != bound[i].kind)
            return fail(c, EXIT_USAGE, "--%s is for %s, but '%s' holds %s: leave it out",
                        option_table[bound[i].id].name, bound[i].wants, c->value[OPT_DATA],
                        holds[kind]);
    return EXIT_DONE;
}

static int load_data(train *t)
{
    cli *c = t->c;
    cj_data_options options;
    int code = data_options(c, &options);
    if (code != EXIT_DONE)
        return code;
    t->plan.early = !c->value[OPT_EPOCHS];
    if (!c->value[OPT_VAL])
        options.validation_fraction = t->plan.early ? 0.1 : 0;
    if (t->plan.early && options.validation_fraction <= 0)
        return fail(c, EXIT_USAGE, "with --val 0 nothing says when to stop: give --epochs N");
    t->plan.test = CJ_MAX(options.test_fraction, 0);
    t->plan.validation = options.validation_fraction;
    cj_status status = load_dataset(c, t->plan.data_path, &options, &t->data);
    if (status != CJ_OK) {
        code = fail_library(c, status);
        return status == CJ_NOT_FOUND ? EXIT_USAGE
                                      : code; /* a column that is not there: the data are */
    }
    if (!t->data->part[CJ_TRAIN].count)
        return fail(c, EXIT_ERROR, "'%s' leaves no example to train on", c->value[OPT_DATA]);
    code = refuse_idle_options(t);
    if (code != EXIT_DONE)
        return code;
    for (int i = 0; i < t->data->notes; i++)
        tell(c, "%s", t->data->note[i]);
    if (t->plan.early && !t->data->part[CJ_VALIDATION].count)
        return fail(c, EXIT_ERROR,
                    "'%s' has too few examples for a validation part: give --epochs N",
                    c->value[OPT_DATA]);
    t->examples = t->data->part[CJ_TRAIN].count;
    snprintf(t->data_hash, sizeof t->data_hash, "%s", t->data->hash);
    t->unit = t->data->preprocess->kind == CJ_INPUT_IMAGES ? "images" : "rows";
    t->loss = t->data->preprocess->task == CJ_TASK_CLASSES ? "cross entropy (nats)"
                                                           : "mean squared error (standardised)";
    return EXIT_DONE;
}

/* ---- net ---- */

static const char *default_net(const cj_preprocess *p)
{
    if (p->kind != CJ_INPUT_IMAGES)
        return "mlp";
    int64_t height = p->shape[1], width = p->shape[2];
    if (height < 16 || width < 16)
        return "mlp";
    return p->shape[0] == 1 && height <= 40 && width <= 40 ? "lenet" : "resnet20";
}

static bool known_net_name(const char *text)
{
    size_t length = strcspn(text, ":");
    for (int i = 0; cj_net_known(i); i++)
        if (strlen(cj_net_known(i)->name) == length &&
            !strncmp(text, cj_net_known(i)->name, length))
            return true;
    return false;
}

static int make_net(train *t)
{
    cli *c = t->c;
    const cj_preprocess *p = t->data->preprocess;
    const char *given = c->value[OPT_NET] ? c->value[OPT_NET] : default_net(p);
    cj_net *net;
    cj_status status =
        cj_net_read(c->context, given, p->rank, p->shape, cj_preprocess_outputs(p), &net);
    if (status != CJ_OK) {
        fail_library(c, status);
        return status == CJ_INVALID || status == CJ_SHAPE ? EXIT_USAGE : EXIT_ERROR;
    }
    /* The text is kept, not the file it came from: the run must be repeatable. */
    const char *kept = known_net_name(given) ? given : cj_net_text(net);
    char *copy = strdup(kept);
    snprintf(t->plan.net_name, sizeof t->plan.net_name, "%s", cj_net_name(net));
    status = copy ? cj_model_new(c->context, kept, p, &t->model) : CJ_NO_MEMORY;
    t->plan.net = copy;
    cj_net_free(net);
    if (status != CJ_OK)
        return fail_library(c, status);
    t->scope = cj_model_scope(t->model);
    return EXIT_DONE;
}

/* ---- the rest of the plan ---- */

/* A training batch of one row gives batch norm nothing to take a variance of. */
static bool norm_of_rows(const cj_net *net)
{
    for (int i = 0; i < cj_net_layers(net); i++) {
        const cj_net_layer *layer = cj_net_layer_at(net, i);
        int64_t pixels = layer->rank == 3 ? layer->shape[1] * layer->shape[2] : 1;
        if (!strcmp(layer->text, "bn") && pixels == 1)
            return true;
    }
    return false;
}

static int weigh_classes(train *t)
{
    cli *c = t->c;
    const cj_preprocess *p = t->data->preprocess;
    const cj_examples *part = &t->data->part[CJ_TRAIN];
    const char *word = c->value[OPT_CLASS_WEIGHT];
    t->plan.balanced = word && !strcmp(word, "balanced");
    if (!t->plan.balanced)
        return EXIT_DONE;
    if (p->task != CJ_TASK_CLASSES)
        return fail(c, EXIT_USAGE, "--class-weight balanced is for classes; this is a regression");
    double *weight = calloc((size_t)p->classes, sizeof *weight);
    if (!weight)
        return fail_library(c, CJ_NO_MEMORY);
    for (int64_t i = 0; i < part->count; i++)
        weight[part->label[i]]++;
    for (int i = 0; i < p->classes; i++)
        weight[i] = weight[i] > 0 ? (double)part->count / (p->classes * weight[i]) : 0;
    t->plan.class_weight = weight;
    return EXIT_DONE;
}

static int decide_augment(train *t)
{
    cli *c = t->c;
    plan *p = &t->plan;
    const char *text = c->value[OPT_AUGMENT];
    if (!text && !t->recorded && t->data->preprocess->kind == CJ_INPUT_IMAGES)
        text = cj_data_augment(c->value[OPT_DATA]);
    cj_status status = cj_augment_parse(c->context, text ? text : "none", &p->augment.augment);
    if (status != CJ_OK) {
        fail_library(c, status);
        return EXIT_USAGE;
    }
    if (cj_augment_mixes(&p->augment.augment) && t->data->preprocess->task != CJ_TASK_CLASSES)
        return fail(c, EXIT_USAGE, "--augment: mixup and cutmix mix classes; this is a regression");
    p->augment.seed = cj_seed(c->context);
    cj_augment_text(&p->augment.augment, p->augment_text, sizeof p->augment_text);
    return EXIT_DONE;
}

static int decide_steps(train *t)
{
    cli *c = t->c;
    plan *p = &t->plan;
    bool pictures = t->data->preprocess->kind == CJ_INPUT_IMAGES;
    int64_t count = t->data->part[CJ_TRAIN].count;
    p->batch = !pictures && count < SMALL_TABLE ? 16 : 64;
    p->epochs = pictures ? PICTURE_EPOCHS : TABLE_EPOCHS;
    p->patience = p->early ? (pictures ? PICTURE_PATIENCE : TABLE_PATIENCE) : 0;
    if (!train_decide_numbers(t))
        return EXIT_USAGE;
    p->batch = CJ_MIN(p->batch, count);
    p->drop_last = count % p->batch == 1 && p->batch > 1 && norm_of_rows(cj_model_net(t->model));
    if (p->drop_last)
        tell(c, "the last batch of an epoch would be one example, which batch norm cannot take: it "
                "is left out");
    int code = train_decide_optimiser(t, "adam", p->early && !pictures ? "constant" : "cosine");
    return code == EXIT_DONE ? weigh_classes(t) : code;
}

/* Every option that a result depends on, with its value: by these names --config and --resume take them. */
static void write_options(train *t)
{
    cli *c = t->c;
    const plan *p = &t->plan;
    const cj_preprocess *preprocess = t->data->preprocess;
    bool pictures = preprocess->kind == CJ_INPUT_IMAGES;
    json_t *o = t->options;
    char size[32];
    set_option(o, "target", c->value[OPT_TARGET]);
    set_option(o, "task", c->value[OPT_TASK]);
    json_object_set_new(o, "test", json_real(p->test));
    json_object_set_new(o, "val", json_real(p->validation));
    set_option(o, "init", p->init[0] ? p->init : NULL);
    set_option(o, "freeze", c->value[OPT_FREEZE]);
    set_option(o, "class-weight", p->balanced ? "balanced" : "none");
    snprintf(size, sizeof size, "%lldx%lld", (long long)preprocess->shape[1],
             (long long)preprocess->shape[2]);
    set_option(o, "size", pictures ? size : NULL);
    set_option(o, "augment", pictures ? p->augment_text : NULL);
    set_option(o, "header", c->value[OPT_HEADER]);
    set_option(o, "separator", c->value[OPT_SEPARATOR]);
}

int examples_prepare(train *t)
{
    int code = load_data(t);
    if (code == EXIT_DONE)
        code = make_net(t);
    if (code == EXIT_DONE)
        code = fine_tune(t);
    if (code == EXIT_DONE)
        code = decide_augment(t);
    if (code == EXIT_DONE)
        code = decide_steps(t);
    if (code == EXIT_DONE)
        code = train_begin_options(t);
    if (code == EXIT_DONE)
        write_options(t);
    return code;
}

void examples_fit(train *t, struct cj_fit_args *a, cj_source *source, cj_source *held)
{
    cj_context *context = t->c->context;
    const cj_preprocess *p = cj_model_preprocess(t->model);
    *source = source_of(context, &t->train_from, p, &t->data->part[CJ_TRAIN], 0);
    if (!cj_augment_is_none(&t->plan.augment.augment))
        t->train_from.draw = &t->plan.augment;
    *held = source_of(context, &t->validation_from, p, &t->data->part[CJ_VALIDATION], 0);
    if (cj_augment_mixes(&t->plan.augment.augment)) {
        source_of_shares(source, &t->train_from);
        source_of_shares(held, &t->validation_from);
    }
    a->build = build_net;
    a->net_user = (void *)(uintptr_t)cj_model_net(t->model);
    a->class_weight = t->plan.class_weight;
}
