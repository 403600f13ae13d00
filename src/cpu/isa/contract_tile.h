/*
 * src/cpu/isa/contract_tile.h - the register tiles of one element type. A template: included by contract.c with
 * T (element), V (vector), LANES and NAME(x) defined.
 */

/* Rows that share an address register: their distances from it are 0, s, 2s, 3s, 4s. */
#define GROUP 5

/* The last vector of a row of c: whole as a rule. */
CJ_SIMD V NAME(load_tail)(const T *p, int64_t tail)
{
    return __builtin_expect(tail == LANES, 1) ? NAME(load)(p) : NAME(load_partial)(p, tail);
}

CJ_SIMD void NAME(store_tail)(T *p, V a, int64_t tail)
{
    if (__builtin_expect(tail == LANES, 1))
        NAME(store)(p, a);
    else
        NAME(store_partial)(p, a, tail);
}

/* c to the sums of `rows` rows, c_step apart. */
CJ_SIMD void NAME(take)(const int rows, const int vectors, const cj_tile *tile, const T *c,
                        V acc[][CJ_TILE_VECTORS])
{
    CJ_UNROLL for (int r = 0; r < rows; r++)
    {
        CJ_UNROLL for (int v = 0; v < vectors - 1; v++) acc[r][v] = NAME(load)(c + v * LANES);
        acc[r][vectors - 1] = NAME(load_tail)(c + (vectors - 1) * LANES, tile->tail);
        c += tile->c_step;
        CJ_OPAQUE(c);
    }
}

CJ_SIMD void NAME(begin)(const int rows, const int vectors, const cj_tile *tile, const T *c,
                         V acc[][CJ_TILE_VECTORS])
{
    CJ_UNROLL for (int r = 0; r < rows; r++) CJ_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] =
        NAME(splat)(0);
    if (tile->mode == CJ_TILE_CHAIN)
        NAME(take)(rows, vectors, tile, c, acc);
}

CJ_SIMD void NAME(end)(const int rows, const int vectors, const cj_tile *tile, T *c,
                       V acc[][CJ_TILE_VECTORS])
{
    int64_t c_step = tile->c_step, tail = tile->tail;
    if (tile->mode == CJ_TILE_ADD) {
        const T *row = c;
        CJ_UNROLL for (int r = 0; r < rows; r++)
        {
            CJ_UNROLL for (int v = 0; v < vectors - 1; v++) acc[r][v] =
                NAME(add)(NAME(load)(row + v * LANES), acc[r][v]);
            acc[r][vectors - 1] =
                NAME(add)(NAME(load_tail)(row + (vectors - 1) * LANES, tail), acc[r][vectors - 1]);
            row += c_step;
            CJ_OPAQUE(row);
        }
    }
    CJ_UNROLL for (int r = 0; r < rows; r++)
    {
        CJ_UNROLL for (int v = 0; v < vectors - 1; v++) NAME(store)(c + v * LANES, acc[r][v]);
        NAME(store_tail)(c + (vectors - 1) * LANES, acc[r][vectors - 1], tail);
        c += c_step;
        CJ_OPAQUE(c);
    }
}

/* p[i * step] for i = 0, 1, 2, ... in order; p moves along. */
CJ_SIMD V NAME(next)(const char **p, const int i, int64_t step)
{
    T value;
    if (i > 0 && i % GROUP == 0) {
        *p += GROUP * step;
        CJ_OPAQUE(*p);
    }
    memcpy(&value, *p + (i % GROUP) * step, sizeof value);
    return NAME(splat)(value);
}

/* After `run` steps of k, `skip` are left out. Rare: what it needs is read from the tile again and keeps no register. */
CJ_SIMD void NAME(advance)(const cj_tile *tile, const int32_t **offset, const int32_t **stop,
                           const T **b)
{
    if (__builtin_expect(*offset == *stop, 0)) {
        CJ_OPAQUE(tile);
        *offset += tile->skip;
        *b += tile->skip * tile->b_step;
        *stop = *offset + tile->run;
    }
}

