#!/usr/bin/env python3
"""Writes nn_layers.h: what torch.nn's layers, activations and losses give in double precision.

A case holds the input x, parameters, the output y, and derivatives of L = sum(y * g) for a fixed g: grad.NAME by x and the
parameters, grad2.x = d sum(h dL/dx) / dx for a fixed h, and after.NAME, buffers after the pass.
Run: python3 tests/golden/nn_layers.py > tests/golden/nn_layers.h
"""
import torch
from torch import nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(20240607)
cases = []


def case(name, x, f, module=None, extra=None, integer_extra=False):
    # What goes in is exact in f32, so that a test in f32 sees rounding errors of the computation alone.
    x = x.float().double().requires_grad_(True)
    extra = None if extra is None else extra.float().double()
    tensors = [("x", x.detach())]
    if extra is not None:
        tensors.append(("labels" if integer_extra else "extra", extra))
    parameters = dict(module.named_parameters(prefix="m")) if module else {}
    buffers = dict(module.named_buffers(prefix="m")) if module else {}
    tensors += [(n, p.detach().clone()) for n, p in parameters.items()]
    tensors += [(n, b.detach().clone().double()) for n, b in buffers.items()]
    y = f(x) if extra is None else f(x, extra.long() if integer_extra else extra)
    g = torch.randn_like(y).float().double() if y.dim() else torch.tensor(1.0)
    tensors += [("y", y.detach()), ("g", g)]
    leaves = [x] + list(parameters.values())
    grads = torch.autograd.grad((y * g).sum(), leaves, create_graph=True)
    for n, d in zip(["x"] + list(parameters), grads):
        tensors.append(("grad." + n, d.detach()))
    if grads[0].requires_grad:
        h = torch.cos(torch.arange(x.numel()) * 1.7).reshape(x.shape).float().double()
        second = torch.autograd.grad((grads[0] * h).sum(), x, allow_unused=True)[0]
        if second is not None:
            tensors.append(("h", h))
            tensors.append(("grad2.x", second + torch.zeros(second.shape)))
    tensors += [("after." + n, b.detach().clone().double()) for n, b in buffers.items()]
    cases.append((name, tensors))


def scramble(module):
    for p in module.parameters():
        nn.init.normal_(p, 0.2, 0.6)
    for n, b in module.named_buffers():
        if n.endswith("running_mean"):
            b.normal_()
        elif n.endswith("running_var"):
            b.uniform_(0.5, 2)
    return module.float().double()


def layer(name, x, module):
    case(name, x, scramble(module), module)


def randn(*shape):
    return torch.randn(*shape)


layer("linear", randn(3, 5), nn.Linear(5, 4))
layer("linear_3d", randn(2, 3, 5), nn.Linear(5, 4))
layer("linear_no_bias", randn(3, 5), nn.Linear(5, 4, bias=False))
layer("conv1d", randn(2, 3, 11), nn.Conv1d(3, 4, 3, stride=2, padding=1, dilation=2))
layer("conv2d", randn(2, 2, 7, 6), nn.Conv2d(2, 3, 5))
layer("conv2d_groups", randn(2, 4, 6, 5), nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), groups=2))
layer("conv2d_depthwise", randn(2, 3, 5, 5), nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False))
layer("conv2d_dilated", randn(1, 2, 8, 8), nn.Conv2d(2, 2, 3, dilation=(2, 1), padding=(0, 1)))
layer("conv2d_same", randn(1, 2, 5, 6), nn.Conv2d(2, 2, (4, 3), padding="same"))
layer("batch_norm_2d", randn(3, 2, 3, 2) * 2 + 1, nn.BatchNorm2d(2))
layer("batch_norm_offset", randn(4, 2, 3, 3) * 0.5 + 300, nn.BatchNorm2d(2, momentum=0.3, eps=1e-3))
layer("batch_norm_1d", randn(6, 3), nn.BatchNorm1d(3))
layer("batch_norm_plain", randn(3, 2, 4), nn.BatchNorm1d(2, affine=False))
layer("batch_norm_eval", randn(3, 2, 3, 2), nn.BatchNorm2d(2).eval())
layer("layer_norm", randn(3, 4, 5) + 2, nn.LayerNorm(5))
layer("layer_norm_2", randn(2, 3, 4), nn.LayerNorm((3, 4)))

