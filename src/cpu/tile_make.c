/*
 * src/cpu/tile_make.c - the interpreter's form of a program: axes joined, operands classed, pairs
 * of ops fused, registers given places.
 */
#include "cpu/tile.h"

static void *take(cj_context *context, size_t count, size_t size)
{
    return cj_allocate_zero(context, (count + 1) * size);
}

void cj_tile_free(cj_context *context, cj_tile *t)
{
    if (!t)
        return;
    size_t regs = (size_t)t->regs + 1;
    cj_release(context, t->load, regs * sizeof(*t->load));
    cj_release(context, t->store, ((size_t)t->stores + 1) * sizeof(*t->store));
    cj_release(context, t->step, regs * sizeof(*t->step));
    cj_release(context, t->slot, regs * sizeof(*t->slot));
    cj_release(context, t, sizeof(*t));
}

/* ---- views ---- */

static bool is_contiguous(const cj_tile *t, const int64_t *stride)
{
    int64_t step = 1;
    for (int i = t->axes.rank - 1; i >= 0; i--) {
        if (t->axes.extent[i] != 1 && stride[i] != step)
            return false;
        step *= t->axes.extent[i];
    }
    return true;
}

/* The elements after which the view repeats itself: the extents from its first axis with a stride;
 * 0: never in a tile. */
static int64_t period_of(const cj_tile *t, const int64_t *stride)
{
    int first = 0;
    int64_t period = 1;
    while (first < t->axes.rank && stride[first] == 0)
        first++;
    for (int i = first; i < t->axes.rank; i++)
        period *= t->axes.extent[i];
    return CJ_MAX(period, 1);
}

static void class_load(cj_tile *t, cj_tile_view *v)
{
    int64_t period = period_of(t, v->stride);
    if (v->access == CJ_ACCESS_HEAD || v->is_number)
        return;
    if (period == 1 && v->buffer >= 0)
        v->access = CJ_ACCESS_SPLAT;
    else if (v->buffer >= 0 && is_contiguous(t, v->stride))
        v->access = CJ_ACCESS_DIRECT;
    else if (period <= t->period && t->period % period == 0)
        v->access = CJ_ACCESS_PERIODIC;
    else
        v->access = CJ_ACCESS_WALK;
}

static void class_views(cj_tile *t, int64_t row)
{
    t->period = 1;
    for (int i = 0; i < t->loads; i++) {
        const cj_tile_view *v = &t->load[i];
        if (v->access == CJ_ACCESS_HEAD || v->is_number ||
            (v->buffer >= 0 && is_contiguous(t, v->stride)))
            continue;
        int64_t period = period_of(t, v->stride);
        if (period <= CJ_TILE_ELEMENTS && period < t->elements &&
            (!row || (row > 0 && row % period == 0)))
            t->period = CJ_MAX(t->period, period);
    }
    t->length = CJ_TILE_ELEMENTS / t->period * t->period;
    for (int i = 0; i < t->loads; i++)
        class_load(t, &t->load[i]);
    for (int i = 0; i < t->stores; i++)
        t->store[i].access =
            is_contiguous(t, t->store[i].stride) ? CJ_ACCESS_DIRECT : CJ_ACCESS_WALK;
}

static cj_tile_view *add_load(cj_tile *t, const cj_instr *instr, int16_t reg)
{
    cj_tile_view *v = &t->load[t->loads++];
    *v = (cj_tile_view){.access = CJ_ACCESS_WALK,
                        .reg = reg,
                        .dtype = (cj_dtype)instr->dtype,
                        .size = (uint8_t)cj_dtype_size((cj_dtype)instr->dtype),
                        .buffer = instr->op == CJ_INSTR_LOAD ? instr->view.buffer : -1,
                        .offset = instr->view.offset,
                        .bits = instr->bits};
    memcpy(v->stride, instr->view.stride, sizeof(v->stride));
    if (instr->op == CJ_INSTR_SCALAR) {
        v->access = CJ_ACCESS_SPLAT;
        v->is_number = true;
        memset(v->stride, 0, sizeof(v->stride));
    } else if (instr->op == CJ_INSTR_HEAD) {
        v->access = CJ_ACCESS_HEAD;
    }
    return v;
}

static void add_views(cj_tile *t, const cj_kernel *k)
{
    for (int i = 0; i < k->instr_count; i++)
        if (k->instr[i].op >= CJ_OP_COUNT)
            add_load(t, &k->instr[i], (int16_t)i);
    for (int i = 0; i < k->store_count; i++) {
        const cj_store *s = &k->store[i];
        t->store[i] = (cj_tile_view){.reg = s->value,
                                     .dtype = (cj_dtype)s->dtype,
                                     .size = (uint8_t)cj_dtype_size((cj_dtype)s->dtype),
                                     .buffer = s->view.buffer,
                                     .offset = s->view.offset};
        memcpy(t->store[i].stride, s->view.stride, sizeof(s->view.stride));
    }
    int64_t *stride[2 * CJ_TILE_REGS];
    int views = 0;
    t->axes.rank = k->rank;
    memcpy(t->axes.extent, k->extent, sizeof(k->extent));
    for (int i = 0; i < t->loads; i++)
        if (!t->load[i].is_number && t->load[i].access != CJ_ACCESS_HEAD)
            stride[views++] = t->load[i].stride;
    for (int i = 0; i < t->stores; i++)
        stride[views++] = t->store[i].stride;
    cj_join_axes(&t->axes, views, stride, 0);
}

