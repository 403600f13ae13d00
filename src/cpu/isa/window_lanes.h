/*
 * src/cpu/isa/window_lanes.h - the runs of src/cpu/isa/window.h for one dtype; included once for each by window.c, with
 *     T, V, LANES   the element, its vector, the lanes of one
 *     VOP(f), WOP(f)   f of V; f of the integer vector of V's width, which holds position numbers
 *     W, M, MOP(f)  that integer vector; the mask; f of the mask
 *     LEAST         the value of a maximum over nothing
 *     EVERY_OTHER(a, b)   lanes 0, 2, ... of a, then 1, 3, ... of b
 *     TAKES(v, b)   the mask of lanes where v goes before the best so far, b
 */

/* `n` lanes, `step` apart; all LANES of them unless the gaps are CJ_ANY_GAPS. */
CJ_SIMD V VOP(window_load)(const T *p, int64_t step, int64_t n, enum cj_gaps gaps)
{
    if (gaps == CJ_NO_GAPS)
        return VOP(load)(p);
    if (gaps == CJ_EVERY_OTHER) /* the second load ends with the last lane's element */
        return EVERY_OTHER(VOP(load)(p), VOP(load)(p + LANES - 1));
    T lanes[LANES] = {0};
    for (int64_t i = 0; i < n; i++)
        lanes[i] = p[i * step];
    return VOP(load)(lanes);
}

CJ_SIMD void VOP(window_store)(T *p, V a, int64_t step, int64_t n, enum cj_gaps gaps)
{
    if (gaps == CJ_NO_GAPS) {
        VOP(store)(p, a);
        return;
    }
    T lanes[LANES];
    VOP(store)(lanes, a);
    for (int64_t i = 0; i < n; i++)
        p[i * step] = lanes[i];
}

CJ_SIMD W VOP(window_load_index)(const int32_t *p, int64_t step, int64_t n, enum cj_gaps gaps)
{
    VOP(window_index) lanes = {0};
    if (gaps == CJ_NO_GAPS)
        memcpy(&lanes, p, sizeof lanes);
    else
        for (int64_t i = 0; i < n; i++)
            lanes[i] = p[i * step];
    return __builtin_convertvector(lanes, W);
}

CJ_SIMD void VOP(window_store_index)(int32_t *p, W a, int64_t step, int64_t n, enum cj_gaps gaps)
{
    VOP(window_index) lanes = __builtin_convertvector(a, VOP(window_index));
    if (gaps == CJ_NO_GAPS)
        memcpy(p, &lanes, sizeof lanes);
    else
        for (int64_t i = 0; i < n; i++)
            p[i * step] = lanes[i];
}

/*
 * The blocks: `vectors` vectors at lane `lane` of position `at`, `n` lanes of each, x_gaps between those of x, `gaps`
 * between those of y and index. All but at and lane are constants where they are called, so that each
 * block is straight code around the loop over the window.
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
                                   int64_t n, enum cj_gaps x_gaps, enum cj_gaps gaps)
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
            sum[u] = VOP(add)(sum[u], VOP(window_load)(from + u * LANES * run->x_step.lane,
                                                       run->x_step.lane, n, x_gaps));
    }
    for (int u = 0; u < vectors; u++)
        VOP(window_store)(y + u * LANES, sum[u], run->y_step.lane, n, gaps);
}

CJ_SIMD void VOP(window_max_block)(const cj_window_run *run, int64_t at, int64_t lane, int vectors,
                                   int64_t n, enum cj_gaps x_gaps, enum cj_gaps gaps)
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
            V v =
                VOP(window_load)(from + u * LANES * run->x_step.lane, run->x_step.lane, n, x_gaps);
            M takes = TAKES(v, best[u]);
            best[u] = VOP(select)(takes, v, best[u]);
            number[u] = WOP(select)(takes, here, number[u]);
        }
    }
    if (run->y) {
        T *y = CJ_WINDOW_AT((T *)run->y, run->y_step);
        for (int u = 0; u < vectors; u++)
            VOP(window_store)(y + u * LANES, best[u], run->y_step.lane, n, gaps);
    }
    if (run->index) {
        int32_t *index = CJ_WINDOW_AT(run->index, run->index_step);
        for (int u = 0; u < vectors; u++)
            VOP(window_store_index)(index + u * LANES, number[u], run->index_step.lane, n, gaps);
    }
}

#if !defined(CJ_WINDOW_NO_GATHER)
CJ_SIMD void VOP(window_gather_block)(const cj_window_run *run, int64_t at, int64_t lane,
                                      int vectors, int64_t n, enum cj_gaps x_gaps,
                                      enum cj_gaps gaps)
{
    const T *x = CJ_WINDOW_AT((const T *)run->x, run->x_step);
    const int32_t *index = CJ_WINDOW_AT(run->index, run->index_step);
    T *y = CJ_WINDOW_AT((T *)run->y, run->y_step);
    V chosen[CJ_WINDOW_VECTORS];
    W wanted[CJ_WINDOW_VECTORS];
    for (int u = 0; u < vectors; u++) {
        chosen[u] = VOP(splat)(0);
        wanted[u] = VOP(window_load_index)(index + u * LANES, run->index_step.lane, n, gaps);
    }
    CJ_WINDOW_LOOP(run, j0, j1, j2)
    {
        const T *from = x + CJ_WINDOW_GO(run->x_step, j0, j1, j2);
        W here = WOP(splat)((WOP(element))CJ_WINDOW_NUMBER(run, j0, j1, j2));
        for (int u = 0; u < vectors; u++) {
            V v =
                VOP(window_load)(from + u * LANES * run->x_step.lane, run->x_step.lane, n, x_gaps);
            chosen[u] = VOP(select)(WOP(eq)(wanted[u], here), v, chosen[u]);
        }
    }
    for (int u = 0; u < vectors; u++)
        VOP(window_store)(y + u * LANES, chosen[u], run->y_step.lane, n, gaps);
}

CJ_SIMD void VOP(window_scatter_block)(const cj_window_run *run, int64_t at, int64_t lane,
                                       int vectors, int64_t n, enum cj_gaps x_gaps,
                                       enum cj_gaps gaps)
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
            V v = VOP(window_load)(from + u * LANES, run->y_step.lane, n, gaps);
            W w = VOP(window_load_index)(wanted + u * LANES, run->index_step.lane, n, gaps);
            sum[u] = VOP(select)(WOP(eq)(w, here), VOP(add)(sum[u], v), sum[u]);
        }
    }
    for (int u = 0; u < vectors; u++)
        VOP(window_store)(x + u * LANES * run->x_step.lane, sum[u], run->x_step.lane, n, x_gaps);
}

/* The same where one output covers each element, as it is where windows do not overlap. */
CJ_SIMD void VOP(window_scatter_one_block)(const cj_window_run *run, int64_t at, int64_t lane,
                                           int vectors, int64_t n, enum cj_gaps x_gaps,
                                           enum cj_gaps gaps)
{
    const T *y = CJ_WINDOW_AT((const T *)run->y, run->y_step);
    const int32_t *index = CJ_WINDOW_AT(run->index, run->index_step);
    T *x = CJ_WINDOW_AT((T *)run->x, run->x_step);
    W here = WOP(splat)((WOP(element))run->number);
    V zero = VOP(splat)(0);
    for (int u = 0; u < vectors; u++) {
        V v = VOP(window_load)(y + u * LANES, run->y_step.lane, n, gaps);
        W w = VOP(window_load_index)(index + u * LANES, run->index_step.lane, n, gaps);
        v = VOP(select)(WOP(eq)(w, here), VOP(add)(zero, v), zero);
        VOP(window_store)(x + u * LANES * run->x_step.lane, v, run->x_step.lane, n, x_gaps);
    }
}
#endif

