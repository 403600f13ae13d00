/*
 * src/cpu/isa/window_lanes.h - the runs of src/cpu/isa/window.h for one dtype; included once for each by window.c, with
 *     T, V, LANES   the element, its vector, the lanes of one
 *     VOP(f), WOP(f)   f of V; f of the integer vector of V's width, which holds position numbers
 *     W, M, MOP(f)  that integer vector; the mask; f of the mask
 *     LEAST         the value of a maximum over nothing
 *     TAKES(v, b)   the mask of lanes where v goes before the best so far, b
 */

/* `n` lanes, `step` apart; whole vectors without gaps when `whole`. */
CJ_SIMD V VOP(window_load)(const T *p, int64_t step, int64_t n, bool whole)
{
    if (whole)
        return VOP(load)(p);
    T lanes[LANES] = {0};
    for (int64_t i = 0; i < n; i++)
        lanes[i] = p[i * step];
    return VOP(load)(lanes);
}

CJ_SIMD void VOP(window_store)(T *p, V a, int64_t step, int64_t n, bool whole)
{
    if (whole) {
        VOP(store)(p, a);
        return;
    }
    T lanes[LANES];
    VOP(store)(lanes, a);
    for (int64_t i = 0; i < n; i++)
        p[i * step] = lanes[i];
}

CJ_SIMD W VOP(window_load_index)(const int32_t *p, int64_t step, int64_t n, bool whole)
{
    VOP(window_index) lanes = {0};
    if (whole)
        memcpy(&lanes, p, sizeof lanes);
    else
        for (int64_t i = 0; i < n; i++)
            lanes[i] = p[i * step];
    return __builtin_convertvector(lanes, W);
}

CJ_SIMD void VOP(window_store_index)(int32_t *p, W a, int64_t step, int64_t n, bool whole)
{
    VOP(window_index) lanes = __builtin_convertvector(a, VOP(window_index));
    if (whole)
        memcpy(p, &lanes, sizeof lanes);
    else
        for (int64_t i = 0; i < n; i++)
            p[i * step] = lanes[i];
}

/*
 * The blocks: `vectors` vectors at lane `lane` of position `at`, `n` lanes of each. `vectors` and `whole` are constants
 * where they are called, so that each block is straight code around the loop over the window.
 */
#define CJ_WINDOW_LOOP(run, j0, j1, j2)                                                            \
    for (int64_t j0 = 0; j0 < (run)->count[0]; j0++)                                               \
        for (int64_t j1 = 0; j1 < (run)->count[1]; j1++)                                           \
            for (int64_t j2 = 0; j2 < (run)->count[2]; j2++)

#define CJ_WINDOW_AT(pointer, step) ((pointer) + at * (step).position + lane * (step).lane)
#define CJ_WINDOW_GO(step, j0, j1, j2)                                                             \
    ((j0) * (step).axis[0] + (j1) * (step).axis[1] + (j2) * (step).axis[2])
#define CJ_WINDOW_NUMBER(run, j0, j1, j2)                                                          \
    ((run)->number + (j0) * (run)->number_step[0] + (j1) * (run)->number_step[1] +                 \
     (j2) * (run)->number_step[2])

CJ_SIMD void VOP(window_sum_block)(const cj_window_run *run, int64_t at, int64_t lane, int vectors,
                                   int64_t n, bool whole)
{
    const T *x = CJ_WINDOW_AT((const T *)run->x, run->x_step);
    T *y = CJ_WINDOW_AT((T *)run->y, run->y_step);
    V sum[CJ_WINDOW_VECTORS];
    for (int u = 0; u < vectors; u++)
        sum[u] = VOP(splat)(0);
    CJ_WINDOW_LOOP(run, j0, j1, j2)
    {
        const T *from = x + CJ_WINDOW_GO(run->x_step, j0, j1, j2);
        for (int u = 0; u < vectors; u++)
            sum[u] =
                VOP(add)(sum[u], VOP(window_load)(from + u * LANES, run->x_step.lane, n, whole));
    }
    for (int u = 0; u < vectors; u++)
        VOP(window_store)(y + u * LANES, sum[u], run->y_step.lane, n, whole);
}

CJ_SIMD void VOP(window_max_block)(const cj_window_run *run, int64_t at, int64_t lane, int vectors,
                                   int64_t n, bool whole)
{
    const T *x = CJ_WINDOW_AT((const T *)run->x, run->x_step);
    V best[CJ_WINDOW_VECTORS];
    W number[CJ_WINDOW_VECTORS];
    for (int u = 0; u < vectors; u++) {
        best[u] = VOP(splat)(LEAST);
        number[u] =
            WOP(splat)((WOP(element))run->number); /* LEAST itself does not go before LEAST */
    }
    CJ_WINDOW_LOOP(run, j0, j1, j2)
    {
        const T *from = x + CJ_WINDOW_GO(run->x_step, j0, j1, j2);
        W here = WOP(splat)((WOP(element))CJ_WINDOW_NUMBER(run, j0, j1, j2));
        for (int u = 0; u < vectors; u++) {
            V v = VOP(window_load)(from + u * LANES, run->x_step.lane, n, whole);
            M takes = TAKES(v, best[u]);
            best[u] = VOP(select)(takes, v, best[u]);
            number[u] = WOP(select)(takes, here, number[u]);
        }
    }
    if (run->y) {
        T *y = CJ_WINDOW_AT((T *)run->y, run->y_step);
        for (int u = 0; u < vectors; u++)
            VOP(window_store)(y + u * LANES, best[u], run->y_step.lane, n, whole);
    }
    if (run->index) {
        int32_t *index = CJ_WINDOW_AT(run->index, run->index_step);
        for (int u = 0; u < vectors; u++)
            VOP(window_store_index)(index + u * LANES, number[u], run->index_step.lane, n, whole);
    }
}