/* ---- steps ---- */

static cj_map_fn find_map(const struct cj_isa_kernels *kernels, const cj_instr *instr)
{
    return instr->op == CJ_OP_CAST ? kernels->cast[instr->from][instr->dtype]
                                   : kernels->map[instr->op][instr->from];
}

/* How often each value is used, by instructions, stores and reductions. */
static void count_uses(const cj_kernel *k, int *uses)
{
    for (int i = 0; i < k->instr_count; i++)
        if (k->instr[i].op < CJ_OP_COUNT)
            for (int a = 0; a < cj_op_table[k->instr[i].op].arity; a++)
                uses[k->instr[i].source[a]]++;
    for (int i = 0; i < k->store_count; i++)
        uses[k->store[i].value]++;
    for (int i = 0; i < k->reduction_count; i++)
        uses[k->reduction[i].value]++;
}

static cj_tile_step make_step(cj_map_fn fn, int out, int a, int b, int c, int d)
{
    return (cj_tile_step){fn, (int16_t)out, {(int16_t)a, (int16_t)b, (int16_t)c, (int16_t)d}};
}

/* Two ops in one pass where the first has no other use: a compare before a where, a product before
 * a sum. */
static bool pair_step(const struct cj_isa_kernels *kernels, const cj_kernel *k, const int *uses,
                      int at, cj_tile_step *step, int *gone)
{
    const cj_instr *i = &k->instr[at];
    if (i->op == CJ_OP_WHERE && uses[i->source[0]] == 1) {
        const cj_instr *c = &k->instr[i->source[0]];
        cj_map_fn fn = c->from != i->from  ? NULL
                       : c->op == CJ_OP_LT ? kernels->select_lt[i->from]
                       : c->op == CJ_OP_LE ? kernels->select_le[i->from]
                       : c->op == CJ_OP_EQ ? kernels->select_eq[i->from]
                                           : NULL;
        *gone = i->source[0];
        *step = make_step(fn, at, c->source[0], c->source[1], i->source[1], i->source[2]);
        return fn != NULL;
    }
    if (i->op == CJ_OP_ADD || i->op == CJ_OP_SUB)
        for (int a = 0; a < 2; a++) {
            const cj_instr *m = &k->instr[i->source[a]];
            if (m->op != CJ_OP_MUL || uses[i->source[a]] != 1)
                continue;
            cj_map_fn fn = i->op == CJ_OP_ADD ? kernels->mul_add[i->from]
                           : a == 0           ? kernels->mul_sub[i->from]
                                              : kernels->sub_mul[i->from];
            *gone = i->source[a];
            *step =
                make_step(fn, at, m->source[0], m->source[1], i->source[1 - a], i->source[1 - a]);
            if (fn)
                return true;
        }
    if (i->op == CJ_OP_MUL)
        for (int a = 0; a < 2; a++) {
            const cj_instr *d = &k->instr[i->source[a]];
            if (d->op != CJ_OP_SUB || uses[i->source[a]] != 1 || !kernels->sub_then_mul[i->from])
                continue;
            *gone = i->source[a];
            *step = make_step(kernels->sub_then_mul[i->from], at, d->source[0], d->source[1],
                              i->source[1 - a], i->source[1 - a]);
            return true;
        }
    return false;
}

static cj_status make_steps(cj_context *context, cj_tile *t, const cj_kernel *k)
{
    int uses[CJ_TILE_REGS] = {0};
    bool gone[CJ_TILE_REGS] = {false};
    cj_tile_step step[CJ_TILE_REGS];
    count_uses(k, uses);
    for (int i = k->instr_count - 1; i >= 0; i--) {
        const cj_instr *instr = &k->instr[i];
        int first = -1;
        if (instr->op >= CJ_OP_COUNT || gone[i])
            continue;
        if (pair_step(t->kernels, k, uses, i, &step[i], &first)) {
            gone[first] = true;
            continue;
        }
        int arity = cj_op_table[instr->op].arity;
        step[i] = make_step(find_map(t->kernels, instr), i, instr->source[0],
                            instr->source[arity > 1 ? 1 : 0], instr->source[arity > 2 ? 2 : 0],
                            instr->source[0]);
        if (!step[i].fn)
            return cj_fail(context, CJ_UNSUPPORTED, "%s has no kernel for %s",
                           cj_op_table[instr->op].name, cj_dtype_name((cj_dtype)instr->from));
    }
    for (int i = 0; i < k->instr_count; i++)
        if (k->instr[i].op < CJ_OP_COUNT && !gone[i])
            t->step[t->steps++] = step[i];
    return CJ_OK;
}

