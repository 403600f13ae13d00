/*
 * cli/task_graph.c - the task of naming the nodes of a graph, of which few have a label.
 *
 * An example is the number of a node; a step runs the net over the whole graph and takes the rows of its nodes, which are all
 * training nodes unless --batch says fewer. Data, split and defaults are those of Kipf and Welling, "Semi-supervised
 * classification with graph convolutional networks", ICLR 2017.
 */
#include "task.h"

#include "base/base.h"
#include "cajal/data_graph.h"
#include "cajal/index.h"

#include <math.h>
#include <stdlib.h>

typedef struct graph_part {
    int32_t *node, *label;
    int64_t count;
} graph_part;

typedef struct graph {
    cj_graph_data *data;
    float *feature; /* [nodes][features], the rows of sum 1 */
    graph_part part[CJ_PARTS];
} graph;

/* ---- data ---- */

static cj_status take_part(cj_context *context, const cj_graph_data *d, int part, graph_part *to)
{
    size_t bytes = (size_t)d->count[part] * sizeof *to->node;
    to->count = d->count[part];
    to->node = cj_allocate(context, bytes);
    to->label = cj_allocate(context, bytes);
    if (!to->node || !to->label)
        return CJ_NO_MEMORY;
    int64_t n = 0;
    for (int32_t i = 0; i < d->nodes; i++)
        if (d->mask[part][i]) {
            to->node[n] = i;
            to->label[n++] = d->label[i];
        }
    return CJ_OK;
}

static void scale_rows(const cj_graph_data *d, float *feature)
{
    for (int64_t i = 0; i < d->nodes; i++) {
        float *row = feature + i * d->features;
        double sum = 0;
        for (int64_t j = 0; j < d->features; j++)
            sum += (double)row[j];
        for (int64_t j = 0; j < d->features && sum > 0; j++)
            row[j] = (float)((double)row[j] / sum);
    }
}

static size_t feature_bytes(const cj_graph_data *d)
{
    return (size_t)(d->nodes * d->features) * sizeof(float);
}

static cj_status load(train *t, graph *g)
{
    cj_context *context = t->c->context;
    cj_status status = cj_graph_data_load(context, t->plan.data_path, &g->data);
    if (status != CJ_OK)
        return status;
    g->feature = cj_allocate_aligned(context, feature_bytes(g->data));
    if (!g->feature)
        return CJ_NO_MEMORY;
    cj_graph_data_features(g->data, g->feature);
    scale_rows(g->data, g->feature);
    for (int part = 0; part < CJ_PARTS && status == CJ_OK; part++)
        status = take_part(context, g->data, part, &g->part[part]);
    return status;
}

static int prepare(train *t)
{
    cli *c = t->c;
    int code = named_net(t);
    if (code != EXIT_DONE)
        return code;
    graph *g = t->own = calloc(1, sizeof *g);
    cj_status status = g ? load(t, g) : CJ_NO_MEMORY;
    if (status != CJ_OK)
        return fail_library(c, status);
    t->examples = g->part[CJ_TRAIN].count;
    if (!t->examples)
        return fail(c, EXIT_ERROR, "'%s' has no training node", c->value[OPT_DATA]);
    t->unit = "nodes";
    t->loss = "cross entropy (nats)";
    snprintf(t->data_hash, sizeof t->data_hash, "%s", g->data->hash);
    bool gat = t->architecture.kind == CJ_GAT;
    return named_decide(t,
                        &(named_defaults){.batch = t->examples,
                                          .epochs = 200,
                                          .patience = 20,
                                          .optimiser = gat ? "adam:lr=0.005" : "adam:lr=0.01",
                                          .schedule = "constant"},
                        g->part[CJ_VALIDATION].count > 0);
}

/* ---- the net ---- */

static cj_tensor *features_of(const graph *g, cj_scope *scope)
{
    const cj_graph_data *d = g->data;
    cj_tensor *x = cj_tensor_from(cj_scope_context(scope), CJ_F32, 2,
                                  ((int64_t[]){d->nodes, d->features}), g->feature);
    return cj_cast(x, cj_scope_dtype(scope));
}

