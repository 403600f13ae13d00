#!/usr/bin/env python3
"""Writes nn_layers.h: what torch.nn's layers and activations give (nn_cases.py says what a case holds).

Run: python3 tests/golden/nn_layers.py > tests/golden/nn_layers.h
"""
from nn_cases import *

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

write("nn_layers")
