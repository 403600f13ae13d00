/*
 * src/cpu/reference_fft.c - Fourier transforms in plain loops: the definition of their bits.
 */
#include "cpu/fft.h"
#include "cpu/op.h"

#define CJ_REFERENCE_FFT(T, dtype)                                                                 \
    static void times_##dtype(T *re, T *im, const double root[2])                                  \
    {                                                                                              \
        T wr = (T)root[0], wi = (T)root[1], r = *re, i = *im;                                      \
        *re = r * wr - i * wi;                                                                     \
        *im = r * wi + i * wr;                                                                     \
    }                                                                                              \
    static void four_##dtype(const T *ar, const T *ai, T *br, T *bi)                               \
    {                                                                                              \
        T er = ar[0] + ar[2], ei = ai[0] + ai[2], fr = ar[0] - ar[2], fi = ai[0] - ai[2];          \
        T gr = ar[1] + ar[3], gi = ai[1] + ai[3], hr = ar[1] - ar[3], hi = ai[1] - ai[3];          \
        br[0] = er + gr, bi[0] = ei + gi, br[2] = er - gr, bi[2] = ei - gi;                        \
        br[1] = fr + hi, bi[1] = fi - hr, br[3] = fr - hi, bi[3] = fi + hr;                        \
    }                                                                                              \
    static void odd_##dtype(int r, const T *ar, const T *ai, T *br, T *bi)                         \
    {                                                                                              \
        br[0] = ar[0], bi[0] = ai[0];                                                              \
        for (int i = 1; i <= r / 2; i++) {                                                         \
            br[0] += ar[i] + ar[r - i];                                                            \
            bi[0] += ai[i] + ai[r - i];                                                            \
        }                                                                                          \
        for (int k = 1; k <= r / 2; k++) {                                                         \
            T cr = ar[0], ci = ai[0], dr = 0, di = 0;                                              \
            for (int i = 1; i <= r / 2; i++) {                                                     \
                double root[2];                                                                    \
                cj_fft_root(i *k % r, r, root);                                                    \
                T c = (T)root[0], s = (T)-root[1];                                                 \
                T er = (ar[i] - ar[r - i]) * s, ei = (ai[i] - ai[r - i]) * s;                      \
                cr += (ar[i] + ar[r - i]) * c;                                                     \
                ci += (ai[i] + ai[r - i]) * c;                                                     \
                dr = i == 1 ? er : dr + er;                                                        \
                di = i == 1 ? ei : di + ei;                                                        \
            }                                                                                      \
            br[k] = cr + di, bi[k] = ci - dr;                                                      \
            br[r - k] = cr - di, bi[r - k] = ci + dr;                                              \
        }                                                                                          \
    }                                                                                              \
    static void inner_##dtype(int r, const T *ar, const T *ai, T *br, T *bi)                       \
    {                                                                                              \
        if (r == 4)                                                                                \
            four_##dtype(ar, ai, br, bi);                                                          \
        else if (r == 2) {                                                                         \
            br[0] = ar[0] + ar[1], bi[0] = ai[0] + ai[1];                                          \
            br[1] = ar[0] - ar[1], bi[1] = ai[0] - ai[1];                                          \
        } else                                                                                     \
            odd_##dtype(r, ar, ai, br, bi);                                                        \
    }                                                                                              \
    /* Places p, p + m, ... hold what goes into sum k + r q; then each k is done by itself. */     \
    static void factored_##dtype(int64_t n, const int *radix, T *re, T *im, T *work)               \
    {                                                                                              \
        if (n == 1)                                                                                \
            return;                                                                                \
        int r = radix[0];                                                                          \
        int64_t m = n / r;                                                                         \
        T ar[CJ_FFT_MOST_RADIX] = {0}, ai[CJ_FFT_MOST_RADIX] = {0};                                \
        T br[CJ_FFT_MOST_RADIX], bi[CJ_FFT_MOST_RADIX];                                            \
        for (int64_t p = 0; p < m; p++) {                                                          \
            for (int i = 0; i < r; i++)                                                            \
                ar[i] = re[p + m * i], ai[i] = im[p + m * i];                                      \
            inner_##dtype(r, ar, ai, br, bi);                                                      \
            for (int k = 0; k < r; k++) {                                                          \
                double root[2];                                                                    \
                cj_fft_root(p *k, n, root);                                                        \
                if (p && k)                                                                        \
                    times_##dtype(&br[k], &bi[k], root);                                           \
                re[p + m * k] = br[k], im[p + m * k] = bi[k];                                      \
            }                                                                                      \
        }                                                                                          \
        for (int k = 0; k < r; k++)                                                                \
            factored_##dtype(m, radix + 1, re + m * k, im + m * k, work);                          \
        for (int k = 0; k < r; k++)                                                                \
            for (int64_t q = 0; q < m; q++)                                                        \
                work[k + r * q] = re[m * k + q], work[n + k + r * q] = im[m * k + q];              \
        memcpy(re, work, sizeof(T) * (size_t)n);                                                   \
        memcpy(im, work + n, sizeof(T) * (size_t)n);                                               \
    }                                                                                              \
    static void convolved_##dtype(int64_t n, T *re, T *im, T *work, const double *chirp,           \
                                  const double *spectrum)                                          \
    {                                                                                              \
        int radix[CJ_FFT_MOST_STAGES];                                                             \
        int64_t m = cj_fft_chirp_length(n);                                                        \
        T *ar = work, *ai = work + m;                                                              \
        cj_fft_radices(m, radix);                                                                  \
        memset(work, 0, sizeof(T) * (size_t)(2 * m));                                              \
        for (int64_t j = 0; j < n; j++) {                                                          \
            ar[j] = re[j], ai[j] = im[j];                                                          \
            times_##dtype(&ar[j], &ai[j], chirp + 2 * j);                                          \
        }                                                                                          \
        factored_##dtype(m, radix, ar, ai, work + 2 * m);                                          \
        for (int64_t j = 0; j < m; j++)                                                            \
            times_##dtype(&ar[j], &ai[j], spectrum + 2 * j);                                       \
        factored_##dtype(m, radix, ai, ar, work + 2 * m);                                          \
        for (int64_t j = 0; j < n; j++) {                                                          \
            re[j] = ar[j], im[j] = ai[j];                                                          \
            times_##dtype(&re[j], &im[j], chirp + 2 * j);                                          \
        }                                                                                          \
    }                                                                                              \
    static void transform_##dtype(int64_t n, T *re, T *im, double *work)                           \
    {                                                                                              \
        int radix[CJ_FFT_MOST_STAGES];                                                             \
        if (cj_fft_radices(n, radix) >= 0) {                                                       \
            factored_##dtype(n, radix, re, im, (T *)work);                                         \
        } else {                                                                                   \
            int64_t m = cj_fft_chirp_length(n);                                                    \
            double *chirp = work + 4 * m, *spectrum = chirp + 2 * n;                               \
            cj_fft_chirp(n, chirp, spectrum, work);                                                \
            convolved_##dtype(n, re, im, (T *)work, chirp, spectrum);                              \
        }                                                                                          \
    }