/* ---- registers ---- */

/*
 * A store's value may be computed in its memory when it is contiguous, is the only store of that
 * value, and nothing read after that instruction lies in the same buffer.
 */
static void find_direct_stores(cj_tile *t, const cj_kernel *k)
{
    for (int s = 0; s < t->stores; s++) {
        cj_tile_view *v = &t->store[s];
        bool ok = v->access == CJ_ACCESS_DIRECT;
        for (int o = 0; o < s && ok; o++)
            ok = t->store[o].reg != v->reg;
        int made = -1;
        for (int i = 0; i < t->steps; i++)
            if (t->step[i].out == v->reg)
                made = i;
        for (int i = 0; i < t->loads && ok; i++) {
            const cj_tile_view *l = &t->load[i];
            if (l->reg == v->reg)
                ok = l->access == CJ_ACCESS_WALK && l->buffer >= 0 && l->buffer != v->buffer;
            else if (l->buffer == v->buffer && l->buffer >= 0) {
                ok = made >= 0;
                for (int j = made + 1; j < t->steps; j++)
                    for (int a = 0; a < 4; a++)
                        ok &= t->step[j].source[a] != l->reg;
                for (int j = 0; j < t->stores; j++)
                    ok &= t->store[j].reg != l->reg;
                for (int j = 0; j < k->reduction_count; j++)
                    ok &= k->reduction[j].value != l->reg;
            }
        }
        v->to_memory = ok;
    }
}

static void give_slots(cj_tile *t, const cj_kernel *k)
{
    int last[CJ_TILE_REGS], free_slot[CJ_TILE_REGS], free_count = 0;
    bool needs[CJ_TILE_REGS] = {false};
    for (int r = 0; r < t->regs; r++) {
        last[r] = -1;
        t->slot[r] = -1;
    }
    for (int i = 0; i < t->steps; i++) {
        needs[t->step[i].out] = true;
        for (int a = 0; a < 4; a++)
            last[t->step[i].source[a]] = i;
    }
    for (int i = 0; i < t->stores; i++)
        last[t->store[i].reg] = t->steps;
    for (int i = 0; i < k->reduction_count; i++)
        last[k->reduction[i].value] = t->steps;
    for (int i = 0; i < t->stores; i++)
        if (t->store[i].to_memory)
            needs[t->store[i].reg] = false;
    for (int i = 0; i < t->loads; i++) {
        const cj_tile_view *v = &t->load[i];
        bool in_memory = v->access == CJ_ACCESS_DIRECT || v->access == CJ_ACCESS_HEAD;
        for (int s = 0; s < t->stores; s++)
            in_memory |= t->store[s].to_memory && t->store[s].reg == v->reg;
        if (!in_memory)
            t->slot[v->reg] = t->slots++;
        if (v->access == CJ_ACCESS_SPLAT || v->access == CJ_ACCESS_PERIODIC)
            last[v->reg] = t->steps; /* kept from tile to tile */
    }
    for (int i = 0; i < t->steps; i++) {
        int out = t->step[i].out;
        if (needs[out])
            t->slot[out] = free_count ? free_slot[--free_count] : t->slots++;
        for (int a = 0; a < 4; a++) {
            int r = t->step[i].source[a];
            if (last[r] == i && t->slot[r] >= 0 && needs[r]) {
                free_slot[free_count++] = t->slot[r];
                last[r] = -1;
            }
        }
    }
    t->scratch_bytes = (size_t)t->slots * (size_t)t->length * 8;
}

cj_status cj_tile_make(cj_context *context, const cj_kernel *k, int64_t row, cj_tile **tile)
{
    *tile = NULL;
    if (k->instr_count > CJ_TILE_REGS)
        return cj_fail(context, CJ_UNSUPPORTED, "a fused kernel of %d instructions is too long",
                       k->instr_count);
    cj_tile *t = cj_allocate_zero(context, sizeof(*t));
    if (!t)
        return CJ_NO_MEMORY;
    size_t regs = (size_t)k->instr_count;
    t->regs = k->instr_count;
    t->stores = k->store_count;
    t->elements = k->elements;
    t->kernels = cj_kernels(context->isa);
    t->load = take(context, regs, sizeof(*t->load));
    t->store = take(context, (size_t)k->store_count, sizeof(*t->store));
    t->step = take(context, regs, sizeof(*t->step));
    t->slot = take(context, regs, sizeof(*t->slot));
    if (!t->load || !t->store || !t->step || !t->slot) {
        cj_tile_free(context, t);
        return CJ_NO_MEMORY;
    }
    add_views(t, k);
    class_views(t, row);
    cj_status status = make_steps(context, t, k);
    if (status) {
        cj_tile_free(context, t);
        return status;
    }
    find_direct_stores(t, k);
    give_slots(t, k);
    *tile = t;
    return CJ_OK;
}
