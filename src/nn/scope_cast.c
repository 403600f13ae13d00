/*
 * src/nn/scope_cast.c - a scope whose parameters are those of another, cast.
 */
#include "nn/nn.h"

static cj_tensor *get(void *state, const cj_request *request)
{
    cj_scope *s = state, *base = s->twin;
    cj_request asked = *request;
    if (request->kind == CJ_BUFFER) {
        cj_fail_building(
            s->root->context, CJ_INVALID, request->at,
            "'%s' is a buffer, which a scope cast to %s does not keep: build the layer on "
            "the scope below, and cast what goes in and comes out",
            request->path, cj_dtype_name(s->root->dtype));
        return NULL;
    }
    if (request->dtype == s->root->dtype)
        asked.dtype = cj_scope_dtype(base);
    return cj_cast_at(request->at, cj_scope_ask(base, &asked), request->dtype);
}

cj_scope *cj_scope_cast(cj_scope *base, cj_dtype dtype)
{
    static const cj_scope_table table = {.get = get};
    if (!base)
        return NULL;
    if (dtype != CJ_F32 && dtype != CJ_F64 && dtype != CJ_BF16 && dtype != CJ_F16) {
        cj_fail(cj_scope_context(base), CJ_DTYPE, "scope_cast: %s is no float dtype",
                (unsigned)dtype < CJ_DTYPE_COUNT ? cj_dtype_name(dtype) : "this");
        return NULL;
    }
    cj_scope *s = cj_scope_with(base, &table, NULL);
    if (!s)
        return NULL;
    s->root->state = s;
    s->root->casts = true;
    s->root->dtype = dtype;
    return s;
}