CJ_REFERENCE_FFT(float, f32)
CJ_REFERENCE_FFT(double, f64)

void cj_fft_chirp(int64_t n, double *chirp, double *spectrum, double *work)
{
    int radix[CJ_FFT_MOST_STAGES];
    int64_t m = cj_fft_chirp_length(n);
    double *re = work, *im = work + m;
    cj_fft_radices(m, radix);
    memset(work, 0, sizeof(*work) * (size_t)(2 * m));
    for (int64_t j = 0, square = 0; j < n; j++) { /* j^2 mod 2 n, in whole numbers */
        cj_fft_root(square, 2 * n, chirp + 2 * j);
        square = (square + 2 * j + 1) % (2 * n);
        re[j] = re[(m - j) % m] = chirp[2 * j];
        im[j] = im[(m - j) % m] = -chirp[2 * j + 1];
    }
    factored_f64(m, radix, re, im, work + 2 * m);
    for (int64_t j = 0; j < m; j++) {
        spectrum[2 * j] = re[j] / (double)m;
        spectrum[2 * j + 1] = im[j] / (double)m;
    }
}

/* ---- the ops ---- */

static size_t work_bytes(int64_t n)
{
    int radix[CJ_FFT_MOST_STAGES];
    int64_t m = cj_fft_radices(n, radix) >= 0 ? n : cj_fft_chirp_length(n);
    return sizeof(double) * (size_t)(6 * m + 2 * n);
}

