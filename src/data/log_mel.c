/*
 * log_mel.c - the log-mel spectrogram as a composition: its constants are graph code too, so that
 * their bits are the library's own.
 */
#include "base/base.h"
#include "cajal/data_audio.h"
#include "cajal/fft.h"
#include "cajal/index.h"

#define TAU 6.283185307179586476925

typedef struct cj_log_mel_args options;

static cj_status check(options *a, cj_context *context)
{
    int rank = cj_rank(a->x);
    int64_t samples = rank ? cj_extent(a->x, rank - 1) : 0;
    a->n_fft = a->n_fft ? a->n_fft : 256;
    a->hop = a->hop ? a->hop : CJ_MAX(a->n_fft / 2, 1);
    a->mels = a->mels ? a->mels : 40;
    a->high = a->high > 0 ? a->high : a->rate / 2.0;
    a->floor = a->floor > 0 ? a->floor : 1e-6;
    if (cj_tensor_dtype(a->x) != CJ_F32 && cj_tensor_dtype(a->x) != CJ_F64)
        return cj_fail_building(context, CJ_DTYPE, a->at, "log_mel: x is %s; f32 and f64 are taken",
                                cj_dtype_name(cj_tensor_dtype(a->x)));
    if (a->n_fft < 1 || a->hop < 1 || a->mels < 1 || a->rate < 1 || !(a->low >= 0) ||
        !(a->low < a->high))
        return cj_fail_building(context, CJ_INVALID, a->at,
                                "log_mel: .rate %d, .n_fft %lld, .hop %lld, .mels %lld from %g to "
                                "%g Hz; they must be positive, and rise",
                                a->rate, (long long)a->n_fft, (long long)a->hop, (long long)a->mels,
                                a->low, a->high);
    if (samples < a->n_fft)
        return cj_fail_building(context, CJ_SHAPE, a->at,
                                "log_mel: x has %lld samples along its last axis; a frame has %lld",
                                (long long)samples, (long long)a->n_fft);
    return CJ_OK;
}

/* Frames as columns, windowed: [N, n_fft, frames]. */
static cj_tensor *frames_of(const options *a, cj_context *context, int64_t n, int64_t samples)
{
    cj_at at = a->at;
    int64_t shape[3] = {n, 1, samples}, column[2] = {a->n_fft, 1};
    cj_window_options windows = {.spatial = 1,
                                 .window = {a->n_fft},
                                 .stride = {a->hop},
                                 .dilation = {1},
                                 .input_dilation = {1}};
    cj_tensor *frames = cj_unfold_at(at, cj_reshape_at(at, a->x, 3, shape), &windows);
    cj_tensor *j = cj_arange_at(at, context, CJ_F64, 0, (double)a->n_fft, 1);
    cj_tensor *hann = cj_cos_at(at, cj_scale_at(at, j, TAU / (double)a->n_fft));
    hann = cj_shift_at(at, cj_scale_at(at, hann, -0.5), 0.5);
    hann = cj_cast_at(at, cj_reshape_at(at, hann, 2, column), cj_tensor_dtype(a->x));
    return cj_mul_at(at, frames, hann);
}

/* The triangles, f64 [mels, bins]. What is even on the scale m is even in ln(1 + f / 700). */
static cj_tensor *triangles(const options *a, cj_context *context, int64_t bins)
{
    cj_at at = a->at;
    int64_t rows[2] = {a->mels, 1};
    cj_tensor *ends =
        cj_tensor_from_at(at, context, CJ_F64, 1, &(int64_t){2}, (double[]){a->low, a->high});
    ends = cj_log_at(at, cj_shift_at(at, cj_scale_at(at, ends, 1 / 700.0), 1));
    cj_tensor *first = cj_narrow_at(at, ends, 0, 0, 1), *last = cj_narrow_at(at, ends, 0, 1, 2);
    cj_tensor *step = cj_scale_at(at, cj_sub_at(at, last, first), 1 / (double)(a->mels + 1));
    cj_tensor *i = cj_arange_at(at, context, CJ_F64, 0, (double)(a->mels + 2), 1);
    cj_tensor *m = cj_add_at(at, first, cj_mul_at(at, i, step));
    cj_tensor *points = cj_scale_at(at, cj_shift_at(at, cj_exp_at(at, m), -1), 700);
    cj_tensor *f = cj_scale_at(at, cj_arange_at(at, context, CJ_F64, 0, (double)bins, 1),
                               (double)a->rate / (double)a->n_fft);
    cj_tensor *point[3];
    for (int k = 0; k < 3; k++)
        point[k] = cj_reshape_at(at, cj_narrow_at(at, points, 0, k, k + a->mels), 2, rows);
    cj_tensor *up = cj_div_at(at, cj_sub_at(at, f, point[0]), cj_sub_at(at, point[1], point[0]));
    cj_tensor *down = cj_div_at(at, cj_sub_at(at, point[2], f), cj_sub_at(at, point[2], point[1]));
    cj_tensor *both = cj_minimum_at(at, up, down);
    return both ? cj_maximum_at(at, both, cj_like_at(at, both, 0)) : NULL;
}

cj_tensor *cj_log_mel_at(const struct cj_log_mel_args *args)
{
    options a;
    if (!args || !args->x)
        return NULL;
    cj_context *context = cj_tensor_context(args->x);
    if (cj_context_status(context) != CJ_OK || !CJ_TAKE_ARGS(context, "log_mel", a, args) ||
        check(&a, context) != CJ_OK)
        return NULL;
    int rank = cj_rank(a.x);
    int64_t samples = cj_extent(a.x, rank - 1), n = 1, shape[CJ_MAX_RANK];
    for (int i = 0; i < rank - 1; i++)
        n *= shape[i] = cj_extent(a.x, i);
    if (rank == CJ_MAX_RANK)
        return cj_fail_building(context, CJ_SHAPE, a.at, "log_mel: x has %d axes", rank), NULL;
    cj_complex spectrum = cj_rfft_at(a.at, frames_of(&a, context, n, samples), 1, CJ_FFT_BACKWARD);
    cj_tensor *power = cj_complex_abs2_at(a.at, spectrum);
    cj_tensor *weight = triangles(&a, context, a.n_fft / 2 + 1);
    weight = cj_cast_at(a.at, weight, cj_tensor_dtype(a.x));
    cj_tensor *mel = cj_matmul_at(a.at, weight, power);
    if (!mel)
        return NULL;
    mel = cj_log_at(a.at, cj_maximum_at(a.at, mel, cj_like_at(a.at, mel, a.floor)));
    shape[rank - 1] = a.mels;
    shape[rank] = 1 + (samples - a.n_fft) / a.hop;
    return cj_reshape_at(a.at, mel, rank + 1, shape);
}