case("max_pool2d", randn(2, 2, 7, 6), lambda x: F.max_pool2d(x, 3, 2, 1))
case("max_pool2d_plain", randn(1, 2, 5, 6), lambda x: F.max_pool2d(x, (2, 3)))
case("max_pool1d", randn(2, 2, 9), lambda x: F.max_pool1d(x, 3, 2, 0, 2))
case("avg_pool2d", randn(2, 2, 7, 6), lambda x: F.avg_pool2d(x, 3, 2, 1))
case("avg_pool2d_exclude", randn(1, 2, 5, 6), lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False))
case("avg_pool1d", randn(2, 2, 8), lambda x: F.avg_pool1d(x, 2))
case("global_avg_pool", randn(2, 3, 4, 5), lambda x: F.adaptive_avg_pool2d(x, 1))

points = torch.tensor([-1000.0, -90.0, -30.0, -7.0, -3.5, -1.0, -1e-3, 0.0, 1e-3, 0.5, 1.0, 2.5, 5.9, 7.0, 15.0, 90.0, 1000.0])
for name, f in [("relu", F.relu), ("relu6", F.relu6), ("leaky_relu", lambda x: F.leaky_relu(x, 0.1)),
                ("elu", lambda x: F.elu(x, 0.7)), ("gelu", F.gelu),
                ("gelu_tanh", lambda x: F.gelu(x, approximate="tanh")), ("silu", F.silu),
                ("sigmoid", torch.sigmoid), ("tanh", torch.tanh),
                ("softplus", lambda x: F.softplus(x, threshold=800))]:
    # At 0 torch's second derivative of elu is neither one-sided one.
    case(name, points[points != 0] if name == "elu" else points, f)
wide = torch.cat([randn(3, 4), torch.tensor([[1000.0, 999.0, -1000.0, 0.0], [-500.0, -500.0, -501.0, -500.0]])])
case("softmax", wide, lambda x: F.softmax(x, -1))
case("softmax_0", randn(3, 4), lambda x: F.softmax(x, 0))
case("log_softmax", wide, lambda x: F.log_softmax(x, 1))

labels = torch.tensor([2.0, 0, 1, 3, 3])
weight = torch.tensor([0.5, 2.0, 1.0, 0.25])
case("cross_entropy", randn(5, 4) * 3, F.cross_entropy, None, labels, True)
case("cross_entropy_sum", randn(5, 4), lambda x, y: F.cross_entropy(x, y, reduction="sum"), None, labels, True)
case("cross_entropy_none", randn(5, 4), lambda x, y: F.cross_entropy(x, y, reduction="none"), None, labels, True)
case("cross_entropy_weight", randn(5, 4), lambda x, y: F.cross_entropy(x, y, weight=weight), None, labels, True)
case("cross_entropy_smooth", randn(5, 4), lambda x, y: F.cross_entropy(x, y, label_smoothing=0.2), None, labels, True)
case("cross_entropy_both", randn(5, 4), lambda x, y: F.cross_entropy(x, y, weight=weight, label_smoothing=0.2),
     None, labels, True)
case("cross_entropy_2d", randn(2, 4, 2, 3), F.cross_entropy, None,
     torch.randint(0, 4, (2, 2, 3)).double(), True)
case("mse_loss", randn(3, 4), F.mse_loss, None, randn(3, 4))
case("mse_loss_sum", randn(3, 4), lambda x, y: F.mse_loss(x, y, reduction="sum"), None, randn(3, 4))
case("l1_loss", randn(3, 4), F.l1_loss, None, randn(3, 4))
case("huber_loss", randn(3, 4) * 2, lambda x, y: F.huber_loss(x, y, delta=0.8), None, randn(3, 4))
case("bce_with_logits", torch.cat([randn(11), torch.tensor([60.0])]).reshape(3, 4),
     F.binary_cross_entropy_with_logits, None, torch.rand(3, 4))

