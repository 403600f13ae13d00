#!/usr/bin/env python3
"""Writes index_ops.h: what PyTorch and NumPy give for indexing, sorting, movement, resizing, einsum.

Inputs are exact: element i of input `seed` is ((7 i^2 + 13 i + 29 seed) mod 101 - 50) / 16; tests/graph/test_index.c makes the
same. Run: python3 tests/golden/index_ops.py > tests/golden/index_ops.h
"""
import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def made(*shape, seed=0):
    n = int(np.prod(shape))
    i = np.arange(n, dtype=np.int64)
    return torch.tensor(((7 * i * i + 13 * i + 29 * seed) % 101 - 50) / 16).reshape(shape)


def index(*shape, modulus):
    n = int(np.prod(shape))
    return torch.tensor((np.arange(n) * 5 + 1) % modulus).reshape(shape)


x, y, v = made(3, 4, 5), made(3, 4, 5, seed=1), made(6, seed=2)
pic = made(2, 3, 4, 5, seed=3)
grid = made(2, 3, 3, 2, seed=4) / 2.5
base = made(3, 4, seed=5)
src = made(3, 6, seed=6)
where = index(3, 6, modulus=4)
seg = torch.tensor([2, 0, 2, 3, 0, 2])
rows = made(6, 2, seed=7)
a, b, c = made(3, 4, seed=8), made(4, 5, seed=9), made(2, 3, 4, seed=10)
d = made(3, 3, seed=11)

cases = {
    "gather": torch.gather(x, 1, index(3, 6, 5, modulus=4)),
    "take": torch.index_select(x, 2, torch.tensor([4, 0, 0, 3])),
    "scatter_add": torch.scatter_add(base, 1, where, src),
    "scatter_max": torch.scatter_reduce(base, 1, where, src, "amax"),
    "scatter_min": torch.scatter_reduce(base, 1, where, src, "amin"),
    "segment_mean": torch.zeros(5, 2).scatter_reduce(0, seg[:, None].expand(6, 2), rows, "mean", include_self=False),
    "cumsum": torch.cumsum(x, 1),
    "cumprod": torch.cumprod(x, 2),
    "cummax": torch.cummax(x, 1).values,
    "cummin": torch.cummin(x, 0).values,
    "sort": torch.sort(x, dim=1, stable=True).values,
    "argsort": torch.sort(x, dim=2, stable=True, descending=True).indices,
    "top_k": torch.topk(x, 3, 2).values,
    "searchsorted": torch.searchsorted(torch.sort(v).values, x),
    "searchsorted_right": torch.searchsorted(torch.sort(v).values, v.flip(0), right=True),
    "quantile": torch.quantile(x, 0.3, 1),
    "median": torch.tensor(np.median(x.numpy(), 1)),
    "unique": torch.unique(x),
    "unique_inverse": torch.unique(x, return_inverse=True)[1],
    "unique_counts": torch.unique(x, return_counts=True)[1],
    "pad_reflect": F.pad(pic, (2, 3, 1, 2), mode="reflect"),
    "pad_edge": F.pad(pic, (2, 6, 1, 0), mode="replicate"),
    "pad_circular": F.pad(pic, (2, 5, 1, 2), mode="circular"),
    "roll": torch.roll(x, -3, 2),
    "tile": x.repeat(2, 1, 3),
    "repeat_interleave": torch.repeat_interleave(x, 2, 1),
    "tril": torch.tril(x, 1),
    "triu": torch.triu(x, -1),
    "diagonal": torch.diagonal(x, 1, 1, 2),
    "diagonal_below": torch.diagonal(x, -2, 1, 2),
    "diag_embed": torch.diag_embed(a, -1),
    "diag_embed_above": torch.diag_embed(a, 2),
    "arange": torch.arange(-1.5, 2.1, 0.75),
    "linspace": torch.linspace(-1, 2, 7),
    "kron": torch.kron(a, b[:2, :3]),
    "cross": torch.linalg.cross(a, made(3, 4, seed=12), dim=0),
    "einsum_matmul": torch.einsum("bij,jk->bik", c, b),
    "einsum_trace": torch.einsum("ii", d),
    "einsum_diagonal": torch.einsum("ii->i", d),
    "einsum_outer": torch.einsum("i,j->ji", v, a[0]),
    "einsum_three": torch.einsum("bij,jk,bi->kb", c, b, made(2, 3, seed=13)),
    "einsum_ellipsis": torch.einsum("...ij,...jk->...ik", c, made(1, 4, 2, seed=14)),
    "einsum_sum": torch.einsum("bij->j", c),
    "einsum_implied": torch.einsum("ba,cb", a, made(2, 3, seed=15)),
    "unfold": F.unfold(pic, (2, 3), dilation=(1, 2), padding=(1, 2), stride=(2, 1)),
    "fold": F.fold(made(2, 18, 15, seed=16), (4, 5), (2, 3), dilation=(1, 2), padding=(1, 2), stride=(2, 1)),
    "nearest": F.interpolate(pic, (7, 3), mode="nearest"),
    "bilinear": F.interpolate(pic, (7, 3), mode="bilinear", align_corners=False),
    "bilinear_corners": F.interpolate(pic, (7, 3), mode="bilinear", align_corners=True),
    "bicubic": F.interpolate(pic, (7, 9), mode="bicubic", align_corners=False),
    "bicubic_corners": F.interpolate(pic, (3, 9), mode="bicubic", align_corners=True),
    "linear": F.interpolate(x, 8, mode="linear", align_corners=False),
    "sample": F.grid_sample(pic, grid, align_corners=False),
    "sample_corners": F.grid_sample(pic, grid, align_corners=True),
    "sample_border": F.grid_sample(pic, grid, padding_mode="border", align_corners=False),
    "sample_channels": F.grid_sample(made(1, 9, 2, 3, seed=17), made(1, 2, 2, 2, seed=18) / 3, align_corners=False),
    "sample_nearest": F.grid_sample(pic, grid, mode="nearest", align_corners=True),
}

print("/*\n * tests/golden/index_ops.h - made by tests/golden/index_ops.py: numbers of PyTorch and NumPy.\n */")
for name, value in cases.items():
    numbers = [repr(float(n)) for n in np.asarray(value, dtype=np.float64).reshape(-1)]
    print(f"static const double golden_{name}[] = {{")
    for at in range(0, len(numbers), 8):
        print("    " + ", ".join(numbers[at:at + 8]) + ",")
    print("};")