/* Edge e brings node column[e] to node row[e]. */
static cj_tensor *build(void *user, cj_scope *scope, cj_tensor *x)
{
    const train *t = user;
    const graph *g = t->own;
    const cj_graph_data *d = g->data;
    cj_context *context = cj_scope_context(scope);
    cj_tensor *source = cj_tensor_from(context, CJ_I32, 1, &d->edges, d->column);
    cj_tensor *target = cj_tensor_from(context, CJ_I32, 1, &d->edges, d->row);
    cj_tensor *all =
        cj_graph_net(scope, &t->architecture, d->classes, features_of(g, scope), source, target);
    return cj_take(all, 0, x);
}

static cj_tensor *build_linear(void *user, cj_scope *scope, cj_tensor *x)
{
    const graph *g = user;
    return cj_linear(scope, "linear", cj_take(features_of(g, scope), 0, x),
                     .out_features = g->data->classes);
}

static cj_source source_of_part(const graph_part *part)
{
    return (cj_source){.count = part->count, .x_dtype = CJ_I32, .x = part->node, .y = part->label};
}

static const cj_group first_layer = {.pattern = "conv1.*", .weight_decay = 5e-4};
static const cj_group all_layers = {.pattern = "*", .weight_decay = 5e-4};

/* --optim with a weight decay of its own goes before. */
static bool has_own_decay(const train *t)
{
    return t->plan.optimiser.weight_decay > 0;
}

static void fit(train *t, struct cj_fit_args *a, cj_source *source, cj_source *held)
{
    const graph *g = t->own;
    a->build = build;
    a->net_user = t;
    a->group = t->architecture.kind == CJ_GCN ? &first_layer : &all_layers;
    a->group_count = has_own_decay(t) ? 0 : 1;
    *source = source_of_part(&g->part[CJ_TRAIN]);
    *held = source_of_part(&g->part[CJ_VALIDATION]);
}

static void announce(const train *t)
{
    const graph *g = t->own;
    tell(t->c,
         "%s: %lld nodes, %lld edges, %lld features; %lld training, %lld validation, %lld test "
         "nodes",
         t->plan.data_name, (long long)g->data->nodes, (long long)g->data->edges,
         (long long)g->data->features, (long long)g->part[CJ_TRAIN].count,
         (long long)g->part[CJ_VALIDATION].count, (long long)g->part[CJ_TEST].count);
    tell(t->c, "task: %d classes of nodes", g->data->classes);
    tell(t->c, "net: %s", t->plan.net);
    if (!has_own_decay(t))
        tell(t->c, "weight decay %g of %s", first_layer.weight_decay,
             t->architecture.kind == CJ_GCN ? "the first layer" : "all layers");
}

/* ---- the end ---- */

static void fill_row(measures *m, const char *name, double accuracy, double loss, int64_t count)
{
    measured *row = &m->row[m->rows++];
    snprintf(row->name, sizeof row->name, "%s", name);
    row->value[0].value = accuracy;
    score_wilson(&row->value[0], count);
    row->value[1].value = loss;
}

/* The share of each class among the training nodes as its probability. */
static void score_majority(const graph *g, measures *m)
{
    const graph_part *from = &g->part[CJ_TRAIN], *on = &g->part[CJ_TEST];
    int64_t best = 0, most = 0, right = 0;
    for (int32_t k = 0; k < g->data->classes; k++) {
        int64_t count = 0;
        for (int64_t i = 0; i < from->count; i++)
            count += from->label[i] == k;
        best = count > most ? k : best;
        most = CJ_MAX(most, count);
    }
    for (int64_t i = 0; i < on->count; i++)
        right += on->label[i] == best;
    fill_row(m, "majority class", (double)right / (double)on->count, NAN, on->count);
}

