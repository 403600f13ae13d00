/*
 * src/compile/lower.c - groups become kernels: the program of a group of maps and reductions, its
 * loop order, its stores.
 */
#include "compile/lower.h"

cj_kernel *cj_kernel_new(cj_schedule *s, cj_kernel_kind kind, int operands, int instrs, int stores,
                         int reductions)
{
    cj_kernel *k = cj_arena_take_zero(s->keep, sizeof(*k));
    if (!k)
        return NULL;
    k->kind = kind;
    k->operand = cj_arena_take_zero(s->keep, sizeof(*k->operand) * (size_t)(operands + 1));
    k->instr = cj_arena_take_zero(s->keep, sizeof(*k->instr) * (size_t)(instrs + 1));
    k->store = cj_arena_take_zero(s->keep, sizeof(*k->store) * (size_t)(stores + 1));
    k->reduction = cj_arena_take_zero(s->keep, sizeof(*k->reduction) * (size_t)(reductions + 1));
    return k->operand && k->instr && k->store && k->reduction ? k : NULL;
}

cj_status cj_kernel_append(cj_schedule *s, cj_kernel *kernel)
{
    kernel->elements = 1;
    for (int i = 0; i < kernel->rank; i++)
        kernel->elements *= kernel->extent[i];
    if (!cj_grow(s->keep, &s->kernel, &s->kernel_capacity, s->kernels, sizeof(*s->kernel)))
        return CJ_NO_MEMORY;
    s->kernel[s->kernels++] = kernel;
    return CJ_OK;
}

cj_status cj_kernel_copy_region(cj_schedule *s, cj_dtype dtype, int rank, const int64_t *extent,
                                const cj_view *from, const cj_view *to, const uint64_t *fill)
{
    cj_kernel *k = cj_kernel_new(s, CJ_KERNEL_MAP, 0, 1, 1, 0);
    if (!k)
        return CJ_NO_MEMORY;
    int order[CJ_MAX_RANK], axes = 0;
    for (int i = 0; i < rank; i++)
        if (extent[i] != 1)
            order[axes++] = i;
    int64_t key[CJ_MAX_RANK];
    for (int i = 0; i < rank; i++)
        key[i] = to->stride[i];
    cj_sort_axes(axes, order, key);
    k->rank = k->outer = axes;
    k->instr_count = k->store_count = 1;
    k->instr[0] = (cj_instr){.op = fill ? CJ_INSTR_SCALAR : CJ_INSTR_LOAD,
                             .dtype = (uint8_t)dtype,
                             .from = (uint8_t)dtype,
                             .bits = fill ? *fill : 0};
    k->store[0] = (cj_store){.value = 0, .dtype = (uint8_t)dtype};
    k->store[0].view.buffer = to->buffer;
    k->store[0].view.offset = to->offset;
    if (from) {
        k->instr[0].view.buffer = from->buffer;
        k->instr[0].view.offset = from->offset;
    }
    for (int i = 0; i < axes; i++) {
        k->extent[i] = extent[order[i]];
        k->store[0].view.stride[i] = to->stride[order[i]];
        if (from)
            k->instr[0].view.stride[i] = from->stride[order[i]];
    }
    k->name = fill ? "fill" : "copy";
    return cj_kernel_append(s, k);
}

cj_view cj_view_of(const cj_place *place)
{
    cj_view view = {.buffer = place->buffer, .offset = place->offset};
    memcpy(view.stride, place->stride, sizeof(view.stride));
    return view;
}

void cj_sort_axes(int count, int *axis, const int64_t *stride)
{
    for (int i = 1; i < count; i++) {
        int at = axis[i], j = i;
        int64_t size = stride[at] < 0 ? -stride[at] : stride[at];
        for (; j > 0; j--) {
            int64_t other = stride[axis[j - 1]] < 0 ? -stride[axis[j - 1]] : stride[axis[j - 1]];
            if (other >= size)
                break;
            axis[j] = axis[j - 1];
        }
        axis[j] = at;
    }
}

/* ---- the program of a group ---- */