# Losses of cajal/loss.h.
soft = F.softmax(randn(5, 4), 1)
signs = torch.tensor([[1.0, -1, -1, 1], [-1, 1, 1, -1], [1, 1, -1, -1]])
case("cross_entropy_ignore", randn(5, 4), lambda x, y: F.cross_entropy(x, y, ignore_index=3, weight=weight), None, labels, True)
case("cross_entropy_ignore_0", randn(5, 4), lambda x, y: F.cross_entropy(x, y, ignore_index=0), None, labels, True)
case("cross_entropy_soft", randn(5, 4), F.cross_entropy, None, soft)
case("cross_entropy_soft_both", randn(5, 4), lambda x, y: F.cross_entropy(x, y, weight=weight, label_smoothing=0.2), None, soft)
case("nll_loss", F.log_softmax(randn(5, 4), 1), lambda x, y: F.nll_loss(x, y, weight=weight), None, labels, True)
def multi_margin(x, y, margin, p):  # torch's own has no second derivative
    gap = (margin + x - x.gather(1, y[:, None])).clamp(min=0) ** p
    return (gap * (1 - F.one_hot(y, x.shape[1]))).mean(1).mean()


case("multi_margin_loss", randn(5, 4) * 2, lambda x, y: multi_margin(x, y, 0.7, 1), None, labels, True)
case("multi_margin_loss_2", randn(5, 4), lambda x, y: multi_margin(x, y, 1, 2), None, labels, True)
case("smooth_l1_loss", randn(3, 4), lambda x, y: F.smooth_l1_loss(x, y, beta=0.7), None, randn(3, 4))
case("log_cosh_loss", torch.cat([randn(10), torch.tensor([0.5, 900.0])]).reshape(3, 4),
     lambda x, y: torch.log(torch.cosh((x - y).clamp(-700, 700))).mean() + ((x - y).abs() > 700).double().mul((x - y).abs() - 700).mean(),
     None, torch.cat([randn(10), torch.tensor([0.5, 0.0])]).reshape(3, 4))
case("quantile_loss", randn(3, 4), lambda x, y: torch.maximum(0.9 * (y - x), -0.1 * (y - x)).mean(), None, randn(3, 4))
case("poisson_nll_loss", randn(3, 4), F.poisson_nll_loss, None, torch.arange(12.0).reshape(3, 4))
case("gaussian_nll_loss", randn(3, 4), lambda x, y: F.gaussian_nll_loss(x, y, y * y), None, randn(3, 4))
case("bce_loss", torch.cat([torch.rand(10), torch.tensor([0.25, 0.75])]).reshape(3, 4), F.binary_cross_entropy, None,
     torch.rand(3, 4))
p_of = lambda x, y: torch.sigmoid(x) * y + torch.sigmoid(-x) * (1 - y)
case("focal_loss", randn(3, 4) * 3, lambda x, y: ((0.25 * y + 0.75 * (1 - y)) * (1 - p_of(x, y)) ** 2 *
     F.binary_cross_entropy_with_logits(x, y, reduction="none")).mean(), None, (torch.rand(3, 4) > 0.5).double())
case("kl_div", F.log_softmax(randn(3, 4), 1), lambda x, y: F.kl_div(x, y, reduction="batchmean"), None,
     torch.cat([F.softmax(randn(2, 4), 1), torch.tensor([[0.0, 1, 0, 0]])]))
case("gaussian_kl", randn(3, 4), lambda x, y: (-0.5 * (1 + y - x ** 2 - y.exp())).sum(), None, randn(3, 4))
case("dice_loss", torch.rand(3, 4), lambda x, y: (1 - (2 * (x * y).sum(1) + 1) / (x.sum(1) + y.sum(1) + 1)).mean(), None,
     (torch.rand(3, 4) > 0.5).double())
case("hinge_loss", randn(3, 4), lambda x, y: F.relu(1 - x * y).mean(), None, signs)
case("squared_hinge_loss", randn(3, 4), lambda x, y: (F.relu(1 - x * y) ** 2).mean(), None, signs)
case("soft_margin_loss", randn(3, 4), F.soft_margin_loss, None, signs)
case("hinge_embedding_loss", randn(3, 4).abs(), F.hinge_embedding_loss, None, signs)
case("contrastive_loss", randn(3, 4).abs(), lambda x, y: (y * x ** 2 / 2 + (1 - y) * F.relu(1 - x) ** 2 / 2).mean(), None,
     (signs > 0).double())