/* A linear model of the features alone: what the edges add is the difference. */
static int score_linear(train *t, measures *m)
{
    graph *g = t->own;
    cj_scope *scope = cj_scope_new(t->c->context);
    cj_source source = source_of_part(&g->part[CJ_TRAIN]), test = source_of_part(&g->part[CJ_TEST]);
    cj_scores found;
    cj_trainer *trainer =
        scope ? cj_trainer_new(&(struct cj_fit_args){.scope = scope,
                                                     .at = CJ_HERE_OF(struct cj_fit_args),
                                                     .build = build_linear,
                                                     .net_user = g,
                                                     .source = &source,
                                                     .optimiser = cj_adam(.lr = 0.1),
                                                     .batch_size = source.count,
                                                     .epochs = 100,
                                                     .group = &all_layers,
                                                     .group_count = 1})
              : NULL;
    cj_status status = trainer ? CJ_OK : CJ_NO_MEMORY;
    while (status == CJ_OK && !cj_trainer_done(trainer))
        status = cj_trainer_epoch_open(trainer) ? cj_trainer_end_epoch(trainer, NULL)
                                                : cj_trainer_step(trainer, NULL);
    if (status == CJ_OK)
        status = cj_trainer_evaluate(trainer, &test, &found, NULL);
    if (status == CJ_OK)
        fill_row(m, "linear model of the features", found.accuracy, found.loss, found.examples);
    cj_trainer_free(trainer);
    cj_scope_free(scope);
    return status == CJ_OK ? EXIT_DONE : fail_library(t->c, status);
}

static int measure(train *t, measures *m)
{
    const graph *g = t->own;
    if (!g->part[CJ_TEST].count) {
        snprintf(m->of, sizeof m->of, "no test part: nothing was measured");
        return EXIT_DONE;
    }
    cj_source test = source_of_part(&g->part[CJ_TEST]);
    cj_scores found;
    cj_status status = cj_trainer_evaluate(t->trainer, &test, &found, NULL);
    if (status != CJ_OK)
        return fail_library(t->c, status);
    m->columns = 2;
    m->head[0] = "accuracy";
    m->key[0] = "accuracy";
    m->percent[0] = true;
    m->head[1] = "loss (nats)";
    m->key[1] = "loss";
    snprintf(m->of, sizeof m->of, "%lld test nodes; in brackets 95 %% intervals",
             (long long)found.examples);
    fill_row(m, t->plan.net_name, found.accuracy, found.loss, found.examples);
    int code = score_linear(t, m);
    if (code == EXIT_DONE)
        score_majority(g, m);
    return code;
}

static void suggest(const train *t)
{
    static const char *const other[] = {[CJ_GCN] = "gat", [CJ_SAGE] = "gcn", [CJ_GAT] = "gcn"};
    printf("  --seed 1     (how much chance decides)\n  --net %s     (another net)\n",
           other[t->architecture.kind]);
}

static json_t *about(const train *t)
{
    const graph *g = t->own;
    return json_pack("{s:s, s:i, s:I}", "task", "graph", "classes", g->data->classes, "features",
                     (json_int_t)g->data->features);
}

static void release(train *t)
{
    graph *g = t->own;
    cj_context *context = t->c->context;
    if (!g)
        return;
    for (int part = 0; part < CJ_PARTS; part++) {
        size_t bytes = (size_t)g->part[part].count * sizeof(int32_t);
        cj_release(context, g->part[part].node, bytes);
        cj_release(context, g->part[part].label, bytes);
    }
    if (g->feature)
        cj_release_aligned(context, g->feature, feature_bytes(g->data));
    cj_graph_data_free(context, g->data);
    free(g);
}

const task_row task_graph = {.name = "graph",
                             .named = true,
                             .purpose = CJ_FOR_GRAPHS,
                             .kind = CJ_DATA_GRAPH,
                             .default_net = "gcn",
                             .holds = "a graph",
                             .idle = BIT64(OPT_TARGET) | BIT64(OPT_TASK) | BIT64(OPT_TEST) |
                                     BIT64(OPT_VAL) | BIT64(OPT_CLASS_WEIGHT) | BIT64(OPT_SIZE) |
                                     BIT64(OPT_AUGMENT) | BIT64(OPT_HEADER) | BIT64(OPT_SEPARATOR) |
                                     BIT64(OPT_INIT) | BIT64(OPT_FREEZE),
                             .prepare = prepare,
                             .fit = fit,
                             .announce = announce,
                             .finish = named_finish,
                             .about = about,
                             .measure = measure,
                             .suggest = suggest,
                             .release = release};