/* A group while it is lowered. */
typedef struct cj_lowering {
    cj_schedule *s;
    int32_t group;
    cj_kernel *kernel;
    int rank; /* squeezed domain */
    int64_t extent[CJ_MAX_RANK];
    int loop[CJ_MAX_RANK]; /* squeezed axis at each place of the nest */
    int32_t *load;         /* items loaded, each once */
    int16_t *load_reg;
    int64_t (*load_stride)[CJ_MAX_RANK]; /* squeezed */
    int loads;
} cj_lowering;

void cj_squeezed_strides(const cj_tensor *node, const cj_place *place, int64_t *stride)
{
    int at = 0;
    for (int i = 0; i < node->rank; i++)
        if (node->shape[i] != 1)
            stride[at++] = place->stride[i];
}

static bool is_inside(cj_schedule *s, int32_t group, int32_t root)
{
    cj_role role = s->item[root].role;
    return (role == CJ_ROLE_MAP || role == CJ_ROLE_HEAD) && s->item[root].group >= 0 &&
           cj_group_of(s, s->item[root].group) == group;
}

/* Works out the places of all that the members load. */
static cj_status find_loads(cj_lowering *l)
{
    cj_schedule *s = l->s;
    int most = 0;
    for (int32_t m = s->group[l->group].first; m >= 0; m = s->item[m].next)
        most += cj_source_count(&s->item[m]);
    l->load = cj_arena_take(s->work, sizeof(*l->load) * (size_t)(most + 1));
    l->load_reg = cj_arena_take(s->work, sizeof(*l->load_reg) * (size_t)(most + 1));
    l->load_stride = cj_arena_take_zero(s->work, sizeof(*l->load_stride) * (size_t)(most + 1));
    if (!l->load || !l->load_reg || !l->load_stride)
        return CJ_NO_MEMORY;
    for (int32_t m = s->group[l->group].first; m >= 0; m = s->item[m].next)
        for (int k = 0; s->item[m].wanted && k < cj_source_count(&s->item[m]); k++) {
            int32_t root = cj_alias_root(s, s->item[m].source[k]);
            if (s->item[root].role == CJ_ROLE_SCALAR || is_inside(s, l->group, root))
                continue;
            bool known = false;
            for (int i = 0; i < l->loads && !known; i++)
                known = l->load[i] == root;
            if (known)
                continue;
            const cj_place *place = cj_item_place(s, root);
            if (!place)
                return CJ_NO_MEMORY;
            cj_squeezed_strides(s->item[root].node, place, l->load_stride[l->loads]);
            l->load[l->loads++] = root;
        }
    return CJ_OK;
}

static bool is_full(const cj_lowering *l, const int64_t *stride)
{
    for (int i = 0; i < l->rank; i++)
        if (stride[i] == 0)
            return false;
    return true;
}

static bool is_contiguous(const cj_lowering *l, const int *order, const int64_t *stride)
{
    int64_t step = 1;
    for (int i = l->rank - 1; i >= 0; i--) {
        if (stride[order[i]] != step)
            return false;
        step *= l->extent[order[i]];
    }
    return true;
}

/* The loop order in which most of the large operands and of the stores in row-major order lie
 * contiguously. */
static void choose_order(cj_lowering *l, int row_major_stores)
{
    int best = -1, logical[CJ_MAX_RANK];
    int64_t row[CJ_MAX_RANK], step = 1;
    for (int i = l->rank - 1; i >= 0; i--) {
        logical[i] = i;
        row[i] = step;
        step *= l->extent[i];
    }
    memcpy(l->loop, logical, sizeof(logical));
    for (int c = 0; c <= l->loads; c++) {
        int order[CJ_MAX_RANK];
        memcpy(order, logical, sizeof(order));
        if (c < l->loads) {
            if (!is_full(l, l->load_stride[c]))
                continue;
            cj_sort_axes(l->rank, order, l->load_stride[c]);
        }
        int fit = is_contiguous(l, order, row) ? row_major_stores : 0;
        for (int i = 0; i < l->loads; i++)
            fit += is_full(l, l->load_stride[i]) && is_contiguous(l, order, l->load_stride[i]);
        if (fit > best) {
            best = fit;
            memcpy(l->loop, order, sizeof(order));
        }
    }
}

