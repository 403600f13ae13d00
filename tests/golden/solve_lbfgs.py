#!/usr/bin/env python3
"""Writes solve_lbfgs.h: where torch.optim.LBFGS with strong Wolfe conditions is after so many iterations, in f64.

The loss is the Rosenbrock function of ten numbers, sum(100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2).
Run: python3 tests/golden/solve_lbfgs.py > tests/golden/solve_lbfgs.h
"""
import torch

torch.set_default_dtype(torch.float64)
start = [-1.2, 1, -1.2, 1, 0.5, -0.5, 2, 0, -1, 1.5]


def run(iterations, history, lr):
    x = torch.tensor(start, requires_grad=True)
    o = torch.optim.LBFGS([x], lr=lr, max_iter=iterations, history_size=history, line_search_fn="strong_wolfe")
    calls = 0

    def closure():
        nonlocal calls
        calls += 1
        o.zero_grad()
        loss = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
        loss.backward()
        return loss

    o.step(closure)
    evaluations = calls
    return evaluations, closure().item(), x.tolist()


print("/* Written by solve_lbfgs.py with torch %s: do not edit. */" % torch.__version__.split("+")[0])
print("static const double lbfgs_start[10] = {%s};" % ", ".join("%.17g" % v for v in start))
print("typedef struct lbfgs_path {\n    int iterations, history;\n    double lr;\n    int evaluations;\n"
      "    double loss, x[10];\n} lbfgs_path;\nstatic const lbfgs_path lbfgs_paths[] = {")
for iterations, history, lr in [(1, 5, 1), (3, 5, 1), (10, 5, 1), (20, 100, 1), (20, 2, 0.5), (40, 3, 1)]:
    evaluations, loss, x = run(iterations, history, lr)
    print("    {%d, %d, %.17g, %d, %.17g, {%s}}," % (iterations, history, lr, evaluations, loss,
                                                    ", ".join("%.17g" % v for v in x)))
print("};")
