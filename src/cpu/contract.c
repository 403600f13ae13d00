/* contract.c - what matrix products and convolutions share: the tables of the instruction sets, register tiles over a block. */
#include "contract_common.h"

extern const cj_contract_kernels cj_contract_kernels_baseline;
#if defined(__x86_64__)
extern const cj_contract_kernels cj_contract_kernels_avx2;
extern const cj_contract_kernels cj_contract_kernels_avx512;
#elif defined(__aarch64__)
extern const cj_contract_kernels cj_contract_kernels_neon;
#endif

const cj_contract_kernels *cj_contract_kernels_of(int isa)
{
    switch (isa) {
    case CJ_ISA_ID_BASELINE: return &cj_contract_kernels_baseline;
#if defined(__x86_64__)
    case CJ_ISA_ID_AVX2: return &cj_contract_kernels_avx2;
    case CJ_ISA_ID_AVX512: return &cj_contract_kernels_avx512;
#elif defined(__aarch64__)
    case CJ_ISA_ID_NEON: return &cj_contract_kernels_neon;
#endif
    default: return NULL;
    }
}

/* `rows` rows by functions that take at most `most`, split as evenly as may be; fn[rows - 1]. */
static void run_split(const cj_tile_fn *fn, int64_t most, int64_t rows, size_t element,
                      cj_tile *tile, cj_ahead *ahead)
{
    int64_t calls = cj_div_up(rows, most);
    const char *a = (const char *)tile->a;
    char *c = (char *)tile->c;
    for (; calls > 0; calls--) {
        int64_t now = cj_div_up(rows, calls);
        tile->a = a;
        tile->c = c;
        bool fetch = ahead && ahead->lines > 0;
        tile->ahead = fetch ? ahead->next : tile->b;
        tile->ahead_step = fetch ? 64 : 0;
        fn[now - 1](tile);
        if (fetch) {
            ahead->next += tile->k * 64;
            ahead->lines -= tile->k;
        }
        a += now * tile->row_step * (int64_t)element;
        c += now * tile->c_step * (int64_t)element;
        rows -= now;
    }
}

void cj_tile_rows_run(const cj_contract_type *type, int vectors, int64_t rows, size_t element,
                      cj_tile *tile, cj_ahead *ahead)
{
    run_split(type->tile[vectors - 1], type->most_rows[vectors], rows, element, tile, ahead);
}

void cj_slide_rows_run(const cj_contract_type *type, int64_t rows, size_t element, cj_tile *tile,
                       cj_ahead *ahead)
{
    if (rows < CJ_SLIDE_LEAST)
        run_split(type->tile[0], type->most_rows[1], rows, element, tile, NULL);
    else
        run_split(type->slide_rows, type->most_slide_rows, rows, element, tile, ahead);
}

void cj_slide_taps_run(const cj_contract_type *type, int64_t channels, size_t element,
                       cj_tile *tile, cj_ahead *ahead)
{
    run_split(type->slide_taps, type->most_channels, channels, element, tile, ahead);
}

void cj_depth_rows_run(const cj_contract_type *type, int vectors, int64_t rows, size_t element,
                       cj_tile *tile, cj_ahead *ahead)
{
    run_split(type->depth[vectors - 1], CJ_DEPTH_ROWS, rows, element, tile, ahead);
}
