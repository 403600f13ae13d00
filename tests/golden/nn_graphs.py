#!/usr/bin/env python3
"""Writes nn_graphs.h: layers over graphs by dense matrices, a spectral convolution, a mixture of experts (nn_cases.py says what
a case holds).

Run: python3 tests/golden/nn_graphs.py > tests/golden/nn_graphs.h
"""
from nn_cases import *

# Edges of five nodes, one of them twice, one node (3) without any; A[target, source] counts them.
source = torch.tensor([0, 1, 1, 2, 4, 0, 0, 2])
target = torch.tensor([1, 0, 2, 1, 0, 4, 4, 4])
weight = torch.tensor([1.0, 0.5, 2, 1, 0.25, 1, 1, 3])
A = torch.zeros(5, 5).index_put((target, source), torch.ones(8), accumulate=True)
W = torch.zeros(5, 5).index_put((target, source), weight, accumulate=True)


class Conv(nn.Module):
    def __init__(self, forward, **shapes):
        super().__init__()
        self.f = forward
        for name, shape in shapes.items():
            owner, _, last = name.rpartition("__")
            if owner and not hasattr(self, owner):
                setattr(self, owner, nn.Module())
            (getattr(self, owner) if owner else self).register_parameter(last, nn.Parameter(torch.zeros(shape)))

    def forward(self, x):
        return self.f(self, x)


def gcn(m, x, a=A, loops=True):
    a = a + torch.eye(5) if loops else a
    d = a.sum(1)
    r = torch.where(d > 0, d, 1).rsqrt() * (d > 0)
    return r[:, None] * a * r[None, :] @ x @ m.lin.weight.t() + m.bias


def sage(m, x, pool="mean"):
    if pool == "mean":
        near = A @ x / A.sum(1, keepdim=True).clamp(min=1)
    else:
        near = torch.where(A[:, :, None] > 0, x[None], float("-inf")).amax(1)
        near = torch.where(near.isinf(), 0, near)
    y = near @ m.lin_l.weight.t() + m.lin_l.bias + x @ m.lin_r.weight.t()
    return y if pool == "mean" else F.normalize(y, dim=1)


def gat(m, x, average=False):
    h = (x @ m.lin.weight.t()).reshape(5, 2, 3)
    e = F.leaky_relu((h * m.att_dst).sum(2)[:, None] + (h * m.att_src).sum(2)[None], 0.2)  # [target, source, head]
    count = (A + torch.eye(5))[:, :, None]
    a = count * torch.exp(e - e.amax(1, keepdim=True).detach())
    a = a / a.sum(1, keepdim=True)
    y = torch.einsum("tsh,shc->thc", a, h)
    return (y.mean(1) if average else y.reshape(5, 6)) + m.bias


layer("gcn_conv", randn(5, 3), Conv(gcn, lin__weight=(2, 3), bias=2))
layer("gcn_conv_weight", randn(5, 3), Conv(lambda m, x: gcn(m, x, W, False), lin__weight=(2, 3), bias=2))
layer("sage_conv", randn(5, 3), Conv(sage, lin_l__weight=(2, 3), lin_l__bias=2, lin_r__weight=(2, 3)))
layer("sage_conv_max", randn(5, 3), Conv(lambda m, x: sage(m, x, "max"), lin_l__weight=(2, 3), lin_l__bias=2, lin_r__weight=(2, 3)))
layer("gat_conv", randn(5, 3), Conv(gat, lin__weight=(6, 3), att_src=(1, 2, 3), att_dst=(1, 2, 3), bias=6))
layer("gat_conv_average", randn(5, 3), Conv(lambda m, x: gat(m, x, True), lin__weight=(6, 3), att_src=(1, 2, 3), att_dst=(1, 2, 3), bias=3))
layer("gin_sum", randn(5, 3), Conv(lambda m, x: (1 + m.eps) * x + A @ x, eps=1))


def spectral(m, x):
    axes = x.dim() - 2
    z = torch.fft.rfftn(x, dim=list(range(2, x.dim())))
    y = torch.zeros(x.shape[0], 3, *z.shape[2:], dtype=torch.complex128)
    for i, w in enumerate(m.parameters()):
        modes = w.shape[2:-1]
        place = tuple(slice(-n, None) if i >> k & 1 else slice(0, n) for k, n in enumerate(modes))
        mixed = torch.einsum("bi...,io...->bo...", z[(slice(None), slice(None)) + place], torch.view_as_complex(w))
        y[(slice(None), slice(None)) + place] = mixed
    return torch.fft.irfftn(y, s=x.shape[2:], dim=list(range(2, x.dim())))


layer("spectral_conv_1d", randn(2, 2, 9), Conv(spectral, weights1=(2, 3, 4, 2)))
layer("spectral_conv_2d", randn(1, 2, 6, 5), Conv(spectral, weights1=(2, 3, 2, 3, 2), weights2=(2, 3, 2, 3, 2)))


class Mixture(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.k = k
        self.gate = nn.Linear(4, 3, bias=False)
        self.experts = nn.ModuleList()
        for _ in range(3):
            self.experts.append(nn.Module())
            self.experts[-1].fc = nn.Linear(4, 2)

    def forward(self, x):
        logits = self.gate(x)
        keep = torch.zeros_like(logits).scatter(1, logits.topk(self.k, 1).indices, 1.0) > 0
        gates = F.softmax(torch.where(keep, logits, float("-inf")), 1)
        return sum(gates[:, i:i + 1] * e.fc(x) for i, e in enumerate(self.experts))


layer("mixture", randn(5, 4), Mixture(3))
layer("mixture_top_2", randn(5, 4), Mixture(2))

write("nn_graphs")
