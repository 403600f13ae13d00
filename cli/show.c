/*
 * cli/show.c - cajal show: a net's layers, their costs, and the memory of a step.
 */
#include "net.h"

#include "base/base.h"

#include <sys/stat.h>

/* What is shown: a net, and for a model its weights' file. */
typedef struct shown {
    cj_net *net;         /* own, or the model's */
    cj_model *model;     /* NULL for a net */
    cj_preprocess plain; /* shape and task, for the source */
    const cj_preprocess *preprocess;
    const char *name;
    int64_t batch;
    cj_program_info memory;
} shown;

/* True where the file begins as safetensors do: a length, then an object. */
static bool is_model(const char *given)
{
    struct stat about;
    char path[PATH_SIZE];
    unsigned char head[9];
    if (stat(model_path(given, path), &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    bool yes = fread(head, 1, 9, file) == 9 && head[8] == '{' && !head[7] && !head[6];
    fclose(file);
    return yes;
}

static int read_data_shape(cli *c, shown *s)
{
    cj_data_options options;
    cj_dataset *data;
    int code = data_options(c, &options);
    if (code != EXIT_DONE)
        return code;
    cj_status status = load_dataset(c, c->value[OPT_DATA], &options, &data);
    if (status != CJ_OK)
        return fail_library(c, status);
    s->plain.rank = data->preprocess->rank;
    memcpy(s->plain.shape, data->preprocess->shape, sizeof s->plain.shape);
    s->plain.task = data->preprocess->task;
    s->plain.classes = data->preprocess->classes;
    s->plain.targets = data->preprocess->targets;
    cj_dataset_free(c->context, data);
    return EXIT_DONE;
}

/* The shape that the net is shown for: of --data, --input, the named net; else 1x28x28. */
static int find_shape(cli *c, shown *s)
{
    const char *text = c->argument[0];
    int64_t extent[4], classes = 10;
    int count;
    s->plain = (cj_preprocess){.rank = 3, .shape = {1, 28, 28}, .task = CJ_TASK_CLASSES};
    if (c->value[OPT_DATA])
        return read_data_shape(c, s);
    for (int i = 0; cj_net_known(i); i++)
        if (!strcmp(cj_net_known(i)->name, text)) {
            s->plain.rank = cj_net_known(i)->rank;
            memcpy(s->plain.shape, cj_net_known(i)->shape, sizeof cj_net_known(i)->shape);
            classes = cj_net_known(i)->outputs;
        }
    if (!option_integer(c, OPT_CLASSES, 1, 1000000, &classes))
        return EXIT_USAGE;
    s->plain.classes = (int)classes;
    if (!c->value[OPT_INPUT])
        return EXIT_DONE;
    if (!option_extents(c, OPT_INPUT, 1, 4, extent, &count))
        return EXIT_USAGE;
    s->plain.rank = count;
    memcpy(s->plain.shape, extent, sizeof extent);
    return EXIT_DONE;
}

static const char *shape_text(int rank, const int64_t *shape, char text[96])
{
    int used = 0;
    for (int i = 0; i < rank; i++)
        used +=
            snprintf(text + used, (size_t)(96 - used), "%s%lld", i ? "x" : "", (long long)shape[i]);
    return text;
}

/* The net does not fit the shape or the outputs that it is shown for: they may be nobody's. */
static int fail_shape(cli *c, const shown *s)
{
    char input[96], missing[200];
    size_t used = cj_append_text(missing, sizeof missing, 0, "%s", "");
    if (!c->value[OPT_INPUT])
        used = cj_append_text(missing, sizeof missing, used, "; without --input examples are %s",
                              shape_text(s->plain.rank, s->plain.shape, input));
    if (!c->value[OPT_CLASSES])
        cj_append_text(missing, sizeof missing, used, "; without --classes it is to give %d",
                       s->plain.classes);
    return fail(c, EXIT_USAGE, "%s%s", cj_error(c->context), missing);
}

static int load(cli *c, shown *s)
{
    if (is_model(c->argument[0])) {
        int code = load_model(c, c->argument[0], NULL, &s->model);
        if (code != EXIT_DONE)
            return code;
        s->preprocess = cj_model_preprocess(s->model);
        s->name = cj_model_name(s->model);
        return EXIT_DONE;
    }
    int code = find_shape(c, s);
    if (code != EXIT_DONE)
        return code;
    s->preprocess = &s->plain;
    cj_status status = cj_net_read(c->context, c->argument[0], s->plain.rank, s->plain.shape,
                                   cj_preprocess_outputs(&s->plain), &s->net);
    if (status == CJ_SHAPE && !c->value[OPT_DATA])
        return fail_shape(c, s);
    if (status != CJ_OK) {
        fail_library(c, status);
        return status == CJ_INVALID || status == CJ_SHAPE ? EXIT_USAGE : EXIT_ERROR;
    }
    s->name = cj_net_name(s->net);
    return EXIT_DONE;
}

static const cj_net *net_of(const shown *s)
{
    return s->model ? cj_model_net(s->model) : s->net;
}

/* The memory of one program: of a training step, or of inference. */
static cj_status plan_training(cli *c, shown *s, cj_scope *scope, const cj_optimiser *optimiser)
{
    examples_source from;
    cj_source source = source_of(c->context, &from, s->preprocess, NULL, s->batch);
    cj_trainer *trainer =
        cj_trainer_new(&(struct cj_fit_args){.scope = scope,
                                             .at = CJ_HERE_OF(struct cj_fit_args),
                                             .build = build_net,
                                             .net_user = (void *)(uintptr_t)net_of(s),
                                             .source = &source,
                                             .optimiser = optimiser,
                                             .batch_size = s->batch});
    if (!trainer)
        return cj_context_status(c->context) != CJ_OK ? cj_context_status(c->context)
                                                      : CJ_NO_MEMORY;
    s->memory = cj_program_describe(cj_trainer_program(trainer));
    cj_trainer_free(trainer);
    return CJ_OK;
}

static cj_status plan_inference(cli *c, shown *s, cj_scope *scope)
{
    int64_t shape[CJ_MAX_RANK] = {s->batch};
    for (int i = 0; i < s->preprocess->rank; i++)
        shape[i + 1] = s->preprocess->shape[i];
    cj_status status = cj_frame_enter(c->context);
    if (status != CJ_OK)
        return status;
    cj_scope_build(scope, false);
    cj_tensor *x = cj_input(c->context, "x", CJ_F32, s->preprocess->rank + 1, shape);
    cj_tensor *y = cj_net_build(net_of(s), scope, x);
    cj_program *program = cj_compile(c->context, 1, &y, NULL);
    status = program ? CJ_OK : cj_context_status(c->context);
    if (program)
        s->memory = cj_program_describe(program);
    else if (status == CJ_OK)
        status = CJ_NO_MEMORY;
    cj_program_free(program);
    cj_frame_leave(c->context);
    return status;
}

static int plan(cli *c, shown *s)
{
    cj_optimiser optimiser;
    s->batch = 64;
    if (!option_integer(c, OPT_BATCH, 1, 1 << 20, &s->batch))
        return EXIT_USAGE;
    if (!parse_optimiser(c, c->value[OPT_OPTIM] ? c->value[OPT_OPTIM] : "adam", &optimiser))
        return EXIT_USAGE;
    cj_scope *scope = cj_scope_new(c->context);
    if (!scope)
        return fail_library(c, CJ_NO_MEMORY);
    cj_status status = option_on(c, OPT_INFER) ? plan_inference(c, s, scope)
                                               : plan_training(c, s, scope, &optimiser);
    int code = status == CJ_OK ? EXIT_DONE : fail_library(c, status);
    cj_scope_free(scope);
    return code;
}

static void print_table(cli *c, const shown *s, const cj_net_layer *sum)
{
    const cj_net *net = net_of(s);
    int name_width = 5, text_width = 5;
    char text[96], peak[32], bound[32];
    for (int i = 0; i < cj_net_layers(net); i++) {
        name_width = CJ_MAX(name_width, (int)strlen(cj_net_layer_at(net, i)->name));
        text_width = CJ_MAX(text_width, (int)strlen(cj_net_layer_at(net, i)->text));
    }
    printf("%s for examples of %s\n\n", s->name,
           shape_text(cj_net_rank(net), cj_net_shape(net), text));
    printf("%-*s  %-*s %14s %12s %14s %12s\n", name_width, "name", text_width, "layer", "output",
           "parameters", "flops", "bytes");
    for (int i = 0; i < cj_net_layers(net); i++) {
        const cj_net_layer *layer = cj_net_layer_at(net, i);
        printf("%-*s  %-*s %14s %12lld %14lld %12lld\n", name_width, layer->name, text_width,
               layer->text, shape_text(layer->rank, layer->shape, text),
               (long long)layer->parameters, (long long)layer->flops, (long long)layer->bytes);
    }
    printf("%-*s  %-*s %14s %12lld %14lld %12lld\n\n", name_width, "total", text_width, "", "",
           (long long)sum->parameters, (long long)sum->flops, (long long)sum->bytes);
    printf("%s, batch %lld: %s planned, %s at least\n",
           option_on(c, OPT_INFER) ? "inference" : "training step", (long long)s->batch,
           bytes_text((double)s->memory.peak_bytes, peak),
           bytes_text((double)s->memory.lower_bound_bytes, bound));
}

static json_t *layer_json(const cj_net_layer *layer)
{
    json_t *shape = json_array();
    for (int i = 0; i < layer->rank; i++)
        json_array_append_new(shape, json_integer(layer->shape[i]));
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I}", "name", layer->name, "layer", layer->text,
                     "shape", shape, "parameters", (json_int_t)layer->parameters, "flops",
                     (json_int_t)layer->flops, "bytes", (json_int_t)layer->bytes);
}

