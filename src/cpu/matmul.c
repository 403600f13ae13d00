/*
 * matmul.c - matrix products: cache blocks and panels around the register tiles of isa/contract.c.
 *
 * Columns of b form panels of a few vectors. A thread owns rows of the result; for a block of them, chunk after chunk of k,
 * panel after panel, the register tiles run down the block: the chunk of a panel stays in the first-level cache, the block
 * of a in the second. The sums of a block lie in the result itself or, for an epilogue, in a tile of scratch.
 */
#include "contract_common.h"

/* Rows of a block, of which a chunk lies in the second-level cache; bytes of a tile that goes to an epilogue. */
#define BLOCK_ROWS 120
#define TILE_BYTES (64 * 1024)
/* Bytes of b that all rows pass before the next columns come: its share of the third-level cache. */
#define GROUP_BYTES (6 << 20)

typedef struct matmul_job {
    const cj_matmul_plan *plan;
    const cj_matmul_run_args *run;
    const void *b;
    void *packed;
} matmul_job;

static size_t element_size(const cj_matmul_plan *plan)
{
    return plan->spec.dtype == CJ_F32 ? 4 : 8;
}

static const cj_contract_type *type_of(const cj_matmul_plan *plan)
{
    return &plan->kernels->type[plan->spec.dtype == CJ_F32 ? 0 : 1];
}

/* Few rows: wide tiles. Else two vectors, which need the fewest loads a multiply-add; one column of vectors: one. */
static int choose_vectors(const cj_contract_type *type, int64_t m, int64_t vectors)
{
    if (vectors <= 1)
        return 1;
    for (int v = CJ_TILE_VECTORS; v > 2; v--)
        if (vectors >= v && (m <= type->most_rows[v] || vectors == v))
            return v;
    return 2;
}

static bool b_fits_as_it_is(const cj_matmul_spec *spec, int lanes)
{
    if (spec->b_stride[2] != 1 || spec->n % lanes != 0)
        return false;
    return spec->m * spec->batch < 64 || spec->n * spec->k <= 64 * 64;
}

static bool a_needs_packing(const cj_matmul_spec *spec)
{
    int64_t furthest = CJ_MAX(spec->a_stride[2], -spec->a_stride[2]);
    if (furthest > INT32_MAX / CJ_CHUNK)
        return true;
    return spec->n >= 256 && spec->k >= 64 && spec->m >= 64;
}

