#!/usr/bin/env python3
"""Writes nn_parts.h: layers and losses that torch.nn has not, their formulas written out (nn_cases.py says what a case holds).

Run: python3 tests/golden/nn_parts.py > tests/golden/nn_parts.h
"""
from nn_cases import *
import math


class Fourier(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("B", torch.randn(2, 3).float().double())

    def forward(self, x):
        a = 2 * math.pi * x @ self.B
        return torch.cat([a.cos(), a.sin()], -1)


fourier = Fourier()
case("random_fourier_features", randn(2, 2, 2) / 4, fourier, fourier)
siren = scramble(nn.Linear(3, 2))
case("siren", randn(4, 3) / 8, lambda x: torch.sin(5 * siren(x)), siren)


class Film(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale, self.shift = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x, e):
        return x * self.scale(e)[:, :, None] + self.shift(e)[:, :, None]


film = scramble(Film())
case("film", randn(2, 3, 5), film, film, randn(2, 4))


def sparsemax(x, axis):
    z, _ = x.sort(axis, descending=True)
    shape = [1] * x.dim()
    shape[axis] = -1
    k = torch.arange(1, x.shape[axis] + 1.0).reshape(shape)
    size = (1 + k * z > z.cumsum(axis)).sum(axis, keepdim=True)
    tau = (z.cumsum(axis).gather(axis, size - 1) - 1) / size
    return (x - tau).clamp(min=0)


def entmax15(x, axis):
    x = x / 2
    z, _ = x.sort(axis, descending=True)
    shape = [1] * x.dim()
    shape[axis] = -1
    k = torch.arange(1, x.shape[axis] + 1.0).reshape(shape)
    mean, square = z.cumsum(axis) / k, (z * z).cumsum(axis) / k
    left = (1 - k * (square - mean * mean)) / k
    tau = mean - torch.sqrt(torch.where(left > 0, left, 1)) * (left > 0)
    size = (tau <= z).sum(axis, keepdim=True)
    return (x - tau.gather(axis, size - 1)).clamp(min=0) ** 2


case("sparsemax", randn(3, 6), lambda x: sparsemax(x, 1))
case("sparsemax_0", 4 * randn(5, 2, 2), lambda x: sparsemax(x, 0))
case("entmax15", randn(3, 6) * 2, lambda x: entmax15(x, 1))
case("entmax15_0", randn(5, 2, 2) + 7, lambda x: entmax15(x, 0))


def soft_argmax(x):
    w = F.softmax(x.flatten(-2), -1).reshape(x.shape)
    return torch.stack([(w * torch.linspace(-1, 1, x.shape[-1])).sum((-2, -1)),
                        (w * torch.linspace(-1, 1, x.shape[-2])[:, None]).sum((-2, -1))], -1)


case("soft_argmax", randn(2, 3, 4), soft_argmax)
case("local_response_norm", randn(2, 5, 3), lambda x: F.local_response_norm(x, 3, 0.5, 0.75, 1.5))
case("local_response_norm_even", randn(2, 5, 2, 2), lambda x: F.local_response_norm(x, 4, 0.8, 0.6, 1))


class Gem(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = nn.Parameter(torch.tensor([2.5]))

    def forward(self, x):
        return (x.clamp(min=1e-6) ** self.p).mean((2, 3), keepdim=True) ** (1 / self.p)


gem = Gem()
case("gem_pool", torch.rand(2, 3, 2, 3) + 0.1, gem, gem)


class Additive(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key = nn.Linear(3, 4, bias=False), nn.Linear(2, 4)
        self.score = nn.Linear(4, 1, bias=False)

    def forward(self, x, keys):
        e = self.score(torch.tanh(self.key(keys) + self.query(x)[:, None]))[:, :, 0]
        e = e.masked_fill(torch.tensor([[False] * 5, [False, True, False, False, True]]), -math.inf)
        return torch.einsum("nt,ntf->nf", F.softmax(e, 1), keys)


additive = scramble(Additive())
case("additive_attention", randn(2, 3), additive, additive, randn(2, 5, 2))


class NormCell(nn.Module):
    def __init__(self):
        super().__init__()
        self.ih, self.hh = nn.Linear(3, 8, bias=False), nn.Linear(2, 8, bias=False)
        self.norm_ih, self.norm_hh = nn.LayerNorm(8, bias=False), nn.LayerNorm(8, bias=False)
        self.bias = nn.Parameter(torch.zeros(8))
        self.norm_c = nn.LayerNorm(2)

    def forward(self, x, h):
        i, f, g, o = (self.norm_ih(self.ih(x)) + self.norm_hh(self.hh(h)) + self.bias).chunk(4, 1)
        c = torch.sigmoid(f) * (h * h) + torch.sigmoid(i) * torch.tanh(g)
        return torch.cat([torch.sigmoid(o) * torch.tanh(self.norm_c(c)), c], 1)


cell = scramble(NormCell())
case("layer_norm_lstm_cell", randn(2, 3), cell, cell, randn(2, 2))


def ssim(x, y):
    t = torch.arange(11.0) - 5
    g = torch.exp(-t * t / (2 * 1.5 ** 2))
    w = torch.outer(g, g)[None, None] / g.sum() ** 2
    mean = lambda v: F.conv2d(v.reshape(-1, 1, *v.shape[2:]), w)
    a, b = mean(x), mean(y)
    va, vb, ab = mean(x * x) - a * a, mean(y * y) - b * b, mean(x * y) - a * b
    return ((2 * a * b + 1e-4) * (2 * ab + 9e-4) / ((a * a + b * b + 1e-4) * (va + vb + 9e-4))).mean()


case("ssim", torch.rand(1, 2, 12, 13), ssim, None, torch.rand(1, 2, 12, 13))
case("total_variation", randn(2, 3, 4), lambda x: x.diff(dim=-1).abs().sum() + x.diff(dim=-2).abs().sum())
case("relative_l2_loss", randn(3, 2, 4), lambda x, y: ((x - y).flatten(1).norm(dim=1) / y.flatten(1).norm(dim=1)).mean(),
     None, randn(3, 2, 4))
for align in (0, 1):
    case("affine_grid_%d" % align, randn(2, 2, 3), lambda x: F.affine_grid(x, (2, 1, 3, 4), align_corners=bool(align)))
case("affine_grid_one", randn(1, 2, 3), lambda x: F.affine_grid(x, (1, 1, 1, 2), align_corners=True))

write("nn_parts")