/* Arranges the loops as outer kept, reduced in logical order, inner kept. */
static void arrange_reduction(cj_lowering *l, uint32_t reduced)
{
    int order[CJ_MAX_RANK], at = 0, inner = l->rank;
    while (inner > 0 && !(reduced >> l->loop[inner - 1] & 1))
        inner--;
    for (int i = 0; i < inner; i++)
        if (!(reduced >> l->loop[i] & 1))
            order[at++] = l->loop[i];
    l->kernel->outer = at;
    for (int axis = 0; axis < l->rank; axis++)
        if (reduced >> axis & 1)
            order[at++] = axis;
    l->kernel->reduced = at - l->kernel->outer;
    for (int i = inner; i < l->rank; i++)
        order[at++] = l->loop[i];
    memcpy(l->loop, order, sizeof(int) * (size_t)l->rank);
}

static cj_view loop_view(const cj_lowering *l, int32_t buffer, int64_t offset,
                         const int64_t *squeezed)
{
    cj_view view = {.buffer = buffer, .offset = offset};
    for (int i = 0; i < l->rank; i++)
        view.stride[i] = squeezed[l->loop[i]];
    return view;
}

static int16_t add_instr(cj_lowering *l, cj_instr instr)
{
    l->kernel->instr[l->kernel->instr_count] = instr;
    return (int16_t)l->kernel->instr_count++;
}

static void emit_loads(cj_lowering *l)
{
    for (int i = 0; i < l->loads; i++) {
        const cj_item *it = &l->s->item[l->load[i]];
        cj_instr instr = {.op = CJ_INSTR_LOAD, .dtype = it->node->dtype, .from = it->node->dtype};
        instr.view = loop_view(l, it->place->buffer, it->place->offset, l->load_stride[i]);
        l->load_reg[i] = add_instr(l, instr);
    }
}

static int16_t source_reg(cj_lowering *l, int32_t source)
{
    cj_schedule *s = l->s;
    int32_t root = cj_alias_root(s, source);
    const cj_item *it = &s->item[root];
    if (it->role == CJ_ROLE_SCALAR) {
        for (int i = 0; i < l->kernel->instr_count; i++)
            if (l->kernel->instr[i].op == CJ_INSTR_SCALAR &&
                l->kernel->instr[i].bits == it->scalar &&
                l->kernel->instr[i].dtype == it->node->dtype)
                return (int16_t)i;
        return add_instr(l, (cj_instr){.op = CJ_INSTR_SCALAR,
                                       .dtype = it->node->dtype,
                                       .from = it->node->dtype,
                                       .bits = it->scalar});
    }
    if (is_inside(s, l->group, root))
        return (int16_t)it->reg;
    for (int i = 0; i < l->loads; i++)
        if (l->load[i] == root)
            return l->load_reg[i];
    return -1;
}

/* Marks the members whose values somebody wants: users that were computed again elsewhere have left
 * some without. */
static void find_wanted(cj_schedule *s, int32_t group)
{
    int32_t member[CJ_MOST_MEMBERS], count = 0;
    for (int32_t m = s->group[group].first; m >= 0; m = s->item[m].next) {
        const cj_item *it = &s->item[m];
        s->item[m].wanted = it->stored || it->role == CJ_ROLE_REDUCE || s->first_store[m] >= 0;
        member[count++] = m;
    }
    while (count-- > 0) {
        const cj_item *it = &s->item[member[count]];
        for (int k = 0; it->wanted && k < cj_source_count(it); k++)
            s->item[cj_alias_root(s, it->source[k])].wanted = true;
    }
}