cj_status cj_matmul_plan_make(cj_matmul_plan *plan, const cj_matmul_spec *spec,
                              const cj_contract_options *options)
{
    *plan = (cj_matmul_plan){
        .spec = *spec, .options = *options, .threads = CJ_MAX(options->threads, 1)};
    if (spec->dtype != CJ_F32 && spec->dtype != CJ_F64)
        return CJ_DTYPE;
    plan->kernels = cj_contract_kernels_of(options->isa);
    if (!plan->kernels)
        return CJ_UNSUPPORTED;
    const cj_contract_type *type = type_of(plan);
    int64_t size = (int64_t)element_size(plan);
    int64_t vectors = cj_div_up(spec->n, type->lanes);

    plan->flops = 2.0 * (double)spec->batch * (double)spec->m * (double)spec->n * (double)spec->k;
    plan->panel_vectors = choose_vectors(type, spec->m, vectors);
    plan->panel = plan->panel_vectors * type->lanes;
    plan->panels = cj_div_up(spec->n, plan->panel);
    plan->tile_rows = type->most_rows[plan->panel_vectors];
    bool pack_b = options->generic || !b_fits_as_it_is(spec, type->lanes);
    plan->kernel = pack_b ? "matmul.packed" : "matmul.direct";
    if (pack_b) {
        int64_t batches = spec->b_stride[0] == 0 ? 1 : spec->batch;
        plan->packed_bytes = (size_t)(batches * plan->panels * spec->k * plan->panel * size);
    }
    plan->tile_in_scratch = options->store || spec->c_stride[2] != 1;
    plan->pack_a = options->load || options->generic || a_needs_packing(spec);
    plan->split_columns = !options->store && !options->load && spec->batch == 1 &&
                          spec->m < plan->tile_rows * plan->threads &&
                          plan->panels >= plan->threads;

    plan->group_panels = CJ_MAX(plan->panels, 1);
    if (!options->store && !options->load && spec->k > 0)
        plan->group_panels = CJ_MAX(GROUP_BYTES / (spec->k * plan->panel * size), 1);

    int64_t rows = BLOCK_ROWS;
    if (plan->tile_in_scratch)
        rows = CJ_MIN(rows, CJ_MAX(TILE_BYTES / CJ_MAX(spec->n * size, 1), 4 * plan->tile_rows));
    if (options->load)
        rows = CJ_MIN(rows, CJ_MAX(TILE_BYTES / CJ_MAX(spec->k * size, 1), 2 * plan->tile_rows));
    rows = CJ_MAX(rows / plan->tile_rows, 1) * plan->tile_rows;
    if (options->tile_rows > 0)
        rows = options->tile_rows;
    plan->block_rows = CJ_MAX(CJ_MIN(rows, spec->m), 1);
    if (plan->tile_in_scratch)
        plan->tile_bytes = cj_line_up((size_t)(plan->block_rows * spec->n * size));
    if (plan->pack_a) {
        int64_t columns = options->load ? spec->k : CJ_MIN(spec->k, CJ_CHUNK);
        plan->a_bytes = cj_line_up((size_t)(plan->block_rows * columns * size));
    }
    plan->thread_bytes = plan->tile_bytes + plan->a_bytes;
    plan->scratch_bytes = plan->thread_bytes * (size_t)plan->threads;
    return CJ_OK;
}

/* ---- packing of b: [batch][panel][k][panel columns] ---- */

static void pack_panels(void *state, int thread, int64_t begin, int64_t end)
{
    (void)thread;
    const matmul_job *job = state;
    const cj_matmul_plan *plan = job->plan;
    const cj_matmul_spec *spec = &plan->spec;
    int64_t size = (int64_t)element_size(plan);
    for (int64_t i = begin; i < end; i++) {
        int64_t batch = i / plan->panels, column = i % plan->panels * plan->panel;
        const char *from =
            (const char *)job->b + (batch * spec->b_stride[0] + column * spec->b_stride[2]) * size;
        char *to = (char *)job->packed + i * spec->k * plan->panel * size;
        cj_block block = {spec->k, CJ_MIN(plan->panel, spec->n - column), spec->b_stride[1],
                          spec->b_stride[2]};
        type_of(plan)->pack(to, plan->panel, plan->panel, from, &block);
    }
}

void cj_matmul_pack(const cj_matmul_plan *plan, cj_pool *pool, const void *b, void *packed)
{
    if (plan->packed_bytes == 0)
        return;
    matmul_job job = {.plan = plan, .b = b, .packed = packed};
    const cj_matmul_spec *spec = &plan->spec;
    int64_t batches = spec->b_stride[0] == 0 ? 1 : spec->batch;
    int64_t smallest = CJ_MAX(CJ_SMALLEST_WORK / 16 / (spec->k * plan->panel), 1);
    cj_pool_run(pool, batches * plan->panels, 1, plan->options.spread ? 1 : smallest, pack_panels,
                &job);
}

/* ---- the product ---- */

/* What a thread works on: a block of rows of one batch, panels [first, last). */
typedef struct matmul_block {
    const cj_matmul_plan *plan;
    const char *a; /* first row */
    const char *b; /* of the batch */
    char *c;       /* first row */
    int64_t c_step;
    int64_t rows, first_panel, last_panel;
    char *a_scratch;
    int32_t *offset;          /* of CJ_CHUNK values of k */
    int64_t row_step, k_step; /* of a */
} matmul_block;

