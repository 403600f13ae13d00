/*
 * src/nn/beam_search.c - the likeliest sequences under a model, see cj_beam_search.
 */
#include "cajal/sequence.h"
#include "nn/nn.h"

#include <math.h>

/* A beginning, or a sequence that has ended. */
typedef struct beam {
    int32_t *token;
    int64_t count;
    double sum;
} beam;

typedef struct candidate {
    double sum;
    int64_t from;
    int32_t token;
} candidate;

typedef struct search {
    const struct cj_beam_search_args *a;
    cj_arena memory;
    beam *alive, *next, *ended; /* `width` each */
    int64_t alive_count, ended_count;
    candidate *best; /* 2 width: of these at most `width` end here */
    int64_t best_count;
    int32_t *token;
    int64_t *from;
    double *log_prob;
} search;

static double score_of(const search *s, double sum, int64_t count)
{
    return sum / pow((double)CJ_MAX(count, 1), s->a->length_penalty);
}

static beam *beams_of(search *s, int64_t count)
{
    beam *b = cj_arena_take_zero(&s->memory, (size_t)count * sizeof *b);
    for (int64_t i = 0; b && i < count; i++)
        if (!(b[i].token = cj_arena_take(&s->memory, (size_t)s->a->length * sizeof(int32_t))))
            return NULL;
    return b;
}

static bool make_room(search *s)
{
    size_t width = (size_t)s->a->width, classes = (size_t)s->a->classes;
    s->alive = beams_of(s, s->a->width);
    s->next = beams_of(s, s->a->width);
    s->ended = beams_of(s, s->a->width);
    s->best = cj_arena_take(&s->memory, 2 * width * sizeof *s->best);
    s->token = cj_arena_take(&s->memory, width * sizeof *s->token);
    s->from = cj_arena_take(&s->memory, width * sizeof *s->from);
    s->log_prob = cj_arena_take(&s->memory, width * classes * sizeof *s->log_prob);
    return s->alive && s->next && s->ended && s->best && s->token && s->from && s->log_prob;
}

/* Keeps the list of the 2 width best in order; of equals the first stays first. */
static void offer(search *s, candidate c)
{
    int64_t most = 2 * s->a->width, i = s->best_count;
    if (c.sum == -INFINITY || isnan(c.sum) || (i == most && !(c.sum > s->best[most - 1].sum)))
        return;
    s->best_count = i = CJ_MIN(i + 1, most);
    for (i--; i > 0 && s->best[i - 1].sum < c.sum; i--)
        s->best[i] = s->best[i - 1];
    s->best[i] = c;
}

static void extend(const search *s, const candidate *c, beam *to)
{
    const beam *from = &s->alive[c->from];
    memcpy(to->token, from->token, (size_t)from->count * sizeof *to->token);
    to->token[from->count] = c->token;
    to->count = from->count + 1;
    to->sum = c->sum;
}

/* Ended sequences by their scores, the worst falls out. */
static void end_with(search *s, const candidate *c)
{
    double score = score_of(s, c->sum, s->alive[c->from].count + 1);
    int64_t i = s->ended_count;
    if (i == s->a->width) {
        if (!(score > score_of(s, s->ended[i - 1].sum, s->ended[i - 1].count)))
            return;
        i--;
    } else {
        s->ended_count++;
    }
    beam free = s->ended[i];
    for (; i > 0 && score_of(s, s->ended[i - 1].sum, s->ended[i - 1].count) < score; i--)
        s->ended[i] = s->ended[i - 1];
    extend(s, c, &free);
    s->ended[i] = free;
}

static void take_best(search *s, bool last)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < s->best_count; i++) {
        const candidate *c = &s->best[i];
        if (last || c->token == s->a->stop) {
            end_with(s, c);
        } else if (kept < s->a->width) {
            s->token[kept] = c->token;
            s->from[kept] = c->from;
            extend(s, c, &s->next[kept++]);
        }
    }
    beam *swap = s->alive;
    s->alive = s->next;
    s->next = swap;
    s->alive_count = kept;
}

/* Sums only fall, so no beginning can pass the worst of a full list that is as good as the best of
 * them would be at the full length. */
static bool decided(const search *s)
{
    if (s->ended_count < s->a->width || s->alive_count == 0)
        return s->alive_count == 0;
    const beam *worst = &s->ended[s->ended_count - 1];
    return score_of(s, worst->sum, worst->count) >= score_of(s, s->alive[0].sum, s->a->length);
}

static cj_status run(search *s)
{
    s->alive_count = 1;
    s->token[0] = s->a->start;
    s->from[0] = 0;
    for (int64_t step = 0; step < s->a->length && !decided(s); step++) {
        cj_status status = s->a->next(s->a->user, s->alive_count, s->token, s->from, s->log_prob);
        if (status != CJ_OK)
            return status;
        s->best_count = 0;
        for (int64_t b = 0; b < s->alive_count; b++)
            for (int64_t c = 0; c < s->a->classes; c++)
                offer(s, (candidate){s->alive[b].sum + s->log_prob[b * s->a->classes + c], b,
                                     (int32_t)c});
        take_best(s, step + 1 == s->a->length);
    }
    return CJ_OK;
}

cj_status cj_beam_search(const struct cj_beam_search_args *a)
{
    if (a->width < 1 || a->classes < 1 || a->length < 1 || a->stop < 0 || a->stop >= a->classes ||
        !(a->length_penalty >= 0))
        return cj_fail(
            a->context, CJ_INVALID,
            "beam_search: width %lld, classes %lld, length %lld, stop %d, length_penalty "
            "%g: sizes are at least 1, stop is a class, the penalty is not negative",
            (long long)a->width, (long long)a->classes, (long long)a->length, (int)a->stop,
            a->length_penalty);
    search s = {.a = a};
    cj_arena_init(&s.memory, a->context);
    cj_status status =
        make_room(&s) ? run(&s)
                      : cj_fail(a->context, CJ_NO_MEMORY,
                                "beam_search: out of memory for %lld beams", (long long)a->width);
    for (int64_t i = 0; status == CJ_OK && i < s.ended_count; i++) {
        memcpy(a->token + i * a->length, s.ended[i].token,
               (size_t)s.ended[i].count * sizeof *a->token);
        a->count[i] = s.ended[i].count;
        a->score[i] = score_of(&s, s.ended[i].sum, s.ended[i].count);
    }
    *a->found = status == CJ_OK ? s.ended_count : 0;
    cj_arena_free(&s.memory);
    return status;
}