case("triplet_margin_loss", randn(3, 4), lambda x, y: F.triplet_margin_loss(x, y, y.flip(0)), None, randn(3, 4))
case("cosine_embedding_loss", randn(3, 4), lambda x, y: F.cosine_embedding_loss(x, y, signs[:, 1], margin=0.2), None, randn(3, 4))
case("margin_ranking_loss", randn(3, 4), lambda x, y: F.margin_ranking_loss(x, y, signs, margin=0.3), None, randn(3, 4))
nce = lambda x, y: F.cross_entropy(F.normalize(x, dim=1) @ F.normalize(y, dim=1).t() / 0.2, torch.arange(x.shape[0]))
case("info_nce", randn(3, 4), nce, None, randn(5, 4))
case("info_nce_symmetric", randn(3, 4), lambda x, y: (nce(x, y) + nce(y, x)) / 2, None, randn(3, 4))
case("cosine_similarity", randn(3, 4), lambda x, y: F.cosine_similarity(x, y, dim=0), None, randn(3, 4))
case("cdist", randn(2, 3, 4), lambda x, y: torch.sqrt(((x[:, :, None] - y[:, None]) ** 2).sum(-1)), None, randn(2, 5, 4))
case("distillation_loss", randn(3, 4), lambda x, y: 9 * F.cross_entropy(x / 3, F.softmax(y / 3, 1)), None, randn(3, 4))
case("gan_critic_loss", randn(3, 1), lambda x, y: F.binary_cross_entropy_with_logits(x, torch.ones_like(x)) +
     F.binary_cross_entropy_with_logits(y, torch.zeros_like(y)), None, randn(3, 1))

# Layers and activations of cajal/layers.h.
layer("conv3d", randn(1, 2, 4, 5, 3), nn.Conv3d(2, 3, (2, 3, 2), stride=(1, 2, 1), padding=(0, 1, 1)))
layer("conv_transpose1d", randn(2, 4, 5), nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2))
layer("conv_transpose2d", randn(1, 3, 4, 3), nn.ConvTranspose2d(3, 2, (3, 2), stride=(2, 3), padding=(2, 0), dilation=(2, 1)))
layer("conv_transpose3d", randn(1, 2, 3, 2, 2), nn.ConvTranspose3d(2, 2, 2, stride=2))
layer("group_norm", randn(2, 6, 3) + 5, nn.GroupNorm(3, 6))
layer("instance_norm", randn(2, 3, 4, 2) * 3, nn.InstanceNorm2d(3, affine=True))
layer("instance_norm_plain", randn(2, 3, 5), nn.InstanceNorm1d(3))
layer("rms_norm", randn(3, 5), nn.RMSNorm(5, eps=1e-6))
layer("rms_norm_2", randn(2, 3, 4), nn.RMSNorm((3, 4), eps=1e-5))
layer("prelu", randn(2, 3, 4), nn.PReLU(3))
case("max_pool3d", randn(1, 2, 4, 5, 6), lambda x: F.max_pool3d(x, 2, 2, 1))
case("avg_pool3d", randn(1, 2, 4, 5, 6), lambda x: F.avg_pool3d(x, (2, 3, 2), (1, 2, 2)))
case("global_max_pool", randn(2, 3, 4), lambda x: x.amax(-1, keepdim=True))
case("adaptive_avg_pool", randn(1, 2, 7, 5), lambda x: F.adaptive_avg_pool2d(x, (3, 5)))


class Bilinear(nn.Bilinear):
    def forward(self, a, b=torch.linspace(-1, 1, 12).float().double().reshape(3, 4)):
        return super().forward(a, b)


layer("bilinear", randn(3, 5), Bilinear(5, 4, 2))