static void print_object(cli *c, const shown *s, const cj_net_layer *sum)
{
    const cj_net *net = net_of(s);
    json_t *layers = json_array(), *input = json_array();
    for (int i = 0; i < cj_net_layers(net); i++)
        json_array_append_new(layers, layer_json(cj_net_layer_at(net, i)));
    for (int i = 0; i < cj_net_rank(net); i++)
        json_array_append_new(input, json_integer(cj_net_shape(net)[i]));
    print_json(json_pack("{s:s, s:s, s:s, s:o, s:I, s:b, s:o, s:I, s:I, s:I, s:I, s:I}", "event",
                         "show", "net", s->name, "text", cj_net_text(net), "input", input, "batch",
                         (json_int_t)s->batch, "infer", option_on(c, OPT_INFER), "layers", layers,
                         "parameters", (json_int_t)sum->parameters, "flops", (json_int_t)sum->flops,
                         "activation_bytes", (json_int_t)sum->bytes, "peak_bytes",
                         (json_int_t)s->memory.peak_bytes, "lower_bound_bytes",
                         (json_int_t)s->memory.lower_bound_bytes));
}

int run_show(cli *c)
{
    shown s = {0};
    cj_net_layer sum = {0};
    int status = make_context(c);
    if (status == EXIT_DONE)
        status = load(c, &s);
    if (status == EXIT_DONE)
        status = plan(c, &s);
    if (status == EXIT_DONE) {
        for (int i = 0; i < cj_net_layers(net_of(&s)); i++) {
            const cj_net_layer *layer = cj_net_layer_at(net_of(&s), i);
            sum.parameters += layer->parameters;
            sum.flops += layer->flops;
            sum.bytes += layer->bytes;
        }
        if (c->json)
            print_object(c, &s, &sum);
        else
            print_table(c, &s, &sum);
    }
    cj_model_free(s.model);
    cj_net_free(s.net);
    return status;
}