static void emit_member(cj_lowering *l, int32_t item)
{
    cj_item *it = &l->s->item[item];
    const cj_tensor *node = it->node;
    if (it->copy || it->role == CJ_ROLE_REDUCE) {
        it->reg = source_reg(l, it->source[0]);
        return;
    }
    cj_instr instr = {.op = node->op, .dtype = node->dtype, .from = node->dtype};
    if (node->op == CJ_OP_IOTA) {
        int64_t squeezed[CJ_MAX_RANK] = {0};
        if (node->shape[node->option[0]] != 1)
            squeezed[cj_squeezed_axis(node, (int)node->option[0])] = 1;
        instr.op = CJ_INSTR_IOTA;
        instr.view = loop_view(l, -1, 0, squeezed);
    }
    for (int k = 0; k < node->source_count; k++)
        instr.source[k] = source_reg(l, it->source[k]);
    if (node->source_count > 0 && node->op != CJ_OP_IOTA)
        instr.from = node->source[node->source_count - 1]->dtype;
    it->reg = add_instr(l, instr);
}

/* ---- stores ---- */

static int row_major_stores(const cj_schedule *s, int32_t group)
{
    int count = 0;
    for (int32_t m = s->group[group].first; m >= 0; m = s->item[m].next)
        for (int32_t i = s->first_store[m]; i >= 0; i = s->next_store[i])
            count += s->item[m].role == CJ_ROLE_MAP;
    return count;
}

/* A new buffer for the value, its axes in the order of the loops; sets the item's place. */
static cj_status place_in_loop_order(cj_lowering *l, int32_t item)
{
    const cj_tensor *node = l->s->item[item].node;
    cj_place *place = cj_arena_take_zero(l->s->work, sizeof(*place));
    int64_t squeezed[CJ_MAX_RANK] = {0}, step = 1;
    if (!place)
        return CJ_NO_MEMORY;
    bool reduce = l->s->item[item].role == CJ_ROLE_REDUCE;
    for (int i = l->rank - 1; i >= 0; i--) {
        bool gone = reduce && i >= l->kernel->outer && i < l->kernel->outer + l->kernel->reduced;
        squeezed[l->loop[i]] = gone ? 0 : step;
        step *= gone ? 1 : l->extent[l->loop[i]];
    }
    place->buffer = cj_buffer_new(l->s, CJ_BUFFER_ARENA, (cj_dtype)node->dtype, node->elements);
    if (place->buffer < 0)
        return CJ_NO_MEMORY;
    const cj_tensor *shape = reduce ? node->source[0] : node;
    for (int i = 0, at = 0; i < shape->rank; i++)
        if (shape->shape[i] != 1)
            place->stride[i] = squeezed[at++];
    l->s->item[item].place = place;
    return CJ_OK;
}

static void squeezed_row_major(const cj_lowering *l, bool reduce, int64_t *squeezed)
{
    int64_t step = 1;
    bool gone[CJ_MAX_RANK] = {false};
    for (int i = 0; reduce && i < l->kernel->reduced; i++)
        gone[l->loop[l->kernel->outer + i]] = true;
    for (int axis = l->rank - 1; axis >= 0; axis--) {
        squeezed[axis] = gone[axis] ? 0 : step;
        step *= gone[axis] ? 1 : l->extent[axis];
    }
}

static void emit_store(cj_lowering *l, int32_t item, int32_t buffer, const int64_t *squeezed)
{
    const cj_item *it = &l->s->item[item];
    cj_view view = loop_view(l, buffer, 0, squeezed);
    if (it->role == CJ_ROLE_REDUCE)
        l->kernel->reduction[l->kernel->reduction_count++] =
            (cj_reduction){(int16_t)it->reg, it->node->op, it->node->dtype, view};
    else
        l->kernel->store[l->kernel->store_count++] =
            (cj_store){(int16_t)it->reg, it->node->dtype, view};
}

