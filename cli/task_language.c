/*
 * cli/task_language.c - the task of a language model: the next character or word.
 *
 * An example is a window of a.context tokens with the token after each; the windows of an epoch lie side by side from a place
 * that is drawn for the epoch. The loss is the cross entropy of a token in nats.
 */
#include "language.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>

/* A table of pairs is made up to this many words. */
#define MOST_PAIRED_WORDS 4096

static int prepare(train *t)
{
    cli *c = t->c;
    double validation = 0;
    int code = named_net(t);
    if (code == EXIT_DONE && !option_number(c, OPT_VAL, 0, 0.9, &validation))
        code = EXIT_USAGE;
    if (code != EXIT_DONE)
        return code;
    language *l = t->own = calloc(1, sizeof *l);
    if (!l)
        return fail_library(c, CJ_NO_MEMORY);
    if (c->value[OPT_VAL] && validation <= 0)
        validation = -1; /* none; 0 would be the set's own */
    code = language_load(c, t->plan.data_path, t->architecture.context, validation, l);
    if (code != EXIT_DONE)
        return code;
    t->plan.validation = CJ_MAX(validation, 0);
    t->examples = l->part[CJ_TRAIN].count;
    t->unit = "windows";
    t->loss = "cross entropy (nats)";
    snprintf(t->data_hash, sizeof t->data_hash, "%s", l->text->hash);
    bool transformer = t->architecture.kind == CJ_TRANSFORMER_MODEL;
    code =
        named_decide(t,
                     &(named_defaults){.batch = 32,
                                       .epochs = 10,
                                       .patience = 3,
                                       .optimiser = transformer ? "adamw:lr=0.001,weight_decay=0.01"
                                                                : "adam:lr=0.004",
                                       .schedule = "cosine",
                                       .clip = 1},
                     l->part[CJ_VALIDATION].count > 0);
    if (code == EXIT_DONE)
        set_option(t->options, "val", c->value[OPT_VAL]);
    return code;
}

static cj_tensor *build(void *user, cj_scope *scope, cj_tensor *x)
{
    const train *t = user;
    const language *l = t->own;
    return cj_language_model(scope, &t->architecture, l->words, x, NULL);
}

static void fit(train *t, struct cj_fit_args *a, cj_source *source, cj_source *held)
{
    language *l = t->own;
    a->build = build;
    a->net_user = t;
    *source = language_source(&l->part[CJ_TRAIN]);
    *held = language_source(&l->part[CJ_VALIDATION]);
}

static void announce(const train *t)
{
    const language *l = t->own;
    tell(t->c, "%s: %lld training, %lld validation, %lld test %s, %d different ones",
         t->plan.data_name, (long long)l->part[CJ_TRAIN].tokens,
         (long long)l->part[CJ_VALIDATION].tokens, (long long)l->part[CJ_TEST].tokens,
         language_unit(l), l->words);
    tell(t->c, "task: the next of %s, in windows of %lld", language_unit(l),
         (long long)t->architecture.context);
    tell(t->c, "net: %s", t->plan.net);
}

/* ---- the end ---- */

static void fill_row(measured *row, double loss, double right)
{
    row->value[0].value = loss;
    row->value[1].value = loss / log(2);
    row->value[2].value = exp(loss);
    row->value[3].value = right;
}

static int measure(train *t, measures *m)
{
    language *l = t->own;
    cli *c = t->c;
    bool test = l->part[CJ_TEST].count > 0, characters = l->text->unit == CJ_TEXT_CHARACTERS;
    stream *on = &l->part[test ? CJ_TEST : CJ_VALIDATION];
    double loss, right;
    if (!on->count) {
        snprintf(m->of, sizeof m->of, "no test or validation part: nothing was measured");
        return EXIT_DONE;
    }
    m->columns = 4;
    m->head[0] = "loss (nats)";
    m->head[1] = characters ? "bits per character" : "bits per word";
    m->head[2] = "perplexity";
    m->head[3] = "accuracy";
    memcpy(m->key, (const char *[]){"loss", "bits", "perplexity", "accuracy"}, sizeof m->key);
    m->percent[3] = true;
    snprintf(m->of, sizeof m->of, "%lld %s %s, in windows of %lld",
             (long long)(on->count * on->window), test ? "test" : "validation", language_unit(l),
             (long long)on->window);
    cj_source source = language_source(on);
    cj_scores found;
    cj_status status = cj_trainer_evaluate(t->trainer, &source, &found, NULL);
    if (status != CJ_OK)
        return fail_library(c, status);
    snprintf(m->row[0].name, sizeof m->row[0].name, "%s", t->plan.net_name);
    fill_row(&m->row[m->rows++], found.loss, found.accuracy);
    for (int order = l->words <= MOST_PAIRED_WORDS ? 2 : 1; order > 0; order--) {
        if (!language_frequencies(l, &l->part[CJ_TRAIN], on, order, &loss, &right))
            return fail_library(c, CJ_NO_MEMORY);
        snprintf(m->row[m->rows].name, sizeof m->row[0].name, "frequencies of %s%s",
                 order > 1 ? "pairs of " : "", language_unit(l));
        fill_row(&m->row[m->rows++], loss, right);
    }
    return EXIT_DONE;
}

static void suggest(const train *t)
{
    const language *l = t->own;
    printf("  cajal generate '%s'%s\n", t->folder,
           l->text->unit == CJ_TEXT_CHARACTERS ? " --length 500" : "");
    if (!t->plan.early)
        printf("  cajal train --resume --out '%s' --epochs %lld     (longer)\n", t->folder,
               (long long)(2 * t->plan.epochs));
    if (t->architecture.kind != CJ_TRANSFORMER_MODEL)
        printf("  --net %s:hidden=%lld,layers=2,dropout=0.2     (a larger net)\n", t->plan.net_name,
               (long long)(2 * t->architecture.hidden));
    else
        printf("  --net transformer:hidden=%lld,context=128,dropout=0.1     (a larger net)\n",
               (long long)(2 * t->architecture.hidden));
}

static json_t *about(const train *t)
{
    return language_about(t->own);
}

static void release(train *t)
{
    if (t->own)
        language_free(t->c->context, t->own);
    free(t->own);
}

const task_row task_language = {.name = "language",
                                .named = true,
                                .purpose = CJ_FOR_LANGUAGE,
                                .kind = CJ_DATA_TEXT,
                                .default_net = "lstm",
                                .holds = "a text",
                                .idle = BIT64(OPT_TARGET) | BIT64(OPT_TASK) | BIT64(OPT_TEST) |
                                        BIT64(OPT_CLASS_WEIGHT) | BIT64(OPT_SIZE) |
                                        BIT64(OPT_AUGMENT) | BIT64(OPT_HEADER) |
                                        BIT64(OPT_SEPARATOR) | BIT64(OPT_INIT) | BIT64(OPT_FREEZE),
                                .prepare = prepare,
                                .fit = fit,
                                .announce = announce,
                                .finish = named_finish,
                                .about = about,
                                .measure = measure,
                                .suggest = suggest,
                                .generate = language_generate,
                                .release = release};
