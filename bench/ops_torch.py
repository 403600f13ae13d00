#!/usr/bin/env python3
"""The table of `make bench-ops`: the ops of bench_ops.c in PyTorch, and the time of ours over the time of theirs.

    ops_torch.py BENCH_OPS [THREADS [NAME]]

Rows of a Markdown table: for each size forward / backward, above 1 where ours is slower. New memory for every result is part of
PyTorch's time, as it is of a program of PyTorch.
"""
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

program, threads = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
only = sys.argv[3] if len(sys.argv) > 3 else None
torch.set_num_threads(threads)
clock = time.process_time_ns if threads == 1 else time.perf_counter_ns


def real(*shape):
    return torch.rand(*shape) * 2 - 1


def index(below, *shape):
    return torch.randint(0, below, shape)


class Size:
    def __init__(self, n):
        self.n, self.columns = n, 4 if n < 64 else 50
        self.rows, self.side = n // self.columns, 2
        while 16 * self.side * self.side < n:
            self.side += 1
        self.matrix, self.picture = (self.rows, self.columns), (1, 16, self.side, self.side)


# name: (the shape of x, what else there is, the op of x and that); x None: no backward pass.
OPS = {
    "gather": lambda s: (real(s.n), index(s.n, s.n), lambda x, i: torch.gather(x, 0, i)),
    "gather_rows": lambda s: (real(*s.matrix), index(s.columns, *s.matrix), lambda x, i: torch.gather(x, 1, i)),
    "gather_columns": lambda s: (real(*s.matrix), index(s.rows, *s.matrix), lambda x, i: torch.gather(x, 0, i)),
    "embedding": lambda s: (real(1000, s.columns), index(1000, s.rows), lambda x, i: F.embedding(i, x)),
    "scatter_add": lambda s: (real(s.n), (real(s.n), index(s.n, s.n)), lambda x, o: torch.scatter_add(o[0], 0, o[1], x)),
    "scatter_add_rows": lambda s: (
        real(*s.matrix), (real(*s.matrix), index(s.columns, *s.matrix)), lambda x, o: torch.scatter_add(o[0], 1, o[1], x)),
    "index_add": lambda s: (
        real(*s.matrix), (real(1000, s.columns), index(1000, s.rows)), lambda x, o: torch.index_add(o[0], 0, o[1], x)),
    "scatter_max": lambda s: (
        real(*s.matrix), (real(*s.matrix), index(s.columns, *s.matrix)),
        lambda x, o: torch.scatter_reduce(o[0], 1, o[1], x, "amax")),
    "cumsum": lambda s: (real(s.n), None, lambda x, o: torch.cumsum(x, 0)),
    "cumsum_rows": lambda s: (real(*s.matrix), None, lambda x, o: torch.cumsum(x, 1)),
    "cumsum_columns": lambda s: (real(*s.matrix), None, lambda x, o: torch.cumsum(x, 0)),
    "cumprod_rows": lambda s: (real(*s.matrix), None, lambda x, o: torch.cumprod(x, 1)),
    "cummax_rows": lambda s: (real(*s.matrix), None, lambda x, o: torch.cummax(x, 1).values),
    "sort": lambda s: (real(s.n), None, lambda x, o: torch.sort(x, dim=0, stable=True).values),
    "sort_rows": lambda s: (real(*s.matrix), None, lambda x, o: torch.sort(x, dim=1, stable=True).values),
    "top_8": lambda s: (real(s.n), None, lambda x, o: torch.topk(x, 8).values),
    "top_4_rows": lambda s: (real(*s.matrix), None, lambda x, o: torch.topk(x, 4, 1).values),
    "searchsorted": lambda s: (None, (torch.linspace(-1, 1, 1000), real(s.n)), lambda x, o: torch.searchsorted(*o)),
    "unique": lambda s: (None, index(1000, s.n).int(), lambda x, i: torch.unique(i)),
    "concat": lambda s: (real(*s.matrix), real(*s.matrix), lambda x, y: torch.cat([x, y])),
    "concat_rows": lambda s: (real(*s.matrix), real(*s.matrix), lambda x, y: torch.cat([x, y], 1)),
    "transpose": lambda s: (real(*s.matrix), None, lambda x, o: x.t().contiguous()),
    "pad": lambda s: (real(*s.matrix), None, lambda x, o: F.pad(x, (1, 1, 1, 1))),
    "roll": lambda s: (real(*s.matrix), None, lambda x, o: torch.roll(x, 3, 1)),
    "tile": lambda s: (real(*s.matrix), None, lambda x, o: x.repeat(2, 1)),
    "repeat_interleave": lambda s: (real(*s.matrix), None, lambda x, o: torch.repeat_interleave(x, 2, 1)),
    "one_hot": lambda s: (None, index(s.columns, s.rows), lambda x, i: F.one_hot(i, s.columns).float()),
    "tril": lambda s: (real(16, s.side, s.side), None, lambda x, o: torch.tril(x)),
    "pad_reflect": lambda s: (real(*s.picture), None, lambda x, o: F.pad(x, (1, 1, 1, 1), mode="reflect")),
    "pad_edge": lambda s: (real(*s.picture), None, lambda x, o: F.pad(x, (1, 1, 1, 1), mode="replicate")),
    "unfold_3x3": lambda s: (real(*s.picture), None, lambda x, o: F.unfold(x, 3, padding=1)),
    "nearest_2x": lambda s: (real(*s.picture), None, lambda x, o: F.interpolate(x, scale_factor=2, mode="nearest")),
    "bilinear_2x": lambda s: (real(*s.picture), None, lambda x, o: F.interpolate(x, scale_factor=2, mode="bilinear")),
    "bicubic_2x": lambda s: (real(*s.picture), None, lambda x, o: F.interpolate(x, scale_factor=2, mode="bicubic")),
    "grid_sample": lambda s: (
        real(*s.picture), real(1, s.side, s.side, 2), lambda x, g: F.grid_sample(x, g, align_corners=False)),
    "einsum_bij_bjk": lambda s: (
        real(16, s.side, s.side), real(16, s.side, s.side), lambda x, y: torch.einsum("bij,bjk->bik", x, y)),
}


