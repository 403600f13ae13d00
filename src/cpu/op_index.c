/*
 * src/cpu/op_index.c - see op_index.h.
 */
#include "cpu/op_index.h"

static void row_major(int rank, const int64_t *extent, int64_t *stride)
{
    int64_t step = 1;
    for (int i = rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= extent[i];
    }
}

void cj_index_plan_make(cj_index_plan *plan, int rank, int axis, const int64_t *walked,
                        const int64_t *reached, const int64_t *index)
{
    int64_t own[CJ_MAX_RANK], other[CJ_MAX_RANK], named[CJ_MAX_RANK];
    row_major(rank, walked, own);
    row_major(rank, reached, other);
    row_major(rank, index, named);
    *plan = (cj_index_plan){.step = other[axis], .extent = reached[axis]};
    int at = 0;
    for (int i = 0; i < rank; i++) {
        if (walked[i] == 1 && i != axis)
            continue;
        plan->axes.extent[at] = walked[i];
        plan->walked[at] = own[i];
        plan->reached[at] = i == axis || reached[i] == 1 ? 0 : other[i];
        plan->index[at++] = index[i] == 1 ? 0 : named[i];
    }
    plan->axes.rank = at;
    cj_join_axes(&plan->axes, 3, (int64_t *[]){plan->walked, plan->reached, plan->index}, 0);
}

cj_index_place cj_index_start(const cj_index_plan *plan, int64_t first)
{
    cj_index_place place = {.walked = 0};
    int last = plan->axes.rank - 1;
    first /= plan->axes.extent[last];
    for (int i = last - 1; i >= 0; i--) {
        place.at[i] = first % plan->axes.extent[i];
        first /= plan->axes.extent[i];
        place.walked += place.at[i] * plan->walked[i];
        place.reached += place.at[i] * plan->reached[i];
        place.index += place.at[i] * plan->index[i];
    }
    return place;
}

void cj_index_next_row(const cj_index_plan *plan, cj_index_place *place)
{
    for (int i = plan->axes.rank - 2; i >= 0; i--) {
        place->walked += plan->walked[i];
        place->reached += plan->reached[i];
        place->index += plan->index[i];
        if (++place->at[i] < plan->axes.extent[i])
            return;
        place->walked -= plan->axes.extent[i] * plan->walked[i];
        place->reached -= plan->axes.extent[i] * plan->reached[i];
        place->index -= plan->axes.extent[i] * plan->index[i];
        place->at[i] = 0;
    }
}
