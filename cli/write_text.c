/*
 * cli/write_text.c - a language model writes: token by token, in one compiled program that is fed its own state.
 */
#include "language.h"

#include "base/base.h"

#include "cajal/weights.h"

#include <stdlib.h>

enum { STATE_NAME = 24 };

typedef struct writer {
    cli *c;
    const named_model *m;
    cj_text_data vocabulary; /* borrows its words from the model's JSON */
    int32_t separator, newline;
    cj_scope *scope;
    cj_program *program;
    int states;
    void *state[CJ_LANGUAGE_STATES];
    size_t bytes[CJ_LANGUAGE_STATES];
    char name[CJ_LANGUAGE_STATES][STATE_NAME];
    int64_t held; /* tokens that the state is of */
    int32_t *token;
    int64_t tokens, capacity;
    double temperature;
    int64_t top_k;
    float *sorted; /* the probabilities, for the top k */
} writer;

/* ---- the model ---- */

static int read_vocabulary(writer *w, const char *path)
{
    json_t *words = json_object_get(w->m->about, "vocabulary"), *word;
    const char *unit = json_string_value(json_object_get(w->m->about, "unit"));
    size_t i, count = json_array_size(words);
    cj_text_data *v = &w->vocabulary;
    v->word = calloc(count + 1, sizeof *v->word);
    w->sorted = calloc(count + 1, sizeof *w->sorted);
    if (!v->word || !w->sorted)
        return fail_library(w->c, CJ_NO_MEMORY);
    w->separator = (int32_t)json_integer_value(json_object_get(w->m->about, "separator"));
    w->newline = -1;
    bool good = unit && count > 0 && count < 1 << 24 && w->separator < (int32_t)count;
    json_array_foreach(words, i, word)
    {
        v->word[i] = (char *)(uintptr_t)json_string_value(word);
        good = good && v->word[i];
        if (good && !strcmp(v->word[i], "\n"))
            w->newline = (int32_t)i;
    }
    if (!good)
        return fail(w->c, EXIT_ERROR, "'%s' names no vocabulary: its cajal_about is damaged", path);
    v->words = (int)count;
    v->sequences = 1;
    v->unit = !strcmp(unit, "characters") ? CJ_TEXT_CHARACTERS
              : !strcmp(unit, "words")    ? CJ_TEXT_WORDS
                                          : CJ_TEXT_LOWER_WORDS;
    return EXIT_DONE;
}

/* Before memory is taken for a net: the head's shape is what text and vocabulary say. */
static int check_head(const writer *w, const char *path)
{
    const cj_array *head = cj_tensor_file_find(w->m->file, "head.weight");
    if (head && head->rank == 2 && head->shape[0] == w->vocabulary.words &&
        head->shape[1] == w->m->net.hidden)
        return EXIT_DONE;
    return fail(w->c, EXIT_ERROR,
                "'%s': head.weight is not [%d, %lld], as its net and vocabulary ask", path,
                w->vocabulary.words, (long long)w->m->net.hidden);
}

static cj_status make_state(writer *w, cj_language_state *state)
{
    cj_context *context = w->c->context;
    if (!cj_language_begin(w->scope, &w->m->net, 1, state))
        return cj_context_status(context);
    w->states = state->count;
    for (int i = 0; i < state->count; i++) {
        cj_tensor *zero = state->tensor[i];
        snprintf(w->name[i], STATE_NAME, "state%d", i);
        w->bytes[i] = (size_t)cj_elements(zero) * cj_dtype_size(cj_tensor_dtype(zero));
        w->state[i] = cj_allocate_zero(context, w->bytes[i]);
        if (!w->state[i])
            return CJ_NO_MEMORY;
        state->tensor[i] =
            cj_input(context, w->name[i], cj_tensor_dtype(zero), cj_rank(zero), cj_shape(zero));
    }
    return CJ_OK;
}

