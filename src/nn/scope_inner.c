/*
 * src/nn/scope_inner.c - inner tensors of a build, by the names of what computed them.
 */
#include "graph/loop.h"
#include "nn/nn.h"

void cj_inner_free(cj_root *root)
{
    cj_release(root->context, root->inner, (size_t)root->inner_capacity * sizeof *root->inner);
}

/* Nodes of frames that were left are gone; being younger, they stand last. */
static void drop_dead(cj_root *root)
{
    while (root->inners && !cj_frame_is_open(root->context, root->inner[root->inners - 1].frame))
        root->inners--;
}

static bool make_room(cj_root *root)
{
    if (root->inners < root->inner_capacity)
        return true;
    size_t old = (size_t)root->inner_capacity, more = CJ_MAX(2 * old, (size_t)64);
    cj_inner_record *moved =
        cj_reallocate(root->context, root->inner, old * sizeof *moved, more * sizeof *moved);
    if (!moved)
        return false;
    root->inner = moved;
    root->inner_capacity = (int)more;
    return true;
}

void cj_scope_watch(cj_scope *s, bool on)
{
    if (s)
        cj_home(s)->watching = on;
}

cj_tensor *cj_scope_mark_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x)
{
    cj_root *root = s ? cj_home(s) : NULL;
    if (!root || !x || !root->watching || cj_open_bodies(root->context))
        return x;
    cj_scope *named = cj_scope_enter(s, name);
    while (named && named->twin) /* home's path lives as long as its record */
        named = named->twin;
    cj_tensor *tap = named ? cj_tap_at(at, x) : NULL;
    if (!tap)
        return NULL;
    drop_dead(root);
    if (!make_room(root)) {
        cj_fail_building(root->context, CJ_NO_MEMORY, at, "out of memory for the name '%s'",
                         named->path);
        return NULL;
    }
    root->inner[root->inners++] = (cj_inner_record){{named->path, tap}, cj_frame_id(root->context)};
    return tap;
}

const cj_inner *cj_scope_inner(cj_scope *s, int i)
{
    cj_root *root = cj_home(s);
    drop_dead(root);
    return i >= 0 && i < root->inners ? &root->inner[i].known : NULL;
}

cj_tensor *cj_scope_tensor(cj_scope *s, const char *path)
{
    cj_root *root = cj_home(s);
    drop_dead(root);
    for (int i = root->inners - 1; i >= 0; i--)
        if (strcmp(root->inner[i].known.path, path) == 0)
            return root->inner[i].known.value;
    return NULL;
}
