/*
 * tests/install/program.cc - a program of somebody else's, built against the installed copy as C++17: trains a small
 * net by cj_fit, through the functions under the macros. Prints and returns what program.c does.
 */
#include <cajal/cajal.h>

#include <cstdio>
#include <vector>

static cj_tensor *linear(cj_scope *s, const char *name, cj_tensor *x, int64_t features)
{
    cj_linear_args a = {};
    a.scope = s;
    a.name = name;
    a.x = x;
    a.out_features = features;
    a.at = CJ_HERE_OF(a);
    return cj_linear_at(&a);
}

static cj_tensor *net(cj_scope *s, cj_tensor *x)
{
    return linear(s, "fc2", cj_tanh(linear(s, "fc1", x, 32)), 1);
}

struct losses {
    double first, last;
};

static bool remember(void *user, const cj_progress *progress)
{
    losses &seen = *static_cast<losses *>(user);
    if (progress->epoch == 1)
        seen.first = progress->loss;
    seen.last = progress->loss;
    return true;
}

int main()
{
    std::vector<float> x, y;
    for (int i = 0; i < 64; i++) {
        float a = static_cast<float>(i % 8) / 4 - 1, b = static_cast<float>(i / 8) / 4 - 1;
        x.push_back(a);
        x.push_back(b);
        y.push_back(a * b);
    }
    cj_context *context = cj_context_new(nullptr, nullptr, 2);
    cj_source source = {};
    source.count = 64;
    source.x = x.data();
    source.x_rank = 1;
    source.x_shape[0] = 2;
    source.y = y.data();
    source.y_is_float = true;
    cj_optimiser adam = {};
    adam.kind = CJ_ADAM;
    adam.lr = 0.02;
    adam.at = CJ_HERE_OF(adam);
    losses seen = {};
    cj_fit_args a = {};
    a.scope = cj_scope_new(context);
    a.net = net;
    a.source = &source;
    a.at = CJ_HERE_OF(a);
    a.optimiser = &adam;
    a.epochs = 50;
    a.on_epoch = remember;
    a.user = &seen;
    cj_status status = cj_fit_at(&a);
    if (status != CJ_OK)
        std::fprintf(stderr, "%s\n", cj_error(context));
    bool learned = seen.last < seen.first / 4;
    if (!learned)
        std::fprintf(stderr, "the loss went from %g to %g\n", seen.first, seen.last);
    cj_context_free(context);
    std::printf("%s\n", cj_version());
    return status != CJ_OK || !learned;
}