/* Outputs and updates of the value, then its own place if somebody reads it in memory. */
static cj_status emit_stores(cj_lowering *l, int32_t item)
{
    cj_schedule *s = l->s;
    bool reduce = s->item[item].role == CJ_ROLE_REDUCE;
    int64_t squeezed[CJ_MAX_RANK] = {0};
    squeezed_row_major(l, reduce, squeezed);
    bool own = s->item[item].stored;
    for (int32_t i = s->first_store[item]; i >= 0; i = s->next_store[i]) {
        cj_target_store *store = &s->store[i];
        if (store->variable && !store->direct)
            own = true;
    }
    for (int32_t i = s->first_store[item]; i >= 0; i = s->next_store[i]) {
        cj_target_store *store = &s->store[i];
        if (store->output >= 0) {
            int32_t buffer = cj_buffer_new(s, CJ_BUFFER_OUTPUT, (cj_dtype)s->item[item].node->dtype,
                                           s->item[item].node->elements);
            if (buffer < 0)
                return CJ_NO_MEMORY;
            s->output_buffer[store->output] = buffer;
            emit_store(l, item, buffer, squeezed);
        } else if (store->direct) {
            int32_t buffer;
            cj_status status = cj_variable_buffer(s, store->variable, &buffer);
            if (status)
                return status;
            emit_store(l, item, buffer, squeezed);
        }
    }
    if (!own)
        return CJ_OK;
    cj_status status = place_in_loop_order(l, item);
    if (status)
        return status;
    int64_t own_stride[CJ_MAX_RANK] = {0};
    const cj_tensor *shape = reduce ? s->item[item].node->source[0] : s->item[item].node;
    cj_squeezed_strides(shape, s->item[item].place, own_stride);
    emit_store(l, item, s->item[item].place->buffer, own_stride);
    return CJ_OK;
}

static int group_stores(const cj_schedule *s, const cj_group *g, int *instrs)
{
    int stores = 0;
    *instrs = 0;
    for (int32_t m = g->head >= 0 ? g->head : g->first; m >= 0;
         m = m == g->head ? g->first : s->item[m].next) {
        stores += 1;
        *instrs += 2 + 2 * (m == g->head ? 0 : cj_source_count(&s->item[m]));
        for (int32_t i = s->first_store[m]; i >= 0; i = s->next_store[i])
            stores++;
    }
    return stores;
}

/* The prologue of operand k of a contraction: a program over the operand's domain in the order in
 * which it is read. */
static cj_status lower_feed(cj_schedule *s, cj_kernel *kernel, int32_t head, int32_t group, int k)
{
    cj_lowering l = {.s = s, .group = group};
    cj_group *g = &s->group[group];
    int32_t source = s->item[head].source[k];
    const cj_tensor *operand = s->item[source].node;
    int instrs, order[CJ_MAX_RANK], axis[CJ_MAX_RANK], at = 0;
    group_stores(s, g, &instrs);
    l.rank = cj_squeezed_extents(g->domain, l.extent);
    s->item[g->last].stored = true;
    find_wanted(s, group);
    cj_status status = find_loads(&l);
    if (status)
        return status;
    l.kernel = cj_kernel_new(s, CJ_KERNEL_MAP, 0, instrs, 1, 0);
    if (!l.kernel)
        return CJ_NO_MEMORY;
    s->target->feed_order(s->item[head].node, k, order);
    cj_feed_axes(s, source, axis);
    for (int i = 0; i < operand->rank; i++)
        if (axis[order[i]] >= 0)
            l.loop[at++] = cj_squeezed_axis(g->domain, axis[order[i]]);
    l.kernel->rank = l.kernel->outer = l.rank;
    l.kernel->elements = g->domain->elements;
    for (int i = 0; i < l.rank; i++)
        l.kernel->extent[i] = l.extent[l.loop[i]];
    emit_loads(&l);
    for (int32_t m = g->first; m >= 0; m = s->item[m].next)
        emit_member(&l, m);
    cj_view view = {.buffer = -1};
    int64_t step = 1;
    for (int i = l.rank - 1; i >= 0; i--) {
        view.stride[i] = step;
        step *= l.kernel->extent[i];
    }
    l.kernel->store_count = 1;
    l.kernel->store[0] =
        (cj_store){(int16_t)s->item[g->last].reg, s->item[g->last].node->dtype, view};
    kernel->operand[k].feed = l.kernel;
    return CJ_OK;
}

