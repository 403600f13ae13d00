/*
 * tests/nn/test_cxx.cc - a net trained from C++17, through the functions under the macros.
 */
#include "cajal/cajal.h"

#include <cmath>
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
    return linear(s, "fc2", cj_tanh(linear(s, "fc1", x, 16)), 1);
}

static bool remember(void *user, const cj_progress *progress)
{
    *static_cast<double *>(user) = progress->loss;
    return true;
}

static int failures = 0;

static void check(bool good, const char *what)
{
    if (good)
        return;
    std::printf("FAILED %s\n", what);
    failures++;
}

int main()
{
    std::vector<float> x(64), y(64);
    for (int i = 0; i < 64; i++) {
        x[static_cast<size_t>(i)] = static_cast<float>(i) / 32 - 1;
        y[static_cast<size_t>(i)] = std::sin(3 * x[static_cast<size_t>(i)]);
    }
    cj_context *context = cj_context_new(nullptr, nullptr, 0);
    cj_scope *s = cj_scope_new(context);
    cj_source source = {};
    source.count = 64;
    source.x = x.data();
    source.y = y.data();
    source.y_is_float = true;
    source.x_rank = 1;
    source.x_shape[0] = 1;
    cj_optimiser adam = {};
    adam.kind = CJ_ADAM;
    adam.lr = 0.02;
    adam.at = CJ_HERE_OF(adam);
    double loss = 1;
    cj_fit_args a = {};
    a.scope = s;
    a.net = net;
    a.source = &source;
    a.at = CJ_HERE_OF(a);
    a.optimiser = &adam;
    a.epochs = 200;
    a.on_epoch = remember;
    a.user = &loss;
    check(cj_fit_at(&a) == CJ_OK, cj_error(context));
    check(loss < 0.01, "the loss after 200 epochs");
    check(cj_scope_parameters(s) == 16 + 16 + 16 + 1, "the number of parameters");
    cj_context_free(context);
    return failures != 0;
}