# Elementwise ops of x in -1 to 1, and of two such.
for name in ["exp", "expm1", "log1p", "sin", "cos", "tan", "tanh", "erf", "sqrt", "sinh", "asin", "acos", "atan", "erfinv", "lgamma",
             "digamma", "relu", "sigmoid", "floor"]:
    OPS[name] = lambda s, f=getattr(torch, name): (real(s.n), None, lambda x, o: f(x))
for name in ["add", "mul", "div", "maximum", "atan2"]:
    OPS[name] = lambda s, f=getattr(torch, name): (real(s.n), real(s.n), lambda x, y: f(x, y))


def of_rows(f, backward=True):
    return lambda s: (real(*s.matrix), None, lambda x, o: f(x)) if backward else (None, real(*s.matrix), lambda x, o: f(o))


OPS.update({
    "gelu": lambda s: (real(s.n), None, lambda x, o: F.gelu(x)),
    "softplus": lambda s: (real(s.n), None, lambda x, o: F.softplus(x)),
    "log": lambda s: (real(s.n), None, lambda x, o: torch.log(x.abs())),
    "pow": lambda s: (real(s.n), real(s.n), lambda x, y: torch.pow(x.abs(), y)),
    "where": lambda s: (real(s.n), (real(s.n), real(s.n)), lambda x, o: torch.where(o[0] > 0, x, o[1])),
    "add_bias": lambda s: (real(*s.matrix), real(s.columns), lambda x, b: x + b),
    "sum": lambda s: (real(s.n), None, lambda x, o: x.sum()),
    "sum_rows": of_rows(lambda x: x.sum(1)),
    "sum_columns": of_rows(lambda x: x.sum(0)),
    "amax_rows": of_rows(lambda x: x.amax(1)),
    "argmax_rows": of_rows(lambda x: x.argmax(1), False),
    "prod_rows": of_rows(lambda x: x.prod(1)),
    "logsumexp_rows": of_rows(lambda x: x.logsumexp(1)),
    "var_rows": of_rows(lambda x: x.var(1)),
    "softmax_rows": of_rows(lambda x: x.softmax(1)),
    "log_softmax_rows": of_rows(lambda x: x.log_softmax(1)),
    "matmul_columns": lambda s: (real(*s.matrix), real(s.columns, 64), lambda x, w: x @ w),
    "conv2d_3x3": lambda s: (real(*s.picture), real(16, 16, 3, 3), lambda x, w: F.conv2d(x, w, padding=1)),
    "max_pool_2x2": lambda s: (real(*s.picture), None, lambda x, o: F.max_pool2d(x, 2)),
    "avg_pool_2x2": lambda s: (real(*s.picture), None, lambda x, o: F.avg_pool2d(x, 2)),
    "fft_rows": of_rows(lambda x: torch.fft.rfft(x).real),
})


def least(run):
    """The least time of a run, in microseconds."""
    run()
    best, spent, times, turns = 0.0, 0.0, 1, 0
    while turns < 3 or (spent < 5e7 and turns < 1000):
        start = clock()
        for _ in range(times):
            run()
        taken = clock() - start
        spent, turns = spent + taken, turns + 1
        best = taken / times if not best else min(best, taken / times)
        if taken < 20000:
            times, best = times * 4, 0.0
    return best / 1000


def backward(f, x, other):
    y = f(x, other)
    return torch.autograd.grad((y * y).sum(), x)


def main():
    command = [program, str(threads)] + ([only] if only else [])
    ours = {}
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        name, n, forward, back = line.split()
        ours.setdefault(name, []).append((int(n), float(forward), None if back == "-" else float(back)))
    print(f"| op, forward / backward | {' | '.join(f'{n:,}' for n, _, _ in next(iter(ours.values())))} |")
    print("| :-- |" + " --: |" * len(next(iter(ours.values()))))
    for name, sizes in ours.items():
        cells = []
        for n, forward, back in sizes:
            x, other, f = OPS[name](Size(n))
            cell = f"{forward / least(lambda: f(x, other)):.2f}"
            if back is not None:
                x.requires_grad_()
                cell += f" / {back / least(lambda: backward(f, x, other)):.2f}"
            cells.append(cell)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


main()
