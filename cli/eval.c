/*
 * cli/eval.c - cajal eval: a model measured on data, with the preprocessing that its file carries.
 */
#include "report.h"
#include "task.h"

#include "base/base.h"

static int load_part(cli *c, const cj_model *model, cj_dataset **data, const cj_examples **part)
{
    cj_data_options options;
    const char *word = c->value[OPT_PART];
    int code = data_options(c, &options);
    if (code != EXIT_DONE)
        return code;
    options.preprocess = cj_model_preprocess(model);
    options.test_fraction = -1; /* what brings no test part is measured whole */
    cj_status status = load_dataset(c, c->value[OPT_DATA], &options, data);
    if (status != CJ_OK) {
        code = fail_library(c, status);
        return status == CJ_NOT_FOUND ? EXIT_ERROR
                                      : code; /* a column that is not there: the file is */
    }
    bool own = (*data)->part[CJ_TEST].count > 0;
    if (word && !strcmp(word, "all") && own)
        return fail(c, EXIT_USAGE,
                    "'%s' has a training and a test part: --part train or --part test",
                    c->value[OPT_DATA]);
    if (word && !strcmp(word, "test") && !own)
        return fail(c, EXIT_USAGE, "'%s' has no test part; --part all measures on all of it",
                    c->value[OPT_DATA]);
    *part = &(*data)->part[own && !(word && !strcmp(word, "train")) ? CJ_TEST : CJ_TRAIN];
    for (int i = 0; i < (*data)->notes; i++)
        tell(c, "%s", (*data)->note[i]);
    return EXIT_DONE;
}

static void print_result(cli *c, cj_model *model, const char *what, const scores *s)
{
    const cj_preprocess *p = cj_model_preprocess(model);
    const char *name = cj_model_name(model);
    if (!c->json) {
        if (s->classes) {
            print_confusion(p, s);
            putchar('\n');
        }
        print_scores(p, what, 1, &name, s);
        printf("loss %.4f\n", s->loss);
        return;
    }
    char hash[65] = "";
    cj_model_hash(model, hash);
    json_t *object =
        json_pack("{s:s, s:o, s:s, s:o, s:s}", "event", "eval", "model", json_text(c->argument[0]),
                  "net", name, "data", json_text(c->value[OPT_DATA]), "model_hash", hash);
    add_scores(object, p, s, "test_");
    if (s->classes)
        json_object_set_new(object, "recall", recalls_json(p, s));
    print_json(object);
}

static int measure(cli *c, cj_model *model, const cj_dataset *data, const cj_examples *part)
{
    float *raw = NULL;
    scores s = {0};
    cj_status status = forward_part(c->context, model, part, &raw, NULL);
    if (status == CJ_OK)
        status = score_outputs(c->context, cj_model_preprocess(model), part, raw, &s);
    release_outputs(c->context, model, part, raw);
    if (status != CJ_OK)
        return fail_library(c, status);
    bool one = part->count == 1;
    const char *what = part == &data->part[CJ_TEST] ? one ? "test example" : "test examples"
                       : data->own_test             ? one ? "training example" : "training examples"
                       : one                        ? "example, all there is"
                                                    : "examples, all there are";
    print_result(c, model, what, &s);
    scores_free(c->context, &s);
    return EXIT_DONE;
}

int run_eval(cli *c)
{
    cj_model *model = NULL;
    cj_dataset *data = NULL;
    const cj_examples *part = NULL;
    if (!c->value[OPT_DATA])
        return fail(c, EXIT_USAGE, "eval wants the data: cajal eval MODEL --data D");
    char path[PATH_SIZE];
    int code = make_context(c);
    if (code == EXIT_DONE && has_options(c, model_path(c->argument[0], path)))
        return eval_named(c, path);
    if (code == EXIT_DONE)
        code = load_model(c, c->argument[0], NULL, &model);
    if (code == EXIT_DONE)
        code = load_part(c, model, &data, &part);
    if (code == EXIT_DONE)
        code = measure(c, model, data, part);
    cj_dataset_free(c->context, data);
    cj_model_free(model);
    return code;
}