#if !defined(CJ_WINDOW_NO_GATHER)
CJ_SIMD void VOP(window_gather_block)(const cj_window_run *run, int64_t at, int64_t lane,
                                      int vectors, int64_t n, bool whole)
{
    const T *x = CJ_WINDOW_AT((const T *)run->x, run->x_step);
    const int32_t *index = CJ_WINDOW_AT(run->index, run->index_step);
    T *y = CJ_WINDOW_AT((T *)run->y, run->y_step);
    V chosen[CJ_WINDOW_VECTORS];
    W wanted[CJ_WINDOW_VECTORS];
    for (int u = 0; u < vectors; u++) {
        chosen[u] = VOP(splat)(0);
        wanted[u] = VOP(window_load_index)(index + u * LANES, run->index_step.lane, n, whole);
    }
    CJ_WINDOW_LOOP(run, j0, j1, j2)
    {
        const T *from = x + CJ_WINDOW_GO(run->x_step, j0, j1, j2);
        W here = WOP(splat)((WOP(element))CJ_WINDOW_NUMBER(run, j0, j1, j2));
        for (int u = 0; u < vectors; u++) {
            V v = VOP(window_load)(from + u * LANES, run->x_step.lane, n, whole);
            chosen[u] = VOP(select)(WOP(eq)(wanted[u], here), v, chosen[u]);
        }
    }
    for (int u = 0; u < vectors; u++)
        VOP(window_store)(y + u * LANES, chosen[u], run->y_step.lane, n, whole);
}

CJ_SIMD void VOP(window_scatter_block)(const cj_window_run *run, int64_t at, int64_t lane,
                                       int vectors, int64_t n, bool whole)
{
    const T *y = CJ_WINDOW_AT((const T *)run->y, run->y_step);
    const int32_t *index = CJ_WINDOW_AT(run->index, run->index_step);
    T *x = CJ_WINDOW_AT((T *)run->x, run->x_step);
    V sum[CJ_WINDOW_VECTORS];
    for (int u = 0; u < vectors; u++)
        sum[u] = VOP(splat)(0);
    CJ_WINDOW_LOOP(run, j0, j1, j2)
    {
        const T *from = y + CJ_WINDOW_GO(run->y_step, j0, j1, j2);
        const int32_t *wanted = index + CJ_WINDOW_GO(run->index_step, j0, j1, j2);
        W here = WOP(splat)((WOP(element))CJ_WINDOW_NUMBER(run, j0, j1, j2));
        for (int u = 0; u < vectors; u++) {
            V v = VOP(window_load)(from + u * LANES, run->y_step.lane, n, whole);
            W w = VOP(window_load_index)(wanted + u * LANES, run->index_step.lane, n, whole);
            sum[u] = VOP(select)(WOP(eq)(w, here), VOP(add)(sum[u], v), sum[u]);
        }
    }
    for (int u = 0; u < vectors; u++)
        VOP(window_store)(x + u * LANES, sum[u], run->x_step.lane, n, whole);
}
#endif

/* A run: whole vectors where all is without gaps (the last one may overlap the one before: nothing is read that was
 * written), else vectors gathered lane by lane. */
#define CJ_WINDOW_RUN(block)                                                                       \
    static void VOP(block)(const cj_window_run *run)                                               \
    {                                                                                              \
        bool gapless = (run->lanes >= LANES) & (run->x_step.lane == 1) &                           \
                       (!run->y || run->y_step.lane == 1) &                                        \
                       (!run->index || run->index_step.lane == 1);                                 \
        for (int64_t at = 0; at < run->positions; at++) {                                          \
            int64_t lane = 0;                                                                      \
            if (!gapless) {                                                                        \
                for (; lane < run->lanes; lane += LANES) {                                         \
                    int64_t n = run->lanes - lane < LANES ? run->lanes - lane : LANES;             \
                    VOP(block##_block)(run, at, lane, 1, n, false);                                \
                }                                                                                  \
                continue;                                                                          \
            }                                                                                      \
            for (; lane + CJ_WINDOW_VECTORS * LANES <= run->lanes;                                 \
                 lane += CJ_WINDOW_VECTORS * LANES)                                                \
                VOP(block##_block)(run, at, lane, CJ_WINDOW_VECTORS, LANES, true);                 \
            for (; lane + LANES <= run->lanes; lane += LANES)                                      \
                VOP(block##_block)(run, at, lane, 1, LANES, true);                                 \
            if (lane < run->lanes)                                                                 \
                VOP(block##_block)(run, at, run->lanes - LANES, 1, LANES, true);                   \
        }                                                                                          \
    }

CJ_WINDOW_RUN(window_sum)
CJ_WINDOW_RUN(window_max)
#if !defined(CJ_WINDOW_NO_GATHER)
CJ_WINDOW_RUN(window_gather)
CJ_WINDOW_RUN(window_scatter)
#endif

#undef CJ_WINDOW_LOOP
#undef CJ_WINDOW_AT
#undef CJ_WINDOW_GO
#undef CJ_WINDOW_NUMBER
#undef CJ_WINDOW_RUN