/* Outputs: softmax(logits * inverse temperature) [1, words, 1], then the states after the token. */
static cj_status build(writer *w)
{
    cj_context *context = w->c->context;
    cj_language_state state;
    cj_tensor *output[CJ_LANGUAGE_STATES + 1];
    cj_scope_build(w->scope, false);
    cj_status status = make_state(w, &state);
    if (status != CJ_OK)
        return status;
    cj_tensor *token = cj_input(context, "token", CJ_I32, 2, ((int64_t[]){1, 1}));
    cj_tensor *sharpness = cj_input(context, "sharpness", CJ_F32, 0, NULL);
    cj_tensor *logits = cj_language_model(w->scope, &w->m->net, w->vocabulary.words, token, &state);
    output[0] = logits ? cj_softmax(cj_mul(logits, sharpness), 1) : NULL;
    memcpy(output + 1, state.tensor, (size_t)state.count * sizeof *output);
    w->program = cj_compile(context, state.count + 1, output, NULL);
    return w->program ? CJ_OK : cj_context_status(context);
}

static int load(writer *w, const char *path)
{
    cj_context *context = w->c->context;
    int code = read_vocabulary(w, path);
    if (code == EXIT_DONE)
        code = check_head(w, path);
    if (code != EXIT_DONE)
        return code;
    w->scope = cj_scope_new(context);
    cj_status status = w->scope ? cj_frame_enter(context) : CJ_NO_MEMORY;
    if (status == CJ_OK) {
        status = build(w);
        cj_frame_leave(context);
    }
    if (status == CJ_OK)
        status = cj_weights_load(w->scope, path);
    return status == CJ_OK ? EXIT_DONE : fail_library(w->c, status);
}

static void unload(writer *w)
{
    for (int i = 0; i < w->states; i++)
        if (w->state[i])
            cj_release(w->c->context, w->state[i], w->bytes[i]);
    if (w->token)
        cj_release(w->c->context, w->token, (size_t)w->capacity * sizeof *w->token);
    cj_program_free(w->program);
    cj_scope_free(w->scope);
    free(w->vocabulary.word);
    free(w->sorted);
}

/* ---- steps ---- */

static cj_status step(writer *w, int32_t token)
{
    float sharpness = (float)CJ_MIN(1 / (w->temperature > 0 ? w->temperature : 1), 1e6);
    cj_feed feed[CJ_LANGUAGE_STATES + 2] = {{"token", &token}, {"sharpness", &sharpness}};
    for (int i = 0; i < w->states; i++)
        feed[i + 2] = (cj_feed){w->name[i], w->state[i]};
    cj_status status = cj_run(w->program, w->states + 2, feed);
    for (int i = 0; i < w->states && status == CJ_OK; i++)
        memcpy(w->state[i], cj_output(w->program, i + 1), w->bytes[i]);
    w->held++;
    return status;
}

/* A transformer's memory that is full begins anew with the later half of what it held. */
static cj_status make_room(writer *w)
{
    if (w->m->net.kind != CJ_TRANSFORMER_MODEL || w->held < w->m->net.context)
        return CJ_OK;
    int64_t again = w->m->net.context / 2;
    cj_status status = CJ_OK;
    for (int i = 0; i < w->states; i++)
        memset(w->state[i], 0, w->bytes[i]);
    w->held = 0;
    for (int64_t i = w->tokens - again; i < w->tokens && status == CJ_OK; i++)
        status = step(w, w->token[i]);
    return status;
}

static cj_status take(writer *w, int32_t token)
{
    cj_status status = make_room(w);
    w->token[w->tokens++] = token;
    return status == CJ_OK ? step(w, token) : status;
}

static int descending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* The probability that a word must at least have. */
static float least_of_top(const writer *w, const float *weight)
{
    int words = w->vocabulary.words;
    if (w->top_k <= 0 || w->top_k >= words)
        return 0;
    memcpy(w->sorted, weight, (size_t)words * sizeof *weight);
    qsort(w->sorted, (size_t)words, sizeof *weight, descending);
    return w->sorted[w->top_k - 1];
}

/* A word by its probability, of the top_k likeliest, from one 32-bit word; the likeliest at temperature 0. */
static int32_t draw(writer *w, uint32_t bits)
{
    const float *weight = cj_output(w->program, 0);
    int words = w->vocabulary.words, best = 0;
    double sum = 0, at = 0;
    for (int i = 1; i < words; i++)
        if (weight[i] > weight[best])
            best = i;
    if (w->temperature <= 0)
        return best;
    float least = least_of_top(w, weight);
    for (int i = 0; i < words; i++)
        sum += weight[i] >= least ? (double)weight[i] : 0;
    double aim = sum * ((double)bits + 0.5) / 4294967296.0;
    for (int i = 0; i < words; i++) {
        at += weight[i] >= least ? (double)weight[i] : 0;
        if (at >= aim)
            return i;
    }
    return best;
}

