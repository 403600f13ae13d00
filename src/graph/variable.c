/*
 * src/graph/variable.c - memory that outlives frames, and the node that reads it.
 */
#include "graph/build.h"

static void link_variable(cj_graph *graph, cj_variable *variable)
{
    variable->serial = graph->variable_serial++;
    variable->next = graph->variables;
    if (graph->variables)
        graph->variables->previous = variable;
    graph->variables = variable;
}

static void unlink_variable(cj_graph *graph, cj_variable *variable)
{
    if (variable->next)
        variable->next->previous = variable->previous;
    if (variable->previous)
        variable->previous->next = variable->next;
    else
        graph->variables = variable->next;
}

static void free_variable(cj_context *context, cj_variable *variable)
{
    if (variable->name)
        cj_release(context, variable->name, strlen(variable->name) + 1);
    cj_release_aligned(context, variable->data, variable->bytes);
    cj_release(context, variable, sizeof *variable);
}

cj_variable *cj_variable_new(cj_context *context, const char *name, cj_dtype dtype, int rank,
                             const int64_t *shape)
{
    cj_at nowhere = {0};
    int64_t elements;
    if (!context || context->build_status != CJ_OK)
        return NULL;
    if (!name) {
        cj_fail_building(context, CJ_INVALID, nowhere, "variable: the name is NULL");
        return NULL;
    }
    if ((unsigned)dtype >= CJ_DTYPE_COUNT) {
        cj_fail_building(context, CJ_DTYPE, nowhere, "variable '%s': %d is no data type", name,
                         (int)dtype);
        return NULL;
    }
    if (cj_count_elements(context, nowhere, name, rank, shape, &elements) != CJ_OK)
        return NULL;
    cj_graph *graph = cj_graph_of(context, nowhere);
    cj_variable *variable = graph ? cj_allocate_zero(context, sizeof *variable) : NULL;
    if (!variable) {
        cj_fail_building(context, CJ_NO_MEMORY, nowhere, "variable '%s': out of memory", name);
        return NULL;
    }
    *variable = (cj_variable){.context = context, .dtype = dtype, .rank = rank, .references = 1};
    if (rank)
        memcpy(variable->shape, shape, (size_t)rank * sizeof *shape);
    variable->bytes = (size_t)elements * cj_dtype_size(dtype);
    variable->data = cj_allocate_aligned(context, variable->bytes);
    variable->name = cj_allocate(context, strlen(name) + 1);
    if (variable->name)
        strcpy(variable->name, name);
    if (!variable->data || !variable->name) {
        cj_fail_building(context, CJ_NO_MEMORY, nowhere,
                         "variable '%s': out of memory, %zu bytes were asked for", name,
                         variable->bytes);
        free_variable(context, variable);
        return NULL;
    }
    memset(variable->data, 0, variable->bytes);
    link_variable(graph, variable);
    return variable;
}

void cj_variable_destroy(cj_graph *graph, cj_variable *variable)
{
    unlink_variable(graph, variable);
    free_variable(graph->context, variable);
}

void cj_variable_retain(cj_variable *variable)
{
    variable->references++;
}

void cj_variable_release(cj_variable *variable)
{
    if (variable && --variable->references == 0)
        cj_variable_destroy(variable->context->room[CJ_ROOM_GRAPH].state, variable);
}

const char *cj_variable_name(const cj_variable *variable)
{
    return variable->name;
}

cj_dtype cj_variable_dtype(const cj_variable *variable)
{
    return variable->dtype;
}

int cj_variable_rank(const cj_variable *variable)
{
    return variable->rank;
}

const int64_t *cj_variable_shape(const cj_variable *variable)
{
    return variable->shape;
}

void *cj_variable_data(cj_variable *variable)
{
    return variable->data;
}

size_t cj_variable_bytes(const cj_variable *variable)
{
    return variable->bytes;
}

cj_tensor *cj_variable_read_at(cj_at at, cj_variable *variable)
{
    if (!variable)
        return NULL;
    int64_t serial = (int64_t)variable->serial;
    return cj_node(variable->context, at,
                   &(cj_node_spec){.op = CJ_OP_VARIABLE,
                                   .dtype = variable->dtype,
                                   .rank = variable->rank,
                                   .shape = variable->shape,
                                   .option_count = 1,
                                   .option = &serial,
                                   .payload = variable});
}