CJ_SIMD void NAME(tile)(const int rows, const int vectors, const cj_tile *tile)
{
    const int32_t *offset = tile->offset, *stop = offset + tile->run;
    const T *b = (const T *)tile->b;
    int64_t step = tile->row_step * (int64_t)sizeof(T), b_step = tile->b_step;
    const char *ahead = tile->ahead;
    int64_t ahead_step = tile->ahead_step;
    V acc[CJ_TILE_ROWS][CJ_TILE_VECTORS];

    NAME(begin)(rows, vectors, tile, (const T *)tile->c, acc);
    for (int64_t left = tile->k; left > 0; left--) {
        V w[CJ_TILE_VECTORS];
        CJ_UNROLL for (int v = 0; v < vectors; v++) w[v] = NAME(load)(b + v * LANES);
        const char *p = (const char *)tile->a + (int64_t)*offset * (int64_t)sizeof(T);
        CJ_UNROLL for (int r = 0; r < rows; r++)
        {
            V x = NAME(next)(&p, r, step);
            CJ_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = NAME(fma)(x, w[v], acc[r][v]);
        }
        if (vectors > 1) { /* one vector: bound by loads as it is */
            __builtin_prefetch(ahead, 0, 2);
            ahead += ahead_step;
        }
        offset++;
        b += b_step;
        NAME(advance)(tile, &offset, &stop, &b);
    }
    NAME(end)(rows, vectors, tile, (T *)tile->c, acc);
}

CJ_SIMD void NAME(depth)(const int rows, const int vectors, const cj_tile *tile)
{
    const int32_t *offset = tile->offset, *stop = offset + tile->run;
    const T *b = (const T *)tile->b;
    const char *ahead = tile->ahead;
    V acc[CJ_DEPTH_ROWS][CJ_TILE_VECTORS];

    NAME(begin)(rows, vectors, tile, (const T *)tile->c, acc);
    for (int64_t left = tile->k; left > 0; left--) {
        const T *a = (const T *)tile->a + *offset;
        CJ_UNROLL for (int r = 0; r < rows; r++)
        {
            CJ_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] =
                NAME(fma)(NAME(load)(a + v * LANES), NAME(load)(b + v * LANES), acc[r][v]);
            a += tile->row_step;
        }
        __builtin_prefetch(ahead, 0, 2);
        ahead += tile->ahead_step;
        offset++;
        b += tile->b_step;
        NAME(advance)(tile, &offset, &stop, &b);
    }
    NAME(end)(rows, vectors, tile, (T *)tile->c, acc);
}

CJ_SIMD void NAME(slide_rows)(const int rows, const cj_tile *tile)
{
    const int32_t *offset = tile->offset, *stop = offset + tile->run;
    const T *b = (const T *)tile->b;
    int64_t step = tile->row_step * (int64_t)sizeof(T), b_step = tile->b_step;
    const char *ahead = tile->ahead;
    int64_t ahead_step = tile->ahead_step;
    V acc[CJ_SLIDE_ROWS][CJ_TILE_VECTORS];

    NAME(begin)(rows, 1, tile, (const T *)tile->c, acc);
    for (int64_t left = tile->k; left > 0; left -= CJ_SLIDE_TAPS) {
        V w[CJ_SLIDE_TAPS];
        CJ_UNROLL for (int t = 0; t < CJ_SLIDE_TAPS; t++)
        {
            w[t] = NAME(load)(b + t * b_step);
            __builtin_prefetch(ahead, 0, 2);
            ahead += ahead_step;
        }
        const char *p = (const char *)tile->a + (int64_t)*offset * (int64_t)sizeof(T);
        CJ_UNROLL for (int q = 0; q < rows + CJ_SLIDE_TAPS - 1; q++)
        {
            V x = NAME(next)(&p, q, step);
            CJ_UNROLL for (int t = 0; t < CJ_SLIDE_TAPS; t++)
            {
                if (q - t >= 0 && q - t < rows)
                    acc[q - t][0] = NAME(fma)(x, w[t], acc[q - t][0]);
            }
        }
        offset += CJ_SLIDE_TAPS;
        b += CJ_SLIDE_TAPS * b_step;
        NAME(advance)(tile, &offset, &stop, &b);
    }
    NAME(end)(rows, 1, tile, (T *)tile->c, acc);
}