/* ---- writing ---- */

static void put_token(const writer *w, FILE *out, int32_t token, bool first)
{
    bool characters = w->vocabulary.unit == CJ_TEXT_CHARACTERS;
    const char *word = w->vocabulary.word[token];
    if (token == w->separator || !strcmp(word, "<eos>"))
        fputc('\n', out);
    else
        fprintf(out, "%s%s", characters || first ? "" : " ", word);
}

/* What the model reads before it writes: where a text begins, and the prompt. */
static int read_prompt(writer *w, int64_t length, int64_t *begins)
{
    cli *c = w->c;
    const char *prompt = c->value[OPT_PROMPT] ? c->value[OPT_PROMPT] : "";
    int64_t count = 0, most = (int64_t)strlen(prompt) + 1;
    w->capacity = most + 1 + length;
    w->token = cj_allocate(c->context, (size_t)w->capacity * sizeof *w->token);
    int32_t *read = w->token ? cj_allocate(c->context, (size_t)most * sizeof *read) : NULL;
    cj_status status = read ? CJ_OK : CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = cj_text_encode(c->context, &w->vocabulary, prompt, read, &count);
    bool alone = count == 0;
    if (status == CJ_OK && (alone || w->separator >= 0)) {
        int32_t start = w->separator >= 0 ? w->separator : w->newline >= 0 ? w->newline : 0;
        status = take(w, start);
    }
    *begins = w->tokens;
    for (int64_t i = 0; i < count && status == CJ_OK; i++)
        status = take(w, read[i]);
    if (read)
        cj_release(c->context, read, (size_t)most * sizeof *read);
    return status == CJ_OK ? EXIT_DONE : fail_library(c, status);
}

static int write_tokens(writer *w, FILE *out, int64_t length)
{
    int64_t begins;
    cj_key key = cj_key_fold_text(cj_key_from_seed(cj_seed(w->c->context)), "generate");
    int code = read_prompt(w, length, &begins);
    if (code != EXIT_DONE)
        return code;
    for (int64_t i = begins; i < w->tokens; i++)
        put_token(w, out, w->token[i], i == begins);
    for (int64_t i = 0; i < length; i++) {
        int32_t next = draw(w, cj_key_bits(key, (uint64_t)i));
        put_token(w, out, next, w->tokens == begins);
        cj_status status = take(w, next);
        if (status != CJ_OK)
            return fail_library(w->c, status);
    }
    return EXIT_DONE;
}

static int deliver(cli *c, const char *text, size_t size)
{
    const char *output = c->value[OPT_OUTPUT];
    if (output && strcmp(output, "-")) {
        cj_status status = cj_file_write(c->context, output, text, size);
        return status == CJ_OK ? EXIT_DONE : fail_write(c, status);
    }
    if (c->json)
        print_json(json_pack("{s:s, s:o}", "event", "text", "text", json_text(text)));
    else
        fwrite(text, 1, size, stdout);
    return EXIT_DONE;
}

int language_generate(cli *c, const named_model *m, const char *path)
{
    writer w = {.c = c, .m = m, .temperature = 1};
    char *text = NULL;
    size_t size = 0;
    int code = load(&w, path);
    int64_t length = w.vocabulary.unit == CJ_TEXT_CHARACTERS ? 500 : 100;
    if (code == EXIT_DONE && (!option_integer(c, OPT_LENGTH, 1, 1 << 24, &length) ||
                              !option_number(c, OPT_TEMPERATURE, 0, 100, &w.temperature) ||
                              !option_integer(c, OPT_TOP_K, 1, 1 << 24, &w.top_k)))
        code = EXIT_USAGE;
    FILE *out = code == EXIT_DONE ? open_memstream(&text, &size) : NULL;
    if (code == EXIT_DONE && !out)
        code = fail_library(c, CJ_NO_MEMORY);
    if (code == EXIT_DONE)
        code = write_tokens(&w, out, length);
    if (out && !c->json)
        fputc('\n', out);
    bool lost = out && (ferror(out) | (fclose(out) != 0));
    if (code == EXIT_DONE && lost)
        code = fail_library(c, CJ_NO_MEMORY);
    if (code == EXIT_DONE)
        code = deliver(c, text, size);
    free(text);
    unload(&w);
    return code;
}