/* A run whose lanes fill vectors; the last one may overlap the one before: nothing is read that was written. */
#define CJ_WINDOW_FILLED(block, x_gaps)                                                            \
    do {                                                                                           \
        const int64_t lanes = run->lanes, most = CJ_WINDOW_VECTORS * LANES;                        \
        for (int64_t at = 0; at < run->positions; at++) {                                          \
            int64_t lane = 0;                                                                      \
            for (; lane + most <= lanes; lane += most)                                             \
                VOP(block)(run, at, lane, CJ_WINDOW_VECTORS, LANES, x_gaps, CJ_NO_GAPS);           \
            for (; lane + LANES <= lanes; lane += LANES)                                           \
                VOP(block)(run, at, lane, 1, LANES, x_gaps, CJ_NO_GAPS);                           \
            if (lane < lanes)                                                                      \
                VOP(block)(run, at, lanes - LANES, 1, LANES, x_gaps, CJ_NO_GAPS);                  \
        }                                                                                          \
    } while (0)

/* `other_gaps`: a kind of gaps in x, and the step that has it, for which the block is made as well. */
#define CJ_WINDOW_RUN(name, block, other_gaps, other_step)                                         \
    static void VOP(name)(const cj_window_run *run)                                                \
    {                                                                                              \
        bool filled = run->lanes >= LANES && (!run->y || run->y_step.lane == 1) &&                 \
                      (!run->index || run->index_step.lane == 1);                                  \
        if (filled && run->x_step.lane == 1) {                                                     \
            CJ_WINDOW_FILLED(block, CJ_NO_GAPS);                                                   \
        } else if (filled && (other_step)) {                                                       \
            CJ_WINDOW_FILLED(block, other_gaps);                                                   \
        } else {                                                                                   \
            for (int64_t at = 0; at < run->positions; at++)                                        \
                for (int64_t lane = 0, n; lane < run->lanes; lane += n) {                          \
                    n = run->lanes - lane < LANES ? run->lanes - lane : LANES;                     \
                    VOP(block)(run, at, lane, 1, n, CJ_ANY_GAPS, CJ_ANY_GAPS);                     \
                }                                                                                  \
        }                                                                                          \
    }

CJ_WINDOW_RUN(window_sum, window_sum_block, CJ_EVERY_OTHER, run->x_step.lane == 2)
CJ_WINDOW_RUN(window_max, window_max_block, CJ_EVERY_OTHER, run->x_step.lane == 2)
#if !defined(CJ_WINDOW_NO_GATHER)
CJ_WINDOW_RUN(window_gather, window_gather_block, CJ_EVERY_OTHER, run->x_step.lane == 2)
CJ_WINDOW_RUN(window_scatter_many, window_scatter_block, CJ_ANY_GAPS, true)
CJ_WINDOW_RUN(window_scatter_one, window_scatter_one_block, CJ_ANY_GAPS, true)

static void VOP(window_scatter)(const cj_window_run *run)
{
    if (run->count[0] == 1 && run->count[1] == 1 && run->count[2] == 1)
        VOP(window_scatter_one)(run);
    else
        VOP(window_scatter_many)(run);
}
#endif

#undef CJ_WINDOW_LOOP
#undef CJ_WINDOW_AT
#undef CJ_WINDOW_GO
#undef CJ_WINDOW_NUMBER
#undef CJ_WINDOW_FILLED
#undef CJ_WINDOW_RUN
