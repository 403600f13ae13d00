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

CJ_SIMD void NAME(tile)(const int rows, const int vectors, const cj_tile *tile)
{
    const char *a = (const char *)tile->a;
    const int32_t *offset = tile->offset;
    const T *b = (const T *)tile->b;
    T *c = (T *)tile->c;
    int64_t step = tile->row_step * (int64_t)sizeof(T);
    int64_t b_step = tile->b_step, c_step = tile->c_step, tail = tile->tail;
    int64_t group_step = step * GROUP;
    V acc[CJ_TILE_ROWS][CJ_TILE_VECTORS];

    CJ_UNROLL for (int r = 0; r < rows; r++)
        CJ_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = NAME(splat)(0);
    if (tile->mode == CJ_TILE_CHAIN) {
        T *row = c;
        CJ_UNROLL for (int r = 0; r < rows; r++)
        {
            CJ_UNROLL for (int v = 0; v < vectors - 1; v++) acc[r][v] = NAME(load)(row + v * LANES);
            acc[r][vectors - 1] = NAME(load_tail)(row + (vectors - 1) * LANES, tail);
            row += c_step;
            CJ_OPAQUE(row);
        }
    }
    for (int64_t i = 0; i < tile->k; i++) {
        V w[CJ_TILE_VECTORS];
        CJ_UNROLL for (int v = 0; v < vectors; v++) w[v] = NAME(load)(b + v * LANES);
        const char *p = a + (int64_t)offset[i] * (int64_t)sizeof(T);
        CJ_UNROLL for (int r = 0; r < rows; r++)
        {
            if (r > 0 && r % GROUP == 0) {
                p += group_step;
                CJ_OPAQUE(p);
            }
            T value;
            memcpy(&value, p + (r % GROUP) * step, sizeof value);
            V x = NAME(splat)(value);
            CJ_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = NAME(fma)(x, w[v], acc[r][v]);
        }
        b += b_step;
    }
    if (tile->mode == CJ_TILE_ADD) {
        T *row = c;
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

#define TILE(v, r)                                                                                 \
    static void NAME(tile_##v##_##r)(const cj_tile *t) { NAME(tile)(r, v, t); }
CJ_TILE_LIST(TILE)
#undef TILE
#undef GROUP
