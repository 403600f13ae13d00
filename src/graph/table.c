/*
 * src/graph/table.c - the row of each op: name, arity, accepted dtypes.
 */
#include "graph/graph.h"

const cj_op_info cj_op_table[CJ_OP_COUNT] = {
#define CJ_X(NAME, name, arity, in, out) [CJ_OP_##NAME] = {#name, arity, in, out},
    CJ_MAP_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, in) [CJ_OP_##NAME] = {#name, 1, in, 0},
        CJ_REDUCE_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, arity) [CJ_OP_##NAME] = {#name, arity, NULL, 0},
            CJ_OTHER_OP_LIST(CJ_X)
#undef CJ_X
};