/* One pixel: its channels times g[t], to the sums of tap t, first <= t <= last. */
CJ_SIMD void NAME(slide_pixel)(const int channels, const T *x, const V *g, const int first,
                               const int last,
                               V acc[CJ_SLIDE_TAPS][CJ_SLIDE_CHANNELS][CJ_TILE_VECTORS])
{
    CJ_UNROLL for (int c = 0; c < channels; c++)
    {
        V value = NAME(splat)(x[c]);
        CJ_UNROLL for (int t = first; t <= last; t++) acc[t][c][0] =
            NAME(fma)(value, g[t], acc[t][c][0]);
    }
}

CJ_SIMD void NAME(slide_taps)(const int channels, const cj_tile *tile)
{
    int64_t span = tile->span, b_step = tile->b_step, pixel_step = tile->pixel_step;
    const T *b = (const T *)tile->b;
    const char *ahead = tile->ahead;
    int64_t ahead_step = tile->ahead_step;
    V acc[CJ_SLIDE_TAPS][CJ_SLIDE_CHANNELS][CJ_TILE_VECTORS];

    CJ_UNROLL for (int t = 0; t < CJ_SLIDE_TAPS; t++)
        NAME(begin)(channels, 1, tile, (const T *)tile->c + t * tile->tap_step, acc[t]);
    for (int64_t i = 0; i < tile->k; i += span) {
        const T *x = (const T *)tile->a + tile->offset[i];
        V g[CJ_SLIDE_TAPS]; /* g[t]: of position pixel - t */
        g[0] = NAME(load)(b);
        NAME(slide_pixel)(channels, x, g, 0, 0, acc);
        g[1] = g[0];
        g[0] = NAME(load)(b + b_step);
        NAME(slide_pixel)(channels, x + pixel_step, g, 0, 1, acc);
        b += 2 * b_step;
        x += 2 * pixel_step;
        for (int64_t q = 2; q < span; q++) {
            g[2] = g[1];
            g[1] = g[0];
            g[0] = NAME(load)(b);
            __builtin_prefetch(ahead, 0, 2);
            ahead += ahead_step;
            NAME(slide_pixel)(channels, x, g, 0, 2, acc);
            b += b_step;
            x += pixel_step;
        }
        g[2] = g[1];
        g[1] = g[0];
        NAME(slide_pixel)(channels, x, g, 1, 2, acc);
        g[2] = g[1];
        NAME(slide_pixel)(channels, x + pixel_step, g, 2, 2, acc);
    }
    CJ_UNROLL for (int t = 0; t < CJ_SLIDE_TAPS; t++)
        NAME(end)(channels, 1, tile, (T *)tile->c + t * tile->tap_step, acc[t]);
}

#define TILE(v, r)                                                                                 \
    static void NAME(tile_##v##_##r)(const cj_tile *t)                                             \
    {                                                                                              \
        NAME(tile)(r, v, t);                                                                       \
    }
CJ_TILE_LIST(TILE)
#undef TILE

#define DEPTH(v, r)                                                                                \
    static void NAME(depth_##v##_##r)(const cj_tile *t)                                            \
    {                                                                                              \
        NAME(depth)(r, v, t);                                                                      \
    }
CJ_DEPTH_LIST(DEPTH)
#undef DEPTH

#define SLIDE(n)                                                                                   \
    static void NAME(slide_rows_##n)(const cj_tile *t)                                             \
    {                                                                                              \
        NAME(slide_rows)(n, t);                                                                    \
    }
CJ_SLIDE_ROWS_LIST(SLIDE)
#undef SLIDE

#define SLIDE(n)                                                                                   \
    static void NAME(slide_taps_##n)(const cj_tile *t)                                             \
    {                                                                                              \
        NAME(slide_taps)(n, t);                                                                    \
    }
CJ_SLIDE_TAPS_LIST(SLIDE)
#undef SLIDE

#undef GROUP