static void transform(cj_dtype dtype, int64_t n, void *re, void *im, double *work)
{
    if (dtype == CJ_F32)
        transform_f32(n, re, im, work);
    else
        transform_f64(n, re, im, work);
}

/* One lane: element j of array i at data[i] + (first + j * step) elements. */
typedef struct cj_fft_lane {
    cj_dtype dtype;
    int64_t n, first, step;
    char *re, *im;
    double *work;
} cj_fft_lane;

static void copy_in(const cj_fft_lane *l, const void *array, int64_t first, int64_t count,
                    int64_t every, char *to)
{
    size_t size = cj_dtype_size(l->dtype);
    for (int64_t j = 0; j < count; j++)
        memcpy(to + (size_t)j * size,
               (const char *)array + (size_t)(first + j * every * l->step) * size, size);
}

static void copy_out(const cj_fft_lane *l, const char *from, int64_t count, int64_t every,
                     void *array, int64_t first)
{
    size_t size = cj_dtype_size(l->dtype);
    for (int64_t j = 0; j < count; j++)
        memcpy((char *)array + (size_t)(first + j * every * l->step) * size,
               from + (size_t)j * size, size);
}

/* See fft_lanes.h, split and merge. */
#define CJ_REAL_STEPS(T, dtype)                                                                    \
    static void split_##dtype(int64_t n, T *re, T *im, double *work)                               \
    {                                                                                              \
        T *yr = (T *)work, *yi = yr + n / 2 + 1;                                                   \
        int64_t h = n / 2;                                                                         \
        for (int64_t k = 1; k < h; k++) {                                                          \
            double root[2];                                                                        \
            cj_fft_root(k, n, root);                                                               \
            T wr = (T)root[0], wi = (T)root[1];                                                    \
            T er = (re[k] + re[h - k]) * (T)0.5, ei = (im[k] - im[h - k]) * (T)0.5;                \
            T dr = (re[k] - re[h - k]) * (T)0.5, di = (im[k] + im[h - k]) * (T)0.5;                \
            yr[k] = er + (di * wr + dr * wi);                                                      \
            yi[k] = ei + (di * wi - dr * wr);                                                      \
        }                                                                                          \
        yr[0] = re[0] + im[0], yr[h] = re[0] - im[0], yi[0] = yi[h] = 0;                           \
        memcpy(re, yr, sizeof(T) * (size_t)(h + 1));                                               \
        memcpy(im, yi, sizeof(T) * (size_t)(h + 1));                                               \
    }                                                                                              \
    static void merge_##dtype(int64_t n, T *re, T *im, double *work)                               \
    {                                                                                              \
        T *yr = (T *)work, *yi = yr + n / 2 + 1;                                                   \
        int64_t h = n / 2;                                                                         \
        for (int64_t k = 1; k < h; k++) {                                                          \
            double root[2];                                                                        \
            cj_fft_root(k, n, root);                                                               \
            T wr = (T)root[0], wi = (T)root[1];                                                    \
            T er = re[k] + re[h - k], ei = im[k] - im[h - k];                                      \
            T dr = re[k] - re[h - k], di = im[k] + im[h - k];                                      \
            yr[k] = er - (di * wr - dr * wi);                                                      \
            yi[k] = ei + (dr * wr + di * wi);                                                      \
        }                                                                                          \
        yr[0] = re[0] + re[h], yi[0] = re[0] - re[h];                                              \
        memcpy(re, yr, sizeof(T) * (size_t)h);                                                     \
        memcpy(im, yi, sizeof(T) * (size_t)h);                                                     \
    }                                                                                              \
    static void mirror_##dtype(int64_t n, T *re, T *im)                                            \
    {                                                                                              \
        im[0] = 0;                                                                                 \
        for (int64_t k = 1; k <= n / 2; k++)                                                       \
            re[n - k] = re[k], im[n - k] = -im[k];                                                 \
    }                                                                                              \
    static void zero_##dtype(int64_t n, T *im)                                                     \
    {                                                                                              \
        for (int64_t j = 0; j < n; j++)                                                            \
            im[j] = 0;                                                                             \
    }
