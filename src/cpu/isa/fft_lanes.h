/*
 * src/cpu/isa/fft_lanes.h - the steps of a Fourier transform on one vector of lanes, or one lane.
 * Included with T (element), V (vector, or T) and FN(name) defined; see ../fft.h.
 */

CJ_SIMD V FN(load)(const T *p)
{
    V v;
    memcpy(&v, p, sizeof(v));
    return v;
}

CJ_SIMD void FN(store)(T *p, V v)
{
    memcpy(p, &v, sizeof(v));
}

/* y = b times the pair w; w NULL: b. */
CJ_SIMD void FN(put)(T *yr, T *yi, V br, V bi, const T *w)
{
    if (!w) {
        FN(store)(yr, br);
        FN(store)(yi, bi);
    } else {
        FN(store)(yr, br * w[0] - bi * w[1]);
        FN(store)(yi, br * w[1] + bi * w[0]);
    }
}

CJ_SIMD void FN(radix2)(const T *xr, const T *xi, int64_t step, T *yr, T *yi, int64_t s, const T *w)
{
    V ar = FN(load)(xr), ai = FN(load)(xi), br = FN(load)(xr + step), bi = FN(load)(xi + step);
    FN(put)(yr, yi, ar + br, ai + bi, NULL);
    FN(put)(yr + s, yi + s, ar - br, ai - bi, w);
}

CJ_SIMD void FN(radix4)(const T *xr, const T *xi, int64_t step, T *yr, T *yi, int64_t s, const T *w)
{
    V ar = FN(load)(xr), ai = FN(load)(xi);
    V br = FN(load)(xr + step), bi = FN(load)(xi + step);
    V cr = FN(load)(xr + 2 * step), ci = FN(load)(xi + 2 * step);
    V dr = FN(load)(xr + 3 * step), di = FN(load)(xi + 3 * step);
    V er = ar + cr, ei = ai + ci, fr = ar - cr, fi = ai - ci;
    V gr = br + dr, gi = bi + di, hr = br - dr, hi = bi - di;
    FN(put)(yr, yi, er + gr, ei + gi, NULL);
    FN(put)(yr + s, yi + s, fr + hi, fi - hr, w);
    FN(put)(yr + 2 * s, yi + 2 * s, er - gr, ei - gi, w ? w + 2 : NULL);
    FN(put)(yr + 3 * s, yi + 3 * s, fr - hi, fi + hr, w ? w + 4 : NULL);
}

/* b[k], b[r - k] = c -+ i d, c = a[0] + sum of cos(2 pi i k / r) (a[i] + a[r - i]),
 * d = sum of sin(2 pi i k / r) (a[i] - a[r - i]) over 0 < i < r / 2, in order. */
CJ_SIMD void FN(odd)(int r, const T *xr, const T *xi, int64_t step, T *yr, T *yi, int64_t s,
                     const T *roots, const T *w)
{
    V tr[CJ_FFT_MOST_RADIX / 2], ti[CJ_FFT_MOST_RADIX / 2];
    V dr[CJ_FFT_MOST_RADIX / 2], di[CJ_FFT_MOST_RADIX / 2];
    V ar = FN(load)(xr), ai = FN(load)(xi), sr = ar, si = ai;
    int half = r / 2;
    for (int i = 0; i < half; i++) {
        V br = FN(load)(xr + (i + 1) * step), bi = FN(load)(xi + (i + 1) * step);
        V cr = FN(load)(xr + (r - 1 - i) * step), ci = FN(load)(xi + (r - 1 - i) * step);
        tr[i] = br + cr;
        ti[i] = bi + ci;
        dr[i] = br - cr;
        di[i] = bi - ci;
        sr += tr[i];
        si += ti[i];
    }
    FN(put)(yr, yi, sr, si, NULL);
    for (int k = 1; k <= half; k++) {
        V cr = ar, ci = ai, er = dr[0] * roots[2 * k + 1], ei = di[0] * roots[2 * k + 1];
        for (int i = 0; i < half; i++) {
            const T *root = roots + 2 * ((i + 1) * k % r);
            cr += tr[i] * root[0];
            ci += ti[i] * root[0];
            if (i) {
                er += dr[i] * root[1];
                ei += di[i] * root[1];
            }
        }
        FN(put)(yr + k * s, yi + k * s, cr + ei, ci - er, w ? w + 2 * (k - 1) : NULL);
        int64_t q = r - k;
        FN(put)(yr + q * s, yi + q * s, cr - ei, ci + er, w ? w + 2 * (q - 1) : NULL);
    }
}

/* ---- the step between the n / 2 sums of pairs and the sums of n reals ---- */

/* a = Z[k], b = Z[h - k]: X[k] = (a + conj b) / 2 - i w (a - conj b) / 2. */
CJ_SIMD void FN(split)(const T *ar, const T *ai, const T *br, const T *bi, T *yr, T *yi, const T *w)
{
    V pr = FN(load)(ar), pi = FN(load)(ai), qr = FN(load)(br), qi = FN(load)(bi);
    V er = (pr + qr) * (T)0.5, ei = (pi - qi) * (T)0.5;
    V dr = (pr - qr) * (T)0.5, di = (pi + qi) * (T)0.5;
    FN(store)(yr, er + (di * w[0] + dr * w[1]));
    FN(store)(yi, ei + (di * w[1] - dr * w[0]));
}

/* a = X[k], b = X[h - k]: Z[k] = (a + conj b) + i conj(w) (a - conj b). */
CJ_SIMD void FN(merge)(const T *ar, const T *ai, const T *br, const T *bi, T *yr, T *yi, const T *w)
{
    V pr = FN(load)(ar), pi = FN(load)(ai), qr = FN(load)(br), qi = FN(load)(bi);
    V er = pr + qr, ei = pi - qi, dr = pr - qr, di = pi + qi;
    FN(store)(yr, er - (di * w[0] - dr * w[1]));
    FN(store)(yi, ei + (dr * w[0] + di * w[1]));
}