class WeightNorm(nn.Module):  # torch.nn.utils.weight_norm's names, spelled out
    def __init__(self):
        super().__init__()
        self.weight_g = nn.Parameter(torch.zeros(4, 1))
        self.weight_v = nn.Parameter(torch.zeros(4, 5))
        self.bias = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        return F.linear(x, self.weight_g * self.weight_v / self.weight_v.norm(dim=1, keepdim=True), self.bias)


layer("weight_norm", randn(3, 5), WeightNorm())


class SpectralNorm(nn.Module):  # the same of torch.nn.utils.spectral_norm, one step of the power iteration
    def __init__(self):
        super().__init__()
        self.weight_orig = nn.Parameter(torch.zeros(4, 2, 3))
        self.register_buffer("weight_u", F.normalize(torch.arange(1.0, 5), dim=0))
        self.register_buffer("weight_v", F.normalize(torch.arange(1.0, 7), dim=0))

    def forward(self, x):
        w = self.weight_orig.reshape(4, 6)
        with torch.no_grad():
            v = F.normalize(w.t() @ self.weight_u, dim=0)
            u = F.normalize(w @ v, dim=0)
            self.weight_u.copy_(u)
            self.weight_v.copy_(v)
        return F.conv1d(x, self.weight_orig / (u @ w @ v))


layer("spectral_norm", randn(2, 2, 5), SpectralNorm())


class LocallyConnected(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(6, 3, 8))
        self.bias = nn.Parameter(torch.zeros(3, 3, 2))

    def forward(self, x):  # [N, C kh kw, places]
        p = F.unfold(x, 2, stride=(1, 2))
        return torch.einsum("nfp,pof->nop", p, self.weight).reshape(x.shape[0], 3, 3, 2) + self.bias


layer("locally_connected2d", randn(2, 2, 4, 5), LocallyConnected())


class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(4, 2), nn.Linear(2, 4)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3))))))[:, :, None, None]


layer("squeeze_excite", randn(2, 4, 3, 2), SqueezeExcite())
places = points[points.abs() != 7]
# (torch's celu rounds alpha to f32.)
for name, f in [("selu", F.selu), ("celu", lambda x: torch.where(x > 0, x, 0.7 * torch.expm1(x.clamp(max=0) / 0.7))), ("mish", lambda x: x * torch.tanh(F.softplus(x, threshold=800))),
                ("softsign", F.softsign), ("log_sigmoid", lambda x: -F.softplus(-x, threshold=800)),
                ("hardtanh", lambda x: F.hardtanh(x, -0.7, 1.3)), ("hardsigmoid", lambda x: F.hardtanh(x + 3, 0, 6) / 6), ("hardswish", lambda x: x * F.hardtanh(x + 3, 0, 6) / 6),
                ("hardshrink", lambda x: F.hardshrink(x, 0.7)), ("softshrink", lambda x: F.softshrink(x, 0.7)),
                ("threshold", lambda x: F.threshold(x, 0.3, 20))]:
    case(name, places[places != 0], f)
case("glu", randn(3, 4), lambda x: F.glu(x, 1))
case("maxout", randn(2, 6, 2), lambda x: x.reshape(2, 2, 3, 2).amax(2))

print("/* Written by nn_layers.py with torch %s: do not edit. */" % torch.__version__.split("+")[0])
print("#ifndef CJ_GOLDEN_NN_LAYERS_H\n#define CJ_GOLDEN_NN_LAYERS_H\n")
print('#include "golden/golden.h"\n')
for name, tensors in cases:
    for i, (_, t) in enumerate(tensors):
        values = ", ".join("%.17g" % v for v in t.reshape(-1).tolist())
        print("static const double data_%s_%d[] = {%s};" % (name, i, values))
print("\nstatic const golden_case nn_layers[] = {")
for name, tensors in cases:
    print('    {"%s", %d, {' % (name, len(tensors)))
    rows = []
    for i, (label, t) in enumerate(tensors):
        shape = ", ".join(str(n) for n in t.shape) or "0"
        rows.append('{"%s", %d, {%s}, data_%s_%d}' % (label, t.dim(), shape, name, i))
    print("        " + ", ".join(rows) + "}},")
print("};\n\n#endif")