CJ_REAL_STEPS(float, f32)
CJ_REAL_STEPS(double, f64)

#define CJ_STEP(name, l, ...)                                                                      \
    ((l)->dtype == CJ_F32 ? name##_f32((l)->n, __VA_ARGS__) : name##_f64((l)->n, __VA_ARGS__))

static void complex_lane(const cj_op_run *run, const cj_fft_lane *l)
{
    bool inverse = run->kernel->option[1];
    copy_in(l, run->in[0], l->first, l->n, 1, l->re);
    copy_in(l, run->in[1], l->first, l->n, 1, l->im);
    transform(l->dtype, l->n, inverse ? l->im : l->re, inverse ? l->re : l->im, l->work);
    copy_out(l, l->re, l->n, 1, run->out, l->first);
    copy_out(l, l->im, l->n, 1, run->out, run->kernel->elements / 2 + l->first);
}

static void real_lane(const cj_op_run *run, const cj_fft_lane *l, int64_t to)
{
    int64_t half = l->n / 2 + 1;
    if (l->n % 2) {
        copy_in(l, run->in[0], l->first, l->n, 1, l->re);
        CJ_STEP(zero, l, (void *)l->im);
        transform(l->dtype, l->n, l->re, l->im, l->work);
        memset(l->im, 0, cj_dtype_size(l->dtype));
    } else {
        copy_in(l, run->in[0], l->first, l->n / 2, 2, l->re);
        copy_in(l, run->in[0], l->first + l->step, l->n / 2, 2, l->im);
        transform(l->dtype, l->n / 2, l->re, l->im, l->work);
        CJ_STEP(split, l, (void *)l->re, (void *)l->im, l->work);
    }
    copy_out(l, l->re, half, 1, run->out, to);
    copy_out(l, l->im, half, 1, run->out, run->kernel->elements / 2 + to);
}

static void hermitian_lane(const cj_op_run *run, const cj_fft_lane *l, int64_t from)
{
    copy_in(l, run->in[0], from, l->n / 2 + 1, 1, l->re);
    copy_in(l, run->in[1], from, l->n / 2 + 1, 1, l->im);
    if (l->n % 2) {
        CJ_STEP(mirror, l, (void *)l->re, (void *)l->im);
        transform(l->dtype, l->n, l->im, l->re, l->work);
        copy_out(l, l->re, l->n, 1, run->out, l->first);
    } else {
        CJ_STEP(merge, l, (void *)l->re, (void *)l->im, l->work);
        transform(l->dtype, l->n / 2, l->im, l->re, l->work);
        copy_out(l, l->re, l->n / 2, 2, run->out, l->first);
        copy_out(l, l->im, l->n / 2, 2, run->out, l->first + l->step);
    }
}

void cj_reference_op_fft(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    const cj_operand *x = &k->operand[0];
    int axis = (int)k->option[0];
    int64_t n = k->op == CJ_OP_IRFFT ? k->option[1] : x->extent[axis], half = n / 2 + 1;
    int64_t outer = cj_extent_product(x->extent, 0, axis);
    int64_t inner = cj_extent_product(x->extent, axis + 1, x->rank);
    size_t row = sizeof(double) * (size_t)(n + 1), bytes = 2 * row + work_bytes(n);
    char *memory = cj_allocate(run->context, bytes);
    for (int64_t o = 0; memory && o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            cj_fft_lane l = {(cj_dtype)k->dtype,
                             n,
                             o * n * inner + i,
                             inner,
                             memory,
                             memory + row,
                             (double *)(void *)(memory + 2 * row)};
            if (k->op == CJ_OP_FFT)
                complex_lane(run, &l);
            else if (k->op == CJ_OP_RFFT)
                real_lane(run, &l, o * half * inner + i);
            else
                hermitian_lane(run, &l, o * half * inner + i);
        }
    cj_release(run->context, memory, bytes);
}