/* A group of maps and reductions, alone or behind a contraction. */
static cj_status lower_program(cj_schedule *s, int32_t group)
{
    cj_lowering l = {.s = s, .group = group};
    cj_group *g = &s->group[group];
    int instrs, stores = group_stores(s, g, &instrs);
    l.rank = cj_squeezed_extents(g->domain, l.extent);
    find_wanted(s, group);
    cj_status status = find_loads(&l);
    if (status)
        return status;
    l.kernel = cj_kernel_new(s, CJ_KERNEL_MAP, g->head >= 0 ? 2 : 0, instrs, stores, stores);
    if (!l.kernel)
        return CJ_NO_MEMORY;
    l.kernel->is_again = g->again;
    if (g->head >= 0) {
        status = cj_lower_head(s, g->head, g->feed, l.kernel, l.loop);
        for (int k = 0; k < 2 && !status; k++)
            if (g->feed[k] >= 0)
                status = lower_feed(s, l.kernel, g->head, g->feed[k], k);
        l.kernel->outer = l.rank;
        if (g->has_reduce) {
            l.kernel->outer = 0;
            while (l.kernel->reduced < l.rank && g->reduced >> l.loop[l.kernel->reduced] & 1)
                l.kernel->reduced++;
        }
    } else {
        choose_order(&l, row_major_stores(s, group));
        l.kernel->outer = l.rank;
        if (g->has_reduce)
            arrange_reduction(&l, g->reduced);
    }
    if (status)
        return status;
    l.kernel->rank = l.rank;
    for (int i = 0; i < l.rank; i++)
        l.kernel->extent[i] = l.extent[l.loop[i]];
    emit_loads(&l);
    if (g->head >= 0) {
        uint8_t dtype = s->item[g->head].node->dtype;
        s->item[g->head].reg =
            add_instr(&l, (cj_instr){.op = CJ_INSTR_HEAD, .dtype = dtype, .from = dtype});
        status = emit_stores(&l, g->head);
    }
    for (int32_t m = g->first; m >= 0 && !status; m = s->item[m].next) {
        if (!s->item[m].wanted)
            continue;
        emit_member(&l, m);
        status = emit_stores(&l, m);
        l.kernel->name = cj_op_table[s->item[m].node->op].name;
    }
    if (g->head >= 0)
        l.kernel->name = cj_op_table[s->item[g->head].node->op].name;
    return status ? status : cj_kernel_append(s, l.kernel);
}

/* Values that could not be written to their variable directly. */
static cj_status lower_late_updates(cj_schedule *s)
{
    for (int32_t i = 0; i < s->stores; i++) {
        const cj_target_store *store = &s->store[i];
        if (!store->variable || store->direct)
            continue;
        const cj_item *it = &s->item[store->item];
        cj_view from = cj_view_of(it->place), to = {0};
        cj_row_major(it->node, to.stride);
        cj_status status = cj_variable_buffer(s, store->variable, &to.buffer);
        if (!status)
            status = cj_kernel_copy_region(s, (cj_dtype)it->node->dtype, it->node->rank,
                                           it->node->shape, &from, &to, NULL);
        if (status)
            return status;
    }
    return CJ_OK;
}

/* Chains the stores of each item. */
static cj_status index_stores(cj_schedule *s)
{
    size_t items = sizeof(int32_t) * (size_t)(s->items + 1);
    s->first_store = cj_arena_take(s->work, items);
    s->next_store = cj_arena_take(s->work, sizeof(int32_t) * (size_t)(s->stores + 1));
    if (!s->first_store || !s->next_store)
        return CJ_NO_MEMORY;
    memset(s->first_store, 0xff, items);
    for (int32_t i = s->stores - 1; i >= 0; i--) {
        s->next_store[i] = s->first_store[s->store[i].item];
        s->first_store[s->store[i].item] = i;
    }
    return CJ_OK;
}

cj_status cj_schedule_lower(cj_schedule *s)
{
    cj_status status = index_stores(s);
    for (int32_t i = 0; i < s->sequence_count && !status; i++) {
        int32_t group = s->sequence[i];
        const cj_group *g = &s->group[group];
        if (g->other && s->item[g->head].loop)
            status = cj_lower_loop(s, group);
        else if (g->other)
            status = cj_lower_other(s, g->head);
        else if (g->head >= 0 && !cj_is_contraction(s->item[g->head].node))
            status = cj_lower_window(s, g->head, g->second);
        else
            status = lower_program(s, group);
    }
    return status ? status : lower_late_updates(s);
}