static void fill_offsets(int32_t *offset, int64_t count, int64_t step)
{
    int32_t step32 = (int32_t)step;
    for (int32_t i = 0; i < (int32_t)count; i++)
        offset[i] = i * step32;
}

/* A chunk of the block of a, close together: rows stay rows, or columns stay columns. */
static void pack_a(matmul_block *block, const char *a, int64_t k)
{
    const cj_matmul_plan *plan = block->plan;
    const cj_matmul_spec *spec = &plan->spec;
    if (spec->a_stride[1] == 1 && spec->a_stride[2] != 1) {
        cj_block from = {k, block->rows, spec->a_stride[2], 1};
        type_of(plan)->pack(block->a_scratch, block->rows, block->rows, a, &from);
        if (block->k_step != block->rows)
            fill_offsets(block->offset, CJ_CHUNK, block->rows);
        block->row_step = 1;
        block->k_step = block->rows;
    } else {
        cj_block from = {block->rows, k, spec->a_stride[1], spec->a_stride[2]};
        int64_t row = CJ_MIN(spec->k, CJ_CHUNK);
        type_of(plan)->pack(block->a_scratch, row, row, a, &from);
        if (block->k_step != 1)
            fill_offsets(block->offset, CJ_CHUNK, 1);
        block->row_step = row;
        block->k_step = 1;
    }
}

static void run_panels(matmul_block *block, const char *a, int64_t first_k, int64_t k)
{
    const cj_matmul_plan *plan = block->plan;
    const cj_matmul_spec *spec = &plan->spec;
    const cj_contract_type *type = type_of(plan);
    size_t size = element_size(plan);
    int64_t bytes = (int64_t)size;
    bool packed = plan->packed_bytes > 0;
    cj_tile tile = {.offset = block->offset,
                    .k = k,
                    .run = k,
                    .row_step = block->row_step,
                    .b_step = packed ? plan->panel : spec->b_stride[1],
                    .c_step = block->c_step,
                    .mode = first_k == 0 ? CJ_TILE_STORE : CJ_TILE_ADD};
    for (int64_t p = block->first_panel; p < block->last_panel; p++) {
        int64_t column = p * plan->panel, columns = CJ_MIN(plan->panel, spec->n - column);
        int vectors = (int)cj_div_up(columns, type->lanes);
        tile.tail = columns - (vectors - 1) * type->lanes;
        tile.a = a;
        tile.b = block->b + (packed ? (p * spec->k + first_k) * plan->panel
                                    : first_k * spec->b_stride[1] + column) *
                                bytes;
        tile.c = block->c + column * bytes;
        cj_tile_rows_run(type, vectors, block->rows, size, &tile, NULL);
    }
}

static void run_chunks(matmul_block *block)
{
    const cj_matmul_plan *plan = block->plan;
    const cj_matmul_spec *spec = &plan->spec;
    int64_t size = (int64_t)element_size(plan);
    bool pack = plan->pack_a && !plan->options.load;
    for (int64_t first = 0; first == 0 || first < spec->k; first += CJ_CHUNK) {
        int64_t k = CJ_MIN(spec->k - first, CJ_CHUNK);
        const char *a = block->a + first * (plan->options.load ? 1 : spec->a_stride[2]) * size;
        if (pack) {
            pack_a(block, a, k);
            a = block->a_scratch;
        }
        run_panels(block, a, first, k);
    }
}

