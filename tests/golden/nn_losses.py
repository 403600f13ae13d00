#!/usr/bin/env python3
"""Writes nn_losses.h: what torch's losses, or their formulas written out, give (nn_cases.py says what a case holds).

Run: python3 tests/golden/nn_losses.py > tests/golden/nn_losses.h
"""
from nn_cases import *

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



class Digamma(torch.autograd.Function):  # torch's own derivative of digamma is good to 1e-9 only
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.digamma(x)

    @staticmethod
    def backward(ctx, g):
        return g * torch.special.zeta(2.0, ctx.saved_tensors[0])


class Lgamma(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.lgamma(x)

    @staticmethod
    def backward(ctx, g):
        return g * Digamma.apply(ctx.saved_tensors[0])


psi, lgamma = Digamma.apply, Lgamma.apply


def kl(a, b):
    y = lgamma(a.sum(1)) - lgamma(a).sum(1) - lgamma(b.sum(1)) + lgamma(b).sum(1)
    y = y + ((a - b) * (psi(a) - psi(a.sum(1, keepdim=True)))).sum(1)
    D = torch.distributions.Dirichlet
    assert torch.allclose(y, torch.distributions.kl_divergence(D(a), D(b)))
    return y


def evidential(x, y):
    hot = F.one_hot(y, 4)
    fit = (hot * (psi(x.sum(1, keepdim=True)) - psi(x))).sum(1)
    return (fit + 0.3 * kl(hot + (1 - hot) * x, torch.ones_like(x))).mean()


case("dirichlet_kl", torch.rand(3, 4) * 5 + 0.1, kl, None, torch.rand(3, 4) * 2 + 0.5)
case("evidential_loss", torch.rand(5, 4) * 5 + 1, evidential, None, labels, True)

write("nn_losses")