/* Rows [begin, end), numbered through all batches, of panels [first, last). */
static void run_rows(const matmul_job *job, int thread, int64_t begin, int64_t end,
                     int64_t first_panel, int64_t last_panel)
{
    const cj_matmul_plan *plan = job->plan;
    const cj_matmul_spec *spec = &plan->spec;
    const cj_matmul_run_args *run = job->run;
    int64_t size = (int64_t)element_size(plan);
    int32_t offset[CJ_CHUNK];
    char *scratch = (char *)run->scratch;
    if (scratch)
        scratch += (size_t)thread * plan->thread_bytes;

    matmul_block block = {.plan = plan,
                          .offset = offset,
                          .first_panel = first_panel,
                          .last_panel = last_panel,
                          .a_scratch = scratch ? scratch + plan->tile_bytes : NULL,
                          .row_step = plan->options.load ? spec->k : spec->a_stride[1],
                          .k_step = plan->options.load ? 1 : spec->a_stride[2]};
    if (plan->pack_a && !plan->options.load)
        block.k_step = 0;
    else
        fill_offsets(offset, CJ_MIN(spec->k, CJ_CHUNK), block.k_step);

    while (begin < end) {
        int64_t batch = begin / spec->m, row = begin % spec->m;
        int64_t rows = CJ_MIN(CJ_MIN(end - begin, spec->m - row), plan->block_rows);
        int64_t b_batch = plan->packed_bytes == 0  ? batch * spec->b_stride[0]
                          : spec->b_stride[0] == 0 ? 0
                                                   : batch * plan->panels * spec->k * plan->panel;
        block.rows = rows;
        block.b = (const char *)run->b + b_batch * size;
        if (plan->options.load) {
            run->load(run->load_state, thread, block.a_scratch, spec->k, batch, row, rows);
            block.a = block.a_scratch;
        } else {
            block.a =
                (const char *)run->a + (batch * spec->a_stride[0] + row * spec->a_stride[1]) * size;
        }
        char *c = run->store ? NULL
                             : (char *)run->c +
                                   (batch * spec->c_stride[0] + row * spec->c_stride[1]) * size;
        block.c = plan->tile_in_scratch ? scratch : c;
        block.c_step = plan->tile_in_scratch ? spec->n : spec->c_stride[1];
        run_chunks(&block);
        if (run->store) {
            run->store(run->store_state, thread, scratch, begin, rows);
        } else if (plan->tile_in_scratch) {
            int64_t column = first_panel * plan->panel;
            int64_t columns = CJ_MIN(last_panel * plan->panel, spec->n) - column;
            cj_block to = {rows, columns, spec->c_stride[1], spec->c_stride[2]};
            type_of(plan)->unpack(c + column * spec->c_stride[2] * size, &to,
                                  scratch + column * size, spec->n);
        }
        begin += rows;
    }
}

static void run_row_range(void *state, int thread, int64_t begin, int64_t end)
{
    const matmul_job *job = state;
    const cj_matmul_plan *plan = job->plan;
    for (int64_t first = 0; first < plan->panels; first += plan->group_panels)
        run_rows(job, thread, begin, end, first, CJ_MIN(first + plan->group_panels, plan->panels));
}

static void run_panel_range(void *state, int thread, int64_t begin, int64_t end)
{
    const matmul_job *job = state;
    run_rows(job, thread, 0, job->plan->spec.m, begin, end);
}

void cj_matmul_run(const cj_matmul_plan *plan, cj_pool *pool, const cj_matmul_run_args *run)
{
    const cj_matmul_spec *spec = &plan->spec;
    matmul_job job = {.plan = plan, .run = run};
    int64_t rows = spec->batch * spec->m;
    if (rows == 0 || (spec->n == 0 && !run->store))
        return;
    if (plan->split_columns) {
        int64_t work = CJ_MAX(spec->m * plan->panel * spec->k, 1);
        int64_t smallest = plan->options.spread ? 1 : CJ_MAX(CJ_SMALLEST_WORK / work, 1);
        cj_pool_run(pool, plan->panels, 1, smallest, run_panel_range, &job);
        return;
    }
    int64_t work = CJ_MAX(spec->n * spec->k, 1);
    int64_t smallest = plan->options.spread ? 1 : CJ_MAX(CJ_SMALLEST_WORK / work, 1);
    cj_pool_run(pool, rows, CJ_MAX(plan->options.row_grain, 1), smallest, run_row_range, &job);
}
